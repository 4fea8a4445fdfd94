/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What optimize makes of programs is proved to mean the same: of RuntimeDefault at many sets of
 * capabilities, of the profiles of test/data, of random ones, and of stacks with a baseline. And the
 * proofs see what is wrong: one instruction of a right result is changed.
 */
#include "decode.h"
#include "optimize.h"
#include "proofs.h"

UNIT_SUITE(optimize_proved);

enum { RANDOM_PROFILES = 10000, FLIPS = 1500, CALLS = 3000 };

static const uint64_t docker_capabilities = UINT64_C(0xa80425fb);

/* Optimises the programs, one or two, and demands a proof. False: a stack that nothing smaller was
 * found for; otherwise the result is owned by the caller. */
static bool prove_optimized(const char *what, const struct program *programs, size_t count,
	enum arch native, struct program *ret)
{
	struct layer layers[] = {PROGRAM(&programs[0]), PROGRAM(&programs[count - 1])};
	struct stack stack = {NULL, layers, count};
	struct optimize_options options = {.native = native};
	struct error err = ERROR_INIT;
	int r = optimize(programs, count, &options, ret, &err);

	cr_assert(r == 0 || (r == -E2BIG && count > 1), "%s: %s", what, error_message(&err));
	error_finish(&err);
	if (r < 0)
		return false;
	assert_relation(what, native, stack, STACK(PROGRAM(ret)), RELATION_SAME);
	return true;
}

/* The program of the policy, optimised, against the policy itself. */
static void check_policy(const struct policy *policy)
{
	const char *what = policy->profile->name;
	struct program program = must_build(policy);
	struct program result;

	cr_assert(prove_optimized(what, &program, 1, policy->target.arch, &result));
	assert_relation(what, policy->target.arch, STACK(POLICY(policy)), STACK(PROGRAM(&result)),
		RELATION_SAME);
	program_finish(&result);
	program_finish(&program);
}

static void check_target(const struct profile *profile, enum arch arch, uint64_t capabilities)
{
	struct target target = {arch, {6, 12}, capabilities};
	struct policy policy = must_select(profile, &target);

	check_policy(&policy);
	policy_finish(&policy);
}

static struct profile runtime_default(void)
{
	struct error err = ERROR_INIT;
	struct profile profile;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	return profile;
}

/* Each capability alone, what engines give, random sets. */
Test(optimize_proved, runtime_default)
{
	static const uint64_t usual[] = {
		0, docker_capabilities, 0x800405fb, 0x20000420, UINT64_MAX};
	static const enum arch arches[] = {ARCH_X86_64, ARCH_AARCH64, ARCH_S390X};
	struct profile profile = runtime_default();
	uint64_t seed = 0xca95;

	for (size_t i = 0; i < ARRAY_LENGTH(arches); i++) {
		for (size_t j = 0; j < ARRAY_LENGTH(usual); j++)
			check_target(&profile, arches[i], usual[j]);
		for (unsigned capability = 0; capability <= 40; capability++)
			check_target(&profile, arches[i], UINT64_C(1) << capability);
		for (int round = 0; round < 40; round++)
			check_target(&profile, arches[i], next_random(&seed));
	}
	profile_finish(&profile);
}

static void check_profile(const struct profile *profile)
{
	static const enum arch arches[] = {ARCH_X86_64, ARCH_X86, ARCH_AARCH64};

	for (size_t i = 0; i < ARRAY_LENGTH(arches); i++) {
		check_target(profile, arches[i], docker_capabilities);
		check_target(profile, arches[i], 0);
	}
}

Test(optimize_proved, every_profile_of_test_data)
{
	for_each_profile(check_profile);
}

/* The programs of two policies, made one. Returns whether that was possible. */
static bool check_stack(const struct policy *a, const struct policy *b)
{
	struct program programs[] = {must_build(a), must_build(b)}, result;
	bool made = prove_optimized(a->profile->name, programs, 2, a->target.arch, &result);

	if (made) {
		assert_relation(a->profile->name, a->target.arch, STACK(POLICY(a), POLICY(b)),
			STACK(PROGRAM(&result)), RELATION_SAME);
		program_finish(&result);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(programs); i++)
		program_finish(&programs[i]);
	return made;
}

static void check_with_baseline(const struct profile *profile)
{
	struct target target = {ARCH_X86_64, {6, 12}, docker_capabilities};
	struct profile baseline = runtime_default();
	struct policy policy = must_select(profile, &target);
	struct policy floor = must_select(&baseline, &target);

	cr_assert(check_stack(&policy, &floor), "%s", profile->name);
	cr_assert(check_stack(&floor, &policy), "%s", profile->name);
	policy_finish(&policy);
	policy_finish(&floor);
	profile_finish(&baseline);
}

