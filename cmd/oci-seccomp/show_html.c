/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include "cleanup.h"
#include "kinds.h"

#include <string.h>

/* The lines of the rules that decide; "newer" than every name of the profile are numbers that get ENOSYS. */
static char *format_place(const struct policy *policy, const struct outcome *outcome)
{
	char *text = NULL;
	size_t length;
	FILE *out;

	if (outcome->line_count == 0)
		return strdup(
			outcome->action == policy->profile->default_action ? "default" : "newer");
	out = open_memstream(&text, &length);
	if (!out)
		return NULL;
	fputs(outcome->line_count > 1 ? "lines " : "line ", out);
	for (size_t i = 0; i < outcome->line_count; i++)
		fprintf(out, "%s%u", i ? ", " : "", outcome->lines[i]);
	fclose(out);
	return text;
}

static void write_row(FILE *out, const struct policy *policy, const struct description *description)
{
	html_row(out, description->name, description_tone(description), description->count > 1);
	for (size_t i = 0; i < description->count; i++) {
		const struct outcome *outcome = &description->outcomes[i];
		AUTO_FREE char *place = format_place(policy, outcome);

		html_line(out, i > 0 ? "else" : NULL, outcome->action, outcome->words, place);
	}
	html_row_end(out);
}

void show_html(FILE *out, const struct overview *overview)
{
	struct html_count counts[TONE_COUNT];
	AUTO_FREE char *about = NULL;
	struct html_page page = {.title = overview->policy->profile->name, .counts = counts};
	size_t length, end;
	FILE *line = open_memstream(&about, &length);

	if (line) {
		write_target(line, overview->policy);
		fclose(line);
	}
	page.about = about ? about : "";
	for (int tone = 0; tone < TONE_COUNT; tone++)
		if (overview->counts[tone] > 0)
			counts[page.count_count++] =
				(struct html_count){tone_label((enum html_tone)tone),
					(enum html_tone)tone, overview->counts[tone]};
	html_head(out, &page);
	for (size_t first = 0; first < overview->calls.count; first = end) {
		end = overview_kind_end(overview, first);
		html_section(out, kind_at(kind_of(overview->calls.items[first].name))->title,
			end - first);
		for (size_t i = first; i < end; i++)
			write_row(out, overview->policy, &overview->calls.items[i]);
		html_section_end(out);
	}
	html_foot(out);
}
