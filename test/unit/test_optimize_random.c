/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random programs that the kernel takes: loads of every word, masks and shifts, memory, X, all
 * jumps, so that numbers are asked for late, bits are moved about and ways meet. What optimize cannot
 * express it must refuse.
 */
#include "stacks.h"

#include <errno.h>

UNIT_SUITE(optimize_random);

enum { PROGRAMS = 20000, LONGEST = 60, SLOTS = 3 };

static uint32_t random_k(uint64_t *seed)
{
	static const uint32_t constants[] = {0, 1, 2, 3, 8, 0xf, 0x10, 0xff, 0x100, 0xffff, 0x10000,
		X32_SYSCALL_BIT, 0x7fffffff, 0x80000000, 0xfffffff0, UINT32_MAX, 0xc000003e,
		0x40000003};

	if (next_random(seed) % 8 == 0)
		return (uint32_t)next_random(seed);
	return constants[next_random(seed) % ARRAY_LENGTH(constants)];
}

static struct sock_filter random_load(uint64_t *seed)
{
	uint32_t word =
		(uint32_t)(next_random(seed) % 6); /* nr, arch and a few more come up often */
	uint32_t slot = (uint32_t)(next_random(seed) % SLOTS);

	switch (next_random(seed) % 12) {
	case 0:
		return (struct sock_filter)BPF_STMT(BPF_LD | BPF_MEM, slot);
	case 1:
		return (struct sock_filter)BPF_STMT(BPF_LDX | BPF_MEM, slot);
	case 2:
		return (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, random_k(seed));
	case 3:
		return (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, random_k(seed));
	case 4:
		return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0);
	case 5:
		return (struct sock_filter)BPF_STMT(
			BPF_LD | BPF_W | BPF_ABS, 4 * (uint32_t)(next_random(seed) % 16));
	default:
		return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4 * word);
	}
}

static struct sock_filter random_operation(uint64_t *seed)
{
	static const uint16_t operations[] = {BPF_AND, BPF_AND, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH,
		BPF_RSH, BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_NEG};
	uint16_t operation = operations[next_random(seed) % ARRAY_LENGTH(operations)];
	uint16_t source = operation != BPF_NEG && next_random(seed) % 8 == 0 ? BPF_X : BPF_K;
	uint32_t k = random_k(seed);

	if (operation == BPF_LSH || operation == BPF_RSH)
		k %= 32;
	if (operation == BPF_DIV && k == 0)
		k = 1;
	/* Arithmetic on words cannot be expressed: it is left rare. */
	if (operation != BPF_NEG && operation < BPF_OR && next_random(seed) % 8)
		operation = BPF_AND;
	return (struct sock_filter)BPF_STMT((uint16_t)(BPF_ALU | operation | source), k);
}

static struct sock_filter random_jump(uint64_t *seed, size_t left)
{
	static const uint16_t tests[] = {BPF_JEQ, BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
	uint16_t code = (uint16_t)(BPF_JMP | tests[next_random(seed) % ARRAY_LENGTH(tests)]);
	uint8_t jt = (uint8_t)(next_random(seed) % (left < 12 ? left : 12));
	uint8_t jf = (uint8_t)(next_random(seed) % (left < 4 ? left : 4));

	if (next_random(seed) % 16 == 0)
		return (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, jt);
	if (next_random(seed) % 16 == 0)
		return (struct sock_filter)BPF_JUMP((uint16_t)(code | BPF_X), 0, jt, jf);
	return (struct sock_filter)BPF_JUMP((uint16_t)(code | BPF_K), random_k(seed), jt, jf);
}

static struct sock_filter random_return(uint64_t *seed)
{
	static const verdict values[] = {SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW | 7,
		SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 2, SECCOMP_RET_KILL_PROCESS,
		SECCOMP_RET_LOG, 0x12345678};

	return (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, values[next_random(seed) % ARRAY_LENGTH(values)]);
}

static struct sock_filter random_instruction(uint64_t *seed, size_t left)
{
	static const struct sock_filter moves[] = {BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_ST, 0), BPF_STMT(BPF_ST, 1),
		BPF_STMT(BPF_STX, 2)};

	if (left == 0)
		return random_return(seed);
	switch (next_random(seed) % 16) {
	case 0:
		return moves[next_random(seed) % ARRAY_LENGTH(moves)];
	case 1:
	case 2:
		return random_operation(seed);
	case 3:
		return random_return(seed);
	case 4:
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
		return random_jump(seed, left);
	default:
		return random_load(seed);
	}
}

static struct program random_program(uint64_t *seed)
{
	struct program program = {.length = SLOTS + 1 + next_random(seed) % (LONGEST - SLOTS)};

	program.code = calloc(program.length, sizeof(*program.code));
	cr_assert(program.code);
	for (uint32_t i = 0; i < program.length; i++)
		program.code[i] = i < SLOTS ? (struct sock_filter)BPF_STMT(BPF_ST, i)
					    : random_instruction(seed, program.length - 1 - i);
	return program;
}

static void assert_same_calls(
	const struct program *stack, size_t count, const struct program *result, uint64_t *seed)
{
	static struct constants constants;

	collect_constants(stack, count, &constants);
	for (int round = 0; round < 400; round++) {
		struct seccomp_data call;
		uint32_t words[sizeof(call) / sizeof(uint32_t)];

		for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
			words[i] = pick_constant(&constants, seed);
		memcpy(&call, words, sizeof(call));
		assert_same_verdict("random program", stack, count, result, &call);
	}
}

static void try_stacks(size_t count, uint64_t seed, size_t rounds)
{
	struct optimize_options options = {.native = ARCH_X86_64};
	size_t done = 0;

	for (size_t i = 0; i < rounds; i++) {
		struct program programs[3], result;
		struct error err = ERROR_INIT;
		int r;

		for (size_t j = 0; j < count; j++)
			programs[j] = random_program(&seed);
		r = optimize(programs, count, &options, &result, &err);
		cr_assert(r == 0 || r == -EOPNOTSUPP || (count > 1 && r == -E2BIG), "%s",
			error_message(&err));
		if (r == 0) {
			cr_assert_leq(result.length, total_length(programs, count));
			cr_assert_geq(count_constant_allows(&result, 1),
				count_constant_allows(programs, count));
			assert_same_calls(programs, count, &result, &seed);
			program_finish(&result);
			done++;
		}
		error_finish(&err);
		for (size_t j = 0; j < count; j++)
			program_finish(&programs[j]);
	}
	cr_assert_gt(done, rounds / 2, "only %zu of %zu could be followed", done, rounds);
}

Test(optimize_random, programs)
{
	try_stacks(1, 0x7a2d06, PROGRAMS);
}

Test(optimize_random, stacks)
{
	try_stacks(2, 0x57ac25, PROGRAMS / 4);
	try_stacks(3, 0x57ac26, PROGRAMS / 10);
}
