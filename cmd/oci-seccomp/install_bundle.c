/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle that is run by hand: the hook among `hooks.createRuntime` of its config.json. */
#include "install.h"

#include "cleanup.h"
#include "json.h"
#include "splice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The file for hooks.d; what it says of the hook is a bundle's entry as well. */
static const char hook_text[] = {
#include "install-hook.inc"
	'\0',
};

static const char *const create_runtime[] = {"hooks", "createRuntime", NULL};
static const char *const prestart[] = {"hooks", "prestart", NULL};

static int parse_copy(const char *name, const char *text, size_t length, struct json_document *ret,
	struct error *err)
{
	char *copy = malloc(length + 1);

	if (!copy)
		return error_memory(err);
	memcpy(copy, text, length + 1);
	return json_parse(name, copy, length, ret, err);
}

/* The text of the entry, owned by the caller. */
static int make_entry(char **ret, struct error *err)
{
	struct json_document document;
	const struct json *hook;
	int r = parse_copy("hooks.d", hook_text, strlen(hook_text), &document, err);

	if (r < 0)
		return r;
	hook = json_member(document.root, "hook");
	*ret = strndup(document.text + hook->start, hook->end - hook->start);
	json_document_finish(&document);
	return *ret ? 0 : error_memory(err);
}

/* Whether it starts the hook `program`, or with NULL one in any directory. */
static bool starts_hook(const struct json *entry, const char *program)
{
	const struct json *path = json_member(entry, "path");
	const char *name = path && path->type == JSON_STRING ? strrchr(path->text, '/') : NULL;

	if (!name)
		return false;
	return program ? !strcmp(path->text, program) : !strcmp(name, "/oci-seccomp-hook");
}

/* The first such entry at `keys`; `*ret` NULL: there is none. */
static int find_entry(const struct json_document *document, const char *const *keys,
	const char *program, const struct json **ret, struct error *err)
{
	const struct json *array = NULL;
	int r = splice_find(document, keys, JSON_ARRAY, &array, err);

	if (r < 0)
		return r;
	*ret = array ? array->first : NULL;
	while (*ret && !starts_hook(*ret, program))
		*ret = (*ret)->next;
	return 0;
}

static int install(struct job *job, const struct json_document *document, struct error *err)
{
	const struct json *entry, *early;
	AUTO_FREE char *text = NULL;
	int r = find_entry(document, create_runtime, NULL, &entry, err);

	if (r == 0)
		r = find_entry(document, prestart, NULL, &early, err);
	if (r < 0)
		return r;
	if (entry && !early && starts_hook(entry, HOOK_PATH))
		return job_keep(job, err);
	entry = early ? early : entry;
	if (entry)
		return error_set(err, -EEXIST,
			"%s:%u:%u: starts an oci-seccomp-hook already, and a container must meet "
			"the hook once; take this entry out",
			document->name, entry->line, entry->column);
	r = make_entry(&text, err);
	if (r < 0)
		return r;
	return splice_insert(
		document, create_runtime, JSON_ARRAY, text, &job->after, &job->after_length, err);
}

/* One after the other, should somebody have put in more. */
static int uninstall(struct job *job, const struct json_document *document, struct error *err)
{
	const struct json *entry;
	struct json_document rest;
	int r = find_entry(document, create_runtime, HOOK_PATH, &entry, err);

	if (r < 0)
		return r;
	if (!entry)
		return job->after ? 0 : job_keep(job, err);
	free(TAKE_PTR(job->after));
	r = splice_remove(document, entry, &job->after, &job->after_length, err);
	if (r == 0 && job->after_length == 0)
		r = error_set(err, -EINVAL, "%s: has nothing but hooks, and is no bundle's",
			document->name);
	if (r == 0)
		r = parse_copy(document->name, job->after, job->after_length, &rest, err);
	if (r < 0)
		return r;
	r = uninstall(job, &rest, err);
	json_document_finish(&rest);
	return r;
}

int plan_bundle(struct job *job, struct error *err)
{
	AUTO_FREE char *path = NULL;
	struct json_document document;
	int r = job->uninstall ? 0 : root_need_program(job->root, HOOK_PATH, err);

	if (r < 0)
		return r;
	if (asprintf(&path, "%s/config.json", job->directory) < 0) {
		path = NULL;
		return error_memory(err);
	}
	r = job_open(job, path, err);
	if (r < 0)
		return r;
	if (!job->before)
		return error_set(err, -ENOENT,
			"%s%s: there is no such file; DIR must be a bundle, as `runc spec` makes "
			"it",
			job->root->name, path);
	r = job_parse(job, &document, err);
	if (r < 0)
		return r;
	r = (job->uninstall ? uninstall : install)(job, &document, err);
	json_document_finish(&document);
	return r;
}
