/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both sides become diagrams of one table: a program by running it for all calls at once, a policy
 * from its clauses. The layers of a stack are combined as the kernel does, and what is left of each
 * verdict is what the kernel makes of it. Then the same meaning is the same node.
 *
 * Where they are not, one more diagram has the pairs of verdicts that differ, with a single end for
 * all calls that are treated alike; every way to another end is a call that shows a difference.
 */
#include "prove_internal.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_ERRNO = 4095 }; /* MAX_ERRNO of the kernel's include/linux/err.h */

int prover_create(enum arch native, struct prover **ret, struct error *err)
{
	struct prover *prover = malloc(sizeof(*prover));
	int r;

	if (!prover)
		return error_memory(err);
	prover->native = native;
	diagrams_init(&prover->diagrams);
	r = prove_failure(prover, err);
	if (r < 0)
		prover_destroy(prover);
	else
		*ret = prover;
	return r;
}

void prover_destroy(struct prover *prover)
{
	if (prover)
		diagrams_finish(&prover->diagrams);
	free(prover);
}

const struct diagrams *prover_diagrams(const struct prover *prover)
{
	return &prover->diagrams;
}

int prove_failure(const struct prover *prover, struct error *err)
{
	switch (prover->diagrams.failure) {
	case 0:
		return 0;
	case -E2BIG:
		return error_set(err, -E2BIG, "the decision diagrams grow too large");
	default:
		return error_memory(err);
	}
}

bool prove_cannot_tell(int r)
{
	return r == -EOPNOTSUPP || r == -E2BIG;
}

verdict prove_reading(verdict value)
{
	uint32_t action = value & SECCOMP_RET_ACTION_FULL, data = value & SECCOMP_RET_DATA;

	switch (action) {
	case SECCOMP_RET_ERRNO:
		return action | (data > LARGEST_ERRNO ? LARGEST_ERRNO : data);
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_TRACE:
		return value;
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_ALLOW:
		return action;
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

/* Of two filters: the stricter verdict, of equals the newer one's (seccomp_run_filters). */
static uint64_t of_both(uint64_t newer, uint64_t older)
{
	return verdict_stricter((verdict)older, (verdict)newer) ? older : newer;
}

static uint64_t read_once(uint64_t value, uint64_t unused)
{
	(void)unused;
	return prove_reading((verdict)value);
}

verdict prove_pick(enum join join, verdict a, verdict b)
{
	const verdict missing = SECCOMP_RET_ERRNO | ENOSYS;

	if (verdict_stricter(a, b))
		return join == JOIN_STRICTEST ? a : b;
	if (verdict_stricter(b, a))
		return join == JOIN_STRICTEST ? b : a;
	if (a == missing || b == missing)
		return missing;
	return a < b ? a : b;
}

static uint64_t strictest(uint64_t a, uint64_t b)
{
	return prove_pick(JOIN_STRICTEST, (verdict)a, (verdict)b);
}

static uint64_t laxest(uint64_t a, uint64_t b)
{
	return prove_pick(JOIN_LAXEST, (verdict)a, (verdict)b);
}

/* The pair of two verdicts that differ; 0 where they do not. */
static uint64_t pair_of(uint64_t a, uint64_t b)
{
	return a == b ? 0 : a << 32 | b;
}

static int layer_decision(
	struct prover *prover, const struct layer *layer, diagram_id *ret, struct error *err)
{
	return layer->policy ? prove_policy(prover, layer->policy, ret, err)
			     : prove_program(prover, layer->program, ret, err);
}

static int stack_decision(
	struct prover *prover, const struct stack *stack, diagram_id *ret, struct error *err)
{
	struct diagrams *diagrams = &prover->diagrams;
	diagram_id decision = diagram_end(diagrams, SECCOMP_RET_ALLOW);

	for (size_t i = stack->count; i-- > 0;) {
		diagram_id one;
		int r = layer_decision(prover, &stack->layers[i], &one, err);

		if (r < 0 && stack->count > 1)
			return error_prefix(err, r, "filter %zu of %zu", i + 1, stack->count);
		if (r < 0)
			return r;
		decision = i + 1 == stack->count
				   ? one
				   : diagram_combine(diagrams, decision, one, of_both);
	}
	*ret = diagram_combine(diagrams, decision, DIAGRAM_FALSE, read_once);
	return prove_failure(prover, err);
}

int prove_meaning(
	struct prover *prover, const struct stack *stack, struct meaning *ret, struct error *err)
{
	struct meaning meaning = {.stack = *stack};
	int r = stack_decision(prover, stack, &meaning.decision, err);

	if (r < 0)
		return stack->name ? error_prefix(err, r, "%s", stack->name) : r;
	*ret = meaning;
	return 0;
}

int prove_join(struct prover *prover, const struct meaning *parts, size_t count, enum join join,
	struct meaning *ret, struct error *err)
{
	struct meaning meaning = {
		.parts = parts, .part_count = count, .join = join, .decision = parts[0].decision};

	for (size_t i = 1; i < count; i++)
		meaning.decision = diagram_combine(&prover->diagrams, meaning.decision,
			parts[i].decision, join == JOIN_STRICTEST ? strictest : laxest);
	*ret = meaning;
	return prove_failure(prover, err);
}

int prove_pairs(struct prover *prover, const struct meaning *a, const struct meaning *b,
	diagram_id *ret, struct error *err)
{
	*ret = diagram_combine(&prover->diagrams, a->decision, b->decision, pair_of);
	return prove_failure(prover, err);
}

int prove_compare(struct prover *prover, const struct meaning *a, const struct meaning *b,
	struct proof *ret, struct error *err)
{
	struct proof proof = {.relation = RELATION_SAME};
	struct search search;
	diagram_id pairs;
	int r;

	if (a->decision == b->decision) {
		*ret = proof;
		return 0;
	}
	r = prove_pairs(prover, a, b, &pairs, err);
	if (r == 0)
		r = search_init(&search, prover, a, b, pairs, err);
	if (r < 0)
		return r;
	proof.relation = search_relation(&search, pairs);
	for (int i = 0; i < RELATION_COUNT && r == 0; i++)
		r = search_anywhere(&search, (enum relation)i, &proof.examples[i], err);
	search_finish(&search);
	if (r == 0)
		*ret = proof;
	return r;
}

int prove_stacks(enum arch native, const struct stack *a, const struct stack *b, struct proof *ret,
	struct error *err)
{
	struct meaning meanings[2];
	struct prover *prover;
	int r = prover_create(native, &prover, err);

	if (r < 0)
		return r;
	r = prove_meaning(prover, a, &meanings[0], err);
	if (r == 0)
		r = prove_meaning(prover, b, &meanings[1], err);
	if (r == 0)
		r = prove_compare(prover, &meanings[0], &meanings[1], ret, err);
	prover_destroy(prover);
	return r;
}
