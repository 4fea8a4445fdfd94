/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A JSON text as a tree that remembers where each value stands, for messages that name the place
 * and for edits that leave every other byte alone. Parsed by yajl: strict JSON, no comments, valid
 * UTF-8, nothing after the value. Duplicate keys are kept; json_read_object reports them.
 */
enum json_type {
	JSON_NULL,
	JSON_BOOLEAN,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json {
	enum json_type type;
	size_t start, end;     /* the value is the bytes [start, end) of the text */
	size_t key_start;      /* of an object's member: where its key starts; else `start` */
	unsigned line, column; /* of `start`, both from 1 */
	const char *key;       /* of an object's member, NUL-terminated; else NULL */
	const char *text;      /* string: decoded; number: the literal; NUL-terminated */
	bool boolean;
	size_t index;	     /* position among its siblings */
	size_t count;	     /* children */
	struct json *parent; /* NULL: the root */
	struct json *first;  /* first child */
	struct json *last;
	struct json *next; /* next sibling */
};

struct json_document {
	char *name; /* owned; what messages call the text */
	char *text; /* owned */
	size_t length;
	struct json *root; /* owned, as is all below it */
	struct json_chunk *memory;
};

/* Parses `text` (taken over, also on failure). Errors: -EINVAL with NAME:LINE:COLUMN, among them
 * nesting of more than 100 levels and strings that contain a NUL character; -ENOMEM. */
int json_parse(const char *name, char *text, size_t length, struct json_document *ret,
	struct error *err) __attribute__((warn_unused_result));
void json_document_finish(struct json_document *document);

/* Whether Go's encoding/json, which runc and docker read with, takes `key` for `name`: case does not
 * count, and two characters beyond ASCII fold into it. */
bool json_key_is_like(const char *key, const char *name);

/* The member `key` of an object: the first one; NULL where there is none, `object` is NULL, or it
 * is not an object. A member that is null counts as none. */
const struct json *json_member(const struct json *object, const char *key);

/* Line and column (both from 1, columns in bytes) of an offset into the text. */
void json_position(
	const struct json_document *document, size_t offset, unsigned *line, unsigned *column);

/* The path of a value as `syscalls[2].action`; "" for the root. Owned by the caller; NULL: no
 * memory. */
char *json_path(const struct json *node);

const char *json_type_name(enum json_type type); /* "a string", "null", ... */

/*
 * Findings about a text, in the order in which they were made. All of them are collected in one
 * run; a text with an error among them is not used.
 */
enum severity {
	SEVERITY_ERROR,
	SEVERITY_WARNING,
	SEVERITY_NOTE,
};

struct diagnostic {
	enum severity severity;
	const char *id; /* what kind it is, static; NULL for those that json_report makes */
	unsigned line, column;
	char *place; /* owned; `NAME:LINE:COLUMN` */
	char *text;  /* owned; `PATH: TEXT` */
};

struct diagnostics {
	struct diagnostic *items; /* owned */
	size_t count;
	size_t errors;
	bool incomplete; /* memory ran out while one was added: treated as an error */
};

void diagnostics_finish(struct diagnostics *diagnostics);

/* 0, or -EINVAL with the first error (and how many more there are) in `err`. */
int diagnostics_result(const struct diagnostics *diagnostics, struct error *err)
	__attribute__((warn_unused_result));

/*
 * Reading a tree by tables. A reader function looks at one value, reports what is wrong with it
 * through json_report and stores what is right in `target`.
 */
struct json_reader {
	const struct json_document *document;
	struct diagnostics *diagnostics;
	bool skip_unknown; /* members that no table names are passed over, not reported */
};

struct json_field {
	const char *key;
	bool required;
	void (*read)(struct json_reader *reader, const struct json *value, void *target);
};

void json_report(struct json_reader *reader, const struct json *node, enum severity severity,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same for a finding of a known kind, see check.h. */
void json_report_as(struct json_reader *reader, const struct json *node, enum severity severity,
	const char *id, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Calls the reader of each member of `node`. Reports: not an object, unknown and duplicate keys, a
 * missing required one. A member that is null is as good as absent. At most 32 fields. */
void json_read_object(struct json_reader *reader, const struct json *node,
	const struct json_field *fields, size_t count, void *target);

/* These report and return false when the value is not of the type; the value is then not stored. */
bool json_expect(struct json_reader *reader, const struct json *node, enum json_type type);
bool json_read_unsigned(
	struct json_reader *reader, const struct json *node, uint64_t limit, uint64_t *ret);
/* A copy of the string, owned by the caller, replaces (and frees) *ret. */
bool json_read_string(struct json_reader *reader, const struct json *node, char **ret);
bool json_read_boolean(struct json_reader *reader, const struct json *node, bool *ret);
