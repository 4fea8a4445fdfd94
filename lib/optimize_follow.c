/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partial evaluation: the programs run without a call, for one architecture and for many numbers at
 * once. A jump on the number parts the numbers, and both parts go on by themselves, so that a chain
 * of a thousand comparisons is followed once and not once for each number. At the first jump on
 * anything else the rest becomes a decision of its own, which does not look at the number: where it
 * would have to, the numbers are parted by what it asked, and each part starts again from there.
 *
 * What holds on the way is the state: program and instruction, registers and memory, and the
 * strictest verdict of the programs that are through. Within a decision states that came up before
 * are not followed again; what nobody reads any more is cleared before they are compared.
 */
#include "optimize_internal.h"

#include "cleanup.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

enum {
	MOST_KNOWN_STATES = 16384,
	MOST_BUCKETS = 2 * MOST_KNOWN_STATES,
	MOST_DEPTH = 1500,
};

struct known_state {
	struct state state;
	node_id node;
	uint32_t *bucket; /* not owned */
};

/* Calls of these numbers go on from that state. */
struct work {
	struct numbers numbers;
	struct state state;
};

struct follower {
	struct runner runner;
	struct graph *graph;
	struct decisions *decisions;
	struct work *works; /* owned */
	size_t work_count, work_capacity;
	struct test parting;	   /* what the numbers do not agree on, when a decision asks it */
	struct known_state *known; /* owned; of the decision at hand */
	size_t known_count, known_capacity, depth;
	uint32_t buckets[MOST_BUCKETS]; /* index into known, plus one */
};

/* Takes the numbers over, also when it fails. */
static int add_work(struct follower *follower, struct numbers numbers, const struct state *state)
{
	if (follower->work_count == follower->work_capacity) {
		size_t capacity = follower->work_capacity ? follower->work_capacity * 2 : 64;
		struct work *moved = reallocarray(follower->works, capacity, sizeof(*moved));

		if (!moved) {
			free(numbers.spans);
			return error_memory(follower->runner.err);
		}
		follower->works = moved;
		follower->work_capacity = capacity;
	}
	follower->works[follower->work_count++] = (struct work){numbers, *state};
	return 0;
}

static int add_decision(struct follower *follower, const struct numbers *numbers, node_id node)
{
	struct decisions *decisions = follower->decisions;

	if (decisions->count + numbers->count > decisions->capacity) {
		size_t capacity = 2 * (decisions->count + numbers->count);
		struct decision *moved = reallocarray(decisions->items, capacity, sizeof(*moved));

		if (!moved)
			return error_memory(follower->runner.err);
		decisions->items = moved;
		decisions->capacity = capacity;
	}
	for (size_t i = 0; i < numbers->count; i++)
		decisions->items[decisions->count++] =
			(struct decision){numbers->spans[i].first, numbers->spans[i].last, node, 0};
	return 0;
}

/* The bucket of the state, or the free one where it belongs. */
static uint32_t *find_bucket(struct follower *follower, const struct state *state)
{
	const unsigned char *bytes = (const unsigned char *)state;
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a, a word at a time */
	size_t i;

	for (i = 0; i < sizeof(*state); i += sizeof(uint32_t)) {
		uint32_t word;

		memcpy(&word, bytes + i, sizeof(word));
		hash = (hash ^ word) * 0x100000001b3;
	}
	i = (hash ^ hash >> 29) % MOST_BUCKETS;
	while (follower->buckets[i] && memcmp(&follower->known[follower->buckets[i] - 1].state,
					       state, sizeof(*state)) != 0)
		i = (i + 1) % MOST_BUCKETS;
	return &follower->buckets[i];
}

static int add_known(struct follower *follower, const struct state *state, node_id node)
{
	uint32_t *bucket;

	if (follower->known_count == MOST_KNOWN_STATES)
		return error_set(follower->runner.err, -E2BIG,
			"what the programs do with one call takes more than %d states to follow",
			MOST_KNOWN_STATES);
	if (follower->known_count == follower->known_capacity) {
		size_t capacity = follower->known_capacity ? follower->known_capacity * 2 : 64;
		struct known_state *moved = reallocarray(follower->known, capacity, sizeof(*moved));

		if (!moved)
			return error_memory(follower->runner.err);
		follower->known = moved;
		follower->known_capacity = capacity;
	}
	bucket = find_bucket(follower, state);
	follower->known[follower->known_count++] = (struct known_state){*state, node, bucket};
	*bucket = (uint32_t)follower->known_count;
	return 0;
}

static void forget_known(struct follower *follower)
{
	while (follower->known_count > 0)
		*follower->known[--follower->known_count].bucket = 0;
}

enum outcome {
	OUTCOME_NODE,
	OUTCOME_PART, /* the numbers are to be parted by `parting` */
	OUTCOME_FAILED,
};

