/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Multi-terminal binary decision diagrams (R. E. Bryant, "Graph-Based Algorithms for Boolean
 * Function Manipulation", 1986). As an example of how words become bits, `nr >= 5` for a word of
 * three bits, where 5 is 101: what is left to say when the upper bits are equal to those of 5 is
 * built from the lowest bit up.
 *
 *	bit 0: 1 -> true, 0 -> false		(equal so far: 1 is as large)
 *	bit 1: 1 -> true, 0 -> bit 0		(5 has a 0 here: a 1 is larger)
 *	bit 2: 1 -> bit 1, 0 -> false		(5 has a 1 here: a 0 is smaller)
 *
 * That is a node for each bit, and a choice by it walks along one path of the diagrams below it.
 */
#include "diagram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_NODES = 1 << 12,
	MOST_NODES = 1 << 20,  /* some 40 MB */
	MOST_STEPS = 50000000, /* seconds */
};

/* In the key of a cached result: a combination, not a choice. */
#define OPERATION UINT32_C(0x80000000)

struct diagram_cache {
	uint32_t operation; /* the number of a combination, or of a choice `no`; see OPERATION */
	diagram_id a, b, result;
};

void diagrams_init(struct diagrams *diagrams)
{
	memset(diagrams, 0, sizeof(*diagrams));
	diagram_end(diagrams, DIAGRAM_FALSE);
	diagram_end(diagrams, DIAGRAM_TRUE);
}

void diagrams_finish(struct diagrams *diagrams)
{
	free(diagrams->nodes);
	free(diagrams->buckets);
	free(diagrams->cache);
	memset(diagrams, 0, sizeof(*diagrams));
}

static size_t hash(uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t h =
		(a | (uint64_t)b << 32) * 0x9e3779b97f4a7c15 ^ c * UINT64_C(0xff51afd7ed558ccd);

	return (size_t)(h ^ h >> 32);
}

static size_t find_bucket(const struct diagrams *diagrams, const struct diagram_node *node)
{
	size_t last = diagrams->capacity * 2 - 1;
	size_t i = hash(node->no, node->yes, node->level) & last;

	for (; diagrams->buckets[i]; i = (i + 1) & last) {
		const struct diagram_node *known = &diagrams->nodes[diagrams->buckets[i] - 1];

		if (known->no == node->no && known->yes == node->yes && known->level == node->level)
			break;
	}
	return i;
}

static bool grow(struct diagrams *diagrams)
{
	size_t capacity = diagrams->capacity ? diagrams->capacity * 2 : FIRST_NODES;
	struct diagram_node *nodes = reallocarray(diagrams->nodes, capacity, sizeof(*nodes));

	if (!nodes)
		return false;
	diagrams->nodes = nodes;
	free(diagrams->buckets);
	free(diagrams->cache);
	diagrams->buckets = calloc(capacity * 2, sizeof(*diagrams->buckets));
	diagrams->cache = calloc(capacity, sizeof(*diagrams->cache));
	if (!diagrams->buckets || !diagrams->cache)
		return false;
	diagrams->capacity = capacity;
	for (size_t i = 0; i < diagrams->count; i++)
		diagrams->buckets[find_bucket(diagrams, &nodes[i])] = (diagram_id)(i + 1);
	return true;
}

static diagram_id fail(struct diagrams *diagrams, int failure)
{
	diagrams->failure = failure;
	return DIAGRAM_FALSE;
}

static diagram_id intern(struct diagrams *diagrams, struct diagram_node node)
{
	size_t bucket;

	if (diagrams->failure)
		return DIAGRAM_FALSE;
	if (diagrams->count == diagrams->capacity) {
		if (diagrams->count >= MOST_NODES)
			return fail(diagrams, -E2BIG);
		if (!grow(diagrams))
			return fail(diagrams, -ENOMEM);
	}
	bucket = find_bucket(diagrams, &node);
	if (diagrams->buckets[bucket])
		return diagrams->buckets[bucket] - 1;
	diagrams->nodes[diagrams->count++] = node;
	diagrams->buckets[bucket] = (diagram_id)diagrams->count;
	return (diagram_id)(diagrams->count - 1);
}

diagram_id diagram_end(struct diagrams *diagrams, uint64_t value)
{
	return intern(diagrams,
		(struct diagram_node){DIAGRAM_END, (uint32_t)value, (uint32_t)(value >> 32)});
}

