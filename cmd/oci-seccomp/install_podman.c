/* SPDX-License-Identifier: Apache-2.0 */
/* podman: a hooks.d file for its precreate stage, which exec sessions are covered by as well. */
#include "install.h"

#include "cleanup.h"
#include "splice.h"
#include "toml.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define HOOKS_DIRECTORY "/etc/containers/oci/hooks.d"

static const char podman_text[] = {
#include "install-precreate.inc"
	'\0',
};

/* Where a program reads which directories of hooks.d files it looks into; later files win. */
struct settings {
	const char *files[2];
	const char *directory; /* of more files, *.conf */
	const char *keys[4];   /* to the list */
};

static const struct settings podman_settings = {
	.files = {"/usr/share/containers/containers.conf", "/etc/containers/containers.conf"},
	.directory = "/etc/containers/containers.conf.d",
	.keys = {"engine", "hooks_dir"},
};

static const struct settings crio_settings = {
	.files = {"/etc/crio/crio.conf"},
	.directory = "/etc/crio/crio.conf.d",
	.keys = {"crio", "runtime", "hooks_dir"},
};

/* What one file says. */
struct list {
	const char *const *keys;
	bool there;
	bool names_ours;
	bool appends; /* to the list of the files before */
};

static int note(void *context, const struct toml_item *item, struct error *err)
{
	struct list *list = context;
	size_t depth = 0;

	(void)err;
	while (depth < item->depth && list->keys[depth] &&
		!strcmp(item->keys[depth], list->keys[depth]))
		depth++;
	if (list->keys[depth])
		return 0;
	list->there = true;
	if (item->type == TOML_STRING && !strcmp(item->text, HOOKS_DIRECTORY))
		list->names_ours = true;
	if (item->depth == depth + 1 && !strcmp(item->keys[depth], "append") && item->text)
		list->appends = !strcmp(item->text, "true");
	return 0;
}

/* `*named`: whether our directory is, by the files before, then by this one too. */
static int read_settings_file(const struct root *root, const struct settings *settings,
	const char *path, bool *named, struct error *err)
{
	AUTO_FREE char *file = root_file(root, path);
	AUTO_FREE char *text = NULL;
	struct list list = {.keys = settings->keys};
	size_t length;
	int r = file ? root_read(root, path, &text, &length, err) : error_memory(err);

	if (r < 0 || !text)
		return r;
	r = toml_read(file, text, length, note, &list, err);
	if (r == 0 && list.there)
		*named = list.names_ours || (list.appends && *named);
	return r;
}

static int is_settings(const struct dirent *entry)
{
	return fnmatch("*.conf", entry->d_name, FNM_PERIOD) == 0;
}

static int read_settings_directory(
	const struct root *root, const struct settings *settings, bool *named, struct error *err)
{
	AUTO_CLOSE int fd = root_open_directory(root, settings->directory);
	struct dirent **entries = NULL;
	int count, r = 0;

	if (fd == -ENOENT)
		return 0;
	count = fd < 0 ? fd : scandirat(fd, ".", &entries, is_settings, alphasort);
	if (count < 0)
		return error_set_errno(err, fd < 0 ? fd : -errno, "%s%s: cannot read", root->name,
			settings->directory);
	for (int i = 0; i < count; i++) {
		AUTO_FREE char *path = NULL;

		if (asprintf(&path, "%s/%s", settings->directory, entries[i]->d_name) < 0)
			path = NULL;
		free(entries[i]);
		if (r == 0)
			r = path ? read_settings_file(root, settings, path, named, err)
				 : error_memory(err);
	}
	free(entries);
	return r;
}

/* Whether the program looks into our directory. */
static int is_named(
	const struct root *root, const struct settings *settings, bool *ret, struct error *err)
{
	int r = 0;

	*ret = false;
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(settings->files) && settings->files[i]; i++)
		r = read_settings_file(root, settings, settings->files[i], ret, err);
	return r < 0 ? r : read_settings_directory(root, settings, ret, err);
}

/* CRI-O does not start where a file names a stage that it does not know. */
static int refuse_crio(const struct root *root, struct error *err)
{
	bool named;
	int r = is_named(root, &crio_settings, &named, err);

	if (r < 0 || !named)
		return r;
	return error_set(err, -EEXIST,
		"%s" HOOKS_DIRECTORY ": CRI-O is configured to read this directory too, and would "
		"not start with a hook of podman's own stage precreate; take it out of CRI-O's "
		"hooks_dir",
		root->name);
}

/* podman's manual has it read our directory by default; in fact it reads the one in /usr/share
 * alone, where CRI-O looks by default. */
static int advise_directory(struct job *job, struct error *err)
{
	bool named;
	int r = is_named(job->root, &podman_settings, &named, err);

	if (r < 0 || named)
		return r;
	if (asprintf(&job->advice,
		    "podman reads that directory only when it is named; add these lines to "
		    "%s/etc/containers/containers.conf (the second one, if it has the first), or "
		    "use "
		    "`podman --hooks-dir`:\n\n[engine]\nhooks_dir = "
		    "[\"/usr/share/containers/oci/hooks.d\", \"" HOOKS_DIRECTORY "\"]\n",
		    job->root->name) >= 0)
		return 0;
	job->advice = NULL;
	return error_memory(err);
}

/* Whether the file is what install writes, wherever the program was. */
static int is_ours(const struct job *job, bool *ret, struct error *err)
{
	AUTO_FREE char *text = NULL;
	struct json_document document;
	const struct json *path;
	const char *name;
	size_t length;
	int r = job_parse(job, &document, err);

	if (r < 0)
		return r;
	path = json_member(json_member(document.root, "hook"), "path");
	name = path && path->type == JSON_STRING ? strrchr(path->text, '/') : NULL;
	*ret = false;
	if (name && !strcmp(name, "/oci-seccomp-hook")) {
		r = splice_value(&document, path, "\"" HOOK_PATH "\"", &text, &length, err);
		*ret = r == 0 && !strcmp(text, podman_text);
	}
	json_document_finish(&document);
	return r;
}

int plan_podman(struct job *job, struct error *err)
{
	bool ours = false;
	int r = job->uninstall ? 0 : root_need_program(job->root, HOOK_PATH, err);

	if (r == 0 && !job->uninstall)
		r = refuse_crio(job->root, err);
	if (r == 0)
		r = job_open(job, HOOKS_DIRECTORY "/oci-seccomp-precreate.json", err);
	if (r == 0 && job->before)
		r = is_ours(job, &ours, err);
	if (r == 0)
		r = job_plan_text(job, podman_text, ours, err);
	return r < 0 || job->uninstall ? r : advise_directory(job, err);
}
