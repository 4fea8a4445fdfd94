/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs are followed for each architecture that they ask for and for any other one
 * (optimize_follow.c). What comes out is a decision for each span of numbers; equal decisions are
 * one node. A search among the spans (search.h) and a test of the architecture go in front, so until
 * the number is settled nothing but nr and arch is looked at, and a call that is always allowed ends
 * there: the kernel's constant-action check understands all of it.
 *
 * Decisions are laid out twice, as they came and without the tests that follow from earlier ones
 * (optimize_narrow.c); the shorter program is taken.
 */
#include "optimize.h"

#include "decode.h"
#include "optimize_internal.h"
#include "search.h"
#include "simulate.h"
#include "syscalls.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* How much more a unit of the weight table counts than a call that is not in it. */
enum { TABLE_WEIGHT = 1000 };

struct optimizer {
	struct stack stack;
	const struct optimize_options *options;
	struct graph graph;
	struct architecture_values architectures;
	struct decisions decisions[MOST_ARCHITECTURES + 1]; /* owned; behind them: any other one */
	struct narrowing *narrowing;			    /* owned */
};

static uint64_t call_weight(const struct optimize_options *options, enum arch arch, uint32_t number)
{
	return 1 + (options->weights ? UINT64_C(1) * TABLE_WEIGHT *
					       weights_get(options->weights, arch, number)
				     : 0);
}

static int compare_decision(const void *key, const void *item)
{
	uint32_t number = *(const uint32_t *)key;
	const struct decision *decision = item;

	return number < decision->first ? -1 : number > decision->last;
}

/* With a table, calls that are always allowed count as if they were not in it: they are in the
 * kernel's bitmap and do not run the program. */
static void weigh(struct optimizer *optimizer, struct decisions *decisions, uint32_t audit)
{
	node_id allow = graph_return(&optimizer->graph, SECCOMP_RET_ALLOW);

	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		size_t cursor = 0;
		uint32_t number;

		if (architectures[arch].audit != audit)
			continue;
		while (syscall_each((enum arch)arch, &cursor, &number)) {
			struct decision *decision = bsearch(&number, decisions->items,
				decisions->count, sizeof(*decision), compare_decision);
			bool cached = optimizer->options->weights && decision->node == allow;

			decision->weight +=
				cached ? 1
				       : call_weight(optimizer->options, (enum arch)arch, number);
		}
	}
}

static void put_native_first(struct optimizer *optimizer)
{
	struct architecture_values *values = &optimizer->architectures;
	uint32_t native = architectures[optimizer->options->native].audit;

	for (size_t i = 1; i < values->count; i++) {
		if (values->items[i] != native)
			continue;
		memmove(&values->items[1], &values->items[0], i * sizeof(values->items[0]));
		values->items[0] = native;
	}
}

static int follow_all(struct optimizer *optimizer, struct error *err)
{
	struct architecture_values *values = &optimizer->architectures;
	struct decisions others = {0};
	int r = optimize_follow(&optimizer->stack, NULL, values, &optimizer->graph, &others, err);

	/* Only now it is known how many architectures come before. */
	optimizer->decisions[values->count] = others;
	put_native_first(optimizer);
	for (size_t i = 0; i < values->count && r == 0; i++) {
		r = optimize_follow(&optimizer->stack, &values->items[i], values, &optimizer->graph,
			&optimizer->decisions[i], err);
		if (r == 0 && !optimizer->graph.failed)
			weigh(optimizer, &optimizer->decisions[i], values->items[i]);
	}
	return r;
}

/* The search among the numbers of one architecture. */
static node_id numbers_node(
	struct optimizer *optimizer, const struct decisions *decisions, bool narrowed)
{
	struct intervals intervals = {0};
	node_id node = 0;

	for (size_t i = 0; i < decisions->count; i++) {
		const struct decision *item = &decisions->items[i];

		intervals_add(&intervals, item->first,
			narrowed ? narrow(optimizer->narrowing, item->node) : item->node,
			item->weight);
	}
	if (!intervals.failed)
		node = search_node(
			&optimizer->graph, offsetof(struct seccomp_data, nr), &intervals);
	if (intervals.failed)
		optimizer->graph.failed = true;
	intervals_finish(&intervals);
	return node;
}

static int lay_out(
	struct optimizer *optimizer, bool narrowed, struct program *ret, struct error *err)
{
	const struct architecture_values *values = &optimizer->architectures;
	node_id node = numbers_node(optimizer, &optimizer->decisions[values->count], narrowed);
	struct graph laid;
	int r;

	for (size_t i = values->count; i-- > 0;)
		node = graph_branch(&optimizer->graph, offsetof(struct seccomp_data, arch),
			UINT32_MAX, GRAPH_EQUAL, values->items[i],
			numbers_node(optimizer, &optimizer->decisions[i], narrowed), node);
	if (optimizer->graph.failed) /* it says why */
		return graph_assemble(&optimizer->graph, node, ret, err);
	graph_init(&laid);
	node = graph_copy(&laid, &optimizer->graph, node);
	r = graph_assemble(&laid, node, ret, err);
	graph_finish(&laid);
	return r;
}

