/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The parts of optimize: what registers hold, sets of numbers, following programs, path facts. */

#include "graph.h"
#include "names.h"
#include "program.h"

#include <linux/filter.h>

/* What a register holds while a program is followed without a call at hand: bits of one word of the
 * call, moved and flipped, `(word << shift & mask) ^ flip`, or a constant: then `mask` is 0 and the
 * constant is `flip`. */
struct value {
	uint32_t offset;
	int32_t shift; /* negative: to the right */
	uint32_t mask, flip;
};

struct value value_constant(uint32_t constant);
struct value value_word(uint32_t offset);
bool value_is_constant(const struct value *value);

/* Applies one of BPF_ADD, ... to `*a`. False: the result cannot be said as a value. Division by a
 * constant zero is the caller's. */
bool value_alu(struct value *a, uint16_t operation, const struct value *operand);

/* What a jump asks of the call, or the answer where every call gives the same. */
struct test {
	bool known, answer; /* answer: when known */
	bool negated;	    /* else: the jump is taken when the test fails */
	enum graph_test test;
	uint32_t offset, mask, k;
};

/* The test that BPF_JEQ, ... makes. False: it cannot be said as one. */
bool value_test(
	const struct value *a, uint16_t comparison, const struct value *operand, struct test *ret);

/* Whether a value of the test's word passes the test, `negated` left aside. */
bool test_passes(const struct test *test, uint32_t word);

/* A set of numbers, not empty: spans in order, with gaps between them. */
struct span {
	uint32_t first, last;
};

struct numbers {
	struct span *spans; /* owned */
	size_t count;
};

enum agreement { ALL_PASS, NONE_PASSES, SOME_PASS, TOO_SCATTERED };

/* Which of the numbers pass. TOO_SCATTERED: a mask of low bits, say, parts the numbers into more
 * pieces than a program could tell apart. */
enum agreement numbers_agree(const struct numbers *numbers, const struct test *test);

/* Parts the numbers, of which some pass, into those that do and the rest. -ENOMEM. */
int numbers_split(const struct numbers *numbers, const struct test *test, struct numbers *ret_pass,
	struct numbers *ret_fail) __attribute__((warn_unused_result));

/* The values of `arch` that the programs ask for. */
enum { MOST_ARCHITECTURES = 32 };
struct architecture_values {
	uint32_t items[MOST_ARCHITECTURES];
	size_t count;
};

struct stack {
	const struct program *programs; /* checked; oldest first; not owned */
	size_t count;
};

/* Where a program stands: words of 32 bits alone, so that states can be compared as bytes. */
struct state {
	uint32_t program, position;
	verdict strictest; /* of the programs that are through */
	struct value a, x, memory[BPF_MEMWORDS];
};

/* What the programs run on: any call of these numbers, of the architecture `*arch`, or, where it is
 * NULL, of any that is not among `others`; what the programs compare `arch` with is added to these. */
struct runner {
	const struct stack *stack;
	uint32_t **live; /* owned; of each program and instruction what is read from it on */
	const uint32_t *arch;
	struct architecture_values *others;
	const struct numbers *numbers;
	struct error *err;
	size_t steps;
	int code; /* of the failure */
};

enum event {
	EVENT_NONE,
	EVENT_VERDICT, /* state->strictest is the answer */
	EVENT_TEST,    /* the jump at state->position depends on the call */
	EVENT_FAILED,  /* as runner->code says */
};

int runner_init(struct runner *runner, const struct stack *stack, const uint32_t *arch,
	struct architecture_values *others, struct error *err) __attribute__((warn_unused_result));
void runner_finish(struct runner *runner); /* also after runner_init failed */
/* Goes on until something is to be decided. What is not read any more is cleared from the state. */
enum event runner_go(struct runner *runner, struct state *state, struct test *ret);
/* Leaves the jump that the state stands at. */
void runner_jump(const struct runner *runner, struct state *state, bool taken);

/* A span whose calls all go to `node`. */
struct decision {
	uint32_t first, last;
	node_id node;
	uint64_t weight; /* how often its calls are made; left 0 here */
};

/* What a stack of programs makes of the calls of one architecture. */
struct decisions {
	struct decision *items; /* owned; in order, from 0 to UINT32_MAX without a gap */
	size_t count, capacity;
};

/* Follows the programs for all calls of the architecture `*arch`, or, where it is NULL, of any that
 * is not among `others`; what the programs compare `arch` with is added to these. -EOPNOTSUPP: the
 * programs do what a decision graph cannot say; -E2BIG: too much to follow; -ENOMEM. */
int optimize_follow(const struct stack *stack, const uint32_t *arch,
	struct architecture_values *others, struct graph *graph, struct decisions *ret,
	struct error *err) __attribute__((warn_unused_result));

/* Leaves out of the decision `node` the tests whose answer follows from those before them. Gives up
 * where that takes too long, and returns what it has, which means the same. */
struct narrowing;
struct narrowing *narrowing_create(struct graph *graph); /* NULL: memory ran out */
void narrowing_destroy(struct narrowing *narrowing);
node_id narrow(struct narrowing *narrowing, node_id node);
