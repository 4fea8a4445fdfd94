/* SPDX-License-Identifier: Apache-2.0 */
#include "graph.h"

#include "calls.h"

#include <errno.h>

UNIT_SUITE(graph);

enum { NR = 0, ARCH = 4, ARG0 = 16 };

static struct program must_assemble(const struct graph *graph, node_id root)
{
	struct error err = ERROR_INIT;
	struct program program;

	cr_assert_eq(graph_assemble(graph, root, &program, &err), 0, "%s", error_message(&err));
	return program;
}

static verdict run(const struct program *program, int number, uint64_t argument)
{
	struct seccomp_data call = {.nr = number, .args = {argument}};
	verdict value;

	cr_assert_eq(simulate_program(program, &call, &value, NULL), 0);
	return value;
}

Test(graph, equal_nodes_are_one)
{
	struct graph graph;
	node_id allow, deny, a;

	graph_init(&graph);
	allow = graph_return(&graph, SECCOMP_RET_ALLOW);
	deny = graph_return(&graph, SECCOMP_RET_ERRNO | 1);
	cr_assert_eq(allow, graph_return(&graph, SECCOMP_RET_ALLOW));
	cr_assert_neq(allow, deny);
	a = graph_branch(&graph, NR, UINT32_MAX, GRAPH_EQUAL, 41, allow, deny);
	cr_assert_eq(a, graph_branch(&graph, NR, UINT32_MAX, GRAPH_EQUAL, 41, allow, deny));
	cr_assert_neq(a, graph_branch(&graph, NR, UINT32_MAX, GRAPH_EQUAL, 41, deny, allow));
	cr_assert_neq(a, graph_branch(&graph, NR, UINT16_MAX, GRAPH_EQUAL, 41, allow, deny));
	graph_finish(&graph);
}

Test(graph, known_answers_make_no_node)
{
	static const struct {
		uint32_t mask;
		enum graph_test test;
		uint32_t k;
		bool yes; /* which way it always goes */
	} cases[] = {
		{0xffffffff, GRAPH_AT_LEAST, 0, true},
		{0xffffffff, GRAPH_GREATER, 0xffffffff, false},
		{0xffff, GRAPH_AT_LEAST, 0x10000, false},
		{0xffff, GRAPH_GREATER, 0xffff, false},
		{0xff, GRAPH_EQUAL, 0x100, false},
		{0, GRAPH_EQUAL, 0, true},
	};
	struct graph graph;
	node_id yes, no;

	graph_init(&graph);
	yes = graph_return(&graph, 1);
	no = graph_return(&graph, 2);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		cr_assert_eq(graph_branch(&graph, ARG0, cases[i].mask, cases[i].test, cases[i].k,
				     yes, no),
			cases[i].yes ? yes : no, "case %zu", i);
	cr_assert_eq(graph_branch(&graph, NR, UINT32_MAX, GRAPH_EQUAL, 7, yes, yes), yes);
	cr_assert_eq(graph.count, 2);
	graph_finish(&graph);
}

Test(graph, one_form_for_each_test)
{
	struct graph graph;
	node_id a, b;

	graph_init(&graph);
	a = graph_return(&graph, 1);
	b = graph_return(&graph, 2);
	cr_assert_eq(graph_branch(&graph, ARG0, UINT32_MAX, GRAPH_GREATER, 6, a, b),
		graph_branch(&graph, ARG0, UINT32_MAX, GRAPH_AT_LEAST, 7, a, b));
	cr_assert_eq(graph_branch(&graph, ARG0, UINT32_MAX, GRAPH_GREATER, 0, a, b),
		graph_branch(&graph, ARG0, UINT32_MAX, GRAPH_EQUAL, 0, b, a));
	cr_assert_eq(graph_branch(&graph, ARG0, 0xff, GRAPH_AT_LEAST, 0xff, a, b),
		graph_branch(&graph, ARG0, 0xff, GRAPH_EQUAL, 0xff, a, b));
	cr_assert_eq(graph_branch(&graph, ARG0, 0x40, GRAPH_EQUAL, 0x40, a, b),
		graph_branch(&graph, ARG0, 0x40, GRAPH_EQUAL, 0, b, a));
	cr_assert_eq(graph.count, 2 + 4);
	graph_finish(&graph);
}

/* Bits are tested without a mask in the accumulator, so the word is there for the next test. */
Test(graph, bits_are_tested_by_jset)
{
	struct graph graph;
	struct program program;
	node_id node;

	graph_init(&graph);
	node = graph_branch(&graph, ARG0, UINT32_MAX, GRAPH_EQUAL, 0x10,
		graph_return(&graph, SECCOMP_RET_ALLOW), graph_return(&graph, SECCOMP_RET_TRAP));
	node = graph_branch(&graph, ARG0, 0x0f, GRAPH_EQUAL, 0, node,
		graph_return(&graph, SECCOMP_RET_ERRNO | 1));
	node = graph_branch(&graph, ARG0, 0x80, GRAPH_EQUAL, 0x80,
		graph_return(&graph, SECCOMP_RET_ERRNO | 2), node);
	program = must_assemble(&graph, node);
	cr_assert_eq(program.length, 1 + 3 + 4); /* load, tests, returns */
	for (uint64_t argument = 0; argument < 0x100; argument++)
		cr_assert_eq(run(&program, 0, argument), argument & 0x80    ? SECCOMP_RET_ERRNO | 2
							 : argument & 0x0f  ? SECCOMP_RET_ERRNO | 1
							 : argument == 0x10 ? SECCOMP_RET_ALLOW
									    : SECCOMP_RET_TRAP);
	program_finish(&program);
	graph_finish(&graph);
}

