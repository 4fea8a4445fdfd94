/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "describe.h"
#include "html.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * What a policy means on its native architecture, and how it is shown.
 */
struct overview {
	const struct policy *policy; /* not owned */
	struct descriptions calls;   /* owned */
	size_t counts[TONE_COUNT];   /* of calls that look alike */
};

/* How calls of a tone are called: "allowed". */
const char *tone_label(enum html_tone tone);

/* TONE_CONDITIONAL: the arguments matter. */
enum html_tone description_tone(const struct description *description);

/* The end of a kind's calls, of which `first` is one. */
size_t overview_kind_end(const struct overview *overview, size_t first);

/* `x86_64` of SCMP_ARCH_X86_64. */
void write_arch(FILE *out, enum arch arch);

/* The target in words, in a line. */
void write_target(FILE *out, const struct policy *policy);

/* `"number": 41, "verdict": ..., "outcomes": [...]`, without the braces. */
void write_json_call(FILE *out, const struct description *description);

void show_html(FILE *out, const struct overview *overview);
void show_json(FILE *out, const struct overview *overview);
void show_table(FILE *out, const struct overview *overview, bool colours);
