/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that show a difference, and the numbers that differ. */
#include "prove_internal.h"

#include "simulate.h"
#include "syscalls.h"

#include <errno.h>
#include <stdlib.h>

/* A filter of a kernel of the other byte order sees the halves of 64 bits in the other order. */
static struct seccomp_data as_seen(const struct prover *prover, const struct seccomp_data *call)
{
	bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	struct seccomp_data seen = *call;

	if (architectures[prover->native].big_endian == big_endian)
		return seen;
	seen.instruction_pointer =
		call->instruction_pointer << 32 | call->instruction_pointer >> 32;
	for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
		seen.args[i] = call->args[i] << 32 | call->args[i] >> 32;
	return seen;
}

static int simulate_stack_of(const struct prover *prover, const struct meaning *meaning,
	const struct seccomp_data *call, verdict *ret)
{
	struct seccomp_data seen = as_seen(prover, call);
	verdict value = SECCOMP_RET_ALLOW;

	for (size_t i = meaning->stack.count; i-- > 0;) {
		const struct layer *layer = &meaning->stack.layers[i];
		verdict one;

		if (layer->policy)
			one = simulate_policy(layer->policy, call, NULL);
		else if (simulate_program(layer->program, &seen, &one, NULL) < 0)
			return -EIO;
		if (verdict_stricter(one, value))
			value = one;
	}
	*ret = prove_reading(value);
	return 0;
}

/* Joined meanings are of stacks. */
static int simulate_meaning(const struct prover *prover, const struct meaning *meaning,
	const struct seccomp_data *call, verdict *ret)
{
	verdict value = SECCOMP_RET_ALLOW;
	int r = 0;

	if (!meaning->parts)
		return simulate_stack_of(prover, meaning, call, ret);
	for (size_t i = 0; i < meaning->part_count && r == 0; i++) {
		verdict one = SECCOMP_RET_ALLOW;

		r = simulate_stack_of(prover, &meaning->parts[i], call, &one);
		value = i == 0 ? one : prove_pick(meaning->join, value, one);
	}
	*ret = value;
	return r;
}

static enum relation pair_relation(uint64_t pair)
{
	verdict a = (verdict)(pair >> 32), b = (verdict)pair;

	if (a == b)
		return RELATION_SAME;
	if (verdict_stricter(a, b))
		return RELATION_STRICTER;
	return verdict_stricter(b, a) ? RELATION_LAXER : RELATION_DIFFERENT;
}

int search_init(struct search *search, const struct prover *prover, const struct meaning *a,
	const struct meaning *b, diagram_id pairs, struct error *err)
{
	const struct diagrams *diagrams = &prover->diagrams;

	*search = (struct search){.prover = prover, .a = a, .b = b, .pairs = pairs};
	search->reach = malloc((size_t)pairs + 1);
	if (!search->reach)
		return error_memory(err);
	for (diagram_id i = 0; i <= pairs; i++) {
		const struct diagram_node *node = &diagrams->nodes[i];

		search->reach[i] =
			diagram_is_end(diagrams, i)
				? (unsigned char)(1U << pair_relation(diagram_value(diagrams, i)))
				: search->reach[node->no] | search->reach[node->yes];
	}
	return 0;
}

void search_finish(struct search *search)
{
	free(search->reach);
	search->reach = NULL;
}

static bool reaches(const struct search *search, diagram_id id, enum relation relation)
{
	return search->reach[id] >> relation & 1;
}

static void set_word(struct seccomp_data *call, uint32_t word, uint32_t value)
{
	uint32_t i = word >= WORD_POINTER ? word - WORD_POINTER : word - WORD_ARGUMENTS;
	uint64_t shifted = i % 2 ? value : (uint64_t)value << 32; /* the high word is the first */

	if (word == WORD_ARCH)
		call->arch |= value;
	else if (word == WORD_NR)
		call->nr = (int)((uint32_t)call->nr | value);
	else if (word >= WORD_POINTER)
		call->instruction_pointer |= shifted;
	else
		call->args[i / 2] |= shifted;
}

static int check_example(
	const struct search *search, const struct example *example, struct error *err)
{
	verdict a, b;
	int r = simulate_meaning(search->prover, search->a, &example->call, &a);

	if (r == 0)
		r = simulate_meaning(search->prover, search->b, &example->call, &b);
	if (r < 0 || a != example->a || b != example->b)
		return error_set(err, -EIO,
			"internal error: simulation does not confirm a difference; please report "
			"it with what was compared");
	return 0;
}

int search_below(const struct search *search, diagram_id id, enum relation relation,
	struct example *ret, struct error *err)
{
	const struct diagrams *diagrams = &search->prover->diagrams;
	uint64_t pair;

	if (relation == RELATION_SAME || !reaches(search, id, relation))
		return 0;
	while (!diagram_is_end(diagrams, id)) { /* with as few ones as can be */
		const struct diagram_node *node = &diagrams->nodes[id];
		uint32_t word = node->level / 32;
		bool yes = !reaches(search, node->no, relation);

		ret->words |= 1U << word;
		if (yes)
			set_word(&ret->call, word, UINT32_C(1) << (31 - node->level % 32));
		id = yes ? node->yes : node->no;
	}
	pair = diagram_value(diagrams, id);
	ret->a = (verdict)(pair >> 32);
	ret->b = (verdict)pair;
	ret->found = true;
	return check_example(search, ret, err);
}

static diagram_id follow(const struct search *search, uint32_t arch, uint32_t number)
{
	const struct diagrams *diagrams = &search->prover->diagrams;

	return diagram_follow(diagrams, diagram_follow(diagrams, search->pairs, WORD_ARCH, arch),
		WORD_NR, number);
}

/* A call with a name, if there is one. */
static bool find_named(const struct search *search, enum arch arch, enum relation relation,
	struct seccomp_data *ret)
{
	enum { MOST_NUMBERS = 1024 };
	uint32_t audit = architectures[arch].audit;
	uint32_t first = arch == ARCH_X32 ? X32_SYSCALL_BIT : 0;

	for (uint32_t number = first; number < first + MOST_NUMBERS; number++) {
		if (!reaches(search, follow(search, audit, number), relation) ||
			!syscall_name(arch, number))
			continue;
		*ret = (struct seccomp_data){.nr = (int)number, .arch = audit};
		return true;
	}
	return false;
}

int search_anywhere(
	const struct search *search, enum relation relation, struct example *ret, struct error *err)
{
	struct example example = {0};
	diagram_id start = search->pairs;
	bool named;

	*ret = example;
	if (relation == RELATION_SAME || !reaches(search, start, relation))
		return 0;
	named = find_named(search, search->prover->native, relation, &example.call);
	for (int arch = 0; arch < ARCH_COUNT && !named; arch++)
		named = find_named(search, (enum arch)arch, relation, &example.call);
	if (named) {
		start = follow(search, example.call.arch, (uint32_t)example.call.nr);
		example.words = 1U << WORD_ARCH | 1U << WORD_NR;
	}
	*ret = example;
	return search_below(search, start, relation, ret, err);
}

enum relation search_relation(const struct search *search, diagram_id id)
{
	switch (search->reach[id] & ~(1U << RELATION_SAME)) {
	case 0:
		return RELATION_SAME;
	case 1U << RELATION_STRICTER:
		return RELATION_STRICTER;
	case 1U << RELATION_LAXER:
		return RELATION_LAXER;
	default:
		return RELATION_DIFFERENT;
	}
}
