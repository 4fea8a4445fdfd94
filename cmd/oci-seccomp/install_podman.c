/* SPDX-License-Identifier: Apache-2.0 */
/* podman: a hooks.d file for its precreate stage, which exec sessions are covered by as well. */
#include "install.h"

#include "cleanup.h"
#include "toml.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define HOOKS_DIRECTORY "/etc/containers/oci/hooks.d"
#define SETTINGS_DIRECTORY "/etc/containers/containers.conf.d"

static const char podman_text[] = {
#include "install-precreate.inc"
	'\0',
};

/* `hooks_dir` of a containers.conf. */
struct hooks_dir {
	bool there;
	bool names_ours;
	bool appends; /* to the list of the files before */
};

static int note(void *context, const struct toml_item *item, struct error *err)
{
	struct hooks_dir *found = context;

	(void)err;
	if (item->depth < 2 || strcmp(item->keys[0], "engine") != 0 ||
		strcmp(item->keys[1], "hooks_dir") != 0)
		return 0;
	found->there = true;
	if (item->type == TOML_STRING && !strcmp(item->text, HOOKS_DIRECTORY))
		found->names_ours = true;
	if (item->depth == 3 && !strcmp(item->keys[2], "append"))
		found->appends = !strcmp(item->text, "true");
	return 0;
}

/* `*registered`: as it is by the files before, then by this one too. */
static int read_settings(
	const struct root *root, const char *path, bool *registered, struct error *err)
{
	AUTO_FREE char *file = root_file(root, path);
	AUTO_FREE char *text = NULL;
	struct hooks_dir found = {0};
	size_t length;
	int r = file ? root_read(root, path, &text, &length, err) : error_memory(err);

	if (r < 0 || !text)
		return r;
	r = toml_read(file, text, length, note, &found, err);
	if (r == 0 && found.there)
		*registered = found.names_ours || (found.appends && *registered);
	return r;
}

static int is_settings(const struct dirent *entry)
{
	return fnmatch("*.conf", entry->d_name, FNM_PERIOD) == 0;
}

static int read_settings_directory(const struct root *root, bool *registered, struct error *err)
{
	AUTO_CLOSE int fd = root_open_directory(root, SETTINGS_DIRECTORY);
	struct dirent **entries;
	int count, r = 0;

	if (fd == -ENOENT)
		return 0;
	count = fd < 0 ? -1 : scandirat(fd, ".", &entries, is_settings, alphasort);
	if (count < 0)
		return error_set_errno(err, fd < 0 ? fd : -errno,
			"%s" SETTINGS_DIRECTORY ": cannot read", root->name);
	for (int i = 0; i < count; i++) {
		AUTO_FREE char *path = NULL;

		if (asprintf(&path, SETTINGS_DIRECTORY "/%s", entries[i]->d_name) < 0)
			path = NULL;
		free(entries[i]);
		if (r == 0)
			r = path ? read_settings(root, path, registered, err) : error_memory(err);
	}
	free(entries);
	return r;
}

/* podman's manual has it read our directory by default; in fact it reads the one in /usr/share
 * alone, as its built-in configuration says. That one is no place for us: CRI-O reads it too, and
 * does not start where a file names podman's own stage. */
static int advise_directory(struct job *job, struct error *err)
{
	bool registered = false;
	int r = read_settings(job->root, "/usr/share/containers/containers.conf", &registered, err);

	if (r == 0)
		r = read_settings(job->root, "/etc/containers/containers.conf", &registered, err);
	if (r == 0)
		r = read_settings_directory(job->root, &registered, err);
	if (r < 0 || registered)
		return r;
	if (asprintf(&job->advice,
		    "podman does not read that directory unless it is named; add these "
		    "lines to %s/etc/containers/containers.conf (the second one, if it has the "
		    "first), or "
		    "use `podman --hooks-dir`:\n\n[engine]\nhooks_dir = "
		    "[\"/usr/share/containers/oci/hooks.d\", \"" HOOKS_DIRECTORY "\"]\n",
		    job->root->name) >= 0)
		return 0;
	job->advice = NULL;
	return error_memory(err);
}

static bool is_list(const struct json *array, const char *first, const char *second)
{
	const struct json *item = array->first;

	for (size_t i = 0; i < array->count; i++, item = item->next)
		if (item->type != JSON_STRING || strcmp(item->text, i ? second : first) != 0)
			return false;
	return true;
}

/* Whether the file registers our hook for precreate and nothing else, wherever the program was. */
static int is_ours(const struct job *job, bool *ret, struct error *err)
{
	struct json_document document;
	const struct json *hook, *path, *arguments, *stages;
	const char *name;
	int r = job_parse(job, &document, err);

	if (r < 0)
		return r;
	hook = json_member(document.root, "hook");
	path = json_member(hook, "path");
	arguments = json_member(hook, "args");
	stages = json_member(document.root, "stages");
	name = path && path->type == JSON_STRING ? strrchr(path->text, '/') : NULL;
	*ret = name && !strcmp(name, "/oci-seccomp-hook") && arguments && arguments->count == 2 &&
	       is_list(arguments, "oci-seccomp-hook", "precreate") && stages &&
	       stages->count == 1 && is_list(stages, "precreate", NULL);
	json_document_finish(&document);
	return 0;
}

int plan_podman(struct job *job, struct error *err)
{
	bool ours = false;
	int r = job->uninstall ? 0 : root_need_program(job->root, HOOK_PATH, err);

	if (r == 0)
		r = job_open(job, HOOKS_DIRECTORY "/oci-seccomp.json", err);
	if (r == 0 && job->before)
		r = is_ours(job, &ours, err);
	if (r == 0)
		r = job_plan_text(job, podman_text, ours, err);
	return r < 0 || job->uninstall ? r : advise_directory(job, err);
}
