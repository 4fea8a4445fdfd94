/* SPDX-License-Identifier: Apache-2.0 */
#include "containerd_config.h"

#include "cleanup.h"
#include "toml.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* Of one file. */
struct facts {
	const char *file;
	const char *version; /* as it is written */
	char **imports;	     /* owned */
	size_t import_count;
	unsigned section, handler; /* lines; 0: not there */
	bool has_imports, has_runtime;
	char version_text[16];
};

static void facts_finish(struct facts *facts)
{
	for (size_t i = 0; i < facts->import_count; i++)
		free(facts->imports[i]);
	free(facts->imports);
}

static int add_import(struct facts *facts, const struct toml_item *item, struct error *err)
{
	char **moved;

	if (item->type == TOML_ARRAY && !item->element) {
		facts->has_imports = true;
		return 0;
	}
	if (item->type != TOML_STRING || !item->element)
		return error_set(err, -EINVAL, "%s:%u: imports: must be an array of strings",
			facts->file, item->line);
	moved = reallocarray(facts->imports, facts->import_count + 1, sizeof(*moved));
	if (!moved)
		return error_memory(err);
	facts->imports = moved;
	moved[facts->import_count] = strdup(item->text);
	return moved[facts->import_count++] ? 0 : error_memory(err);
}

static int set_version(struct facts *facts, const struct toml_item *item, struct error *err)
{
	if (item->type != TOML_OTHER || item->element || facts->version)
		return error_set(err, -EINVAL, "%s:%u: version: must be one number", facts->file,
			item->line);
	snprintf(facts->version_text, sizeof(facts->version_text), "%s", item->text);
	facts->version = facts->version_text;
	return 0;
}

static bool leads_to(const struct toml_item *item, size_t start, const char *const *keys)
{
	size_t i = 0;

	while (keys[i] && start + i < item->depth && !strcmp(item->keys[start + i], keys[i]))
		i++;
	return !keys[i];
}

static void note_plugin(struct facts *facts, const struct toml_item *item)
{
	static const char *const runtimes[] = {"containerd", "runtimes", NULL};
	static const char *const handler[] = {"containerd", "runtimes", "oci-seccomp", NULL};

	if (facts->section == 0)
		facts->section = item->line;
	if (leads_to(item, 2, runtimes) && item->depth > 4)
		facts->has_runtime = true;
	if (leads_to(item, 2, handler) && facts->handler == 0)
		facts->handler = item->line;
}

static int note(void *context, const struct toml_item *item, struct error *err)
{
	static const char *const plugins[][3] = {
		{"plugins", "io.containerd.grpc.v1.cri", NULL},	   /* version 2 */
		{"plugins", "io.containerd.cri.v1.runtime", NULL}, /* version 3 */
	};
	struct facts *facts = context;

	if (item->depth == 1 && !strcmp(item->keys[0], "version"))
		return set_version(facts, item, err);
	if (item->depth == 1 && !strcmp(item->keys[0], "imports"))
		return add_import(facts, item, err);
	for (size_t i = 0; i < ARRAY_LENGTH(plugins); i++)
		if (leads_to(item, 0, plugins[i]))
			note_plugin(facts, item);
	return 0;
}

static int set_place(char **place, const char *file, unsigned line, struct error *err)
{
	free(*place);
	if (asprintf(place, "%s:%u", file, line) >= 0)
		return 0;
	*place = NULL;
	return error_memory(err);
}

/* What holds for all files together, by the ones before and then by this one too. */
static int merge(struct containerd_config *config, const struct facts *facts, struct error *err)
{
	int r;

	if (facts->section == 0)
		return 0;
	r = set_place(&config->section, facts->file, facts->section, err);
	if (r < 0)
		return r;
	config->has_runtime = facts->has_runtime;
	if (facts->handler > 0)
		return set_place(&config->handler, facts->file, facts->handler, err);
	if (config->version == 2) {
		free(config->handler);
		config->handler = NULL;
	}
	return 0;
}

static int read_file(const struct root *root, const char *path, struct facts *facts,
	bool *ret_there, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	int r = root_read(root, path, &text, &length, err);

	*ret_there = text != NULL;
	return r < 0 || !text ? r : toml_read(facts->file, text, length, note, facts, err);
}

static int read_imported_file(const struct root *root, const char *directory, const char *name,
	struct containerd_config *config, struct error *err)
{
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *file = NULL;
	struct facts facts = {0};
	bool there;
	int r;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		path = NULL;
	file = path ? root_file(root, path) : NULL;
	if (!file)
		return error_memory(err);
	facts.file = file;
	r = read_file(root, path, &facts, &there, err);
	if (r == 0)
		r = merge(config, &facts, err);
	if (r == 0 && facts.import_count > 0)
		r = error_set(err, -EINVAL,
			"%s: imports other files; name these in " CONTAINERD_CONFIG " instead, so "
			"that install can see what they have",
			file);
	facts_finish(&facts);
	return r;
}

