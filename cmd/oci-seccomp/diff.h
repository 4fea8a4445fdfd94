/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "compare.h"

#include <stdio.h>

/* What became of a verdict: "tightened", "loosened" or "changed". */
const char *change_word(enum relation relation);

/* `x86_64, x86`; owned by the caller. NULL: no memory. */
char *change_architectures(const struct change *change);

/* A page of the changes. `about` is a line below the title. -ENOMEM. */
int diff_html(FILE *out, const struct changes *changes, const char *title, const char *about)
	__attribute__((warn_unused_result));
