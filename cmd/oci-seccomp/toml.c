/* SPDX-License-Identifier: Apache-2.0 */
#include "toml.h"

#include "cleanup.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { DEEPEST = 32 };

struct reader {
	const char *name;
	const char *next; /* what is not yet read; a NUL ends it */
	unsigned line;
	char *keys[DEEPEST]; /* owned */
	size_t depth;
	size_t nested; /* arrays and inline tables around the value that is read */
	toml_visitor *visit;
	void *context;
};

static int read_value(struct reader *reader, bool element, struct error *err);

static int refuse(const struct reader *reader, const char *problem, struct error *err)
{
	return error_set(err, -EINVAL, "%s:%u: %s", reader->name, reader->line, problem);
}

static int visit(const struct reader *reader, enum toml_type type, bool element, const char *text,
	unsigned line, struct error *err)
{
	const struct toml_item item = {
		.keys = (const char *const *)reader->keys,
		.depth = reader->depth,
		.type = type,
		.element = element,
		.text = text,
		.line = line,
	};

	return reader->visit(reader->context, &item, err);
}

static void drop_keys(struct reader *reader, size_t depth)
{
	while (reader->depth > depth)
		free(reader->keys[--reader->depth]);
}

static void skip_blanks(struct reader *reader)
{
	reader->next += strspn(reader->next, " \t");
}

static bool take(struct reader *reader, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(reader->next, word, length) != 0)
		return false;
	reader->next += length;
	return true;
}

static bool take_newline(struct reader *reader)
{
	if (!take(reader, "\n") && !take(reader, "\r\n"))
		return false;
	reader->line++;
	return true;
}

/* Blanks, comments and ends of lines. */
static void skip_lines(struct reader *reader)
{
	do {
		skip_blanks(reader);
		if (*reader->next == '#')
			reader->next += strcspn(reader->next, "\n");
	} while (take_newline(reader));
}

static int read_line_end(struct reader *reader, struct error *err)
{
	skip_blanks(reader);
	if (*reader->next == '#')
		reader->next += strcspn(reader->next, "\n");
	if (*reader->next == '\0' || take_newline(reader))
		return 0;
	return refuse(reader, "something stands behind the value or the header", err);
}

/* One escape sequence, behind its backslash. */
static int read_escape(struct reader *reader, bool many_lines, FILE *stream, struct error *err)
{
	static const char letters[] = "btnfr\"\\", meanings[] = "\b\t\n\f\r\"\\";
	const char *found = *reader->next ? strchr(letters, *reader->next) : NULL;

	if (found) {
		fputc(meanings[found - letters], stream);
		reader->next++;
		return 0;
	}
	if (many_lines) {
		skip_blanks(reader);
		if (take_newline(reader)) {
			do
				skip_blanks(reader);
			while (take_newline(reader));
			return 0;
		}
	}
	return refuse(reader, "an escape in a string that is not understood", err);
}

/* Up to the closing `quotes`, one or three, which are taken. */
static int read_characters(
	struct reader *reader, const char *quotes, FILE *stream, struct error *err)
{
	bool many_lines = quotes[1] != '\0', literal = quotes[0] == '\'';
	int r = 0;

	while (r == 0) {
		const char *line = reader->next;

		if (take(reader, quotes)) {
			/* A string of many lines may end with one or two quotes of its own. */
			while (many_lines && *reader->next == quotes[0])
				fputc(*reader->next++, stream);
			return 0;
		}
		if (many_lines && take_newline(reader))
			fwrite(line, 1, (size_t)(reader->next - line), stream);
		else if (!literal && take(reader, "\\"))
			r = read_escape(reader, many_lines, stream, err);
		else if (*reader->next == '\n' || *reader->next == '\0')
			r = refuse(reader, "a string does not end", err);
		else if ((unsigned char)*reader->next < ' ' && *reader->next != '\t')
			r = refuse(reader, "a string contains a control character", err);
		else
			fputc(*reader->next++, stream);
	}
	return r;
}

/* At its first quote. `*ret` is owned by the caller. */
static int read_string(struct reader *reader, bool many_lines, char **ret, struct error *err)
{
	static const char *const forms[] = {"\"\"\"", "'''", "\"", "'"};
	AUTO_FREE char *text = NULL;
	size_t length, form = 0;
	FILE *stream;
	int r;

	while (!take(reader, forms[form]))
		form++;
	if (form < 2 && !many_lines)
		return refuse(reader, "a key must stand in one line", err);
	if (form < 2)
		take_newline(reader);
	stream = open_memstream(&text, &length);
	if (!stream)
		return error_memory(err);
	r = read_characters(reader, forms[form], stream, err);
	if (fclose(stream) != 0)
		return r < 0 ? r : error_memory(err);
	if (r == 0)
		*ret = TAKE_PTR(text);
	return r;
}