static bool is_ours(const struct containerd_config *config, const char *directory, const char *name)
{
	return !strcmp(directory, config->directory) && !strcmp(name, CONTAINERD_DROPIN_NAME);
}

static int read_matching(const struct root *root, const char *directory, const char *pattern,
	struct containerd_config *config, struct error *err)
{
	int fd = root_open_directory(root, directory), r = 0;
	const struct dirent *entry;
	DIR *stream;

	if (fd == -ENOENT)
		return 0;
	stream = fd < 0 ? NULL : fdopendir(fd);
	if (!stream) {
		r = fd < 0 ? fd : -errno;
		close_descriptor(&fd);
		return error_set_errno(err, r, "%s%s: cannot read", root->name, directory);
	}
	while (r == 0 && (entry = readdir(stream)))
		if (fnmatch(pattern, entry->d_name, FNM_PERIOD) == 0 &&
			!is_ours(config, directory, entry->d_name))
			r = read_imported_file(root, directory, entry->d_name, config, err);
	closedir(stream);
	return r;
}

/* An entry of `imports`; relative ones count from the main file's directory. */
static int split_import(const char *import, char **ret_directory, const char **ret_pattern)
{
	const char *slash = strrchr(import, '/');
	int r;

	if (import[0] == '/')
		r = asprintf(ret_directory, "%.*s", (int)(slash - import), import);
	else
		r = asprintf(ret_directory, "/etc/containerd%s%.*s", slash ? "/" : "",
			slash ? (int)(slash - import) : 0, import);
	*ret_pattern = slash ? slash + 1 : import;
	if (r >= 0)
		return 0;
	*ret_directory = NULL;
	return -ENOMEM;
}

/* The drop-in goes where the main file looks for some of any name. */
static int choose_directory(
	const struct facts *facts, struct containerd_config *config, struct error *err)
{
	config->has_imports = facts->has_imports;
	for (size_t i = 0; i < facts->import_count && !config->imported; i++) {
		AUTO_FREE char *directory = NULL;
		const char *pattern;

		if (split_import(facts->imports[i], &directory, &pattern) < 0)
			return error_memory(err);
		/* containerd 1.x looks for relative patterns in its working directory */
		if (facts->imports[i][0] != '/' || strpbrk(directory, "*?[\\") ||
			fnmatch(pattern, CONTAINERD_DROPIN_NAME, FNM_PERIOD) != 0)
			continue;
		config->imported = true;
		config->directory = TAKE_PTR(directory);
	}
	if (!config->directory)
		config->directory = strdup(CONTAINERD_DROPIN_DIRECTORY);
	return config->directory ? 0 : error_memory(err);
}

static int read_imports(const struct root *root, const struct facts *facts,
	struct containerd_config *config, struct error *err)
{
	for (size_t i = 0; i < facts->import_count; i++) {
		AUTO_FREE char *directory = NULL;
		const char *pattern;
		int r = split_import(facts->imports[i], &directory, &pattern);

		if (r < 0)
			return error_memory(err);
		if (strpbrk(directory, "*?[\\"))
			return error_set(err, -EINVAL,
				"%s: imports \"%s\", a pattern of directories, and install cannot "
				"tell what that is; name them one by one",
				facts->file, facts->imports[i]);
		r = read_matching(root, directory, pattern, config, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_version(
	const struct facts *facts, struct containerd_config *config, struct error *err)
{
	if (!facts->version)
		return error_set(err, -EINVAL,
			"%s: has no `version`, which then is 1; bring it to 2 or 3 (`containerd "
			"config migrate` shows how)",
			facts->file);
	if (strcmp(facts->version, "2") != 0 && strcmp(facts->version, "3") != 0)
		return error_set(err, -EINVAL,
			"%s: has version %s; install knows 2 and 3 (`containerd config migrate`)",
			facts->file, facts->version);
	config->version = (unsigned)(facts->version[0] - '0');
	return 0;
}

int containerd_config_read(
	const struct root *root, struct containerd_config *ret, struct error *err)
{
	struct containerd_config config = {0};
	AUTO_FREE char *file = root_file(root, CONTAINERD_CONFIG);
	struct facts facts = {.file = file};
	int r;

	if (!file)
		return error_memory(err);
	r = read_file(root, CONTAINERD_CONFIG, &facts, &config.there, err);
	if (r == 0 && config.there)
		r = check_version(&facts, &config, err);
	if (r == 0)
		r = merge(&config, &facts, err);
	if (r == 0)
		r = choose_directory(&facts, &config, err);
	if (r == 0)
		r = read_imports(root, &facts, &config, err);
	facts_finish(&facts);
	if (r < 0)
		containerd_config_finish(&config);
	else
		*ret = config;
	return r;
}

void containerd_config_finish(struct containerd_config *config)
{
	free(config->directory);
	free(config->section);
	free(config->handler);
	memset(config, 0, sizeof(*config));
}
