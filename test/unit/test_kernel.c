/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's opinion, compared with the evaluator, or with that of another program. */
#include "support.h"

UNIT_SUITE(kernel);

#if defined(__x86_64__)
#include "kernel.h"
#include "optimize.h"
#include "peer.h"

static void add_random_calls(
	struct trial *trial, const struct policy *policy, const struct clause *clause)
{
	static struct values values;
	uint32_t arch = architectures[clause->arch].audit;
	uint64_t seed = clause->number + 1;

	if (clause->condition_count == 0 && !clause->call_mask)
		return;
	collect_values(policy->profile, &values);
	for (int i = 0; i < 150; i++) {
		uint64_t arguments[SYSCALL_ARGUMENTS];

		for (size_t j = 0; j < SYSCALL_ARGUMENTS; j++)
			arguments[j] = values.items[next_random(&seed) % values.count];
		add_call(trial, arch, clause->number, arguments);
	}
}

static void collect_calls(struct trial *trial, const struct policy *policy)
{
	static uint32_t numbers[2200];
	size_t count = collect_numbers(numbers);

	for (size_t i = 0; i < count; i++) {
		add_call(trial, AUDIT_ARCH_X86_64, numbers[i], NULL);
		add_call(trial, AUDIT_ARCH_I386, numbers[i], NULL);
	}
	for (size_t i = 0; i < policy->clause_count; i++)
		add_random_calls(trial, policy, &policy->clauses[i]);
}

static void compare_with_kernel(const struct profile *profile, uint64_t capabilities)
{
	struct target target = {ARCH_X86_64, {6, 12}, capabilities};
	struct policy policy = must_select(profile, &target);
	struct program program = must_build(&policy);
	struct marks marks = {.count = 0};
	struct trial *trial = new_trial();

	collect_calls(trial, &policy);
	ask_kernel(trial, &program, &marks);
	for (size_t i = 0; i < trial->count; i++)
		assert_equal(&trial->calls[i], answer_of(trial, i, &marks, profile->name),
			simulate_policy(&policy, &trial->calls[i], NULL), profile->name);
	finish_trial(trial);
	program_finish(&program);
	policy_finish(&policy);
}

/* A program and what optimize makes of it: frees the program. */
static void compare_optimized(const char *name, const struct policy *policy, struct program program)
{
	struct optimize_options options = {.native = ARCH_X86_64};
	struct marks marks[2] = {{.count = 0}, {.count = 0}};
	struct error err = ERROR_INIT;
	struct program optimized;
	struct trial *trials[2];

	cr_assert_eq(optimize(&program, 1, &options, &optimized, &err), 0, "%s: %s", name,
		error_message(&err));
	for (size_t i = 0; i < ARRAY_LENGTH(trials); i++) {
		trials[i] = new_trial();
		collect_calls(trials[i], policy);
		ask_kernel(trials[i], i == 0 ? &program : &optimized, &marks[i]);
	}
	for (size_t i = 0; i < trials[0]->count; i++)
		assert_equal(&trials[0]->calls[i], answer_of(trials[1], i, &marks[1], name),
			answer_of(trials[0], i, &marks[0], name), name);
	finish_trial(trials[0]);
	finish_trial(trials[1]);
	program_finish(&program);
	program_finish(&optimized);
}

static void compare_without_capabilities(const struct profile *profile)
{
	compare_with_kernel(profile, 0);
}

Test(kernel, agrees_on_every_profile_of_test_data)
{
	for_each_profile(compare_without_capabilities);
}

Test(kernel, agrees_on_runtime_default)
{
	struct error err = ERROR_INIT;
	struct profile profile;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	compare_with_kernel(&profile, 0);
	compare_with_kernel(&profile, UINT64_C(0xa80425fb));
	compare_with_kernel(&profile, UINT64_MAX);
	profile_finish(&profile);
}

Test(kernel, agrees_on_optimized_programs)
{
	struct target target = {ARCH_X86_64, {6, 12}, UINT64_C(0xa80425fb)};
	struct error err = ERROR_INIT;
	struct profile profile;
	struct policy policy;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	policy = must_select(&profile, &target);
	compare_optimized("ours", &policy, must_build(&policy));
	compare_optimized("libseccomp, by priority", &policy, peer_build(&policy));
	compare_optimized("libseccomp, binary tree", &policy, peer_build_at(&policy, 2));
	policy_finish(&policy);
	profile_finish(&profile);
}

#endif
