/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "check.h"
#include "output.h"

/* What was found in one profile. */
struct check_report {
	char *name; /* owned; printable */
	struct findings findings;
};

struct check_reports {
	struct check_report *items; /* owned */
	size_t count;
	bool incomplete; /* a profile could not be read at all */
};

/* On the standard output: FORMAT_TEXT, as compilers do; FORMAT_JSON; FORMAT_SARIF (version 2.1.0). */
int check_reports_print(const struct check_reports *reports, enum format format, struct error *err)
	__attribute__((warn_unused_result));
