/* SPDX-License-Identifier: Apache-2.0 */
/* The list of numbers that differ: all of them, in order, and nothing else. */
#include "proofs.h"

UNIT_SUITE(prove_ranges);

struct list {
	struct range items[4096];
	size_t count;
};

static int append(const struct range *range, void *data)
{
	struct list *list = data;

	cr_assert_lt(list->count, ARRAY_LENGTH(list->items));
	list->items[list->count++] = *range;
	return 0;
}

static int list_ranges(struct stack a, struct stack b,
	int (*each)(const struct range *range, void *data), void *data, struct error *err)
{
	struct meaning meanings[2];
	struct prover *prover;
	int r;

	cr_assert_eq(prover_create(ARCH_X86_64, &prover, err), 0);
	cr_assert_eq(prove_meaning(prover, &a, &meanings[0], err), 0);
	cr_assert_eq(prove_meaning(prover, &b, &meanings[1], err), 0);
	r = prove_ranges(prover, &meanings[0], &meanings[1], each, data, err);
	prover_destroy(prover);
	return r;
}

static bool is_before(const struct range *a, const struct range *b)
{
	return a->last_arch < b->first_arch ||
	       (a->first_arch == b->first_arch && a->last_arch == b->last_arch &&
		       a->last < b->first);
}

static const struct range *find_range(const struct list *list, const struct seccomp_data *call)
{
	uint32_t number = (uint32_t)call->nr;

	for (size_t i = 0; i < list->count; i++) {
		const struct range *range = &list->items[i];

		if (range->first_arch <= call->arch && call->arch <= range->last_arch &&
			range->first <= number && number <= range->last)
			return range;
	}
	return NULL;
}

static void check_list(const struct list *list, struct stack a, struct stack b)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct range *range = &list->items[i];
		/* A range is a proof about its numbers. */
		struct proof proof = {.relation = range->relation};

		memcpy(proof.examples, range->examples, sizeof(proof.examples));
		cr_assert_neq(range->relation, RELATION_SAME);
		check_proof("range", &proof, a, b);
		cr_assert_leq(range->first, range->last);
		cr_assert(i == 0 || is_before(&list->items[i - 1], range), "%zu", i);
	}
}

static void check_random_call(
	const struct list *list, struct stack a, struct stack b, const struct seccomp_data *call)
{
	enum relation relation = relation_of(stack_effect(a, call), stack_effect(b, call));
	const struct range *range = find_range(list, call);

	if (relation != RELATION_SAME)
		cr_assert(range && range->examples[relation].found, "arch %#x nr %#x", call->arch,
			(unsigned)call->nr);
}

Test(prove_ranges, random_pairs)
{
	static struct values values;
	static uint32_t numbers[2200];
	static struct list list;
	size_t count = collect_numbers(numbers);
	struct target target = {ARCH_X86_64, {6, 12}, 0};
	uint64_t seed = 78;

	for (int i = 0; i < 100; i++) {
		struct profile profiles[2] = {profile_at_random(&seed), profile_at_random(&seed)};
		struct policy a = must_select(&profiles[0], &target);
		struct policy b = must_select(&profiles[1], &target);
		struct stack left = STACK(POLICY(&a)), right = STACK(POLICY(&b));
		struct error err = ERROR_INIT;

		list.count = 0;
		cr_assert_eq(list_ranges(left, right, append, &list, &err), 0, "%s",
			error_message(&err));
		check_list(&list, left, right);
		collect_values(&profiles[i % 2], &values);
		for (size_t round = 0; round < 3 * count; round++) {
			struct seccomp_data call = {.nr = (int)numbers[round % count],
				.arch = architectures[next_random(&seed) % 5].audit};

			for (size_t j = 0; j < SYSCALL_ARGUMENTS; j++)
				call.args[j] = values.items[next_random(&seed) % values.count];
			check_random_call(&list, left, right, &call);
		}
		policy_finish(&a);
		policy_finish(&b);
		profile_finish(&profiles[0]);
		profile_finish(&profiles[1]);
	}
}

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

