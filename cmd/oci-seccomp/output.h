/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <libsmartcols.h>
#include <stdbool.h>
#include <stddef.h>

/* What --format takes; a verb says which of them it has. */
enum format {
	FORMAT_TABLE,
	FORMAT_TEXT,
	FORMAT_ASM,
	FORMAT_BPF,
	FORMAT_C,
	FORMAT_DOT,
	FORMAT_HTML,
	FORMAT_JSON,
	FORMAT_OCI,
	FORMAT_PFC,
	FORMAT_SARIF,
	FORMAT_COUNT,
};

/* -EINVAL: not one of `allowed` (bit N: enum format N); the message lists those. */
int format_parse(const char *value, unsigned allowed, enum format *ret, struct error *err)
	__attribute__((warn_unused_result));

/* Whether the standard output is a terminal that is to have colours (no-color.org). */
bool output_colours(void);

struct column {
	const char *name; /* in capitals; the JSON key is the same in small letters */
	int flags;	  /* SCOLS_FL_* */
	int json;	  /* SCOLS_JSON_* */
};

/*
 * A table for the standard output, or its JSON: `{"NAME": [...]}`. Cells are printable text (see
 * text_printable). libsmartcols copies them. A failure is no memory: it is remembered, and reported
 * by output_print.
 */
struct output {
	struct libscols_table *table;
	struct libscols_line *latest; /* of the table */
	bool colours, failed;
};

void output_init(struct output *output, enum format format, const char *name,
	const struct column *columns, size_t count);
void output_finish(struct output *output);

/* A new row, the latest. */
void output_row(struct output *output);
/* A cell of it. In a table with colours it has `colour`, a name of terminal-colors.d(5) as "red";
 * NULL: none. An empty or NULL `text` is no cell, which JSON has as null. */
void output_cell(struct output *output, size_t column, const char *text, const char *colour);
/* The same of a text that may hold anything: made printable. */
void output_text(struct output *output, size_t column, const char *text, const char *colour);
void output_number(struct output *output, size_t column, unsigned long long number);

int output_print(struct output *output, struct error *err) __attribute__((warn_unused_result));

/* Writes what -o OUT is to hold: a new file in place of `path`, as io_replace_file, or for `-` the
 * standard output. */
int output_file(const char *path, const void *data, size_t length, struct error *err)
	__attribute__((warn_unused_result));
