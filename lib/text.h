/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Text that comes from elsewhere.
 *
 * What yajl lets pass and JSON does not: more than one form of a character (RFC 3629), and half of
 * a surrogate pair (RFC 8259, section 7), which it turns into a question mark.
 */

/* Whether the bytes are UTF-8: no overlong form, no surrogate, nothing above U+10FFFF. */
bool text_is_utf8(const char *text, size_t length);

/* Whether the source of a JSON string has a \u escape of a surrogate without its other half. */
bool text_has_half_pair(const char *source, size_t length);

/* A copy that is one printable line: control characters and what is not UTF-8 become `\xNN`. Names,
 * paths and annotations are chosen by others, and must not forge a line of a log or reach a
 * terminal as commands. Owned by the caller; NULL: no memory. */
char *text_printable(const char *text);

/* How much of UTF-8 text can be kept in `limit` bytes: whole characters. */
size_t text_cut(const char *text, size_t limit);

/* Writes UTF-8 as a string of JSON. */
void text_write_json(FILE *out, const char *text);