/* On one architecture 5 to 8 are denied, 9 if its argument has a bit; on all others 7 is. */
static struct sock_filter ranged[] = {
	LOAD(4),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 2, 0),
	LOAD(0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 6, 5),
	LOAD(0),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 5, 0, 3),
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 8, 0, 3),
	LOAD(16),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 1, 0),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(SECCOMP_RET_ERRNO | EPERM),
};

static struct sock_filter scattered[] = {
	LOAD(0),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 1, 0),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(SECCOMP_RET_ERRNO | EPERM),
};

static struct sock_filter allowing[] = {RETURN(SECCOMP_RET_ALLOW)};

static const struct program ranged_program = {ranged, ARRAY_LENGTH(ranged)};
static const struct program scattered_program = {scattered, ARRAY_LENGTH(scattered)};
static const struct program allowing_program = {allowing, ARRAY_LENGTH(allowing)};

Test(prove_ranges, are_as_large_as_can_be)
{
	static const struct {
		uint32_t first_arch, last_arch, first, last;
		uint64_t argument;
	} expected[] = {
		{0, AUDIT_ARCH_I386 - 1, 7, 7, 0},
		{AUDIT_ARCH_I386, AUDIT_ARCH_I386, 5, 8, 0},
		{AUDIT_ARCH_I386, AUDIT_ARCH_I386, 9, UINT32_MAX, 1},
		{AUDIT_ARCH_I386 + 1, UINT32_MAX, 7, 7, 0},
	};
	static struct list list;
	struct error err = ERROR_INIT;

	cr_assert_eq(list_ranges(STACK(PROGRAM(&ranged_program)), STACK(PROGRAM(&allowing_program)),
			     append, &list, &err),
		0);
	cr_assert_eq(list.count, ARRAY_LENGTH(expected), "%zu", list.count);
	for (size_t i = 0; i < list.count; i++) {
		const struct range *range = &list.items[i];
		const struct example *example = &range->examples[RELATION_STRICTER];

		cr_assert_eq(range->first_arch, expected[i].first_arch, "%zu", i);
		cr_assert_eq(range->last_arch, expected[i].last_arch, "%zu", i);
		cr_assert_eq(range->first, expected[i].first, "%zu", i);
		cr_assert_eq(range->last, expected[i].last, "%zu", i);
		cr_assert_eq(range->relation, RELATION_STRICTER);
		cr_assert_eq(example->call.arch, range->first_arch);
		cr_assert_eq((uint32_t)example->call.nr, range->first);
		cr_assert_eq(example->call.args[0], expected[i].argument);
	}
}

Test(prove_ranges, of_the_same_are_none)
{
	static struct list list;
	struct error err = ERROR_INIT;
	struct stack stack = STACK(PROGRAM(&ranged_program));

	cr_assert_eq(list_ranges(stack, stack, append, &list, &err), 0);
	cr_assert_eq(list.count, 0);
}

static int stop(const struct range *range, void *data)
{
	(void)range;
	++*(int *)data;
	return -ECANCELED;
}

Test(prove_ranges, ends_when_it_is_told_to)
{
	struct error err = ERROR_INIT;
	int calls = 0;

	cr_assert_eq(list_ranges(STACK(PROGRAM(&ranged_program)), STACK(PROGRAM(&allowing_program)),
			     stop, &calls, &err),
		-ECANCELED);
	cr_assert_eq(calls, 1);
}

static int pass(const struct range *range, void *data)
{
	(void)range;
	++*(int *)data;
	return 0;
}

Test(prove_ranges, too_many_are_an_error)
{
	struct error err = ERROR_INIT;
	int calls = 0;

	cr_assert_eq(list_ranges(STACK(PROGRAM(&scattered_program)),
			     STACK(PROGRAM(&allowing_program)), pass, &calls, &err),
		-E2BIG);
	cr_assert(contains(error_message(&err), "scattered"), "%s", error_message(&err));
	error_finish(&err);
}
