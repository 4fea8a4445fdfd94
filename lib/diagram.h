/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "names.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decision diagrams over the bits of struct seccomp_data. A node looks at one bit and goes on at
 * `no` or `yes`; an end holds a value. Bits are looked at in one order, equal nodes are one node and
 * no node has equal sons, so two functions of a call are equal exactly when their diagrams are the
 * same node.
 *
 * The order is that of the words below, of a word the highest bit first. Programs settle
 * architecture and number before they look at arguments, so this order keeps diagrams small.
 */
enum data_word {
	WORD_ARCH,
	WORD_NR,
	WORD_ARGUMENTS,			    /* the high and the low word of each */
	WORD_POINTER = WORD_ARGUMENTS + 12, /* the instruction pointer, high and low */
	WORD_COUNT = WORD_POINTER + 2,
};

typedef uint32_t diagram_id;

/* The ends 0 and 1, which conditions have. */
enum { DIAGRAM_FALSE, DIAGRAM_TRUE };

struct diagrams {
	struct diagram_node *nodes; /* owned; a node comes after its sons */
	size_t count, capacity;
	diagram_id *buckets;	     /* owned; hash table of indexes into nodes, plus one */
	struct diagram_cache *cache; /* owned; results, the newer in place of the older */
	uint32_t operations;	     /* so that results of different ones are not mixed up */
	size_t steps;
	int failure; /* -ENOMEM; -E2BIG: more nodes or steps than allowed; then ids mean nothing */
};

/* `diagrams->failure` says whether all that was made since is good; to be asked before it is used.
 */
void diagrams_init(struct diagrams *diagrams);
void diagrams_finish(struct diagrams *diagrams);

diagram_id diagram_end(struct diagrams *diagrams, uint64_t value);

/* `yes` where the condition holds, elsewhere `no`. */
diagram_id diagram_choice(
	struct diagrams *diagrams, diagram_id condition, diagram_id yes, diagram_id no);

/* The diagram whose end for each call is `of` the ends of `a` and `b`. */
diagram_id diagram_combine(struct diagrams *diagrams, diagram_id a, diagram_id b,
	uint64_t (*of)(uint64_t a, uint64_t b));

/* What a program may hold in a register: ((word << shift) & mask) ^ flip, where a negative shift goes
 * right. `mask` has no bit that is shifted in. A constant has the mask 0. */
struct diagram_bits {
	uint32_t word; /* enum data_word */
	int32_t shift;
	uint32_t mask, flip;
};

enum diagram_test { TEST_EQUAL, TEST_GREATER, TEST_AT_LEAST, TEST_ANY_BIT };

/* Where the bits, as a number, pass the test against `k`. */
diagram_id diagram_compare(
	struct diagrams *diagrams, struct diagram_bits value, enum diagram_test test, uint32_t k);

/* Where the low `bits` of an argument compare so with `value` (and `datum`: OP_MASKED_EQUAL). */
diagram_id diagram_argument(struct diagrams *diagrams, unsigned index, unsigned bits,
	enum comparison comparison, uint64_t value, uint64_t datum);

/* The numbers from `first` to the next interval's go to `node`. */
struct diagram_interval {
	uint32_t first;
	diagram_id node; /* looks at later words alone */
};

/* Goes by the value of one word. The intervals are sorted, the first starts at 0. */
diagram_id diagram_intervals(struct diagrams *diagrams, enum data_word word,
	const struct diagram_interval *intervals, size_t count);

/* For those who walk through a diagram. */
struct diagram_node {
	uint32_t level;	    /* 32 * word + 31 - bit; DIAGRAM_END: an end */
	diagram_id no, yes; /* of an end the halves of its value */
};

enum { DIAGRAM_END = 32 * WORD_COUNT };

static inline bool diagram_is_end(const struct diagrams *diagrams, diagram_id id)
{
	return diagrams->nodes[id].level == DIAGRAM_END;
}

static inline uint64_t diagram_value(const struct diagrams *diagrams, diagram_id end)
{
	return diagrams->nodes[end].no | (uint64_t)diagrams->nodes[end].yes << 32;
}

/* Where the diagram goes on when `word` has the value; it looks at no earlier word. */
diagram_id diagram_follow(
	const struct diagrams *diagrams, diagram_id id, enum data_word word, uint32_t value);
