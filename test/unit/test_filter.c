/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is built must give the evaluator's verdict: for every number, on every architecture and an
 * unknown one, at, below and above every constant of the profile, with and without upper bits.
 */
#include "calls.h"

#include <errno.h>
#include <linux/audit.h>

UNIT_SUITE(filter);

static const uint32_t audits[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
	AUDIT_ARCH_ARM, AUDIT_ARCH_S390X, AUDIT_ARCH_S390, 0, UINT32_MAX};

/* A filter of a big-endian kernel sees the upper word of an argument first. */
static struct seccomp_data as_seen(const struct policy *policy, const struct seccomp_data *call)
{
	struct seccomp_data seen = *call;

	if (architectures[policy->target.arch].big_endian)
		for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
			seen.args[i] = call->args[i] << 32 | call->args[i] >> 32;
	return seen;
}

static void assert_same(
	const struct policy *policy, const struct program *program, const struct seccomp_data *call)
{
	struct seccomp_data seen = as_seen(policy, call);
	verdict expected = simulate_policy(policy, call, NULL), built;
	char words[2][32];

	cr_assert_eq(simulate_program(program, &seen, &built, NULL), 0, "%s: not a valid program",
		policy->profile->name);
	cr_assert_eq(built, expected,
		"%s on %s: arch %#x nr %#x args %#llx %#llx %#llx: the program says %s, the "
		"profile %s",
		policy->profile->name, architectures[policy->target.arch].name, call->arch,
		(unsigned)call->nr, (unsigned long long)call->args[0],
		(unsigned long long)call->args[1], (unsigned long long)call->args[2],
		verdict_format(built, words[0], sizeof(words[0])),
		verdict_format(expected, words[1], sizeof(words[1])));
}

static bool looks_at_arguments(const struct policy *policy, uint32_t audit, uint32_t number)
{
	for (size_t i = 0; i < policy->clause_count; i++) {
		const struct clause *clause = &policy->clauses[i];

		if (architectures[clause->arch].audit == audit && clause->number == number &&
			(clause->condition_count > 0 || clause->call_mask))
			return true;
	}
	return false;
}

static void try_arguments(const struct policy *policy, const struct program *program,
	struct seccomp_data call, const struct values *values, uint64_t *seed, size_t rounds)
{
	for (unsigned index = 0; index < SYSCALL_ARGUMENTS; index++) {
		for (size_t i = 0; i < values->count; i++) {
			memset(call.args, 0, sizeof(call.args));
			call.args[index] = values->items[i];
			assert_same(policy, program, &call);
		}
	}
	for (size_t round = 0; round < rounds; round++) {
		for (unsigned index = 0; index < SYSCALL_ARGUMENTS; index++)
			call.args[index] =
				round % 8 == 0 ? next_random(seed)
					       : values->items[next_random(seed) % values->count];
		assert_same(policy, program, &call);
	}
}

static void compare(const struct policy *policy, size_t rounds)
{
	static struct values values;
	static uint32_t numbers[2200];
	struct program program = must_build(policy);
	size_t count = collect_numbers(numbers);
	uint64_t seed = 0x9e3779b97f4a7c15;

	collect_values(policy->profile, &values);
	for (size_t a = 0; a < ARRAY_LENGTH(audits); a++) {
		for (size_t n = 0; n < count; n++) {
			struct seccomp_data call = {.nr = (int)numbers[n], .arch = audits[a]};

			assert_same(policy, &program, &call);
			memset(call.args, 0xff, sizeof(call.args));
			assert_same(policy, &program, &call);
			if (looks_at_arguments(policy, audits[a], numbers[n]))
				try_arguments(policy, &program, call, &values, &seed, rounds);
		}
	}
	program_finish(&program);
}

static const uint64_t docker_capabilities = UINT64_C(0xa80425fb);

static void compare_on(const struct profile *profile, enum arch arch, uint64_t capabilities)
{
	struct target target = {arch, {6, 12}, capabilities};
	struct policy policy = must_select(profile, &target);

	compare(&policy, 600);
	policy_finish(&policy);
}

