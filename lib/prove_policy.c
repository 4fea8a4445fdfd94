/* SPDX-License-Identifier: Apache-2.0 */
/* A policy as a diagram, from what policy.h says that it means: see simulate_policy. */
#include "prove_internal.h"

#include <errno.h>
#include <stdlib.h>

struct table {
	struct prover *prover;
	const struct policy *policy;
	struct diagram_interval *intervals; /* owned; of the numbers of one audit architecture */
	size_t count, capacity;
};

diagram_id prove_clause(struct diagrams *diagrams, const struct clause *clause)
{
	struct diagram_bits call = {
		.word = WORD_ARGUMENTS + 1, .mask = clause->call_mask}; /* low word of argument 0 */
	diagram_id all = DIAGRAM_TRUE;

	if (clause->call_mask)
		all = diagram_compare(diagrams, call, TEST_EQUAL, clause->call);
	for (size_t i = 0; i < clause->condition_count; i++) {
		const struct condition *condition = &clause->conditions[i];
		diagram_id holds = diagram_argument(diagrams, condition->index, clause->bits[i],
			condition->comparison, condition->value, condition->datum);

		all = diagram_choice(diagrams, holds, all, DIAGRAM_FALSE);
	}
	return all;
}

/* The strictest first, of equals the first of the profile. */
static int compare_precedence(const void *left, const void *right)
{
	const struct clause *a = *(const struct clause *const *)left;
	const struct clause *b = *(const struct clause *const *)right;

	if (verdict_stricter(a->action, b->action))
		return -1;
	if (verdict_stricter(b->action, a->action))
		return 1;
	return a < b ? -1 : 1;
}

static int clauses_decision(
	struct table *table, const struct clause *clauses, size_t count, diagram_id *ret)
{
	struct diagrams *diagrams = &table->prover->diagrams;
	const struct clause **ordered = calloc(count, sizeof(const struct clause *));
	diagram_id decision = diagram_end(
		diagrams, policy_fallback(table->policy, clauses[0].arch, clauses[0].number, NULL));

	if (!ordered)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		ordered[i] = &clauses[i];
	if (count > 1)
		qsort(ordered, count, sizeof(const struct clause *), compare_precedence);
	for (size_t i = count; i-- > 0;)
		decision = diagram_choice(diagrams, prove_clause(diagrams, ordered[i]),
			diagram_end(diagrams, ordered[i]->action), decision);
	free(ordered);
	*ret = decision;
	return 0;
}

static int add_interval(struct table *table, uint32_t first, diagram_id node)
{
	if (table->count > 0 && table->intervals[table->count - 1].node == node)
		return 0;
	if (table->count == table->capacity) {
		size_t larger = table->capacity ? table->capacity * 2 : 512;
		struct diagram_interval *moved =
			reallocarray(table->intervals, larger, sizeof(*moved));

		if (!moved)
			return -ENOMEM;
		table->intervals = moved;
		table->capacity = larger;
	}
	table->intervals[table->count++] = (struct diagram_interval){first, node};
	return 0;
}

/* What the number gets, and up to which number that is sure to stay so. */
static int number_decision(
	struct table *table, enum arch arch, uint32_t number, diagram_id *ret, uint32_t *ret_last)
{
	const struct policy *policy = table->policy;
	size_t count;
	const struct clause *clauses = policy_clauses(policy, arch, number, &count);

	*ret_last = number;
	if (count > 0)
		return clauses_decision(table, clauses, count, ret);
	*ret = diagram_end(
		&table->prover->diagrams, policy_fallback(policy, arch, number, ret_last));
	/* With none for the number, `clauses` is where the next larger one has them. */
	if (clauses && clauses < policy->clauses + policy->clause_count && clauses->arch == arch &&
		clauses->number <= *ret_last)
		*ret_last = clauses->number - 1;
	return 0;
}

static int add_numbers(struct table *table, enum arch arch, uint32_t first, uint32_t last)
{
	for (;;) {
		diagram_id decision;
		uint32_t same;
		int r = number_decision(table, arch, first, &decision, &same);

		if (r == 0)
			r = add_interval(table, first, decision);
		if (r < 0 || same >= last)
			return r;
		first = same + 1;
	}
}

/* The numbers `first` to `last` are calls of `arch`, be it in the policy's set or not. */
static int add_owned(struct table *table, enum arch arch, uint32_t first, uint32_t last)
{
	if (table->policy->architectures & UINT32_C(1) << arch)
		return add_numbers(table, arch, first, last);
	return add_interval(table, first, diagram_end(&table->prover->diagrams, policy_foreign()));
}

static int audit_decision(struct table *table, enum arch arch, diagram_id *ret)
{
	int r;

	table->count = 0;
	if (arch != ARCH_X86_64) {
		r = add_owned(table, arch, 0, UINT32_MAX);
	} else {
		r = add_owned(table, arch, 0, X32_SYSCALL_BIT - 1);
		if (r == 0)
			r = add_owned(table, ARCH_X32, X32_SYSCALL_BIT, UINT32_MAX - 1);
		if (r == 0) /* -1, which a tracer sets to skip a call, is not x32's */
			r = add_owned(table, arch, UINT32_MAX, UINT32_MAX);
	}
	if (r < 0)
		return r;
	*ret = diagram_intervals(&table->prover->diagrams, WORD_NR, table->intervals, table->count);
	return 0;
}

/* x32 has no audit value of its own: it counts with x86_64. */
static bool in_set(const struct policy *policy, enum arch arch)
{
	uint32_t wanted = UINT32_C(1) << arch;

	if (arch == ARCH_X86_64)
		wanted |= UINT32_C(1) << ARCH_X32;
	return policy->architectures & wanted;
}

static int whole_decision(struct table *table, diagram_id *ret)
{
	struct diagrams *diagrams = &table->prover->diagrams;
	diagram_id decision = diagram_end(diagrams, policy_foreign());

	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		struct diagram_bits word = {.word = WORD_ARCH, .mask = UINT32_MAX};
		diagram_id numbers, is_arch;
		int r;

		if (arch == ARCH_X32 || !in_set(table->policy, (enum arch)arch))
			continue;
		r = audit_decision(table, (enum arch)arch, &numbers);
		if (r < 0)
			return r;
		is_arch = diagram_compare(diagrams, word, TEST_EQUAL, architectures[arch].audit);
		decision = diagram_choice(diagrams, is_arch, numbers, decision);
	}
	*ret = decision;
	return 0;
}

int prove_policy(
	struct prover *prover, const struct policy *policy, diagram_id *ret, struct error *err)
{
	struct table table = {.prover = prover, .policy = policy};
	int r = whole_decision(&table, ret);

	free(table.intervals);
	return r < 0 ? error_memory(err) : prove_failure(prover, err);
}
