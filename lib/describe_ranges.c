/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clauses that compare one argument with numbers. Between neighbouring numbers all values have the
 * same verdict, so one value of each range is asked, and the ranges of a verdict told in as few words
 * as possible: `family < 38`, `family == 39` and `family > 40` are
 *
 *	0..37 ALLOW, 38 ERRNO, 39 ALLOW, 40 ERRNO, 41.. ALLOW:  family != AF_ALG and family != AF_VSOCK
 */
#include "describe_internal.h"

#include "cleanup.h"
#include "constants.h"
#include "simulate.h"

#include <errno.h>
#include <string.h>

/* Beyond that many the clauses are told one after the other. */
enum { RANGE_CLAUSES_LIMIT = 256 };

struct range {
	uint64_t low, high;
	verdict action;
	const struct clause *clause; /* that decides; NULL: none */
};

struct ranges {
	enum arch arch;
	const char *name;
	unsigned index;
	uint64_t most;
	struct range *items; /* owned; ascending, without gaps */
	size_t count;
};

bool describe_has_ranges(const struct tested *clauses, size_t count)
{
	const struct test *first = NULL;

	if (count > RANGE_CLAUSES_LIMIT)
		return false;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < clauses[i].count; j++) {
			const struct test *test = &clauses[i].tests[j];

			if (!first)
				first = test;
			if (test->condition.comparison == OP_MASKED_EQUAL ||
				test->condition.index != first->condition.index ||
				test->bits != first->bits)
				return false;
		}
	}
	return first != NULL;
}

static int compare_numbers(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

/* Where ranges begin: at 0, at each number of a test and behind it. */
static size_t collect_starts(
	const struct tested *clauses, size_t count, uint64_t most, uint64_t *starts)
{
	size_t found = 0, kept = 0;

	starts[found++] = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < clauses[i].count; j++) {
			uint64_t value = clauses[i].tests[j].condition.value;

			if (value <= most)
				starts[found++] = value;
			if (value < most)
				starts[found++] = value + 1;
		}
	}
	qsort(starts, found, sizeof(*starts), compare_numbers);
	for (size_t i = 0; i < found; i++)
		if (kept == 0 || starts[kept - 1] != starts[i])
			starts[kept++] = starts[i];
	return kept;
}

static void decide_ranges(
	const struct policy *policy, const struct description *description, struct ranges *ranges)
{
	struct seccomp_data call = {
		.arch = architectures[ranges->arch].audit, .nr = (int)description->number};

	for (size_t i = 0; i < ranges->count; i++) {
		struct range *range = &ranges->items[i];

		range->high = i + 1 < ranges->count ? range[1].low - 1 : ranges->most;
		call.args[ranges->index] = range->low;
		range->action = simulate_policy(policy, &call, &range->clause);
	}
}

/* The next run of ranges in or, if `outside`, not in the verdict, from `*cursor` on. */
static bool next_run(const struct ranges *ranges, verdict action, bool outside, size_t *cursor,
	struct range *ret)
{
	size_t first = *cursor, end;

	while (first < ranges->count && (ranges->items[first].action == action) == outside)
		first++;
	if (first == ranges->count)
		return false;
	end = first;
	while (end < ranges->count && (ranges->items[end].action == action) != outside)
		end++;
	*ret = ranges->items[first];
	ret->high = ranges->items[end - 1].high;
	*cursor = end;
	return true;
}

/* Whether its values are told one by one. */
static bool is_listed(const struct ranges *ranges, const struct range *run)
{
	bool open = run->low == 0 || run->high == ranges->most;

	return run->high - run->low < (open ? 1 : 4);
}

/* How many values are told one by one, and how long the words are, about. */
struct terms {
	size_t values, cost;
};

static struct terms count_terms(const struct ranges *ranges, verdict action, bool outside)
{
	struct terms terms = {0, 0};
	size_t cursor = 0;
	struct range run;

	while (next_run(ranges, action, outside, &cursor, &run)) {
		size_t length = (size_t)(run.high - run.low) + 1;

		if (is_listed(ranges, &run)) {
			terms.values += length;
			terms.cost += length;
		} else {
			terms.cost += run.low == 0 || run.high == ranges->most ? 2 : 4;
		}
	}
	return terms;
}

static void write_value(FILE *out, const struct ranges *ranges, uint64_t value)
{
	constants_write(out, ranges->arch, ranges->name, ranges->index, value);
}

static void write_argument(FILE *out, const struct ranges *ranges)
{
	describe_argument(out, ranges->arch, ranges->name, ranges->index);
}

/* `a == 1`, or `a in {1, 2, 3}`, with `outside` `a != 1`, or `a not in {1, 2, 3}`. */
static const char *write_values(
	FILE *out, const struct ranges *ranges, verdict action, bool outside, size_t values)
{
	const char *separator = "", *joint = outside ? " and " : " or ";
	size_t cursor = 0;
	struct range run;

	if (values > 2) {
		write_argument(out, ranges);
		fputs(outside ? " not in {" : " in {", out);
	}
	while (values > 0 && next_run(ranges, action, outside, &cursor, &run)) {
		if (!is_listed(ranges, &run))
			continue;
		for (uint64_t i = 0; i <= run.high - run.low; i++) {
			fputs(separator, out);
			if (values <= 2) {
				write_argument(out, ranges);
				fputs(outside ? " != " : " == ", out);
			}
			write_value(out, ranges, run.low + i);
			separator = values > 2 ? ", " : joint;
		}
	}
	if (values > 2)
		fputc('}', out);
	return values > 0 ? joint : "";
}

