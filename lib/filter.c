/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a policy to a decision graph: the architecture first, then a search for the number (search.h),
 * then the conditions of the clauses for that number, strictest first. Numbers whose remaining
 * decision is the same node are one interval, so a run of allowed calls is a single leaf. Until the
 * number is settled only nr and arch are loaded and compared, which the kernel's constant-action
 * check understands (seccomp_is_const_allow, Linux 5.11): every call that is allowed whatever its
 * arguments stays in its bitmap.
 */
#include "filter.h"

#include "search.h"
#include "syscalls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>

struct builder {
	struct graph graph;
	const struct policy *policy;
	struct intervals intervals; /* of the audit architecture at hand */
	bool failed;		    /* memory ran out */
};

static uint32_t low_word(const struct policy *policy, unsigned index)
{
	size_t offset = offsetof(struct seccomp_data, args) + index * sizeof(uint64_t);

	return (uint32_t)(offset + (architectures[policy->target.arch].big_endian ? 4 : 0));
}

static uint32_t high_word(const struct policy *policy, unsigned index)
{
	return low_word(policy, index) ^ 4;
}

/* The test of an argument of which the kernel uses at most 32 bits: its low word is enough. */
static node_id narrow_condition(struct builder *builder, const struct condition *condition,
	unsigned bits, node_id yes, node_id no)
{
	uint32_t offset = low_word(builder->policy, condition->index);
	uint32_t used = bits >= 32 ? UINT32_MAX : (UINT32_C(1) << bits) - 1;
	uint32_t value = (uint32_t)condition->value;
	bool fits = condition->value <= used; /* a larger constant is above every argument */
	struct graph *graph = &builder->graph;

	switch (condition->comparison) {
	case OP_NOT_EQUAL:
		return fits ? graph_branch(graph, offset, used, GRAPH_EQUAL, value, no, yes) : yes;
	case OP_EQUAL:
		return fits ? graph_branch(graph, offset, used, GRAPH_EQUAL, value, yes, no) : no;
	case OP_LESS:
		return fits ? graph_branch(graph, offset, used, GRAPH_AT_LEAST, value, no, yes)
			    : yes;
	case OP_GREATER_EQUAL:
		return fits ? graph_branch(graph, offset, used, GRAPH_AT_LEAST, value, yes, no)
			    : no;
	case OP_LESS_EQUAL:
		return fits ? graph_branch(graph, offset, used, GRAPH_GREATER, value, no, yes)
			    : yes;
	case OP_GREATER:
		return fits ? graph_branch(graph, offset, used, GRAPH_GREATER, value, yes, no) : no;
	case OP_MASKED_EQUAL:
		if (condition->datum & ~(condition->value & used))
			return no;
		return graph_branch(graph, offset, value & used, GRAPH_EQUAL,
			(uint32_t)condition->datum, yes, no);
	}
	abort(); /* no other value is ever stored */
}

/* hi:lo against a 64-bit constant, by words: `above` when hi is greater, the low test when equal.
 */
static node_id wide_order(struct builder *builder, const struct condition *condition,
	enum graph_test low_test, node_id yes, node_id no)
{
	uint32_t high_k = (uint32_t)(condition->value >> 32);
	uint32_t high = high_word(builder->policy, condition->index);
	struct graph *graph = &builder->graph;
	node_id low = graph_branch(graph, low_word(builder->policy, condition->index), UINT32_MAX,
		low_test, (uint32_t)condition->value, yes, no);
	node_id equal = graph_branch(graph, high, UINT32_MAX, GRAPH_EQUAL, high_k, low, no);

	return graph_branch(graph, high, UINT32_MAX, GRAPH_GREATER, high_k, yes, equal);
}

static node_id wide_equal(struct builder *builder, const struct condition *condition, uint64_t mask,
	uint64_t value, node_id yes, node_id no)
{
	struct graph *graph = &builder->graph;
	node_id low;

	if (value & ~mask)
		return no;
	low = graph_branch(graph, low_word(builder->policy, condition->index), (uint32_t)mask,
		GRAPH_EQUAL, (uint32_t)value, yes, no);
	return graph_branch(graph, high_word(builder->policy, condition->index),
		(uint32_t)(mask >> 32), GRAPH_EQUAL, (uint32_t)(value >> 32), low, no);
}

static node_id wide_condition(
	struct builder *builder, const struct condition *condition, node_id yes, node_id no)
{
	switch (condition->comparison) {
	case OP_NOT_EQUAL:
		return wide_equal(builder, condition, UINT64_MAX, condition->value, no, yes);
	case OP_EQUAL:
		return wide_equal(builder, condition, UINT64_MAX, condition->value, yes, no);
	case OP_LESS:
		return wide_order(builder, condition, GRAPH_AT_LEAST, no, yes);
	case OP_GREATER_EQUAL:
		return wide_order(builder, condition, GRAPH_AT_LEAST, yes, no);
	case OP_LESS_EQUAL:
		return wide_order(builder, condition, GRAPH_GREATER, no, yes);
	case OP_GREATER:
		return wide_order(builder, condition, GRAPH_GREATER, yes, no);
	case OP_MASKED_EQUAL:
		return wide_equal(builder, condition, condition->value, condition->datum, yes, no);
	}
	abort(); /* no other value is ever stored */
}

