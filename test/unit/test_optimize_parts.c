/* SPDX-License-Identifier: Apache-2.0 */
/* What registers hold, sets of numbers, path facts: each beside the plain computation. */
#include "optimize_internal.h"

#include "calls.h"

#include <linux/bpf_common.h>

UNIT_SUITE(optimize_parts);

static const uint32_t constants[] = {0, 1, 2, 3, 8, 0xf, 0x10, 0xff, 0x100, 0xffff, 0x10000,
	X32_SYSCALL_BIT, 0x7fffffff, 0x80000000, 0xfffffff0, UINT32_MAX};

static uint32_t random_constant_32(uint64_t *seed)
{
	if (next_random(seed) % 4 == 0)
		return (uint32_t)next_random(seed);
	return constants[next_random(seed) % ARRAY_LENGTH(constants)];
}

static uint32_t compute(uint32_t a, uint16_t operation, uint32_t k)
{
	switch (operation) {
	case BPF_AND:
		return a & k;
	case BPF_OR:
		return a | k;
	case BPF_XOR:
		return a ^ k;
	case BPF_LSH:
		return a << k % 32;
	default:
		return a >> k % 32;
	}
}

static bool compare(uint32_t a, uint16_t comparison, uint32_t k)
{
	return comparison == BPF_JEQ   ? a == k
	       : comparison == BPF_JGT ? a > k
	       : comparison == BPF_JGE ? a >= k
				       : (a & k) != 0;
}

static bool answer_of(const struct test *test, uint32_t word)
{
	return test->known ? test->answer : test_passes(test, word) != test->negated;
}

