/* SPDX-License-Identifier: Apache-2.0 */
#include "splice.h"

#include "cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* An edit: the bytes [start, end) become `text`, owned. */
struct edit {
	size_t start, end;
	char *text;
};

/* Whether Go's encoding/json, which runc reads with, takes `key` for the lower-case `name`: case
 * does not count, and two characters beyond ASCII fold into it. */
static bool is_like(const char *key, const char *name)
{
	while (*key && *name) {
		if (*name == 's' && !strncmp(key, "\u017f", 2))
			key += 2;
		else if (*name == 'k' && !strncmp(key, "\u212a", 3))
			key += 3;
		else if (tolower((unsigned char)*key) == *name)
			key++;
		else
			return false;
		name++;
	}
	return *key == '\0' && *name == '\0';
}

/* The one member that a reader could take for `key`; `*ret` NULL where there is none. */
static int find_member(const struct json_document *document, const struct json *object,
	const char *key, const struct json **ret, struct error *err)
{
	const struct json *found = NULL;
	unsigned line, column;

	for (const struct json *member = object->first; member; member = member->next) {
		if (!is_like(member->key, key))
			continue;
		json_position(document, member->key_start, &line, &column);
		if (found)
			return error_set(err, -EINVAL,
				"%s:%u:%u: \"%s\" stands twice, and runtimes differ in which they "
				"take",
				document->name, line, column, key);
		if (strcmp(member->key, key) != 0)
			return error_set(err, -EINVAL,
				"%s:%u:%u: \"%s\" must be written \"%s\": runc reads it so, crun "
				"does not",
				document->name, line, column, member->key, key);
		found = member;
	}
	*ret = found;
	return 0;
}

static const struct json *sibling_before(const struct json *member)
{
	const struct json *before = NULL;

	for (const struct json *item = member->parent->first; item != member; item = item->next)
		before = item;
	return before;
}

/* With the comma and the white space that set it apart from its neighbour. */
static struct edit removal(const struct json *member)
{
	const struct json *before = sibling_before(member);

	if (before)
		return (struct edit){.start = before->end, .end = member->end};
	if (member->next)
		return (struct edit){.start = member->key_start, .end = member->next->key_start};
	return (struct edit){.start = member->key_start, .end = member->end};
}

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* After the last member, set apart as that one is from what stands before it. */
static struct edit insertion(
	const struct json_document *document, const struct json *object, const char *member)
{
	const struct json *last = object->last;
	struct edit edit = {.start = object->start + 1, .end = object->start + 1};
	size_t white;

	if (!last) {
		edit.text = strdup(member);
		return edit;
	}
	white = last->key_start;
	while (is_white(document->text[white - 1]))
		white--;
	edit.start = edit.end = last->end;
	if (asprintf(&edit.text, ",%.*s%s", (int)(last->key_start - white), document->text + white,
		    member) < 0)
		edit.text = NULL;
	return edit;
}

/* `object` set as linux.seccomp. `linux_member` is NULL where there is none. */
static struct edit setting(const struct json_document *document, const struct json *linux_member,
	const struct json *seccomp, const char *object)
{
	AUTO_FREE char *member = NULL;
	const char *before = "\"seccomp\":", *after = "";
	struct edit edit = {0};

	if (seccomp)
		return (struct edit){seccomp->start, seccomp->end, strdup(object)};
	if (!linux_member) {
		before = "\"linux\":{\"seccomp\":";
		after = "}";
	} else if (linux_member->type == JSON_NULL) {
		before = "{\"seccomp\":";
		after = "}";
	}
	if (asprintf(&member, "%s%s%s", before, object, after) < 0) {
		member = NULL;
		return edit;
	}
	if (linux_member && linux_member->type == JSON_NULL)
		return (struct edit){linux_member->start, linux_member->end, TAKE_PTR(member)};
	return insertion(document, linux_member ? linux_member : document->root, member);
}

static int apply(const struct json_document *document, const struct edit *edit, char **ret_text,
	size_t *ret_length, struct error *err)
{
	size_t inserted = strlen(edit->text), rest = document->length - edit->end;
	size_t length = edit->start + inserted + rest;
	char *text = malloc(length + 1);

	if (!text)
		return error_memory(err);
	memcpy(text, document->text, edit->start);
	memcpy(text + edit->start, edit->text, inserted);
	memcpy(text + edit->start + inserted, document->text + edit->end, rest);
	text[length] = '\0';
	*ret_text = text;
	*ret_length = length;
	return 0;
}

static int find_seccomp(const struct json_document *config, const struct json **ret_linux,
	const struct json **ret_seccomp, struct error *err)
{
	const struct json *linux_member, *seccomp = NULL;
	int r;

	if (config->root->type != JSON_OBJECT)
		return error_set(err, -EINVAL, "%s: must be an object, not %s", config->name,
			json_type_name(config->root->type));
	r = find_member(config, config->root, "linux", &linux_member, err);
	if (r < 0)
		return r;
	if (linux_member && linux_member->type == JSON_OBJECT) {
		r = find_member(config, linux_member, "seccomp", &seccomp, err);
		if (r < 0)
			return r;
	} else if (linux_member && linux_member->type != JSON_NULL) {
		return error_set(err, -EINVAL, "%s:%u:%u: linux: must be an object, not %s",
			config->name, linux_member->line, linux_member->column,
			json_type_name(linux_member->type));
	}
	*ret_linux = linux_member;
	*ret_seccomp = seccomp;
	return 0;
}

int splice_seccomp(const struct json_document *config, const char *object, char **ret_text,
	size_t *ret_length, struct error *err)
{
	const struct json *linux_member = NULL, *seccomp = NULL;
	struct edit edit = {0};
	int r = find_seccomp(config, &linux_member, &seccomp, err);

	if (r < 0)
		return r;
	if (object)
		edit = setting(config, linux_member, seccomp, object);
	else if (seccomp)
		edit = removal(seccomp);
	if (!object)
		edit.text = strdup("");
	if (!edit.text)
		return error_memory(err);
	r = apply(config, &edit, ret_text, ret_length, err);
	free(edit.text);
	return r;
}
