/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "describe.h"

#include <stdbool.h>

/* A condition, simplified: neither one that always holds nor one that never does. */
struct test {
	struct condition condition;
	unsigned bits;
};

/* A clause whose conditions can hold, and its tests; none: it holds whatever the arguments are. */
enum { TESTS_LIMIT = 7 };
struct tested {
	const struct clause *clause;
	struct test tests[TESTS_LIMIT];
	size_t count;
};

/* False: the clause never holds. */
bool describe_simplify(const struct clause *clause, struct tested *ret);

void describe_tests(FILE *out, enum arch arch, const char *name, const struct tested *tested,
	bool in_parentheses);
void describe_argument(FILE *out, enum arch arch, const char *name, unsigned index);

int describe_add_line(struct outcome *outcome, const struct rule *rule);

/* Whether all clauses compare one and the same argument with numbers. Then its values are ranges,
 * each with one verdict. */
bool describe_has_ranges(const struct tested *clauses, size_t count);
int describe_ranges(const struct policy *policy, const struct tested *clauses, size_t count,
	struct description *description);
