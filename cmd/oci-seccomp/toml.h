/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * A reader of TOML 1.0 that tells what stands where; its users want a few facts of a file that
 * another program reads in full. It does not know that a key stands twice, and refuses \u escapes,
 * more than 32 keys in a path and dates that are written with a space.
 */
enum toml_type {
	TOML_TABLE, /* a header or an inline table */
	TOML_ARRAY,
	TOML_STRING,
	TOML_OTHER, /* a number, a boolean, a date */
};

struct toml_item {
	const char *const *keys; /* the whole path; an array's elements have that of the array */
	size_t depth;
	enum toml_type type;
	bool element;	  /* of an array */
	const char *text; /* string: decoded; other: as it is written; else NULL */
	unsigned line;
};

/* Called for each item, a table or an array before what it holds. What `item` points to is the
 * reader's. A negative result ends the reading and is what toml_read returns. */
typedef int toml_visitor(void *context, const struct toml_item *item, struct error *err);

/* -EINVAL, as NAME:LINE: what is no TOML, or refused. The text is NUL-terminated (not counted). */
int toml_read(const char *name, const char *text, size_t length, toml_visitor *visit, void *context,
	struct error *err) __attribute__((warn_unused_result));