static void write_bound(FILE *out, const struct ranges *ranges, const char *sign, uint64_t value)
{
	write_argument(out, ranges);
	fputs(sign, out);
	constants_write_number(out, value);
}

/* `a <= 5`, `a >= 7`, `7 <= a <= 9`; with `outside` the opposite. */
static void write_run(FILE *out, const struct ranges *ranges, const struct range *run, bool outside)
{
	if (run->low == 0) {
		write_bound(out, ranges, outside ? " > " : " <= ", run->high);
	} else if (run->high == ranges->most) {
		write_bound(out, ranges, outside ? " < " : " >= ", run->low);
	} else if (outside) {
		fputc('(', out);
		write_bound(out, ranges, " < ", run->low);
		fputs(" or ", out);
		write_bound(out, ranges, " > ", run->high);
		fputc(')', out);
	} else {
		constants_write_number(out, run->low);
		fputs(" <= ", out);
		write_bound(out, ranges, " <= ", run->high);
	}
}

static void write_words(FILE *out, const struct ranges *ranges, verdict action)
{
	struct terms in = count_terms(ranges, action, false);
	struct terms others = count_terms(ranges, action, true);
	bool outside = others.cost < in.cost;
	const char *joint =
		write_values(out, ranges, action, outside, outside ? others.values : in.values);
	size_t cursor = 0;
	struct range run;

	while (next_run(ranges, action, outside, &cursor, &run)) {
		if (is_listed(ranges, &run))
			continue;
		fputs(joint, out);
		write_run(out, ranges, &run, outside);
		joint = outside ? " and " : " or ";
	}
}

static int add_lines(const struct ranges *ranges, struct outcome *outcome)
{
	int r = 0;

	for (size_t i = 0; i < ranges->count && r == 0; i++)
		if (ranges->items[i].action == outcome->action && ranges->items[i].clause)
			r = describe_add_line(outcome, ranges->items[i].clause->rule);
	return r;
}

static int add_outcome(
	const struct ranges *ranges, verdict action, bool last, struct description *description)
{
	struct outcome *outcome = &description->outcomes[description->count++];
	size_t length;
	FILE *out;

	outcome->action = action;
	if (last)
		return add_lines(ranges, outcome);
	out = open_memstream(&outcome->words, &length);
	if (!out)
		return -ENOMEM;
	write_words(out, ranges, action);
	return fclose(out) == 0 ? add_lines(ranges, outcome) : -ENOMEM;
}

/* The verdict to end with: what the call gets when no rule holds, or what takes the most words. */
static verdict choose_last(const struct ranges *ranges, verdict fallback)
{
	verdict last = fallback;
	size_t most = 0;

	for (size_t i = 0; i < ranges->count; i++) {
		verdict action = ranges->items[i].action;
		struct terms terms = count_terms(ranges, action, false);

		if (action == fallback)
			return fallback;
		if (terms.cost > most) {
			most = terms.cost;
			last = action;
		}
	}
	return last;
}

static int add_outcomes(
	const struct policy *policy, const struct ranges *ranges, struct description *description)
{
	verdict last = choose_last(
		ranges, policy_fallback(policy, description->arch, description->number, NULL));
	int r = 0;

	for (size_t i = 0; i < ranges->count && r == 0; i++) {
		verdict action = ranges->items[i].action;
		bool told = action == last;

		for (size_t j = 0; j < i; j++)
			told = told || ranges->items[j].action == action;
		if (!told)
			r = add_outcome(ranges, action, false, description);
	}
	return r == 0 ? add_outcome(ranges, last, true, description) : r;
}

static const struct test *first_test(const struct tested *clauses)
{
	while (clauses->count == 0)
		clauses++;
	return &clauses->tests[0];
}

int describe_ranges(const struct policy *policy, const struct tested *clauses, size_t count,
	struct description *description)
{
	const struct test *test = first_test(clauses);
	struct ranges ranges = {.arch = description->arch,
		.name = description->name,
		.index = test->condition.index};
	size_t most = 1 + 2 * (size_t)TESTS_LIMIT * count;
	AUTO_FREE uint64_t *starts = calloc(most, sizeof(*starts));
	int r = -ENOMEM;

	ranges.most = test->bits < 64 ? (UINT64_C(1) << test->bits) - 1 : UINT64_MAX;
	ranges.items = calloc(most, sizeof(*ranges.items));
	if (starts && ranges.items) {
		ranges.count = collect_starts(clauses, count, ranges.most, starts);
		for (size_t i = 0; i < ranges.count; i++)
			ranges.items[i].low = starts[i];
		decide_ranges(policy, description, &ranges);
		r = add_outcomes(policy, &ranges, description);
	}
	free(ranges.items);
	return r;
}
