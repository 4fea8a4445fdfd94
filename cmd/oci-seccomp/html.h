/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * One self-contained page of calls in sections, with a filter box: style and script are in it, and
 * nothing is fetched. Errors of the stream are the caller's to look at, at the end. The order:
 *
 *	html_head, (html_section, (html_row, html_line..., html_row_end)..., html_section_end)...,
 *	html_foot
 */

/* What a verdict looks like. */
enum html_tone {
	TONE_ALLOW,
	TONE_CONDITIONAL,
	TONE_DENY,
	TONE_WATCH, /* LOG, TRACE, NOTIFY: somebody looks at it */
	TONE_COUNT,
};

enum html_tone html_tone_of(verdict value);

/* Text for an element or a quoted attribute; what is not UTF-8 becomes \xNN. */
void html_escape(FILE *out, const char *text);

/* A number on top of the page. Pressing it shows only the rows that have a line of this tone. */
struct html_count {
	const char *label;
	enum html_tone tone;
	size_t number;
};

struct html_page {
	const char *title;
	const char *about; /* a line below the title */
	const struct html_count *counts;
	size_t count_count;
};

void html_head(FILE *out, const struct html_page *page);

/* `rows`: how many it is going to have. */
void html_section(FILE *out, const char *title, size_t rows);
void html_section_end(FILE *out);

/* A call. The counts on top choose by `tone`. A row with more than a verdict is `wide`. */
void html_row(FILE *out, const char *name, enum html_tone tone, bool wide);
void html_row_end(FILE *out);

/* A line of the row: `label` in front ("else", "was"; NULL: none), a verdict, the words of its condition
 * (NULL: none) and where it comes from (NULL: nowhere). */
void html_line(FILE *out, const char *label, verdict value, const char *words, const char *place);

void html_foot(FILE *out);
