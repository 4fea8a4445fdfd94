/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that nobody would write, and good ones with one instruction changed. What is said of
 * them must hold for every call tried: at the boundaries of all their constants and at random.
 */
#include "decode.h"
#include "peer.h"
#include "proofs.h"
#include "prove_internal.h"

UNIT_SUITE(prove_random);

enum { MOST_CONSTANTS = 1024 };

/* The values to try for each word of a call: those of the programs, and beside them. */
struct pool {
	uint32_t constants[MOST_CONSTANTS];
	size_t count;
};

static void pool_add(struct pool *pool, uint32_t value)
{
	for (size_t i = 0; i < pool->count; i++)
		if (pool->constants[i] == value)
			return;
	if (pool->count < MOST_CONSTANTS)
		pool->constants[pool->count++] = value;
}

static void pool_add_program(struct pool *pool, const struct program *program)
{
	static const uint32_t others[] = {
		0, 1, UINT32_MAX, 0x80000000, AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, X32_SYSCALL_BIT};

	for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
		pool_add(pool, others[i]);
	for (size_t i = 0; i < program->length; i++)
		if (BPF_CLASS(program->code[i].code) != BPF_RET &&
			BPF_CLASS(program->code[i].code) != BPF_LD)
			pool_add(pool, program->code[i].k);
}

static uint32_t pool_pick(const struct pool *pool, uint64_t *seed)
{
	uint32_t value = pool->constants[next_random(seed) % pool->count];

	switch (next_random(seed) % 8) {
	case 0:
		return value + 1;
	case 1:
		return value - 1;
	case 2:
		return value ^ pool->constants[next_random(seed) % pool->count];
	case 3:
		return value << next_random(seed) % 32;
	case 4:
		return value ^ 1U << next_random(seed) % 32;
	case 5:
		return (uint32_t)next_random(seed);
	default:
		return value;
	}
}

static struct seccomp_data pick_call(const struct pool *pool, uint64_t *seed)
{
	struct seccomp_data call = {
		.nr = (int)pool_pick(pool, seed), .arch = pool_pick(pool, seed)};

	call.instruction_pointer = pool_pick(pool, seed) | (uint64_t)pool_pick(pool, seed) << 32;
	for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
		call.args[i] = pool_pick(pool, seed) | (uint64_t)pool_pick(pool, seed) << 32;
	return call;
}

static uint32_t random_verdict(uint64_t *seed)
{
	static const uint32_t verdicts[] = {SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW,
		SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 2, SECCOMP_RET_LOG, SECCOMP_RET_TRAP};

	return verdicts[next_random(seed) % ARRAY_LENGTH(verdicts)];
}

static const uint16_t any_code[] = {BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_W | BPF_ABS,
	BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_JMP | BPF_JGT | BPF_K,
	BPF_JMP | BPF_JGE | BPF_K, BPF_JMP | BPF_JSET | BPF_K, BPF_JMP | BPF_JEQ | BPF_K,
	BPF_JMP | BPF_JSET | BPF_K, BPF_ALU | BPF_AND | BPF_K, BPF_ALU | BPF_OR | BPF_K,
	BPF_ALU | BPF_XOR | BPF_K, BPF_ALU | BPF_LSH | BPF_K, BPF_ALU | BPF_RSH | BPF_K,
	BPF_ALU | BPF_AND | BPF_X, BPF_ALU | BPF_XOR | BPF_X, BPF_ALU | BPF_ADD | BPF_K,
	BPF_ALU | BPF_DIV | BPF_X, BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA, BPF_LD | BPF_IMM,
	BPF_LDX | BPF_IMM, BPF_ST, BPF_STX, BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM,
	BPF_JMP | BPF_JEQ | BPF_X, BPF_JMP | BPF_JGT | BPF_X, BPF_JMP | BPF_JGE | BPF_X,
	BPF_JMP | BPF_JA, BPF_RET | BPF_K, BPF_LD | BPF_W | BPF_LEN};

