/* SPDX-License-Identifier: Apache-2.0 */
#include "diff.h"
#include "html.h"

#include "cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* A section for each way of changing: what was loosened is what people look for first. */
static const struct {
	enum relation relation;
	enum html_tone tone;
} sections[] = {
	{RELATION_LAXER, TONE_ALLOW},
	{RELATION_STRICTER, TONE_DENY},
	{RELATION_DIFFERENT, TONE_WATCH},
};

static bool is_in(const struct change *change, size_t section)
{
	return change_relation(change) == sections[section].relation;
}

/* Whether a row begins with this change: the first one of its call in the section. */
static bool begins_row(const struct changes *changes, size_t i, size_t section)
{
	if (!is_in(&changes->items[i], section))
		return false;
	for (size_t before = i; before-- > 0;) {
		if (strcmp(changes->items[before].call, changes->items[i].call) != 0)
			return true;
		if (is_in(&changes->items[before], section))
			return false;
	}
	return true;
}

static size_t count_rows(const struct changes *changes, size_t section)
{
	size_t rows = 0;

	for (size_t i = 0; i < changes->count; i++)
		rows += begins_row(changes, i, section);
	return rows;
}

static int write_lines(FILE *out, const struct change *change)
{
	AUTO_FREE char *architectures_of = change_architectures(change), *place = NULL;

	if (!architectures_of)
		return -ENOMEM;
	if (asprintf(&place, "%s%s%s", architectures_of,
		    change->example ? ", for some arguments, as " : "",
		    change->example ? change->example : "") < 0) {
		place = NULL;
		return -ENOMEM;
	}
	html_line(out, "was", change->was, change->condition, NULL);
	html_line(out, "is", change->is, NULL, place);
	return 0;
}

static int write_row(FILE *out, const struct changes *changes, size_t first, size_t section)
{
	const char *call = changes->items[first].call;
	int r = 0;

	html_row(out, call, sections[section].tone, true);
	for (size_t i = first; r == 0 && i < changes->count; i++) {
		if (strcmp(changes->items[i].call, call) != 0)
			break;
		if (is_in(&changes->items[i], section))
			r = write_lines(out, &changes->items[i]);
	}
	html_row_end(out);
	return r;
}

static int write_section(FILE *out, const struct changes *changes, size_t section)
{
	char title[16];
	int r = 0;

	snprintf(title, sizeof(title), "%s", change_word(sections[section].relation));
	title[0] = (char)toupper(title[0]);
	html_section(out, title, count_rows(changes, section));
	for (size_t i = 0; i < changes->count && r == 0; i++)
		if (begins_row(changes, i, section))
			r = write_row(out, changes, i, section);
	html_section_end(out);
	return r;
}

int diff_html(FILE *out, const struct changes *changes, const char *title, const char *about)
{
	struct html_count counts[ARRAY_LENGTH(sections)];
	struct html_page page = {.title = title, .about = about, .counts = counts};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(sections); i++) {
		size_t rows = count_rows(changes, i);

		if (rows > 0)
			counts[page.count_count++] = (struct html_count){
				change_word(sections[i].relation), sections[i].tone, rows};
	}
	html_head(out, &page);
	for (size_t i = 0; i < ARRAY_LENGTH(sections) && r == 0; i++)
		if (count_rows(changes, i) > 0)
			r = write_section(out, changes, i);
	html_foot(out);
	return r;
}