static enum outcome decide(struct follower *follower, struct state state, node_id *ret);

/* The decision from a test of the call on. */
static enum outcome decide_test(
	struct follower *follower, const struct state *state, const struct test *test, node_id *ret)
{
	struct state taken = *state, passed = *state;
	node_id yes, no;
	enum outcome outcome;

	if (follower->depth == MOST_DEPTH) {
		follower->runner.code = error_set(follower->runner.err, -E2BIG,
			"the programs make more than %d tests in a row", MOST_DEPTH);
		return OUTCOME_FAILED;
	}
	follower->depth++;
	runner_jump(&follower->runner, &taken, !test->negated);
	runner_jump(&follower->runner, &passed, test->negated);
	outcome = decide(follower, taken, &yes);
	if (outcome == OUTCOME_NODE)
		outcome = decide(follower, passed, &no);
	follower->depth--;
	if (outcome != OUTCOME_NODE)
		return outcome;
	*ret = graph_branch(
		follower->graph, test->offset, test->mask, test->test, test->k, yes, no);
	follower->runner.code = add_known(follower, state, *ret);
	return follower->runner.code < 0 ? OUTCOME_FAILED : OUTCOME_NODE;
}

static enum outcome decide(struct follower *follower, struct state state, node_id *ret)
{
	struct test test;
	uint32_t bucket;

	switch (runner_go(&follower->runner, &state, &test)) {
	case EVENT_VERDICT:
		*ret = graph_return(follower->graph, state.strictest);
		return OUTCOME_NODE;
	case EVENT_TEST:
		break;
	default:
		return OUTCOME_FAILED;
	}
	if (test.offset == offsetof(struct seccomp_data, nr)) {
		follower->parting = test;
		return OUTCOME_PART;
	}
	bucket = *find_bucket(follower, &state);
	if (!bucket)
		return decide_test(follower, &state, &test, ret);
	*ret = follower->known[bucket - 1].node;
	return OUTCOME_NODE;
}

/* Both parts go on from `state`, where the jump is seen again, with an answer for each. */
static int part(struct follower *follower, const struct numbers *numbers, const struct state *state,
	const struct test *test)
{
	struct numbers pass, fail;
	int r = numbers_split(numbers, test, &pass, &fail);

	if (r < 0)
		return error_set_errno(follower->runner.err, r, "cannot part the numbers");
	r = add_work(follower, pass, state);
	if (r < 0) {
		free(fail.spans);
		return r;
	}
	return add_work(follower, fail, state);
}

static int do_work(struct follower *follower, const struct numbers *numbers, struct state *state)
{
	struct test test;
	node_id node;

	follower->runner.numbers = numbers;
	switch (runner_go(&follower->runner, state, &test)) {
	case EVENT_VERDICT:
		node = graph_return(follower->graph, state->strictest);
		return add_decision(follower, numbers, node);
	case EVENT_TEST:
		break;
	default:
		return follower->runner.code;
	}
	if (test.offset == offsetof(struct seccomp_data, nr))
		return part(follower, numbers, state, &test);
	forget_known(follower);
	switch (decide(follower, *state, &node)) {
	case OUTCOME_NODE:
		return add_decision(follower, numbers, node);
	case OUTCOME_PART:
		return part(follower, numbers, state, &follower->parting);
	default:
		return follower->runner.code;
	}
}

static int compare_first(const void *left, const void *right)
{
	const struct decision *a = left, *b = right;

	return a->first < b->first ? -1 : a->first > b->first;
}

static int begin(struct follower *follower)
{
	struct state state = {
		.program = (uint32_t)follower->runner.stack->count - 1, /* the newest */
		.strictest = SECCOMP_RET_ALLOW,
	};
	struct numbers all = {calloc(1, sizeof(struct span)), 1};

	if (!all.spans)
		return error_memory(follower->runner.err);
	all.spans[0].last = UINT32_MAX;
	return add_work(follower, all, &state);
}

int optimize_follow(const struct stack *stack, const uint32_t *arch,
	struct architecture_values *others, struct graph *graph, struct decisions *ret,
	struct error *err)
{
	AUTO_FREE struct follower *follower = calloc(1, sizeof(*follower));
	int r;

	if (!follower)
		return error_memory(err);
	follower->graph = graph;
	follower->decisions = ret;
	r = runner_init(&follower->runner, stack, arch, others, err);
	if (r == 0)
		r = begin(follower);
	while (r == 0 && follower->work_count > 0) {
		struct work work = follower->works[--follower->work_count];

		r = do_work(follower, &work.numbers, &work.state);
		free(work.numbers.spans);
	}
	while (follower->work_count > 0)
		free(follower->works[--follower->work_count].numbers.spans);
	free(follower->works);
	free(follower->known);
	runner_finish(&follower->runner);
	if (r == 0)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_first);
	return r;
}