static struct sock_filter random_instruction(uint64_t *seed, size_t after)
{
	static const uint32_t offsets[] = {0, 0, 4, 16, 20, 24, 28, 8};
	struct sock_filter code = {any_code[next_random(seed) % ARRAY_LENGTH(any_code)],
		(uint8_t)(next_random(seed) % (after < 5 ? after : 5)),
		(uint8_t)(next_random(seed) % (after < 5 ? after : 5)),
		(uint32_t)(random_constant(seed, 32) >> next_random(seed) % 2 * 16)};

	if (code.code == (BPF_LD | BPF_W | BPF_ABS))
		code.k = offsets[next_random(seed) % ARRAY_LENGTH(offsets)];
	else if (code.code == BPF_ST || code.code == BPF_STX || BPF_MODE(code.code) == BPF_MEM ||
		 code.code == (BPF_JMP | BPF_JA))
		code.k %= 2;
	else if (code.code == (BPF_ALU | BPF_LSH | BPF_K) ||
		 code.code == (BPF_ALU | BPF_RSH | BPF_K))
		code.k %= 32;
	else if (BPF_CLASS(code.code) == BPF_RET)
		code.k = random_verdict(seed);
	return code;
}

/* One that the kernel takes. */
static struct program random_program(uint64_t *seed)
{
	for (;;) {
		size_t length = 4 + next_random(seed) % 20;
		struct program program = {calloc(length, sizeof(struct sock_filter)), length};

		cr_assert(program.code);
		for (size_t i = 0; i < length; i++)
			program.code[i] = random_instruction(seed, length - i);
		program.code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
		for (size_t i = length - 2; i < length; i++)
			program.code[i] =
				(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, random_verdict(seed));
		if (program_check(&program, NULL) == 0)
			return program;
		program_finish(&program);
	}
}

static uint64_t decide(const struct prover *prover, diagram_id id, const struct seccomp_data *call)
{
	const struct diagrams *diagrams = &prover->diagrams;

	id = diagram_follow(diagrams, id, WORD_ARCH, call->arch);
	id = diagram_follow(diagrams, id, WORD_NR, (uint32_t)call->nr);
	for (unsigned i = 0; i < 2 * SYSCALL_ARGUMENTS; i++)
		id = diagram_follow(diagrams, id, (enum data_word)(WORD_ARGUMENTS + i),
			(uint32_t)(i % 2 ? call->args[i / 2] : call->args[i / 2] >> 32));
	for (unsigned i = 0; i < 2; i++)
		id = diagram_follow(diagrams, id, (enum data_word)(WORD_POINTER + i),
			(uint32_t)(i % 2 ? call->instruction_pointer
					 : call->instruction_pointer >> 32));
	cr_assert(diagram_is_end(diagrams, id));
	return diagram_value(diagrams, id);
}

/* The whole diagram of a program says what running it says. */
Test(prove_random, meanings)
{
	uint64_t seed = 11;
	size_t told = 0;

	for (int i = 0; i < 20000; i++) {
		struct program program = random_program(&seed);
		struct stack stack = STACK(PROGRAM(&program));
		struct meaning meaning;
		struct prover *prover;
		struct pool pool = {.count = 0};
		int r;

		cr_assert_eq(prover_create(ARCH_X86_64, &prover, NULL), 0);
		r = prove_meaning(prover, &stack, &meaning, NULL);
		cr_assert(r == 0 || r == -EOPNOTSUPP);
		told += r == 0;
		pool_add_program(&pool, &program);
		for (int round = 0; r == 0 && round < 60; round++) {
			struct seccomp_data call = pick_call(&pool, &seed);

			cr_assert_eq(decide(prover, meaning.decision, &call),
				stack_effect(stack, &call), "program %d", i);
		}
		prover_destroy(prover);
		program_finish(&program);
	}
	cr_assert_gt(told, 5000, "%zu", told);
}

static void compare(const char *what, const struct program *a, const struct program *b,
	size_t rounds, uint64_t *seed, size_t counts[RELATION_COUNT + 1])
{
	struct stack left = STACK(PROGRAM(a)), right = STACK(PROGRAM(b));
	struct pool pool = {.count = 0};
	struct error err = ERROR_INIT;
	struct proof proof;
	int r = prove_stacks(ARCH_X86_64, &left, &right, &proof, &err);

	cr_assert(r == 0 || r == -EOPNOTSUPP, "%s: %s", what, error_message(&err));
	error_finish(&err);
	counts[r == 0 ? (int)proof.relation : RELATION_COUNT]++;
	if (r < 0)
		return;
	check_proof(what, &proof, left, right);
	pool_add_program(&pool, a);
	pool_add_program(&pool, b);
	for (size_t i = 0; i < rounds; i++) {
		struct seccomp_data call = pick_call(&pool, seed);

		check_call(what, &proof, left, right, &call);
	}
}

