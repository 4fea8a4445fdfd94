/* SPDX-License-Identifier: Apache-2.0 */
#include "splice.h"

#include "cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* An edit: the bytes [start, end) become `text`, owned. */
struct edit {
	size_t start, end;
	char *text;
};

/* The one member that a reader could take for `key`; `*ret` NULL where there is none. */
static int find_member(const struct json_document *document, const struct json *object,
	const char *key, const struct json **ret, struct error *err)
{
	const struct json *found = NULL;
	unsigned line, column;

	for (const struct json *member = object->first; member; member = member->next) {
		if (!json_key_is_like(member->key, key))
			continue;
		json_position(document, member->key_start, &line, &column);
		if (found)
			return error_set(err, -EINVAL,
				"%s:%u:%u: \"%s\" stands twice, and readers differ in which they "
				"take",
				document->name, line, column, key);
		if (strcmp(member->key, key) != 0)
			return error_set(err, -EINVAL,
				"%s:%u:%u: \"%s\" must be written \"%s\": runc and docker read it "
				"so, others do not",
				document->name, line, column, member->key, key);
		found = member;
	}
	*ret = found;
	return 0;
}

/* How far a path of keys leads: to `node`, by the first `depth` of them. */
struct place {
	const struct json *node;
	size_t depth;
};

static int refuse_type(const struct json_document *document, const struct json *node,
	enum json_type wanted, struct error *err)
{
	AUTO_FREE char *path = json_path(node);

	if (!path)
		return error_memory(err);
	if (!node->parent)
		return error_set(err, -EINVAL, "%s: must be %s, not %s", document->name,
			json_type_name(wanted), json_type_name(node->type));
	return error_set(err, -EINVAL, "%s:%u:%u: %s: must be %s, not %s", document->name,
		node->line, node->column, path, json_type_name(wanted), json_type_name(node->type));
}

/* The end of the path is of `type`, what leads there an object; either may be null. */
static int walk(const struct json_document *document, const char *const *keys, enum json_type type,
	struct place *ret, struct error *err)
{
	struct place place = {.node = document->root};

