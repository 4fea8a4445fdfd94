/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include "cleanup.h"
#include "kinds.h"
#include "text.h"

#include <string.h>

enum { NAME_WIDTH = 18, LINE_WIDTH = 96 };

static void write_coloured(
	FILE *out, const char *text, int width, enum html_tone tone, bool colours)
{
	static const char *const sequences[TONE_COUNT] = {
		[TONE_ALLOW] = "\033[32m",
		[TONE_CONDITIONAL] = "\033[33m",
		[TONE_DENY] = "\033[31m",
		[TONE_WATCH] = "\033[36m",
	};

	fprintf(out, "%s%-*s%s", colours ? sequences[tone] : "", width, text,
		colours ? "\033[m" : "");
}

static void write_counts(FILE *out, const struct overview *overview)
{
	const char *separator = "";

	for (int tone = 0; tone < TONE_COUNT; tone++) {
		if (overview->counts[tone] == 0 && tone == TONE_WATCH)
			continue;
		fprintf(out, "%s%zu %s", separator, overview->counts[tone],
			tone_label((enum html_tone)tone));
		separator = ", ";
	}
	fputs("\n", out);
}

/* The calls of a kind that all have one verdict, broken into lines. */
static void write_alike(
	FILE *out, const struct description *calls, size_t count, verdict value, bool colours)
{
	size_t column = 0;
	char word[32];

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(calls[i].name) + 1;

		if (calls[i].count > 1 || calls[i].outcomes[0].action != value)
			continue;
		if (column == 0) {
			fputs("  ", out);
			write_coloured(out, verdict_format(value, word, sizeof(word)), NAME_WIDTH,
				html_tone_of(value), colours);
			column = 2 + NAME_WIDTH;
		} else if (column + length > LINE_WIDTH) {
			fprintf(out, "\n%*s", 2 + NAME_WIDTH, "");
			column = 2 + NAME_WIDTH;
		}
		fprintf(out, " %s", calls[i].name);
		column += length;
	}
	fputs("\n", out);
}

static bool was_before(const struct description *calls, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (calls[j].count == 1 &&
			calls[j].outcomes[0].action == calls[i].outcomes[0].action)
			return true;
	return false;
}

/* What is allowed first, then what is watched and what is denied. */
static void write_kind(FILE *out, const struct description *calls, size_t count, bool colours)
{
	static const enum html_tone order[] = {TONE_ALLOW, TONE_CONDITIONAL, TONE_WATCH, TONE_DENY};

	fprintf(out, "\n%s\n", kind_at(kind_of(calls[0].name))->title);
	for (size_t tone = 0; tone < ARRAY_LENGTH(order); tone++) {
		for (size_t i = 0; i < count; i++) {
			if (description_tone(&calls[i]) != order[tone])
				continue;
			if (calls[i].count == 1) {
				if (!was_before(calls, i))
					write_alike(out, calls, count, calls[i].outcomes[0].action,
						colours);
				continue;
			}
			fputs("  ", out);
			write_coloured(out, calls[i].name, NAME_WIDTH, TONE_CONDITIONAL, colours);
			fputs(" ", out);
			describe_outcomes(out, &calls[i]);
			fputs("\n", out);
		}
	}
}

void show_table(FILE *out, const struct overview *overview, bool colours)
{
	AUTO_FREE char *name = text_printable(overview->policy->profile->name);

	fprintf(out, "%s on ", name ? name : "");
	write_target(out, overview->policy);
	fputs("\n", out);
	write_counts(out, overview);
	for (size_t first = 0, end; first < overview->calls.count; first = end) {
		end = overview_kind_end(overview, first);
		write_kind(out, &overview->calls.items[first], end - first, colours);
	}
}