Test(optimize_proved, stacks_with_a_baseline)
{
	for_each_profile(check_with_baseline);
}

Test(optimize_proved, random_profiles)
{
	uint64_t seed = 0x10000;
	struct profile former = profile_at_random(&seed);
	size_t stacks = 0;

	for (int i = 0; i < RANDOM_PROFILES; i++) {
		struct target target = {
			i % 4 ? ARCH_X86_64 : ARCH_AARCH64, {6, 12}, next_random(&seed)};
		struct profile profile = profile_at_random(&seed);
		struct policy policy = must_select(&profile, &target);

		check_policy(&policy);
		if (i % 10 == 0) {
			struct policy baseline = must_select(&former, &target);

			stacks += check_stack(&policy, &baseline);
			policy_finish(&baseline);
		}
		policy_finish(&policy);
		profile_finish(&former);
		former = profile;
	}
	cr_assert_gt(stacks, RANDOM_PROFILES / 10 / 2, "%zu stacks were made one", stacks);
	cr_log_info("%zu of %d stacks were made one", stacks, RANDOM_PROFILES / 10);
	profile_finish(&former);
}

static struct program copy_of(const struct program *program)
{
	struct program copy = {malloc(program->length * sizeof(*program->code)), program->length};

	cr_assert(copy.code);
	memcpy(copy.code, program->code, program->length * sizeof(*program->code));
	return copy;
}

/* Flips one bit of one instruction. */
static void flip(struct sock_filter *code, uint64_t *seed)
{
	switch (next_random(seed) % 4) {
	case 0:
		code->code ^= (uint16_t)(1U << next_random(seed) % 8);
		break;
	case 1:
		code->jt ^= (uint8_t)(1U << next_random(seed) % 8);
		break;
	case 2:
		code->jf ^= (uint8_t)(1U << next_random(seed) % 8);
		break;
	default:
		code->k ^= UINT32_C(1) << next_random(seed) % 32;
	}
}

/* A call near the constants of the program. */
static struct seccomp_data call_near(const struct program *program, uint64_t *seed)
{
	static const uint32_t audits[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, 0};
	uint32_t words[sizeof(struct seccomp_data) / sizeof(uint32_t)];
	struct seccomp_data call;

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		uint32_t k = program->code[next_random(seed) % program->length].k;

		words[i] = next_random(seed) % 4 ? k + (uint32_t)(next_random(seed) % 3) - 1
						 : (uint32_t)random_constant(seed, 32);
	}
	words[1] = audits[next_random(seed) % ARRAY_LENGTH(audits)];
	memcpy(&call, words, sizeof(call));
	return call;
}

/* Either a call shows the change, or none of many calls does. Returns whether one did. */
static bool check_flip(const struct policy *policy, const struct program *mutant, uint64_t *seed)
{
	struct stack wanted = STACK(POLICY(policy)), flipped = STACK(PROGRAM(mutant));
	struct error err = ERROR_INIT;
	struct proof proof;
	int r = prove_stacks(policy->target.arch, &wanted, &flipped, &proof, &err);

	cr_assert(r == 0 || r == -EOPNOTSUPP, "%s", error_message(&err));
	error_finish(&err);
	if (r < 0) /* it computes what is not followed, and is not taken for the same */
		return true;
	check_proof("a flip", &proof, wanted, flipped);
	for (int i = 0; i < CALLS; i++) {
		struct seccomp_data call = call_near(mutant, seed);

		check_call("a flip", &proof, wanted, flipped, &call);
	}
	return proof.relation != RELATION_SAME;
}

Test(optimize_proved, flipped_instructions)
{
	struct target target = {ARCH_X86_64, {6, 12}, docker_capabilities};
	struct profile profile = runtime_default();
	struct policy policy = must_select(&profile, &target);
	struct program program = must_build(&policy), result;
	size_t taken = 0, shown = 0;
	uint64_t seed = 0xf11b;

	cr_assert(prove_optimized(profile.name, &program, 1, policy.target.arch, &result));
	for (int i = 0; i < FLIPS; i++) {
		struct program mutant = copy_of(&result);

		flip(&mutant.code[(size_t)i % mutant.length], &seed);
		if (program_check(&mutant, NULL) == 0) {
			taken++;
			shown += check_flip(&policy, &mutant, &seed);
		}
		program_finish(&mutant);
	}
	/* jt and jf of instructions that do not jump, and little else, do no harm. */
	cr_assert_gt(taken, FLIPS / 2, "%zu", taken);
	cr_assert_gt(shown, taken / 3, "%zu of %zu", shown, taken);
	cr_log_info("%zu of %zu flips change the meaning", shown, taken);
	program_finish(&result);
	program_finish(&program);
	policy_finish(&policy);
	profile_finish(&profile);
}
