/* SPDX-License-Identifier: Apache-2.0 */
#include "container_internal.h"

#include "cleanup.h"
#include "io.h"
#include "json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * runc and crun keep a directory for each container, ROOT/ID, with its first process in it.
 */
enum { STATE_LIMIT = 1 << 20 };

static bool number_of(const struct json *value, unsigned long long *ret)
{
	if (!value || value->type != JSON_NUMBER)
		return false;
	*ret = strtoull(value->text, NULL, 10);
	return true;
}

static const char *text_of(const struct json *value)
{
	return value && value->type == JSON_STRING ? value->text : NULL;
}

/* Of runc's labels the one that begins with "bundle=". */
static const char *bundle_label(const struct json *config)
{
	const struct json *labels = json_member(config, "labels");

	for (const struct json *label = labels ? labels->first : NULL; label; label = label->next)
		if (label->type == JSON_STRING && !strncmp(label->text, "bundle=", 7))
			return label->text + 7;
	return NULL;
}

static bool read_members(
	const struct json *root, bool is_runc, struct state_entry *entry, const char **ret_bundle)
{
	unsigned long long pid = 0;
	bool read =
		number_of(json_member(root, is_runc ? "init_process_pid" : "pid"), &pid) &&
		number_of(json_member(root, is_runc ? "init_process_start" : "process-start-time"),
			&entry->start);

	entry->pid = (pid_t)pid;
	*ret_bundle = is_runc ? bundle_label(json_member(root, "config"))
			      : text_of(json_member(root, "bundle"));
	return read && entry->pid > 0;
}

/* 0: nothing that can be used. */
static int read_entry(
	int root, const char *id, bool is_runc, struct state_entry *ret, struct error *err)
{
	AUTO(json_document_finish) struct json_document document = {0};
	struct state_entry entry = {.claim.engine = is_runc ? ENGINE_RUNC : ENGINE_CRUN};
	const char *bundle;
	size_t length;
	char path[512], *text;

	snprintf(path, sizeof(path), "%s/%s", id, is_runc ? "state.json" : "status");
	if (io_read_file(root, path, path, STATE_LIMIT, &text, &length, NULL) < 0 ||
		json_parse(path, text, length, &document, NULL) < 0 ||
		!read_members(document.root, is_runc, &entry, &bundle))
		return 0;
	entry.claim.id = strdup(id);
	if (!entry.claim.id)
		return error_memory(err);
	if (bundle && asprintf(&entry.claim.config, "%s/config.json", bundle) < 0) {
		entry.claim.config = NULL;
		claim_finish(&entry.claim);
		return error_memory(err);
	}
	*ret = entry;
	return 1;
}

int container_state(
	const char *root, const char *id, pid_t *ret_pid, char **ret_config, struct error *err)
{
	AUTO_CLOSE int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct state_entry entry;
	int r;

	if (fd < 0 || strchr(id, '/') || id[0] == '.')
		return error_set(err, -ENOENT, "%s: nothing of container %s", root, id);
	r = read_entry(fd, id, true, &entry, err);
	if (r == 0)
		r = read_entry(fd, id, false, &entry, err);
	if (r < 0)
		return r;
	if (r == 0 || !entry.claim.config) {
		if (r > 0)
			claim_finish(&entry.claim);
		return error_set(err, -ENOENT, "%s: nothing of container %s", root, id);
	}
	*ret_pid = entry.pid;
	*ret_config = TAKE_PTR(entry.claim.config);
	claim_finish(&entry.claim);
	return 0;
}

static int add_entry(struct state_entries *entries, struct state_entry *entry, struct error *err)
{
	struct state_entry *moved =
		reallocarray(entries->items, entries->count + 1, sizeof(*moved));

	if (!moved) {
		claim_finish(&entry->claim);
		return error_memory(err);
	}
	entries->items = moved;
	entries->items[entries->count++] = *entry;
	return 0;
}

/* `must_be`: somebody has named it. */
static int read_root(
	const char *path, bool must_be, struct state_entries *entries, struct error *err)
{
	DIR *directory = opendir(path);
	struct dirent *file;
	int r = 0;

	if (!directory && must_be)
		return error_set_errno(err, -errno, "%s: cannot open", path);
	while (r >= 0 && directory && (file = readdir(directory))) {
		struct state_entry entry;

		if (file->d_name[0] == '.')
			continue;
		r = read_entry(dirfd(directory), file->d_name, true, &entry, err);
		if (r == 0)
			r = read_entry(dirfd(directory), file->d_name, false, &entry, err);
		if (r > 0)
			r = add_entry(entries, &entry, err);
	}
	if (directory)
		closedir(directory);
	return r < 0 ? r : 0;
}

int state_entries_read(const char *const *roots, struct state_entries *ret, struct error *err)
{
	static const char *const usual[] = {"/run/runc", "/run/crun", NULL};
	const char *const *lists[] = {usual, roots};
	struct state_entries entries = {0};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
		for (const char *const *root = lists[i]; root && *root && r == 0; root++)
			r = read_root(*root, lists[i] == roots, &entries, err);
	if (r < 0)
		state_entries_finish(&entries);
	else
		*ret = entries;
	return r;
}

void state_entries_finish(struct state_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		claim_finish(&entries->items[i].claim);
	free(entries->items);
	*entries = (struct state_entries){0};
}
