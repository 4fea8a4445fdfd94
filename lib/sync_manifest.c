/* SPDX-License-Identifier: Apache-2.0 */
#include "sync_internal.h"

#include "cleanup.h"
#include "sync.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two lines for each file, of digest and path. */
enum { MANIFEST_SIZE_LIMIT = 16 * 1024 * 1024, DIGITS = DIGEST_SIZE - 1 };

bool manifest_has(const struct manifest *manifest, const char *name, const char *digest)
{
	for (size_t i = 0; i < manifest->count; i++)
		if (!strcmp(manifest->entries[i].name, name) &&
			!strcmp(manifest->entries[i].digest, digest))
			return true;
	return false;
}

int manifest_add(struct manifest *manifest, const char *name, const char *digest, struct error *err)
{
	struct manifest_entry *entry;

	if (manifest_has(manifest, name, digest))
		return 0;
	if (manifest->count == manifest->capacity) {
		size_t larger = manifest->capacity ? 2 * manifest->capacity : 32;
		void *moved = realloc(manifest->entries, larger * sizeof(*manifest->entries));

		if (!moved)
			return error_memory(err);
		manifest->entries = moved;
		manifest->capacity = larger;
	}
	entry = &manifest->entries[manifest->count];
	entry->name = strdup(name);
	if (!entry->name)
		return error_memory(err);
	snprintf(entry->digest, sizeof(entry->digest), "%s", digest);
	manifest->count++;
	return 0;
}

void manifest_keep(struct manifest *manifest, const char *name, const char *digest)
{
	struct manifest_entry *entries = manifest->entries;
	size_t kept = 0;

	for (size_t i = 0; i < manifest->count; i++) {
		struct manifest_entry entry = entries[i];

		if (!strcmp(entry.name, name) && (!digest || strcmp(entry.digest, digest) != 0))
			continue;
		entries[i] = entries[kept];
		entries[kept++] = entry;
	}
	/* Not earlier: `name` may be one of these. */
	for (size_t i = kept; i < manifest->count; i++)
		free(entries[i].name);
	manifest->count = kept;
}

void manifest_finish(struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->count; i++)
		free(manifest->entries[i].name);
	free(manifest->entries);
	free(manifest->saved);
	memset(manifest, 0, sizeof(*manifest));
}

/* Whether this process could have written a file of that name: every element starts with neither a
 * slash nor a dot. */
static bool is_own_name(const char *name)
{
	for (const char *element = name;; element++) {
		if (element[0] == '\0' || element[0] == '/' || element[0] == '.')
			return false;
		element = strchr(element, '/');
		if (!element)
			return source_is_profile(name);
	}
}

/* `DIGEST  NAME`, as sha256sum(1) has it. */
static bool parse_line(char *line, struct manifest *manifest, struct error *err)
{
	char *name = line + DIGITS + 2;

	if (strspn(line, "0123456789abcdef") != DIGITS || strncmp(line + DIGITS, "  ", 2) != 0 ||
		!is_own_name(name))
		return false;
	line[DIGITS] = '\0';
	return manifest_add(manifest, name, line, err) == 0;
}

static int parse(
	char *text, const struct sync_target *target, struct manifest *manifest, struct error *err)
{
	unsigned number = 1;

	for (char *line = text, *end; *line; line = end + 1, number++) {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		if (!end || !parse_line(line, manifest, err))
			return error_set(err, -EINVAL,
				"%s/%s:%u: is not `DIGEST  NAME.json`; remove this file to have "
				"all "
				"profiles there taken for your own",
				target->path, SYNC_MANIFEST, number);
	}
	return 0;
}

int manifest_read(const struct sync_target *target, struct manifest *ret, struct error *err)
{
	struct manifest manifest = {0};
	AUTO_FREE char *text = NULL;
	size_t length;
	int r = target_read(target, SYNC_MANIFEST, MANIFEST_SIZE_LIMIT, &text, &length, err);

	if (r == 0 && text) {
		manifest.saved = strdup(text);
		r = manifest.saved ? parse(text, target, &manifest, err) : error_memory(err);
	}
	if (r < 0) {
		manifest_finish(&manifest);
		return r;
	}
	*ret = manifest;
	return 0;
}

static int compare_entries(const void *left, const void *right)
{
	const struct manifest_entry *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : strcmp(a->digest, b->digest);
}

/* Owned by the caller; NULL: no memory. */
static char *write_text(const struct manifest *manifest)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return NULL;
	for (size_t i = 0; i < manifest->count; i++)
		fprintf(stream, "%s  %s\n", manifest->entries[i].digest, manifest->entries[i].name);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

int manifest_save(struct manifest *manifest, const struct sync_target *target, struct error *err)
{
	AUTO_FREE char *text = NULL;
	int r;

	if (manifest->count > 0)
		qsort(manifest->entries, manifest->count, sizeof(*manifest->entries),
			compare_entries);
	text = write_text(manifest);
	if (!text)
		return error_memory(err);
	if (strcmp(text, manifest->saved ? manifest->saved : "") == 0)
		return 0;
	if (manifest->count == 0)
		r = target_remove(target, SYNC_MANIFEST, err);
	else
		r = target_write(target, SYNC_MANIFEST, text, strlen(text), err);
	if (r < 0)
		return r;
	free(manifest->saved);
	manifest->saved = TAKE_PTR(text);
	return 0;
}