static struct program copy_of(const struct program *program)
{
	struct program copy = {malloc(program->length * sizeof(*program->code)), program->length};

	cr_assert(copy.code);
	memcpy(copy.code, program->code, program->length * sizeof(*program->code));
	return copy;
}

static void change_instruction(struct sock_filter *code, uint64_t *seed)
{
	switch (next_random(seed) % 7) {
	case 0:
		code->code = any_code[next_random(seed) % ARRAY_LENGTH(any_code)];
		break;
	case 1: /* another test, operation or source, as the case may be */
		code->code ^= (uint16_t)(1U << (3 + next_random(seed) % 4));
		break;
	case 2:
		code->jt ^= (uint8_t)(1U << next_random(seed) % 8);
		break;
	case 3:
		code->jf ^= (uint8_t)(1U << next_random(seed) % 8);
		break;
	case 4:
		code->k ^= 1U << next_random(seed) % 32;
		break;
	case 5:
		code->k++;
		break;
	default:
		code->k--;
	}
}

/* A copy with one instruction changed that the kernel takes too. */
static struct program mutant_of(const struct program *program, uint64_t *seed)
{
	for (;;) {
		struct program mutant = copy_of(program);

		change_instruction(&mutant.code[next_random(seed) % mutant.length], seed);
		if (program_check(&mutant, NULL) == 0 &&
			memcmp(mutant.code, program->code,
				program->length * sizeof(*program->code)) != 0)
			return mutant;
		program_finish(&mutant);
	}
}

static void log_counts(const char *what, const size_t counts[RELATION_COUNT + 1])
{
	cr_log_info("%s: %zu same, %zu stricter, %zu laxer, %zu different, %zu not told", what,
		counts[RELATION_SAME], counts[RELATION_STRICTER], counts[RELATION_LAXER],
		counts[RELATION_DIFFERENT], counts[RELATION_COUNT]);
}

Test(prove_random, pairs)
{
	size_t counts[RELATION_COUNT + 1] = {0};
	uint64_t seed = 12;

	for (int i = 0; i < 5000; i++) {
		struct program a = random_program(&seed), b = random_program(&seed);
		struct program mutant = mutant_of(&a, &seed);

		compare("two random programs", &a, &b, 200, &seed, counts);
		compare("a random program and its mutant", &a, &mutant, 200, &seed, counts);
		program_finish(&a);
		program_finish(&b);
		program_finish(&mutant);
	}
	log_counts("random programs", counts);
	for (int i = 0; i < RELATION_COUNT; i++)
		cr_assert_gt(counts[i], 100, "relation %d: %zu", i, counts[i]);
}

static void compare_mutants(const char *what, const struct program *program)
{
	size_t counts[RELATION_COUNT + 1] = {0};
	uint64_t seed = 13;

	for (int i = 0; i < 600; i++) {
		struct program mutant = mutant_of(program, &seed);

		compare(what, program, &mutant, 2000, &seed, counts);
		program_finish(&mutant);
	}
	log_counts(what, counts);
	cr_assert_gt(
		counts[RELATION_STRICTER] + counts[RELATION_LAXER] + counts[RELATION_DIFFERENT],
		200);
}

Test(prove_random, mutants_of_runtime_default)
{
	struct target target = {ARCH_X86_64, {6, 12}, UINT64_C(0xa80425fb)};
	struct error err = ERROR_INIT;
	struct program ours, peer;
	struct profile profile;
	struct policy policy;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	policy = must_select(&profile, &target);
	ours = must_build(&policy);
	peer = peer_build_at(&policy, 2);
	compare_mutants("our program", &ours);
	compare_mutants("libseccomp's program", &peer);
	program_finish(&ours);
	program_finish(&peer);
	policy_finish(&policy);
	profile_finish(&profile);
}