static int read_key(struct reader *reader, struct error *err)
{
	static const char bare[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789_-";
	size_t length = strspn(reader->next, bare);
	char *key = NULL;
	int r = 0;

	if (reader->depth == DEEPEST)
		return refuse(reader, "more than 32 keys in a path", err);
	if (*reader->next == '"' || *reader->next == '\'') {
		r = read_string(reader, false, &key, err);
	} else if (length > 0) {
		key = strndup(reader->next, length);
		reader->next += length;
		if (!key)
			r = error_memory(err);
	} else {
		r = refuse(reader, "a key is expected", err);
	}
	if (r == 0)
		reader->keys[reader->depth++] = key;
	return r;
}

/* `a . "b"`, put behind the keys that are there. */
static int read_keys(struct reader *reader, struct error *err)
{
	int r;

	do {
		skip_blanks(reader);
		r = read_key(reader, err);
		skip_blanks(reader);
	} while (r == 0 && take(reader, "."));
	return r;
}

static int read_assignment(struct reader *reader, struct error *err)
{
	size_t depth = reader->depth;
	int r = read_keys(reader, err);

	if (r == 0 && !take(reader, "="))
		r = refuse(reader, "\"=\" is expected behind a key", err);
	if (r == 0) {
		skip_blanks(reader);
		r = read_value(reader, false, err);
	}
	drop_keys(reader, depth);
	return r;
}

static int read_array(struct reader *reader, struct error *err)
{
	for (;;) {
		int r;

		skip_lines(reader);
		if (take(reader, "]"))
			return 0;
		r = read_value(reader, true, err);
		if (r < 0)
			return r;
		skip_lines(reader);
		if (!take(reader, ",") && *reader->next != ']')
			return refuse(reader, "\",\" or \"]\" is expected in an array", err);
	}
}

static int read_inline_table(struct reader *reader, struct error *err)
{
	skip_blanks(reader);
	if (take(reader, "}"))
		return 0;
	for (;;) {
		int r = read_assignment(reader, err);

		if (r < 0)
			return r;
		skip_blanks(reader);
		if (take(reader, "}"))
			return 0;
		if (!take(reader, ","))
			return refuse(reader, "\",\" or \"}\" is expected in a table", err);
	}
}

static int read_other(struct reader *reader, bool element, struct error *err)
{
	size_t length = strspn(reader->next, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					     "0123456789+-_.:");
	AUTO_FREE char *word = strndup(reader->next, length);

	if (!word)
		return error_memory(err);
	if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0 &&
		strcmp(word + strspn(word, "+-"), "inf") != 0 &&
		strcmp(word + strspn(word, "+-"), "nan") != 0 &&
		strspn(word + strspn(word, "+-"), "0123456789") == 0)
		return refuse(reader, "a value is expected", err);
	reader->next += length;
	return visit(reader, TOML_OTHER, element, word, reader->line, err);
}

static int read_container(
	struct reader *reader, enum toml_type type, bool element, struct error *err)
{
	int r = visit(reader, type, element, NULL, reader->line, err);

	if (r < 0)
		return r;
	if (++reader->nested > DEEPEST)
		return refuse(reader, "nested too deeply (more than 32 levels)", err);
	reader->next++;
	r = type == TOML_ARRAY ? read_array(reader, err) : read_inline_table(reader, err);
	reader->nested--;
	return r;
}

static int read_value(struct reader *reader, bool element, struct error *err)
{
	AUTO_FREE char *text = NULL;
	unsigned line = reader->line;
	int r;

	switch (*reader->next) {
	case '[':
		return read_container(reader, TOML_ARRAY, element, err);
	case '{':
		return read_container(reader, TOML_TABLE, element, err);
	case '"':
	case '\'':
		r = read_string(reader, true, &text, err);
		return r < 0 ? r : visit(reader, TOML_STRING, element, text, line, err);
	default:
		return read_other(reader, element, err);
	}
}

/* Behind its first bracket. */
static int read_header(struct reader *reader, struct error *err)
{
	const char *end = take(reader, "[") ? "]]" : "]";
	int r;

	drop_keys(reader, 0);
	r = read_keys(reader, err);
	if (r < 0)
		return r;
	if (!take(reader, end))
		return refuse(reader, "\"]\" is expected behind the name of a table", err);
	return visit(reader, TOML_TABLE, end[1] != '\0', NULL, reader->line, err);
}

static int read_document(struct reader *reader, struct error *err)
{
	int r = 0;

	for (;;) {
		skip_lines(reader);
		if (*reader->next == '\0')
			return 0;
		r = take(reader, "[") ? read_header(reader, err) : read_assignment(reader, err);
		if (r == 0)
			r = read_line_end(reader, err);
		if (r < 0)
			return r;
	}
}

int toml_read(const char *name, const char *text, size_t length, toml_visitor *visit_item,
	void *context, struct error *err)
{
	struct reader reader = {
		.name = name,
		.next = text,
		.line = 1,
		.visit = visit_item,
		.context = context,
	};
	int r;

	if (strlen(text) != length || !text_is_utf8(text, length))
		return error_set(err, -EINVAL, "%s: is no text in UTF-8", name);
	r = read_document(&reader, err);
	drop_keys(&reader, 0);
	return r;
}