/* Up to five operations on a word, then a comparison with the word on either side. */
static bool try_value(uint64_t *seed)
{
	static const uint16_t operations[] = {BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH};
	static const uint16_t comparisons[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
	struct value value = value_word(16), k = value_constant(random_constant_32(seed));
	uint32_t words[32], results[32];
	uint16_t comparison = comparisons[next_random(seed) % ARRAY_LENGTH(comparisons)];
	bool reversed = next_random(seed) % 2;
	struct test test;

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		words[i] = results[i] = random_constant_32(seed);
	for (size_t left = next_random(seed) % 6; left > 0; left--) {
		struct value operand = value_constant(random_constant_32(seed));
		uint16_t operation = operations[next_random(seed) % ARRAY_LENGTH(operations)];

		cr_assert(value_alu(&value, operation, &operand));
		for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
			results[i] = compute(results[i], operation, operand.flip);
	}
	if (!(reversed ? value_test(&k, comparison, &value, &test)
		       : value_test(&value, comparison, &k, &test)))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		cr_assert_eq(answer_of(&test, words[i]),
			reversed ? compare(k.flip, comparison, results[i])
				 : compare(results[i], comparison, k.flip),
			"word %#x", words[i]);
	return true;
}

Test(optimize_parts, values)
{
	uint64_t seed = 0x7a15e;
	size_t told = 0;

	for (int i = 0; i < 200000; i++)
		told += try_value(&seed);
	cr_assert_gt(told, 150000, "%zu", told);
}

Test(optimize_parts, a_value_is_one_word)
{
	struct value a = value_word(16), other = value_word(20), one = value_constant(1);
	struct test test;

	cr_assert_not(value_alu(&a, BPF_ADD, &one));
	cr_assert_not(value_alu(&a, BPF_AND, &other));
	cr_assert_not(value_alu(&one, BPF_LSH, &a));
	cr_assert_not(value_test(&a, BPF_JEQ, &other, &test));
	cr_assert(value_alu(&one, BPF_OR, &a)); /* either order */
	cr_assert_eq(one.offset, 16);
	cr_assert_eq(one.mask, 0xfffffffe);
}

static bool is_among(const struct numbers *numbers, uint32_t number)
{
	for (size_t i = 0; i < numbers->count; i++)
		if (number >= numbers->spans[i].first && number <= numbers->spans[i].last)
			return true;
	return false;
}

static void assert_in_order(const struct numbers *numbers)
{
	for (size_t i = 0; i < numbers->count; i++) {
		cr_assert_leq(numbers->spans[i].first, numbers->spans[i].last);
		cr_assert(i == 0 || numbers->spans[i].first > numbers->spans[i - 1].last);
	}
}

static void assert_parted(const struct numbers *numbers, const struct test *test,
	const struct numbers *pass, const struct numbers *fail, uint32_t number)
{
	bool in = is_among(numbers, number), passes = test_passes(test, number);

	cr_assert_eq(is_among(pass, number), in && passes, "%#x", number);
	cr_assert_eq(is_among(fail, number), in && !passes, "%#x", number);
}

/* Numbers are parted again and again; the part to go on with is drawn by lot. */
Test(optimize_parts, numbers)
{
	uint64_t seed = 0x4e5;
	size_t parted = 0;

	for (int round = 0; round < 3000; round++) {
		struct numbers numbers = {calloc(1, sizeof(struct span)), 1};

		cr_assert(numbers.spans);
		numbers.spans[0].last = UINT32_MAX;
		for (int i = 0; i < 12; i++) {
			struct test test = {
				.test = next_random(&seed) % 2 ? GRAPH_EQUAL : GRAPH_AT_LEAST,
				.mask = next_random(&seed) % 2 ? UINT32_MAX
							       : random_constant_32(&seed),
				.k = random_constant_32(&seed)};
			struct numbers pass, fail;
			bool first = next_random(&seed) % 2;

			if (numbers_agree(&numbers, &test) != SOME_PASS)
				continue;
			cr_assert_eq(numbers_split(&numbers, &test, &pass, &fail), 0);
			assert_in_order(&pass);
			assert_in_order(&fail);
			cr_assert_eq(numbers_agree(&pass, &test), ALL_PASS);
			cr_assert_eq(numbers_agree(&fail, &test), NONE_PASSES);
			for (size_t j = 0; j < ARRAY_LENGTH(constants); j++)
				for (uint32_t d = 0; d < 3; d++)
					assert_parted(&numbers, &test, &pass, &fail,
						constants[j] + d - 1);
			free(numbers.spans);
			free((first ? fail : pass).spans);
			numbers = first ? pass : fail;
			parted++;
		}
		free(numbers.spans);
	}
	cr_assert_gt(parted, 6000, "%zu", parted);
}

Test(optimize_parts, scattered_numbers_are_not_parted)
{
	struct span all = {0, UINT32_MAX}, few = {100, 120};
	const struct numbers every = {&all, 1}, some = {&few, 1};
	const struct test odd = {.test = GRAPH_EQUAL, .mask = 1, .k = 1};

	cr_assert_eq(numbers_agree(&every, &odd), TOO_SCATTERED);
	cr_assert_eq(numbers_agree(&some, &odd), SOME_PASS);
}

enum { ARG = 16 };

static node_id branch(struct graph *graph, uint32_t mask, enum graph_test test, uint32_t k,
	node_id yes, node_id no)
{
	return graph_branch(graph, ARG, mask, test, k, yes, no);
}

/* What follows from a test above is left out. */
Test(optimize_parts, known_answers_are_left_out)
{
	struct graph graph;
	struct narrowing *narrowing;
	node_id a, b, c, inner;

	graph_init(&graph);
	narrowing = narrowing_create(&graph);
	cr_assert(narrowing);
	a = graph_return(&graph, 1);
	b = graph_return(&graph, 2);
	c = graph_return(&graph, 3);
	/* above 10 it is not 5 */
	inner = branch(&graph, UINT32_MAX, GRAPH_EQUAL, 5, b, c);
	cr_assert_eq(narrow(narrowing, branch(&graph, UINT32_MAX, GRAPH_AT_LEAST, 10, inner, a)),
		branch(&graph, UINT32_MAX, GRAPH_AT_LEAST, 10, c, a));
	/* a set bit is known below */
	inner = branch(&graph, 0x14, GRAPH_EQUAL, 0x10, b, c);
	cr_assert_eq(narrow(narrowing, branch(&graph, 0x04, GRAPH_EQUAL, 0, a, inner)),
		branch(&graph, 0x04, GRAPH_EQUAL, 0, a, c));
	/* bounds tell high bits */
	inner = branch(&graph, 0xff00, GRAPH_EQUAL, 0, b, c);
	cr_assert_eq(narrow(narrowing, branch(&graph, UINT32_MAX, GRAPH_AT_LEAST, 0x40, a, inner)),
		branch(&graph, UINT32_MAX, GRAPH_AT_LEAST, 0x40, a, b));
	/* 7 does as all from 5 on do: no test of its own */
	inner = branch(&graph, UINT32_MAX, GRAPH_AT_LEAST, 5, a, b);
	cr_assert_eq(
		narrow(narrowing, branch(&graph, UINT32_MAX, GRAPH_EQUAL, 7, a, inner)), inner);
	/* another word tells nothing */
	inner = branch(&graph, UINT32_MAX, GRAPH_EQUAL, 5, b, c);
	inner = graph_branch(&graph, ARG + 4, UINT32_MAX, GRAPH_EQUAL, 9, inner, a);
	cr_assert_eq(narrow(narrowing, inner), inner);
	/* but what is known of the first word holds behind a test of another, on both ways */
	cr_assert_eq(narrow(narrowing, branch(&graph, UINT32_MAX, GRAPH_AT_LEAST, 10, inner, b)),
		branch(&graph, UINT32_MAX, GRAPH_AT_LEAST, 10,
			graph_branch(&graph, ARG + 4, UINT32_MAX, GRAPH_EQUAL, 9, c, a), b));
	narrowing_destroy(narrowing);
	graph_finish(&graph);
}

static node_id random_decision(struct graph *graph, uint64_t *seed, int depth)
{
	enum graph_test test = (enum graph_test)(next_random(seed) % 3);
	uint32_t mask = next_random(seed) % 2 ? UINT32_MAX : random_constant_32(seed);
	uint32_t offset = ARG + 4 * (uint32_t)(next_random(seed) % 2), k = random_constant_32(seed);
	node_id yes, no;

	if (depth == 0)
		return graph_return(graph, (uint32_t)(next_random(seed) % 3));
	yes = random_decision(graph, seed, depth - 1);
	no = random_decision(graph, seed, depth - 1);
	return graph_branch(graph, offset, mask, test, k & mask, yes, no);
}

static verdict follow(const struct graph *graph, node_id id, const uint32_t words[2], size_t *steps)
{
	const struct graph_node *node = &graph->nodes[id];

	while (!node->is_return) {
		struct test test = {.test = node->test, .mask = node->mask, .k = node->k};

		++*steps;
		id = test_passes(&test, words[node->offset != ARG]) ? node->yes : node->no;
		node = &graph->nodes[id];
	}
	return node->k;
}

Test(optimize_parts, random_decisions_keep_their_meaning)
{
	uint64_t seed = 0xdec1de;
	size_t before = 0, after = 0;

	for (int round = 0; round < 1500; round++) {
		struct graph graph;
		struct narrowing *narrowing;
		node_id node, narrowed;

		graph_init(&graph);
		narrowing = narrowing_create(&graph);
		cr_assert(narrowing);
		node = random_decision(&graph, &seed, 6);
		narrowed = narrow(narrowing, node);
		cr_assert_not(graph.failed);
		for (int i = 0; i < 300; i++) {
			uint32_t words[] = {random_constant_32(&seed), random_constant_32(&seed)};

			cr_assert_eq(follow(&graph, narrowed, words, &after),
				follow(&graph, node, words, &before), "round %d", round);
		}
		narrowing_destroy(narrowing);
		graph_finish(&graph);
	}
	cr_assert_lt(after, before * 9 / 10, "%zu tests of %zu are left", after, before);
}