Test(graph, a_word_is_loaded_once_on_a_way)
{
	struct graph graph;
	node_id allow, deny, node;
	struct program program;
	size_t loads = 0;

	graph_init(&graph);
	allow = graph_return(&graph, SECCOMP_RET_ALLOW);
	deny = graph_return(&graph, SECCOMP_RET_ERRNO | 1);
	node = graph_branch(&graph, NR, UINT32_MAX, GRAPH_AT_LEAST, 10, allow, deny);
	node = graph_branch(&graph, NR, UINT32_MAX, GRAPH_AT_LEAST, 20, deny, node);
	node = graph_branch(&graph, ARCH, UINT32_MAX, GRAPH_EQUAL, 0, node, deny);
	program = must_assemble(&graph, node);
	for (size_t i = 0; i < program.length; i++)
		loads += BPF_CLASS(program.code[i].code) == BPF_LD;
	cr_assert_eq(loads, 2); /* arch, nr */
	cr_assert_eq(run(&program, 9, 0), SECCOMP_RET_ERRNO | 1);
	cr_assert_eq(run(&program, 10, 0), SECCOMP_RET_ALLOW);
	cr_assert_eq(run(&program, 20, 0), SECCOMP_RET_ERRNO | 1);
	program_finish(&program);
	graph_finish(&graph);
}

/* Where ways with different words in the accumulator meet, the word is loaded again. */
Test(graph, a_meeting_of_ways_loads_again)
{
	struct graph graph;
	node_id allow, deny, shared, left, right, node;
	struct program program;

	graph_init(&graph);
	allow = graph_return(&graph, SECCOMP_RET_ALLOW);
	deny = graph_return(&graph, SECCOMP_RET_ERRNO | 1);
	shared = graph_branch(&graph, ARG0, UINT32_MAX, GRAPH_GREATER, 5, allow, deny);
	left = graph_branch(&graph, ARG0, UINT32_MAX, GRAPH_EQUAL, 9, deny, shared);
	right = graph_branch(&graph, ARG0, 0xff, GRAPH_EQUAL, 8, allow, shared);
	node = graph_branch(&graph, NR, UINT32_MAX, GRAPH_EQUAL, 1, left, right);
	program = must_assemble(&graph, node);
	cr_assert_eq(run(&program, 1, 6), SECCOMP_RET_ALLOW);
	cr_assert_eq(run(&program, 1, 9), SECCOMP_RET_ERRNO | 1);
	cr_assert_eq(run(&program, 2, 0x108), SECCOMP_RET_ALLOW);
	cr_assert_eq(run(&program, 2, 0x100), SECCOMP_RET_ALLOW);
	cr_assert_eq(run(&program, 2, 3), SECCOMP_RET_ERRNO | 1);
	program_finish(&program);
	graph_finish(&graph);
}

/* A chain so long that its far ends are out of reach of a conditional jump. */
Test(graph, jumps_reach_beyond_255)
{
	enum { LINKS = 1000 };
	struct graph graph;
	struct program program;
	node_id node;

	graph_init(&graph);
	/* The leaf at the end is a branch, so that a long jump is needed, not a copy. */
	node = graph_branch(&graph, ARG0, UINT32_MAX, GRAPH_EQUAL, 1,
		graph_return(&graph, SECCOMP_RET_ALLOW), graph_return(&graph, SECCOMP_RET_TRAP));
	for (node_id end = node, i = 0; i < LINKS; i++)
		node = graph_branch(&graph, NR, UINT32_MAX, GRAPH_EQUAL, i,
			i % 2 ? end : graph_return(&graph, SECCOMP_RET_ERRNO | (i % 7)), node);
	program = must_assemble(&graph, node);
	for (int i = 0; i < LINKS; i++) {
		cr_assert_eq(run(&program, i, 1),
			i % 2 ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | (verdict)(i % 7), "%d", i);
		cr_assert_eq(run(&program, i, 2),
			i % 2 ? SECCOMP_RET_TRAP : SECCOMP_RET_ERRNO | (verdict)(i % 7), "%d", i);
	}
	cr_assert_eq(run(&program, LINKS, 2), SECCOMP_RET_TRAP);
	program_finish(&program);
	graph_finish(&graph);
}

Test(graph, more_than_a_program_holds)
{
	struct graph graph;
	struct program program;
	struct error err = ERROR_INIT;
	node_id node;

	graph_init(&graph);
	node = graph_return(&graph, SECCOMP_RET_ALLOW);
	for (uint32_t i = 0; i < BPF_MAXINSNS; i++)
		node = graph_branch(&graph, NR, UINT32_MAX, GRAPH_EQUAL, i,
			graph_return(&graph, SECCOMP_RET_ERRNO | 1), node);
	cr_assert_eq(graph_assemble(&graph, node, &program, &err), -E2BIG);
	for (uint32_t i = 0; i < 70000; i++)
		node = graph_branch(&graph, ARG0, UINT32_MAX, GRAPH_EQUAL, i,
			graph_return(&graph, SECCOMP_RET_ERRNO | 1), node);
	cr_assert_eq(graph_assemble(&graph, node, &program, &err), -E2BIG);
	error_finish(&err);
	graph_finish(&graph);
}
