/* SPDX-License-Identifier: Apache-2.0 */
#include "optimize_internal.h"

#include "cleanup.h"

#include <errno.h>

enum { MOST_PIECES = 256 };

/* The values that pass a test, of those between the bounds; outside they may be left out. */
struct passing {
	uint32_t low, high;
	struct span spans[MOST_PIECES];
	size_t count;
	bool full;
};

static void add_passing(struct passing *passing, uint32_t first, uint32_t last)
{
	if (passing->count > 0 && passing->spans[passing->count - 1].last + 1 == first)
		passing->spans[passing->count - 1].last = last;
	else if (passing->count == MOST_PIECES)
		passing->full = true;
	else
		passing->spans[passing->count++] = (struct span){first, last};
}

/* The values from `first` on whose bits below `bits` are free: halved until all of a half pass, or
 * none. */
static void pass_block(
	struct passing *passing, const struct test *test, uint32_t first, unsigned bits)
{
	uint32_t free = bits == 32 ? UINT32_MAX : (UINT32_C(1) << bits) - 1;
	uint32_t least = first & test->mask, most = (first | free) & test->mask;
	uint32_t fixed = test->mask & ~free;
	bool all, none;

	if (first > passing->high || (first | free) < passing->low)
		return;
	if (test->test == GRAPH_EQUAL) {
		none = (first & fixed) != (test->k & fixed) || (test->k & ~test->mask);
		all = !none && least == most;
	} else {
		all = least >= test->k;
		none = most < test->k;
	}
	if (all)
		add_passing(passing, first, first | free);
	if (all || none || passing->full)
		return;
	pass_block(passing, test, first, bits - 1);
	pass_block(passing, test, first | UINT32_C(1) << (bits - 1), bits - 1);
}

/* Those among the numbers. False: they are too many pieces. */
static bool find_passing(
	const struct test *test, const struct numbers *numbers, struct passing *ret)
{
	ret->low = numbers->spans[0].first;
	ret->high = numbers->spans[numbers->count - 1].last;
	ret->count = 0;
	ret->full = false;
	if (test->mask == UINT32_MAX && test->test == GRAPH_EQUAL)
		add_passing(ret, test->k, test->k);
	else if (test->mask == UINT32_MAX)
		add_passing(ret, test->k, UINT32_MAX);
	else
		pass_block(ret, test, 0, 32);
	return !ret->full;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

enum agreement numbers_agree(const struct numbers *numbers, const struct test *test)
{
	struct passing passing;
	bool some = false, all = true;
	size_t j = 0;

	if (!find_passing(test, numbers, &passing))
		return TOO_SCATTERED;
	for (size_t i = 0; i < numbers->count; i++) {
		const struct span *span = &numbers->spans[i];

		while (j < passing.count && passing.spans[j].last < span->first)
			j++;
		if (j < passing.count && passing.spans[j].first <= span->last)
			some = true;
		if (j == passing.count || passing.spans[j].first > span->first ||
			passing.spans[j].last < span->last)
			all = false;
	}
	return !some ? NONE_PASSES : all ? ALL_PASS : SOME_PASS;
}

static void add_span(struct numbers *numbers, uint32_t first, uint32_t last)
{
	numbers->spans[numbers->count++] = (struct span){first, last};
}

/* The parts of `span` that are in `passing` and those that are not; `*j` is the first passing span
 * that may reach into it. */
static void split_span(const struct span *span, const struct passing *passing, size_t *j,
	struct numbers *pass, struct numbers *fail)
{
	uint32_t next = span->first; /* what is not yet told */

	while (*j < passing->count && passing->spans[*j].last < span->first)
		++*j;
	for (; *j < passing->count && passing->spans[*j].first <= span->last; ++*j) {
		const struct span *part = &passing->spans[*j];
		uint32_t first = larger(part->first, span->first);
		uint32_t last = smaller(part->last, span->last);

		if (first > next)
			add_span(fail, next, first - 1);
		add_span(pass, first, last);
		if (last == span->last)
			return; /* the passing span may reach into the next one */
		next = last + 1;
	}
	add_span(fail, next, span->last);
}

int numbers_split(const struct numbers *numbers, const struct test *test, struct numbers *ret_pass,
	struct numbers *ret_fail)
{
	struct numbers pass = {0}, fail = {0};
	struct passing passing;
	size_t most, j = 0;

	if (!find_passing(test, numbers, &passing))
		return -EOPNOTSUPP;
	most = numbers->count + passing.count; /* each border makes one piece more */
	pass.spans = calloc(most, sizeof(*pass.spans));
	fail.spans = calloc(most, sizeof(*fail.spans));
	if (!pass.spans || !fail.spans) {
		free(pass.spans);
		free(fail.spans);
		return -ENOMEM;
	}
	for (size_t i = 0; i < numbers->count; i++)
		split_span(&numbers->spans[i], &passing, &j, &pass, &fail);
	*ret_pass = pass;
	*ret_fail = fail;
	return 0;
}
