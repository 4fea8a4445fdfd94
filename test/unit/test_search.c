/* SPDX-License-Identifier: Apache-2.0 */
#include "search.h"

#include "calls.h"

UNIT_SUITE(search);

enum { NR = 0 };

struct searched {
	struct graph graph;
	struct intervals intervals;
	struct program program;
};

static void build(struct searched *searched)
{
	struct error err = ERROR_INIT;
	node_id root = search_node(&searched->graph, NR, &searched->intervals);

	cr_assert(!searched->intervals.failed);
	cr_assert_eq(graph_assemble(&searched->graph, root, &searched->program, &err), 0, "%s",
		error_message(&err));
}

static void finish(struct searched *searched)
{
	program_finish(&searched->program);
	intervals_finish(&searched->intervals);
	graph_finish(&searched->graph);
}

static void add(struct searched *searched, uint32_t start, verdict value, uint64_t weight)
{
	intervals_add(&searched->intervals, start, graph_return(&searched->graph, value), weight);
}

static verdict run(const struct program *program, uint32_t number, size_t *ret_steps)
{
	struct seccomp_data call = {.nr = (int)number};
	verdict value;

	cr_assert_eq(simulate_program(program, &call, &value, ret_steps), 0);
	return value;
}

Test(search, equal_neighbours_are_one)
{
	struct searched searched = {0};

	add(&searched, 0, 1, 1);
	add(&searched, 5, 2, 1);
	add(&searched, 6, 2, 1);
	cr_assert_eq(searched.intervals.count, 2);
	cr_assert_eq(searched.intervals.items[1].weight, 2);
	build(&searched);
	cr_assert_eq(searched.program.length, 4); /* load, one test, two returns */
	finish(&searched);
}

/* 1 but for eight single values: a search by order alone takes 16 tests. Six of them are told by
 * equality, two by order as leaves of their own, which part the others as well. */
Test(search, a_single_value_takes_one_test)
{
	struct searched searched = {0};

	add(&searched, 0, 1, 1);
	for (uint32_t i = 1; i <= 8; i++) {
		add(&searched, 10 * i, 2, 1);
		add(&searched, 10 * i + 1, 1, 1);
	}
	build(&searched);
	cr_assert_eq(searched.program.length, 1 + 10 + 2); /* load, tests, returns */
	for (uint32_t number = 0; number < 100; number++)
		cr_assert_eq(run(&searched.program, number, NULL),
			number > 0 && number <= 80 && number % 10 == 0 ? 2 : 1, "%u", number);
	finish(&searched);
}

Test(search, the_last_value_is_a_single_one)
{
	struct searched searched = {0};

	add(&searched, 0, 1, 1);
	add(&searched, 7, 2, 1);
	add(&searched, UINT32_MAX, 3, 1);
	build(&searched);
	cr_assert_eq(run(&searched.program, 6, NULL), 1);
	cr_assert_eq(run(&searched.program, UINT32_MAX - 1, NULL), 2);
	cr_assert_eq(run(&searched.program, UINT32_MAX, NULL), 3);
	finish(&searched);
}

Test(search, weight_brings_near)
{
	struct searched even = {0}, weighted = {0};
	size_t before, after;

	for (uint32_t i = 0; i < 64; i++) {
		add(&even, i * 100, i, 1);
		add(&weighted, i * 100, i, i == 40 ? 1000000 : 0);
	}
	build(&even);
	build(&weighted);
	for (uint32_t number = 0; number < 6500; number++)
		cr_assert_eq(
			run(&weighted.program, number, NULL), run(&even.program, number, NULL));
	run(&even.program, 4000, &before);
	run(&weighted.program, 4000, &after);
	cr_assert_eq(before, 1 + 6 + 1); /* load, log2(64) tests, return */
	cr_assert_leq(after, 1 + 2 + 1);
	finish(&even);
	finish(&weighted);
}

/* Of the single values of a leaf the heavier one is tested first, wherever it stands. */
Test(search, the_heavier_exception_comes_first)
{
	for (int heavy = 0; heavy < 2; heavy++) {
		struct searched searched = {0};
		size_t steps[2];

		add(&searched, 0, 1, 1);
		add(&searched, 10, 2, heavy == 0 ? 100 : 1);
		add(&searched, 11, 1, 1);
		add(&searched, 20, 3, heavy == 1 ? 100 : 1);
		add(&searched, 21, 1, 1);
		build(&searched);
		cr_assert_eq(run(&searched.program, 10, &steps[0]), 2);
		cr_assert_eq(run(&searched.program, 20, &steps[1]), 3);
		cr_assert_eq(steps[heavy], 3); /* load, test, return */
		cr_assert_eq(steps[!heavy], 4);
		finish(&searched);
	}
}

/* Few different verdicts, so that leaves with exceptions of every form come up. */
Test(search, random_intervals)
{
	uint64_t seed = 0x5ea7c4;

	for (int round = 0; round < 2000; round++) {
		struct searched searched = {0};
		verdict expected[600];
		uint32_t end = 1 + (uint32_t)(next_random(&seed) % 500), i = 0;

		while (i < end) {
			verdict value = (verdict)(next_random(&seed) % 3);
			uint32_t width =
				next_random(&seed) % 3 ? 1 : 1 + (uint32_t)(next_random(&seed) % 9);

			add(&searched, i, value, next_random(&seed) % 5);
			while (width-- > 0 && i < end)
				expected[i++] = value;
		}
		build(&searched);
		for (i = 0; i < end; i++)
			cr_assert_eq(run(&searched.program, i, NULL), expected[i],
				"round %d, value %u", round, i);
		finish(&searched);
	}
}
