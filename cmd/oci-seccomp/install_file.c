/* SPDX-License-Identifier: Apache-2.0 */
/* What the engines share, and CRI-O, for which that is all. */
#include "install.h"

#include "cleanup.h"

#include <errno.h>
#include <string.h>

#define CRIO_FILE "/etc/crio/crio.conf.d/20-oci-seccomp.conf"

static const char crio_text[] = {
#include "install-crio.inc"
	'\0',
};

int job_open(struct job *job, const char *path, struct error *err)
{
	job->path = strdup(path);
	if (!job->path)
		return error_memory(err);
	return root_read(job->root, path, &job->before, &job->before_length, err);
}

int job_parse(const struct job *job, struct json_document *ret, struct error *err)
{
	AUTO_FREE char *file = root_file(job->root, job->path);
	AUTO_FREE char *copy = malloc(job->before_length + 1);

	if (!file || !copy)
		return error_memory(err);
	memcpy(copy, job->before, job->before_length + 1);
	return json_parse(file, TAKE_PTR(copy), job->before_length, ret, err);
}

static int set_after(struct job *job, const char *text, size_t length, struct error *err)
{
	job->after = malloc(length + 1);
	if (!job->after)
		return error_memory(err);
	memcpy(job->after, text, length);
	job->after[length] = '\0';
	job->after_length = length;
	return 0;
}

int job_keep(struct job *job, struct error *err)
{
	return job->before ? set_after(job, job->before, job->before_length, err) : 0;
}

int job_plan_text(struct job *job, const char *text, bool ours, struct error *err)
{
	if (job->before && !ours && strcmp(job->before, text) != 0)
		return error_set(err, -EEXIST,
			"%s%s: is not what oci-seccomp install writes; move it away, or edit it by "
			"hand",
			job->root->name, job->path);
	return job->uninstall ? 0 : set_after(job, text, strlen(text), err);
}

int job_plan_file(struct job *job, const char *text, struct error *err)
{
	size_t line = strcspn(text, "\n") + 1;

	return job_plan_text(job, text, job->before && !strncmp(job->before, text, line), err);
}

int plan_crio(struct job *job, struct error *err)
{
	int r = job->uninstall ? 0 : root_need_program(job->root, SHIM_PATH, err);

	if (r == 0)
		r = job_open(job, CRIO_FILE, err);
	return r < 0 ? r : job_plan_file(job, crio_text, err);
}