/* The shorter one of the two layouts. */
static int find_shortest(struct optimizer *optimizer, struct program *ret, struct error *err)
{
	struct program plain, narrowed;
	int r = lay_out(optimizer, false, &plain, err);

	optimizer->narrowing = narrowing_create(&optimizer->graph);
	if (!optimizer->narrowing) {
		if (r == 0)
			program_finish(&plain);
		return error_memory(err);
	}
	if (lay_out(optimizer, true, &narrowed, r == 0 ? NULL : err) < 0) {
		if (r == 0)
			*ret = plain;
		return r;
	}
	if (r == 0 && plain.length < narrowed.length) {
		program_finish(&narrowed);
		*ret = plain;
		return 0;
	}
	if (r == 0)
		program_finish(&plain);
	*ret = narrowed;
	return 0;
}

static int copy_program(const struct program *program, struct program *ret, struct error *err)
{
	size_t size = program->length * sizeof(*program->code);
	struct sock_filter *code = malloc(size);

	if (!code)
		return error_memory(err);
	memcpy(code, program->code, size);
	*ret = (struct program){code, program->length};
	return 0;
}

/* What the stack takes, when nothing shorter was found. */
static int keep(const struct stack *stack, size_t total, struct program *ret, struct error *err)
{
	if (stack->count == 1)
		return copy_program(&stack->programs[0], ret, err);
	return error_set(err, -E2BIG,
		"one program for the %zu of the stack has more instructions than the %zu of all of "
		"them",
		stack->count, total);
}

/* Whether a program that is larger than the stack is taken: a little, and for speed by the table. */
static bool is_worth_its_size(
	const struct optimizer *optimizer, const struct program *program, size_t total)
{
	const struct optimize_options *options = optimizer->options;
	const struct stack *stack = &optimizer->stack;

	return options->weights && program->length <= total + total / 16 &&
	       optimize_average(program, 1, options, NULL) <
		       optimize_average(stack->programs, stack->count, options, NULL);
}

static int run_optimizer(struct optimizer *optimizer, struct program *ret, struct error *err)
{
	const struct stack *stack = &optimizer->stack;
	struct program shortest;
	size_t total = 0;
	int r = follow_all(optimizer, err);

	for (size_t i = 0; i < stack->count; i++)
		total += stack->programs[i].length;
	if (r < 0)
		return r;
	r = find_shortest(optimizer, &shortest, err);
	if (r == -E2BIG)
		return keep(stack, total, ret, err);
	if (r < 0)
		return r;
	if (shortest.length > total && !is_worth_its_size(optimizer, &shortest, total)) {
		program_finish(&shortest);
		return keep(stack, total, ret, err);
	}
	*ret = shortest;
	return 0;
}

int optimize(const struct program *programs, size_t count, const struct optimize_options *options,
	struct program *ret, struct error *err)
{
	struct optimizer optimizer = {.stack = {programs, count}, .options = options};
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		r = program_check(&programs[i], err);
		if (r < 0 && count > 1)
			error_prefix(err, r, "program %zu of %zu", i + 1, count);
	}
	if (r < 0)
		return r;
	graph_init(&optimizer.graph);
	r = run_optimizer(&optimizer, ret, err);
	for (size_t i = 0; i <= MOST_ARCHITECTURES; i++)
		free(optimizer.decisions[i].items);
	narrowing_destroy(optimizer.narrowing);
	graph_finish(&optimizer.graph);
	return r;
}

static bool asks_for(const struct program *programs, size_t count, uint32_t audit)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < programs[i].length; j++)
			if (programs[i].code[j].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
				programs[i].code[j].k == audit)
				return true;
	return false;
}

static double steps_of(const struct program *programs, size_t count,
	const struct seccomp_data *call, bool with_bitmap)
{
	size_t sum = 0, cached = 0;

	for (size_t i = 0; i < count; i++) {
		size_t steps = 0;
		verdict value;

		if (simulate_program(&programs[i], call, &value, &steps) == 0)
			sum += steps;
		cached += simulate_constant_allow(&programs[i], call->arch, (uint32_t)call->nr);
	}
	return with_bitmap && cached == count ? 0 : (double)sum;
}

double optimize_average(const struct program *programs, size_t count,
	const struct optimize_options *options, enum arch *ret_arch)
{
	enum arch arch = options->native;
	bool asks_for_native = asks_for(programs, count, architectures[arch].audit);
	double sum = 0, weights = 0;
	size_t cursor = 0;
	uint32_t number;

	for (int i = ARCH_COUNT; i-- > 0 && !asks_for_native;)
		if (asks_for(programs, count, architectures[i].audit))
			arch = (enum arch)i;
	while (syscall_each(arch, &cursor, &number)) {
		struct seccomp_data call = {.nr = (int)number, .arch = architectures[arch].audit};
		double weight = (double)call_weight(options, arch, number);

		sum += weight * steps_of(programs, count, &call, options->weights != NULL);
		weights += weight;
	}
	if (ret_arch)
		*ret_arch = arch;
	return weights > 0 ? sum / weights : 0;
}