static void compare_on_x86_64(const struct profile *profile)
{
	compare_on(profile, ARCH_X86_64, docker_capabilities);
}

static void compare_on_others(const struct profile *profile)
{
	compare_on(profile, ARCH_X86, 0);
	compare_on(profile, ARCH_AARCH64, 0);
	compare_on(profile, ARCH_S390X, 0);
}

Test(filter, every_profile_of_test_data_on_x86_64)
{
	for_each_profile(compare_on_x86_64);
}

Test(filter, every_profile_of_test_data_on_other_architectures)
{
	for_each_profile(compare_on_others);
}

Test(filter, runtime_default_at_capability_sets)
{
	static const struct {
		enum arch arch;
		uint64_t capabilities;
	} targets[] = {
		{ARCH_X86_64, 0},
		{ARCH_X86_64, UINT64_C(0xa80425fb)},
		{ARCH_X86_64, UINT64_C(1) << 21}, /* CAP_SYS_ADMIN */
		{ARCH_X86_64, UINT64_MAX},
		{ARCH_AARCH64, 0},
		{ARCH_AARCH64, UINT64_MAX},
		{ARCH_ARM, 0},
		{ARCH_X86, 0},
		{ARCH_S390X, 0},
	};
	struct error err = ERROR_INIT;
	struct profile profile;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++)
		compare_on(&profile, targets[i].arch, targets[i].capabilities);
	profile_finish(&profile);
}

Test(filter, random_profiles)
{
	uint64_t seed = 0x5eccf11e5;

	for (int i = 0; i < 150; i++) {
		struct profile profile = profile_at_random(&seed);
		struct target target = {i % 4 ? ARCH_X86_64 : ARCH_AARCH64, {6, 12}, 0};
		struct policy policy = must_select(&profile, &target);

		compare(&policy, 100);
		policy_finish(&policy);
		profile_finish(&profile);
	}
}

Test(filter, too_large_is_an_error)
{
	struct target target = {ARCH_X86_64, {6, 12}, 0};
	struct error err = ERROR_INIT;
	struct profile profile;
	struct program program;
	struct policy policy;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	cr_assert(out);
	fputs("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [", out);
	for (int i = 0; i < 3000; i++)
		fprintf(out,
			"%s{\"names\": [\"mmap\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": "
			"[{\"index\": 0, \"value\": %d, \"op\": \"SCMP_CMP_EQ\"}, {\"index\": 1, "
			"\"value\": %d, \"op\": \"SCMP_CMP_EQ\"}]}",
			i ? "," : "", i, 2 * i);
	fputs("]}", out);
	cr_assert_eq(fclose(out), 0);
	profile = must_parse("large", text, length);
	policy = must_select(&profile, &target);
	cr_assert_eq(filter_build(&policy, &program, &err), -E2BIG);
	cr_assert(strstr(error_message(&err), "4096"), "%s", error_message(&err));
	error_finish(&err);
	policy_finish(&policy);
	profile_finish(&profile);
}

/* The kernel keeps a bitmap of the numbers that are allowed whatever the arguments; it can only do
 * so when the program looks at nothing but nr and arch on the way (seccomp_is_const_allow). */
Test(filter, unconditional_allows_look_at_nr_and_arch_alone)
{
	struct target target = {ARCH_X86_64, {6, 12}, docker_capabilities};
	struct error err = ERROR_INIT;
	struct profile profile;
	struct program program;
	struct policy policy;
	size_t allowed = 0;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	policy = must_select(&profile, &target);
	program = must_build(&policy);
	for (uint32_t number = 0; number < 1024; number++) {
		struct seccomp_data call = {.nr = (int)number, .arch = AUDIT_ARCH_X86_64};
		bool allows = !looks_at_arguments(&policy, AUDIT_ARCH_X86_64, number) &&
			      simulate_policy(&policy, &call, NULL) == SECCOMP_RET_ALLOW;

		cr_assert_eq(simulate_constant_allow(&program, AUDIT_ARCH_X86_64, number), allows,
			"number %u", number);
		allowed += allows;
	}
	cr_assert_gt(allowed, 300);
	program_finish(&program);
	policy_finish(&policy);
	profile_finish(&profile);
}