static diagram_id branch(struct diagrams *diagrams, uint32_t level, diagram_id no, diagram_id yes)
{
	return no == yes ? no : intern(diagrams, (struct diagram_node){level, no, yes});
}

/* Nobody asks for the key that an unused entry has: a condition of `false` is decided at once. */
static bool recall(struct diagrams *diagrams, uint32_t operation, diagram_id a, diagram_id b,
	diagram_id *result)
{
	const struct diagram_cache *entry =
		&diagrams->cache[hash(a, b, operation) & (diagrams->capacity - 1)];

	if (++diagrams->steps > MOST_STEPS)
		fail(diagrams, -E2BIG);
	if (entry->operation != operation || entry->a != a || entry->b != b)
		return false;
	*result = entry->result;
	return true;
}

static diagram_id remember(struct diagrams *diagrams, uint32_t operation, diagram_id a,
	diagram_id b, diagram_id result)
{
	if (!diagrams->failure)
		diagrams->cache[hash(a, b, operation) & (diagrams->capacity - 1)] =
			(struct diagram_cache){operation, a, b, result};
	return result;
}

/* What the diagram is when the bit of `level`, the first that it may look at, is as given. */
static diagram_id son(const struct diagrams *diagrams, diagram_id id, uint32_t level, bool yes)
{
	const struct diagram_node *node = &diagrams->nodes[id];

	if (node->level != level)
		return id;
	return yes ? node->yes : node->no;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

diagram_id diagram_choice(
	struct diagrams *diagrams, diagram_id condition, diagram_id yes, diagram_id no)
{
	diagram_id below[2], result;
	uint32_t level;

	if (condition == DIAGRAM_TRUE || yes == no)
		return yes;
	if (condition == DIAGRAM_FALSE || diagrams->failure)
		return no;
	if (recall(diagrams, no, condition, yes, &result))
		return result;
	level = smaller(diagrams->nodes[condition].level,
		smaller(diagrams->nodes[yes].level, diagrams->nodes[no].level));
	for (int i = 0; i < 2; i++)
		below[i] = diagram_choice(diagrams, son(diagrams, condition, level, i),
			son(diagrams, yes, level, i), son(diagrams, no, level, i));
	return remember(diagrams, no, condition, yes, branch(diagrams, level, below[0], below[1]));
}

static diagram_id combine(struct diagrams *diagrams, uint32_t operation, diagram_id a, diagram_id b,
	uint64_t (*of)(uint64_t a, uint64_t b))
{
	uint32_t level;
	diagram_id below[2], result;

	if (diagrams->failure)
		return DIAGRAM_FALSE;
	level = smaller(diagrams->nodes[a].level, diagrams->nodes[b].level);
	if (level == DIAGRAM_END)
		return diagram_end(
			diagrams, of(diagram_value(diagrams, a), diagram_value(diagrams, b)));
	if (recall(diagrams, operation, a, b, &result))
		return result;
	for (int i = 0; i < 2; i++)
		below[i] = combine(diagrams, operation, son(diagrams, a, level, i),
			son(diagrams, b, level, i), of);
	return remember(diagrams, operation, a, b, branch(diagrams, level, below[0], below[1]));
}

diagram_id diagram_combine(struct diagrams *diagrams, diagram_id a, diagram_id b,
	uint64_t (*of)(uint64_t a, uint64_t b))
{
	return combine(diagrams, OPERATION | diagrams->operations++, a, b, of);
}

/* By bit `index` of the value, which is a constant, a bit of a word, or the opposite of one. */
static diagram_id by_bit(struct diagrams *diagrams, const struct diagram_bits *value,
	unsigned index, diagram_id no, diagram_id yes)
{
	bool flipped = value->flip >> index & 1;
	uint32_t bit = index - (uint32_t)value->shift;

	if (!(value->mask >> index & 1))
		return flipped ? yes : no;
	return branch(
		diagrams, 32 * value->word + 31 - bit, flipped ? yes : no, flipped ? no : yes);
}

/* `tail`: the answer when the value's bits equal those of k; see the top of this file. */
static diagram_id compare_bits(struct diagrams *diagrams, const struct diagram_bits *value,
	enum diagram_test test, uint32_t k, diagram_id tail)
{
	diagram_id larger = test == TEST_EQUAL ? DIAGRAM_FALSE : DIAGRAM_TRUE;

	for (unsigned i = 0; i < 32; i++) {
		if (test == TEST_ANY_BIT)
			tail = k >> i & 1 ? by_bit(diagrams, value, i, tail, DIAGRAM_TRUE) : tail;
		else if (k >> i & 1)
			tail = by_bit(diagrams, value, i, DIAGRAM_FALSE, tail);
		else
			tail = by_bit(diagrams, value, i, tail, larger);
	}
	return tail;
}

static diagram_id when_equal(enum diagram_test test)
{
	return test == TEST_EQUAL || test == TEST_AT_LEAST ? DIAGRAM_TRUE : DIAGRAM_FALSE;
}

diagram_id diagram_compare(
	struct diagrams *diagrams, struct diagram_bits value, enum diagram_test test, uint32_t k)
{
	return compare_bits(diagrams, &value, test, k, when_equal(test));
}

static diagram_id compare_argument(struct diagrams *diagrams, unsigned index, uint64_t used,
	enum diagram_test test, uint64_t k)
{
	uint32_t high_word = WORD_ARGUMENTS + 2 * index;
	struct diagram_bits high = {high_word, 0, (uint32_t)(used >> 32), 0};
	struct diagram_bits low = {high_word + 1, 0, (uint32_t)used, 0};
	diagram_id tail = compare_bits(diagrams, &low, test, (uint32_t)k, when_equal(test));

	return compare_bits(diagrams, &high, test, (uint32_t)(k >> 32), tail);
}

diagram_id diagram_argument(struct diagrams *diagrams, unsigned index, unsigned bits,
	enum comparison comparison, uint64_t value, uint64_t datum)
{
	uint64_t used = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
	enum diagram_test test = TEST_EQUAL;
	bool opposite = false;
	diagram_id condition;

	switch (comparison) {
	case OP_MASKED_EQUAL:
		return compare_argument(diagrams, index, used & value, TEST_EQUAL, datum);
	case OP_NOT_EQUAL:
		opposite = true;
		break;
	case OP_EQUAL:
		break;
	case OP_LESS:
		opposite = true;
		test = TEST_AT_LEAST;
		break;
	case OP_GREATER_EQUAL:
		test = TEST_AT_LEAST;
		break;
	case OP_LESS_EQUAL:
		opposite = true;
		test = TEST_GREATER;
		break;
	case OP_GREATER:
		test = TEST_GREATER;
		break;
	}
	condition = compare_argument(diagrams, index, used, test, value);
	return opposite ? diagram_choice(diagrams, condition, DIAGRAM_FALSE, DIAGRAM_TRUE)
			: condition;
}

/* The intervals [low, high] cover the values whose bits above `bit` are those of `prefix`. */
static diagram_id split(struct diagrams *diagrams, uint32_t word, unsigned bits, uint32_t prefix,
	const struct diagram_interval *low, const struct diagram_interval *high)
{
	const struct diagram_interval *middle = low, *end = high;
	uint32_t half;
	diagram_id no, yes;

	if (low == high)
		return low->node;
	half = prefix | UINT32_C(1) << (bits - 1);
	while (middle < end) { /* the last that does not start above `half` */
		const struct diagram_interval *probe = middle + (end - middle + 1) / 2;

		if (probe->first <= half)
			middle = probe;
		else
			end = probe - 1;
	}
	no = split(
		diagrams, word, bits - 1, prefix, low, middle->first == half ? middle - 1 : middle);
	yes = split(diagrams, word, bits - 1, half, middle, high);
	return branch(diagrams, 32 * word + 32 - bits, no, yes);
}

diagram_id diagram_intervals(struct diagrams *diagrams, enum data_word word,
	const struct diagram_interval *intervals, size_t count)
{
	return split(diagrams, word, 32, 0, intervals, intervals + count - 1);
}

diagram_id diagram_follow(
	const struct diagrams *diagrams, diagram_id id, enum data_word word, uint32_t value)
{
	const struct diagram_node *node = &diagrams->nodes[id];

	while (node->level < 32 * (word + 1)) {
		id = value >> (31 - node->level % 32) & 1 ? node->yes : node->no;
		node = &diagrams->nodes[id];
	}
	return id;
}
