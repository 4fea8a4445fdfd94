/* SPDX-License-Identifier: Apache-2.0 */
/* docker: the shim among `runtimes` of daemon.json. */
#include "install.h"

#include "cleanup.h"
#include "json.h"
#include "splice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DOCKER_FILE "/etc/docker/daemon.json"
#define VALUE "{\"path\":\"" SHIM_PATH "\"}"

static const char *const runtimes_keys[] = {"runtimes", NULL};

/* The last member of that name; docker too takes the last. */
static const struct json *find_runtime(const struct json *runtimes)
{
	const struct json *found = NULL;

	for (const struct json *member = runtimes ? runtimes->first : NULL; member;
		member = member->next)
		if (!strcmp(member->key, "oci-seccomp"))
			found = member;
	return found;
}

/* The `path` of a runtime that is the shim, in whatever directory; NULL: it is another. */
static const struct json *find_path(const struct json *runtime)
{
	const struct json *path = json_member(runtime, "path");
	const char *name = path && path->type == JSON_STRING ? strrchr(path->text, '/') : NULL;

	return name && !strcmp(name, "/oci-seccomp-runtime") ? path : NULL;
}

static int install(struct job *job, const struct json_document *document, const struct json *path,
	struct error *err)
{
	if (!path)
		return splice_insert(document, runtimes_keys, JSON_OBJECT, "\"oci-seccomp\":" VALUE,
			&job->after, &job->after_length, err);
	if (!strcmp(path->text, SHIM_PATH))
		return job_keep(job, err);
	return splice_value(
		document, path, "\"" SHIM_PATH "\"", &job->after, &job->after_length, err);
}

static int uninstall(struct job *job, const struct json_document *document,
	const struct json *runtime, struct error *err)
{
	const struct json *chosen = json_member(document->root, "default-runtime");
	int r;

	if (!runtime)
		return job_keep(job, err);
	if (chosen && chosen->type == JSON_STRING && !strcmp(chosen->text, "oci-seccomp"))
		return error_set(err, -EEXIST,
			"%s:%u:%u: default-runtime is oci-seccomp, without which docker would not "
			"start: set another one first",
			document->name, chosen->line, chosen->column);
	r = splice_remove(document, runtime, &job->after, &job->after_length, err);
	if (r == 0 && job->after_length == 0) /* the file was made by install */
		free(TAKE_PTR(job->after));
	return r;
}

static int change(struct job *job, const struct json_document *document, struct error *err)
{
	const struct json *runtimes = NULL, *runtime, *path;
	int r = splice_find(document, runtimes_keys, JSON_OBJECT, &runtimes, err);

	if (r < 0)
		return r;
	runtime = find_runtime(runtimes);
	path = find_path(runtime);
	if (runtime && !path)
		return error_set(err, -EEXIST,
			"%s:%u:%u: runtimes.oci-seccomp is not what oci-seccomp install writes; "
			"rename it or take it out by hand",
			document->name, runtime->line, runtime->column);
	return job->uninstall ? uninstall(job, document, runtime, err)
			      : install(job, document, path, err);
}

/* Without any white space before its end, so that uninstall knows it for all ours. */
static int make(struct job *job, struct error *err)
{
	job->after = strdup("{\"runtimes\":{\"oci-seccomp\":" VALUE "}}\n");
	if (!job->after)
		return error_memory(err);
	job->after_length = strlen(job->after);
	return 0;
}

int plan_docker(struct job *job, struct error *err)
{
	struct json_document document;
	int r = job->uninstall ? 0 : root_need_program(job->root, SHIM_PATH, err);

	if (r == 0)
		r = job_open(job, DOCKER_FILE, err);
	if (r < 0)
		return r;
	if (!job->before)
		return job->uninstall ? 0 : make(job, err);
	r = job_parse(job, &document, err);
	if (r < 0)
		return r;
	r = change(job, &document, err);
	json_document_finish(&document);
	return r;
}