	for (;;) {
		const char *key = keys[place.depth];
		enum json_type wanted = key ? JSON_OBJECT : type;
		const struct json *member = NULL;
		int r;

		if (place.node->type == JSON_NULL && place.node->parent)
			break;
		if (place.node->type != wanted)
			return refuse_type(document, place.node, wanted, err);
		if (!key)
			break;
		r = find_member(document, place.node, key, &member, err);
		if (r < 0)
			return r;
		if (!member)
			break;
		place.node = member;
		place.depth++;
	}
	*ret = place;
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

/* After the last item, set apart as that one is from what stands before it; `mark` goes in front of
 * the first one. */
static struct edit insertion(const struct json_document *document, const struct json *container,
	const char *item, const char *mark)
{
	const struct json *last = container->last;
	struct edit edit = {.start = container->start + 1, .end = container->start + 1};
	size_t white;

	if (!last) {
		if (asprintf(&edit.text, "%s%s", mark, item) < 0)
			edit.text = NULL;
		return edit;
	}
	white = last->key_start;
	while (is_white(document->text[white - 1]))
		white--;
	edit.start = edit.end = last->end;
	if (asprintf(&edit.text, ",%.*s%s", (int)(last->key_start - white), document->text + white,
		    item) < 0)
		edit.text = NULL;
	return edit;
}

/* `"a":{"b":[ITEM]}` for what of the path is still to be made; ITEM where that is nothing. */
static void print_nested(
	FILE *stream, const char *const *keys, enum json_type type, const char *item)
{
	bool array = keys[0] && !keys[1] && type == JSON_ARRAY;

	if (!keys[0]) {
		fputs(item, stream);
		return;
	}
	fprintf(stream, "\"%s\":%c", keys[0], array ? '[' : '{');
	print_nested(stream, keys + 1, type, item);
	fputc(array ? ']' : '}', stream);
}

static char *nest(const char *const *keys, enum json_type type, const char *item)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return NULL;
	print_nested(stream, keys, type, item);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

/* What tells splice_remove what was there; without marks it cannot know. */
struct marks {
	const char *empty, *null;
};

static const struct marks no_marks = {"", ""}, marks = {" ", "\t"};

static struct edit addition(const struct json_document *document, const struct place *place,
	const char *const *keys, enum json_type type, const char *item, const struct marks *marked)
{
	const char *const *missing = keys + place->depth;
	bool array = !missing[0] && type == JSON_ARRAY;
	AUTO_FREE char *nested = nest(missing, type, item);
	struct edit edit = {.start = place->node->start, .end = place->node->end};

	if (!nested)
		return edit;
	if (place->node->type != JSON_NULL)
		return insertion(document, place->node, nested, marked->empty);
	if (asprintf(&edit.text, "%c%s%s%c", array ? '[' : '{', marked->null, nested,
		    array ? ']' : '}') < 0)
		edit.text = NULL;
	return edit;
}

/* Takes the edit over. */
static int apply(const struct json_document *document, struct edit edit, char **ret_text,
	size_t *ret_length, struct error *err)
{
	AUTO_FREE char *inserted = edit.text;
	size_t count = inserted ? strlen(inserted) : 0, rest = document->length - edit.end;
	size_t length = edit.start + count + rest;
	char *text = inserted ? malloc(length + 1) : NULL;

	if (!text)
		return error_memory(err);
	memcpy(text, document->text, edit.start);
	memcpy(text + edit.start, inserted, count);
	memcpy(text + edit.start + count, document->text + edit.end, rest);
	text[length] = '\0';
	*ret_text = text;
	*ret_length = length;
	return 0;
}

int splice_seccomp(const struct json_document *config, const char *object, char **ret_text,
	size_t *ret_length, struct error *err)
{
	static const char *const keys[] = {"linux", NULL};
	const struct json *seccomp = NULL;
	AUTO_FREE char *member = NULL;
	struct place place;
	struct edit edit = {0};
	int r = walk(config, keys, JSON_OBJECT, &place, err);

	if (r == 0 && place.depth == 1 && place.node->type == JSON_OBJECT)
		r = find_member(config, place.node, "seccomp", &seccomp, err);
	if (r < 0)
		return r;
	if (seccomp && object) {
		edit = (struct edit){seccomp->start, seccomp->end, strdup(object)};
	} else if (object) {
		if (asprintf(&member, "\"seccomp\":%s", object) < 0) {
			member = NULL;
			return error_memory(err);
		}
		edit = addition(config, &place, keys, JSON_OBJECT, member, &no_marks);
	} else {
		if (seccomp)
			edit = removal(seccomp);
		edit.text = strdup("");
	}
	return apply(config, edit, ret_text, ret_length, err);
}

int splice_find(const struct json_document *document, const char *const *keys, enum json_type type,
	const struct json **ret, struct error *err)
{
	struct place place;
	int r = walk(document, keys, type, &place, err);

	if (r < 0)
		return r;
	*ret = !keys[place.depth] && place.node->type == type ? place.node : NULL;
	return 0;
}

int splice_insert(const struct json_document *document, const char *const *keys,
	enum json_type type, const char *item, char **ret_text, size_t *ret_length,
	struct error *err)
{
	struct place place;
	int r = walk(document, keys, type, &place, err);

	if (r < 0)
		return r;
	return apply(document, addition(document, &place, keys, type, item, &marks), ret_text,
		ret_length, err);
}

int splice_value(const struct json_document *document, const struct json *node, const char *value,
	char **ret_text, size_t *ret_length, struct error *err)
{
	struct edit edit = {node->start, node->end, strdup(value)};

	return apply(document, edit, ret_text, ret_length, err);
}

/* Whether splice_insert made the container: it writes no white space. */
static bool is_made(const struct json_document *document, const struct json *container)
{
	const struct json *item = container->first;

	if (item->key_start != container->start + 1 || item->end + 1 != container->end)
		return false;
	return !container->key || (document->text[container->start - 1] == ':' &&
					  container->start - container->key_start ==
						  strlen(container->key) + strlen("\"\":"));
}

/* The inverse of `addition` for an item that is alone in its container. */
static struct edit removal_alone(const struct json_document *document, const struct json *item)
{
	const struct json *container = item->parent;
	const char *white = document->text + container->start + 1;
	struct edit edit = removal(item);

	if (item->key_start != container->start + 2)
		return edit;
	if (*white == marks.empty[0])
		edit.start--;
	if (*white == marks.null[0] && item->end + 1 == container->end && container->parent)
		edit = (struct edit){container->start, container->end, strdup("null")};
	return edit;
}

int splice_remove(const struct json_document *document, const struct json *item, char **ret_text,
	size_t *ret_length, struct error *err)
{
	struct edit edit;

	while (item->parent && item->parent->count == 1 && is_made(document, item->parent))
		item = item->parent;
	if (!item->parent)
		edit = (struct edit){.end = document->length};
	else if (item->parent->count == 1)
		edit = removal_alone(document, item);
	else
		edit = removal(item);
	if (!edit.text)
		edit.text = strdup("");
	return apply(document, edit, ret_text, ret_length, err);
}
