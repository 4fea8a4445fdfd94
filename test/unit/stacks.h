/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Whether a program means the same as a stack of programs: on calls made of their own constants. */

#include "calls.h"
#include "decode.h"
#include "optimize.h"

/* Constants of programs, and values beside them. */
struct constants {
	uint32_t items[8192];
	size_t count;
};

static inline void add_constant(struct constants *constants, uint32_t value)
{
	if (constants->count < ARRAY_LENGTH(constants->items))
		constants->items[constants->count++] = value;
}

static inline void collect_constants(
	const struct program *programs, size_t count, struct constants *constants)
{
	static const uint32_t usual[] = {0, 1, 2, 41, 0x3e, 0x7fffffff, 0x80000000, UINT32_MAX,
		X32_SYSCALL_BIT, 511, 512, 0xc000003e, 0x40000003, 0xc00000b7};

	constants->count = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(usual); i++)
		add_constant(constants, usual[i]);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < programs[i].length; j++) {
			const struct sock_filter *code = &programs[i].code[j];

			if (BPF_CLASS(code->code) != BPF_JMP && BPF_CLASS(code->code) != BPF_ALU)
				continue;
			add_constant(constants, code->k);
			add_constant(constants, code->k - 1);
			add_constant(constants, code->k + 1);
		}
	}
}

static inline uint32_t pick_constant(const struct constants *constants, uint64_t *seed)
{
	uint32_t value = constants->items[next_random(seed) % constants->count];

	switch (next_random(seed) % 16) {
	case 0:
		return (uint32_t)next_random(seed);
	case 1:
		return value ^ UINT32_C(1) << next_random(seed) % 32;
	case 2:
		return value | constants->items[next_random(seed) % constants->count];
	default:
		return value;
	}
}

static inline void assert_same_verdict(const char *what, const struct program *stack, size_t count,
	const struct program *result, const struct seccomp_data *call)
{
	verdict expected, value;
	char words[2][32];

	cr_assert_eq(simulate_stack(stack, count, call, &expected), 0, "%s", what);
	cr_assert_eq(simulate_stack(result, 1, call, &value), 0, "%s: not a program", what);
	cr_assert_eq(value, expected,
		"%s: arch %#x nr %#x ip %#llx args %#llx %#llx %#llx %#llx %#llx %#llx: %s, not %s",
		what, call->arch, (unsigned)call->nr, (unsigned long long)call->instruction_pointer,
		(unsigned long long)call->args[0], (unsigned long long)call->args[1],
		(unsigned long long)call->args[2], (unsigned long long)call->args[3],
		(unsigned long long)call->args[4], (unsigned long long)call->args[5],
		verdict_format(value, words[0], sizeof(words[0])),
		verdict_format(expected, words[1], sizeof(words[1])));
}

/* Tries each number of the edges and the table with arguments of zeros and of ones, and `rounds`
 * random calls. */
static inline void assert_same_meaning(const char *what, const struct program *stack, size_t count,
	const struct program *result, size_t rounds)
{
	static const uint32_t audits[] = {0xc000003e, 0x40000003, 0xc00000b7, 0x40000028};
	static struct constants constants;
	static uint32_t numbers[2200];
	size_t number_count = collect_numbers(numbers);
	uint64_t seed = 0x0b7a1;

	collect_constants(stack, count, &constants);
	for (size_t i = 0; i < ARRAY_LENGTH(audits) * number_count; i++) {
		struct seccomp_data call = {
			.nr = (int)numbers[i / ARRAY_LENGTH(audits)], .arch = audits[i % 4]};

		assert_same_verdict(what, stack, count, result, &call);
		memset(call.args, 0xff, sizeof(call.args));
		assert_same_verdict(what, stack, count, result, &call);
	}
	for (size_t round = 0; round < rounds; round++) {
		struct seccomp_data call;
		uint32_t words[sizeof(call) / sizeof(uint32_t)];

		for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
			words[i] = pick_constant(&constants, &seed);
		if (round % 4)
			words[1] = audits[next_random(&seed) % ARRAY_LENGTH(audits)];
		memcpy(&call, words, sizeof(call));
		assert_same_verdict(what, stack, count, result, &call);
	}
}

/* How many numbers of both of x86_64's architectures the kernel's bitmap would hold. */
static inline size_t count_constant_allows(const struct program *stack, size_t count)
{
	static const uint32_t audits[] = {0xc000003e, 0x40000003};
	size_t allows = 0;

	for (uint32_t number = 0; number < 1024; number++) {
		for (size_t a = 0; a < ARRAY_LENGTH(audits); a++) {
			bool allowed = true;

			for (size_t i = 0; i < count && allowed; i++)
				allowed = simulate_constant_allow(&stack[i], audits[a], number);
			allows += allowed;
		}
	}
	return allows;
}

static inline size_t total_length(const struct program *stack, size_t count)
{
	size_t length = 0;

	for (size_t i = 0; i < count; i++)
		length += stack[i].length;
	return length;
}

/* Optimises the stack and demands the same meaning, no more instructions, and as many calls in the
 * bitmap. Owned by the caller. */
static inline struct program must_optimize(const char *what, const struct program *stack,
	size_t count, enum arch native, size_t rounds)
{
	struct optimize_options options = {.native = native};
	struct error err = ERROR_INIT;
	struct program result;

	cr_assert_eq(optimize(stack, count, &options, &result, &err), 0, "%s: %s", what,
		error_message(&err));
	cr_assert_leq(result.length, total_length(stack, count), "%s: %zu instructions from %zu",
		what, result.length, total_length(stack, count));
	cr_assert_eq(program_check(&result, &err), 0, "%s: %s", what, error_message(&err));
	cr_assert_geq(count_constant_allows(&result, 1), count_constant_allows(stack, count),
		"%s: fewer calls in the bitmap", what);
	assert_same_meaning(what, stack, count, &result, rounds);
	return result;
}
