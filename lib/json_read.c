/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "cleanup.h"
#include "suggest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void finish_diagnostic(struct diagnostic *item)
{
	free(item->place);
	free(item->text);
}

static void diagnostics_append(struct diagnostics *diagnostics, struct diagnostic item)
{
	struct diagnostic *moved = NULL;

	if (item.place && item.text)
		moved = reallocarray(
			diagnostics->items, diagnostics->count + 1, sizeof(*diagnostics->items));
	if (!moved) {
		finish_diagnostic(&item);
		diagnostics->incomplete = true;
		return;
	}
	diagnostics->items = moved;
	diagnostics->items[diagnostics->count++] = item;
	if (item.severity == SEVERITY_ERROR)
		diagnostics->errors++;
}

void diagnostics_finish(struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++)
		finish_diagnostic(&diagnostics->items[i]);
	free(diagnostics->items);
	memset(diagnostics, 0, sizeof(*diagnostics));
}

int diagnostics_result(const struct diagnostics *diagnostics, struct error *err)
{
	const struct diagnostic *item = diagnostics->items;

	if (diagnostics->incomplete)
		return error_memory(err);
	if (diagnostics->errors == 0)
		return 0;
	while (item->severity != SEVERITY_ERROR)
		item++;
	if (diagnostics->errors == 1)
		return error_set(err, -EINVAL, "%s: %s", item->place, item->text);
	return error_set(err, -EINVAL, "%s: %s (the first of %zu errors)", item->place, item->text,
		diagnostics->errors);
}

static void report(struct json_reader *reader, const struct json *node, struct diagnostic item,
	const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));
static void report(struct json_reader *reader, const struct json *node, struct diagnostic item,
	const char *format, va_list arguments)
{
	AUTO_FREE char *path = json_path(node);
	AUTO_FREE char *text = NULL;

	item.line = node->line;
	item.column = node->column;
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	if (asprintf(&item.place, "%s:%u:%u", reader->document->name, node->line, node->column) < 0)
		item.place = NULL;
	if (!path || !text || asprintf(&item.text, "%s%s%s", path, path[0] ? ": " : "", text) < 0)
		item.text = NULL;
	diagnostics_append(reader->diagnostics, item);
}

void json_report(struct json_reader *reader, const struct json *node, enum severity severity,
	const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(reader, node, (struct diagnostic){.severity = severity}, format, arguments);
	va_end(arguments);
}

void json_report_as(struct json_reader *reader, const struct json *node, enum severity severity,
	const char *id, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(reader, node, (struct diagnostic){.severity = severity, .id = id}, format,
		arguments);
	va_end(arguments);
}

static void report_unknown_key(struct json_reader *reader, const struct json *member,
	const struct json_field *fields, size_t count)
{
	struct suggestion suggestion;
	char hint[128];

	suggestion_init(&suggestion, member->key);
	for (size_t i = 0; i < count; i++)
		suggestion_consider(&suggestion, fields[i].key);
	json_report(reader, member, SEVERITY_ERROR, "unknown key \"%s\"%s", member->key,
		suggestion_format(&suggestion, hint, sizeof(hint)));
}

void json_read_object(struct json_reader *reader, const struct json *node,
	const struct json_field *fields, size_t count, void *target)
{
	uint32_t seen = 0, present = 0;

	if (!json_expect(reader, node, JSON_OBJECT))
		return;
	for (const struct json *member = node->first; member; member = member->next) {
		size_t i = 0;

		while (i < count && strcmp(fields[i].key, member->key) != 0)
			i++;
		if (i == count) {
			if (!reader->skip_unknown)
				report_unknown_key(reader, member, fields, count);
			continue;
		}
		if (seen & 1U << i) {
			json_report(reader, member, SEVERITY_ERROR, "the key \"%s\" stands twice",
				member->key);
			continue;
		}
		seen |= 1U << i;
		if (member->type == JSON_NULL)
			continue;
		present |= 1U << i;
		fields[i].read(reader, member, target);
	}
	for (size_t i = 0; i < count; i++)
		if (fields[i].required && !(present & 1U << i))
			json_report(
				reader, node, SEVERITY_ERROR, "\"%s\" is missing", fields[i].key);
}

bool json_expect(struct json_reader *reader, const struct json *node, enum json_type type)
{
	if (node->type == type)
		return true;
	json_report(reader, node, SEVERITY_ERROR, "must be %s, not %s", json_type_name(type),
		json_type_name(node->type));
	return false;
}

bool json_read_unsigned(
	struct json_reader *reader, const struct json *node, uint64_t limit, uint64_t *ret)
{
	unsigned long long value;

	if (!json_expect(reader, node, JSON_NUMBER))
		return false;
	errno = 0;
	value = strtoull(node->text, NULL, 10);
	/* strtoull takes a sign, and stops at a fraction or an exponent. */
	if (errno != 0 || strspn(node->text, "0123456789") != strlen(node->text) || value > limit) {
		json_report(reader, node, SEVERITY_ERROR, "%s is not a whole number from 0 to %llu",
			node->text, (unsigned long long)limit);
		return false;
	}
	*ret = value;
	return true;
}

bool json_read_string(struct json_reader *reader, const struct json *node, char **ret)
{
	char *copy;

	if (!json_expect(reader, node, JSON_STRING))
		return false;
	copy = strdup(node->text);
	if (!copy) {
		reader->diagnostics->incomplete = true;
		return false;
	}
	free(*ret);
	*ret = copy;
	return true;
}

bool json_read_boolean(struct json_reader *reader, const struct json *node, bool *ret)
{
	if (!json_expect(reader, node, JSON_BOOLEAN))
		return false;
	*ret = node->boolean;
	return true;
}