/* `yes` where all conditions of the clause hold. */
static node_id clause_node(
	struct builder *builder, const struct clause *clause, node_id yes, node_id no)
{
	for (size_t i = clause->condition_count; i-- > 0;) {
		const struct condition *condition = &clause->conditions[i];

		yes = clause->bits[i] == 64
			      ? wide_condition(builder, condition, yes, no)
			      : narrow_condition(builder, condition, clause->bits[i], yes, no);
	}
	if (clause->call_mask)
		yes = graph_branch(&builder->graph, low_word(builder->policy, 0), clause->call_mask,
			GRAPH_EQUAL, clause->call, yes, no);
	return yes;
}

/* The laxest first; of equals the last of the profile first. */
static int compare_precedence(const void *left, const void *right)
{
	const struct clause *a = *(const struct clause *const *)left;
	const struct clause *b = *(const struct clause *const *)right;

	if (verdict_stricter(a->action, b->action))
		return 1;
	if (verdict_stricter(b->action, a->action))
		return -1;
	return a < b ? 1 : -1;
}

/* The decision for one number. The clauses are laid over the fallback one after the other, so that
 * the strictest, and of equals the first, comes on top. */
static node_id number_node(struct builder *builder, const struct clause *clauses, size_t count)
{
	node_id node = graph_return(&builder->graph,
		policy_fallback(builder->policy, clauses[0].arch, clauses[0].number, NULL));
	const struct clause **ordered = calloc(count, sizeof(const struct clause *));

	if (!ordered) {
		builder->failed = true;
		return node;
	}
	for (size_t i = 0; i < count; i++)
		ordered[i] = &clauses[i];
	qsort(ordered, count, sizeof(const struct clause *), compare_precedence);
	for (size_t i = 0; i < count; i++)
		node = clause_node(builder, ordered[i],
			graph_return(&builder->graph, ordered[i]->action), node);
	free(ordered);
	return node;
}

/* Covers [first, end) with what numbers without a clause get. */
static void add_fallback(struct builder *builder, enum arch arch, uint32_t first, uint32_t end)
{
	while (first < end) {
		uint32_t last;
		verdict value = policy_fallback(builder->policy, arch, first, &last);

		intervals_add(&builder->intervals, first, graph_return(&builder->graph, value), 1);
		if (last >= end - 1)
			break;
		first = last + 1;
	}
}

/* Covers the numbers [first, end) of one architecture. */
static void add_architecture(struct builder *builder, enum arch arch, uint32_t first, uint32_t end)
{
	const struct policy *policy = builder->policy;
	size_t count;

	for (size_t i = 0; i < policy->clause_count; i += count) {
		const struct clause *clause = &policy->clauses[i];

		policy_clauses(policy, clause->arch, clause->number, &count);
		if (clause->arch != arch)
			continue;
		add_fallback(builder, arch, first, clause->number);
		intervals_add(&builder->intervals, clause->number,
			number_node(builder, clause, count), 1);
		first = clause->number + 1;
	}
	add_fallback(builder, arch, first, end);
}

static bool has_arch(const struct policy *policy, enum arch arch)
{
	return policy->architectures & UINT32_C(1) << arch;
}

/* The decision for all numbers of one audit architecture. x86_64 and x32 share one: numbers from
 * X32_SYSCALL_BIT on are x32's, but for -1, which a tracer sets to skip a call. */
static node_id architecture_node(struct builder *builder, enum arch arch)
{
	const struct policy *policy = builder->policy;

	builder->intervals.count = 0;
	add_architecture(builder, arch, 0, arch == ARCH_X86_64 ? X32_SYSCALL_BIT : UINT32_MAX);
	if (arch == ARCH_X86_64 && has_arch(policy, ARCH_X32))
		add_architecture(builder, ARCH_X32, X32_SYSCALL_BIT, UINT32_MAX);
	else if (arch == ARCH_X86_64)
		intervals_add(&builder->intervals, X32_SYSCALL_BIT,
			graph_return(&builder->graph, policy_foreign()), 1);
	intervals_add(&builder->intervals, UINT32_MAX,
		graph_return(&builder->graph, policy_fallback(policy, arch, UINT32_MAX, NULL)), 1);
	if (builder->failed || builder->intervals.failed || builder->graph.failed)
		return 0;
	return search_node(&builder->graph, offsetof(struct seccomp_data, nr), &builder->intervals);
}

int filter_build(const struct policy *policy, struct program *ret, struct error *err)
{
	struct builder builder = {.policy = policy};
	node_id node;
	int r;

	graph_init(&builder.graph);
	node = graph_return(&builder.graph, policy_foreign());
	for (int arch = ARCH_COUNT - 1; arch >= 0; arch--) {
		/* The native one is tested first, so it is laid down last; x32 rides on x86_64. */
		if (!has_arch(policy, (enum arch)arch) || arch == (int)policy->target.arch ||
			arch == ARCH_X32)
			continue;
		node = graph_branch(&builder.graph, offsetof(struct seccomp_data, arch), UINT32_MAX,
			GRAPH_EQUAL, architectures[arch].audit,
			architecture_node(&builder, (enum arch)arch), node);
	}
	node = graph_branch(&builder.graph, offsetof(struct seccomp_data, arch), UINT32_MAX,
		GRAPH_EQUAL, architectures[policy->target.arch].audit,
		architecture_node(&builder, policy->target.arch), node);
	r = builder.failed || builder.intervals.failed
		    ? error_memory(err)
		    : graph_assemble(&builder.graph, node, ret, err);
	intervals_finish(&builder.intervals);
	graph_finish(&builder.graph);
	return r;
}
