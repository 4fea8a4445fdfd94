/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include "kinds.h"
#include "text.h"

#include <inttypes.h>

static void write_verdict(FILE *out, const char *key, verdict value)
{
	char word[32];

	fprintf(out, "\"%s\": \"%s\"", key, verdict_format(value, word, sizeof(word)));
}

static void write_outcome(FILE *out, const struct outcome *outcome)
{
	fputs("{", out);
	write_verdict(out, "verdict", outcome->action);
	if (outcome->words) {
		fputs(", \"if\": ", out);
		text_write_json(out, outcome->words);
	}
	fputs(", \"lines\": [", out);
	for (size_t i = 0; i < outcome->line_count; i++)
		fprintf(out, "%s%u", i ? ", " : "", outcome->lines[i]);
	fputs("]}", out);
}

void write_json_call(FILE *out, const struct description *description)
{
	fprintf(out, "\"number\": %" PRIu32 ", ", description->number);
	if (description->count > 1)
		fputs("\"verdict\": \"conditional\"", out);
	else
		write_verdict(out, "verdict", description->outcomes[0].action);
	fputs(", \"outcomes\": [", out);
	for (size_t i = 0; i < description->count; i++) {
		fputs(i ? ", " : "", out);
		write_outcome(out, &description->outcomes[i]);
	}
	fputs("]", out);
}

static void write_call(FILE *out, const struct description *description)
{
	fprintf(out, "{\"name\": \"%s\", \"kind\": \"%s\", ", description->name,
		kind_at(kind_of(description->name))->name);
	write_json_call(out, description);
	fputs("}", out);
}

void show_json(FILE *out, const struct overview *overview)
{
	const struct policy *policy = overview->policy;
	const char *separator = "";

	fputs("{\n  \"profile\": ", out);
	text_write_json(out, policy->profile->name);
	fputs(",\n  \"architecture\": \"", out);
	write_arch(out, policy->target.arch);
	fputs("\",\n  \"architectures\": [", out);
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		if (!(policy->architectures & 1U << arch))
			continue;
		fprintf(out, "%s\"", separator);
		write_arch(out, (enum arch)arch);
		fputs("\"", out);
		separator = ", ";
	}
	fprintf(out, "],\n  \"kernel\": \"%u.%u\",\n  \"capabilities\": \"%016" PRIx64 "\",\n  ",
		policy->target.kernel.major, policy->target.kernel.minor,
		policy->target.capabilities);
	write_verdict(out, "default", policy->profile->default_action);
	fputs(",\n  \"counts\": {", out);
	for (int tone = 0; tone < TONE_COUNT; tone++)
		fprintf(out, "%s\"%s\": %zu", tone ? ", " : "", tone_label((enum html_tone)tone),
			overview->counts[tone]);
	fputs("},\n  \"calls\": [\n", out);
	for (size_t i = 0; i < overview->calls.count; i++) {
		fputs(i ? ",\n    " : "    ", out);
		write_call(out, &overview->calls.items[i]);
	}
	fputs("\n  ]\n}\n", out);
}
