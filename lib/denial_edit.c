/* SPDX-License-Identifier: Apache-2.0 */
#include "denial_edit.h"

#include "cleanup.h"
#include "splice.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_empty(const struct json *rule, const char *key)
{
	const struct json *value = json_member(rule, key);

	return !value || (value->type == JSON_STRING ? value->text[0] == '\0' : value->count == 0);
}

/* A rule with a comment is about what the comment says. */
static bool allows_always(const struct json *rule)
{
	const struct json *action = json_member(rule, "action");
	const struct json *names = json_member(rule, "names");

	return action && action->type == JSON_STRING && !strcmp(action->text, "SCMP_ACT_ALLOW") &&
	       names && names->type == JSON_ARRAY && names->count > 0 && is_empty(rule, "args") &&
	       is_empty(rule, "includes") && is_empty(rule, "excludes") &&
	       is_empty(rule, "comment");
}

/* Its names; NULL: there is no such rule. */
static const struct json *find_names(const struct json *root)
{
	const struct json *syscalls = json_member(root, "syscalls"), *best = NULL;

	for (const struct json *rule = syscalls ? syscalls->first : NULL; rule; rule = rule->next) {
		const struct json *names = allows_always(rule) ? json_member(rule, "names") : NULL;

		if (names && (!best || names->count > best->count))
			best = names;
	}
	return best;
}

static bool is_sorted(const struct json *names)
{
	for (const struct json *item = names->first; item && item->next; item = item->next)
		if (strcmp(item->text, item->next->text) > 0)
			return false;
	return true;
}

/* What stands between the comma and the last name, or what is usual. */
static struct json_gap {
	const char *text;
	size_t length;
} gap_of(const struct json_document *document, const struct json *names)
{
	size_t start = names->last->start;

	while (strchr(" \t\r\n", document->text[start - 1]))
		start--;
	if (names->count == 1 && !memchr(document->text + start, '\n', names->last->start - start))
		return (struct json_gap){" ", 1};
	return (struct json_gap){document->text + start, names->last->start - start};
}

static void print_names(FILE *stream, const struct json_document *document,
	const struct json *names, const char *const *calls, size_t count)
{
	struct json_gap gap = gap_of(document, names);
	bool sorted = is_sorted(names);
	size_t from = names->start, next = 0;

	for (const struct json *item = names->first; item; item = item->next) {
		fwrite(document->text + from, 1, item->start - from, stream);
		for (; sorted && next < count && strcmp(calls[next], item->text) < 0; next++)
			fprintf(stream, "\"%s\",%.*s", calls[next], (int)gap.length, gap.text);
		from = item->start;
	}
	fwrite(document->text + from, 1, names->last->end - from, stream);
	for (; next < count; next++)
		fprintf(stream, ",%.*s\"%s\"", (int)gap.length, gap.text, calls[next]);
	fwrite(document->text + names->last->end, 1, names->end - names->last->end, stream);
}

static void print_rule(FILE *stream, const char *const *calls, size_t count)
{
	fputs("{\"names\": [", stream);
	for (size_t i = 0; i < count; i++)
		fprintf(stream, "%s\"%s\"", i > 0 ? ", " : "", calls[i]);
	fputs("], \"action\": \"SCMP_ACT_ALLOW\"}", stream);
}

static int edit(const struct json_document *document, const char *const *calls, size_t count,
	char **ret_text, size_t *ret_length, struct error *err)
{
	static const char *const keys[] = {"syscalls", NULL};
	const struct json *names = find_names(document->root);
	AUTO_FREE char *value = NULL;
	size_t length;
	FILE *stream = open_memstream(&value, &length);

	if (!stream)
		return error_memory(err);
	if (names)
		print_names(stream, document, names, calls, count);
	else
		print_rule(stream, calls, count);
	if (fclose(stream) != 0)
		return error_memory(err);
	if (names)
		return splice_value(document, names, value, ret_text, ret_length, err);
	return splice_insert(document, keys, JSON_ARRAY, value, ret_text, ret_length, err);
}

int profile_allow(const char *name, const char *text, const char *const *calls, size_t count,
	char **ret_text, size_t *ret_length, struct error *err)
{
	struct json_document document;
	char *copy = strdup(text);
	int r;

	if (!copy)
		return error_memory(err);
	r = json_parse(name, copy, strlen(copy), &document, err);
	if (r < 0)
		return r;
	r = edit(&document, calls, count, ret_text, ret_length, err);
	json_document_finish(&document);
	return r;
}
