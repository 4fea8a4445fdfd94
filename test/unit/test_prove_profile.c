/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles against the programs made of them, ours and libseccomp's, and what becomes of a program
 * when an instruction of it is changed. */
#include "peer.h"
#include "proofs.h"

UNIT_SUITE(prove_profile);

static const uint64_t docker_capabilities = UINT64_C(0xa80425fb);

static void prove_built(const struct profile *profile, enum arch arch, uint64_t capabilities)
{
	struct target target = {arch, {6, 12}, capabilities};
	struct policy policy = must_select(profile, &target);
	struct program program = must_build(&policy);

	assert_relation(profile->name, arch, STACK(POLICY(&policy)), STACK(PROGRAM(&program)),
		RELATION_SAME);
	program_finish(&program);
	policy_finish(&policy);
}

static void prove_on_architectures(const struct profile *profile)
{
	static const enum arch targets[] = {ARCH_X86_64, ARCH_X86, ARCH_AARCH64, ARCH_ARM,
		ARCH_RISCV64, ARCH_S390X, ARCH_PPC64, ARCH_PPC64LE};

	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
		prove_built(profile, targets[i], 0);
		prove_built(profile, targets[i], docker_capabilities);
	}
}

Test(prove_profile, test_data)
{
	for_each_profile(prove_on_architectures);
}

static struct profile runtime_default(void)
{
	struct error err = ERROR_INIT;
	struct profile profile;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	return profile;
}

Test(prove_profile, runtime_default_at_capability_sets)
{
	struct profile profile = runtime_default();

	prove_on_architectures(&profile);
	for (unsigned capability = 0; capability < 41; capability++)
		prove_built(&profile, ARCH_X86_64, UINT64_C(1) << capability);
	prove_built(&profile, ARCH_X86_64, UINT64_MAX);
	profile_finish(&profile);
}

Test(prove_profile, random_profiles)
{
	uint64_t seed = 0x5eccf11e5;

	for (int i = 0; i < 10000; i++) {
		struct profile profile = profile_at_random(&seed);

		prove_built(&profile, i % 4 ? ARCH_X86_64 : ARCH_AARCH64, 0);
		profile_finish(&profile);
	}
}

/* Two random profiles differ in most cases; what is said of them must hold for the calls tried. */
Test(prove_profile, random_pairs)
{
	static struct values values;
	static uint32_t numbers[2200];
	size_t count = collect_numbers(numbers);
	struct target target = {ARCH_X86_64, {6, 12}, 0};
	uint64_t seed = 77;
	size_t relations[RELATION_COUNT] = {0};

	for (int i = 0; i < 150; i++) {
		struct profile profiles[2] = {profile_at_random(&seed), profile_at_random(&seed)};
		struct policy a = must_select(&profiles[0], &target);
		struct policy b = must_select(&profiles[1], &target);
		/* Together they are stricter than one, or the same. */
		struct stack left = i % 2 ? STACK(POLICY(&a)) : STACK(POLICY(&a), POLICY(&b));
		struct stack right = STACK(POLICY(&b));
		struct error err = ERROR_INIT;
		struct proof proof;

		cr_assert_eq(prove_stacks(ARCH_X86_64, &left, &right, &proof, &err), 0);
		check_proof("random", &proof, left, right);
		relations[proof.relation]++;
		if (i % 2 == 0)
			cr_assert_neq(proof.relation, RELATION_LAXER);
		collect_values(&profiles[i / 2 % 2], &values);
		for (int round = 0; round < 4000; round++) {
			struct seccomp_data call = {.nr = (int)numbers[next_random(&seed) % count],
				.arch = architectures[next_random(&seed) % 5].audit};

			for (size_t j = 0; j < SYSCALL_ARGUMENTS; j++)
				call.args[j] = values.items[next_random(&seed) % values.count];
			check_call("random", &proof, left, right, &call);
		}
		policy_finish(&a);
		policy_finish(&b);
		profile_finish(&profiles[0]);
		profile_finish(&profiles[1]);
	}
	cr_assert_gt(relations[RELATION_STRICTER], 5);
	cr_assert_gt(relations[RELATION_DIFFERENT], 5);
}

/* Profiles of which libseccomp's program means the same: what they say can be said to it. */
Test(prove_profile, libseccomp_agrees)
{
	static const char *const sources[] = {
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['ptrace', 'mount'], "
		"'action': 'SCMP_ACT_ERRNO'}]}",
		"{'defaultAction': 'SCMP_ACT_LOG', 'syscalls': [{'names': ['read', 'write', "
		"'close'], 'action': 'SCMP_ACT_ALLOW'}, {'names': ['lseek'], 'action': "
		"'SCMP_ACT_TRAP', 'args': [{'index': 1, 'value': 81985529216486895, 'op': "
		"'SCMP_CMP_GT'}]}]}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['clone'], 'action': "
		"'SCMP_ACT_ERRNO', 'args': [{'index': 0, 'value': 2114060288, 'valueTwo': "
		"33554432, 'op': 'SCMP_CMP_MASKED_EQ'}]}, {'names': ['brk'], 'action': "
		"'SCMP_ACT_KILL_PROCESS', 'args': [{'index': 0, 'value': 4294967296, 'op': "
		"'SCMP_CMP_LE'}]}]}",
	};
	struct target target = {ARCH_X86_64, {6, 12}, 0};

	for (size_t i = 0; i < ARRAY_LENGTH(sources); i++) {
		struct profile profile = parse_profile(sources[i]);
		struct policy policy = must_select(&profile, &target);

		for (uint32_t level = 1; level <= 2; level++) {
			struct program peer = peer_build_at(&policy, level);

			assert_relation(sources[i], ARCH_X86_64, STACK(POLICY(&policy)),
				STACK(PROGRAM(&peer)), RELATION_SAME);
			program_finish(&peer);
		}
		policy_finish(&policy);
		profile_finish(&profile);
	}
}
