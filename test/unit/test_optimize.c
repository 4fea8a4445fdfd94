/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of profiles, as we and as libseccomp build them, by themselves and in stacks: what comes
 * out is not larger and gives the same verdicts.
 */
#include "peer.h"
#include "stacks.h"

UNIT_SUITE(optimize);

static const uint64_t docker_capabilities = UINT64_C(0xa80425fb);

/* Frees the program. Returns the instructions that are left. */
static size_t check(const char *what, struct program program, enum arch native, size_t rounds)
{
	struct program result = must_optimize(what, &program, 1, native, rounds);
	size_t length = result.length;

	program_finish(&result);
	program_finish(&program);
	return length;
}

static struct profile runtime_default(void)
{
	struct error err = ERROR_INIT;
	struct profile profile;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	return profile;
}

Test(optimize, runtime_default)
{
	static const struct {
		enum arch arch;
		uint64_t capabilities;
	} targets[] = {
		{ARCH_X86_64, 0},
		{ARCH_X86_64, docker_capabilities},
		{ARCH_X86_64, UINT64_C(1) << 21}, /* CAP_SYS_ADMIN */
		{ARCH_X86_64, UINT64_MAX},
		{ARCH_AARCH64, 0},
		{ARCH_AARCH64, UINT64_MAX},
		{ARCH_S390X, docker_capabilities},
	};
	struct profile profile = runtime_default();

	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
		enum arch arch = targets[i].arch;
		struct target target = {arch, {6, 12}, targets[i].capabilities};
		struct policy policy = must_select(&profile, &target);

		cr_assert_leq(check("ours", must_build(&policy), arch, 60000), 230);
		if (architectures[arch].big_endian) { /* libseccomp writes for such a host */
			policy_finish(&policy);
			continue;
		}
		cr_assert_leq(check("by priority", peer_build(&policy), arch, 60000), 240);
		cr_assert_leq(check("tree", peer_build_at(&policy, 2), arch, 60000), 240);
		policy_finish(&policy);
	}
	profile_finish(&profile);
}

static void check_profile(const struct profile *profile)
{
	static const enum arch arches[] = {ARCH_X86_64, ARCH_X86, ARCH_AARCH64};

	for (size_t i = 0; i < ARRAY_LENGTH(arches); i++) {
		struct target target = {arches[i], {6, 12}, docker_capabilities};
		struct policy policy = must_select(profile, &target);

		check(profile->name, must_build(&policy), arches[i], 30000);
		policy_finish(&policy);
	}
}

Test(optimize, every_profile_of_test_data)
{
	for_each_profile(check_profile);
}

/* With RuntimeDefault as a baseline, loaded before and behind. */
static void check_stack(const struct profile *profile)
{
	struct target target = {ARCH_X86_64, {6, 12}, docker_capabilities};
	struct profile baseline = runtime_default();
	struct policy policies[] = {must_select(profile, &target), must_select(&baseline, &target)};
	struct program programs[] = {
		must_build(&policies[0]), must_build(&policies[1]), must_build(&policies[0])};

	for (size_t first = 0; first < 2; first++) {
		struct program result =
			must_optimize(profile->name, &programs[first], 2, ARCH_X86_64, 30000);

		program_finish(&result);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(programs); i++)
		program_finish(&programs[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(policies); i++)
		policy_finish(&policies[i]);
	profile_finish(&baseline);
}

Test(optimize, stacks_with_a_baseline)
{
	for_each_profile(check_stack);
}

Test(optimize, random_profiles)
{
	uint64_t seed = 0x0971313e;

	for (int i = 0; i < 400; i++) {
		struct profile profile = profile_at_random(&seed);
		enum arch arch = i % 4 ? ARCH_X86_64 : ARCH_AARCH64;
		struct target target = {arch, {6, 12}, 0};
		struct policy policy = must_select(&profile, &target);

		check("random", must_build(&policy), arch, 5000);
		policy_finish(&policy);
		profile_finish(&profile);
	}
}

Test(optimize, random_stacks)
{
	uint64_t seed = 0x57acced;

	for (int i = 0; i < 150; i++) {
		struct target target = {ARCH_X86_64, {6, 12}, 0};
		struct program programs[3], result;
		size_t count = 2 + (size_t)i % 2;

		for (size_t j = 0; j < count; j++) {
			struct profile profile = profile_at_random(&seed);
			struct policy policy = must_select(&profile, &target);

			programs[j] = must_build(&policy);
			policy_finish(&policy);
			profile_finish(&profile);
		}
		result = must_optimize("random stack", programs, count, ARCH_X86_64, 5000);
		program_finish(&result);
		for (size_t j = 0; j < count; j++)
			program_finish(&programs[j]);
	}
}

static size_t steps_of(const struct program *program, uint32_t number)
{
	struct seccomp_data call = {.nr = (int)number, .arch = architectures[ARCH_X86_64].audit};
	verdict value;
	size_t steps;

	cr_assert_eq(simulate_program(program, &call, &value, &steps), 0);
	return steps;
}

/* What the table says is frequent comes near the root, but for what is in the kernel's bitmap. */
Test(optimize, weights)
{
	static const char table[] = "socket 1000\nadd_key 500\nread 100000\n";
	struct target target = {ARCH_X86_64, {6, 12}, docker_capabilities};
	struct profile profile = runtime_default();
	struct policy policy = must_select(&profile, &target);
	struct program program = must_build(&policy), even, weighted;
	struct weights weights;
	struct optimize_options options = {.native = ARCH_X86_64};
	uint32_t socket = (uint32_t)syscall_number(ARCH_X86_64, "socket");
	uint32_t add_key = (uint32_t)syscall_number(ARCH_X86_64, "add_key");

	cr_assert_eq(weights_read("table", table, sizeof(table) - 1, &weights, NULL), 0);
	cr_assert_eq(optimize(&program, 1, &options, &even, NULL), 0);
	options.weights = &weights;
	cr_assert_eq(optimize(&program, 1, &options, &weighted, NULL), 0);
	cr_assert_leq(weighted.length, program.length + program.length / 16);
	assert_same_meaning("weighted", &program, 1, &weighted, 60000);
	cr_assert_lt(steps_of(&weighted, socket), steps_of(&even, socket));
	cr_assert_leq(steps_of(&weighted, add_key) + 2, steps_of(&even, add_key));
	cr_assert_lt(optimize_average(&weighted, 1, &options, NULL),
		optimize_average(&even, 1, &options, NULL));
	weights_finish(&weights);
	program_finish(&program);
	program_finish(&even);
	program_finish(&weighted);
	policy_finish(&policy);
	profile_finish(&profile);
}

static struct weights must_read_weights(const char *table)
{
	struct error err = ERROR_INIT;
	struct weights weights;

	cr_assert_eq(weights_read("table", table, strlen(table), &weights, &err), 0, "%s",
		error_message(&err));
	return weights;
}

/* Calls in the kernel's bitmap do not run the program, however often they are made. */
Test(optimize, weights_of_allowed_calls_do_not_count)
{
	struct weights tables[] = {must_read_weights("socket 10"),
		must_read_weights("socket 10\nread 100000\ngetpid 5"),
		must_read_weights("read 1000")};
	struct target target = {ARCH_X86_64, {6, 12}, docker_capabilities};
	struct optimize_options options = {.native = ARCH_X86_64};
	struct profile profile = runtime_default();
	struct policy policy = must_select(&profile, &target);
	struct program program = must_build(&policy), results[2];

	for (size_t i = 0; i < 2; i++) {
		options.weights = &tables[i];
		cr_assert_eq(optimize(&program, 1, &options, &results[i], NULL), 0);
	}
	cr_assert_eq(results[0].length, results[1].length);
	cr_assert_arr_eq(
		results[0].code, results[1].code, results[0].length * sizeof(*results[0].code));
	options.weights = &tables[2];
	cr_assert_lt(optimize_average(&program, 1, &options, NULL), 0.1);
	for (size_t i = 0; i < 2; i++)
		program_finish(&results[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(tables); i++)
		weights_finish(&tables[i]);
	program_finish(&program);
	policy_finish(&policy);
	profile_finish(&profile);
}

Test(optimize, the_native_architecture_is_asked_for_first)
{
	static const enum arch natives[] = {ARCH_X86_64, ARCH_X86};
	struct target target = {ARCH_X86_64, {6, 12}, docker_capabilities};
	struct profile profile = runtime_default();
	struct policy policy = must_select(&profile, &target);
	struct program program = peer_build(&policy);

	for (size_t i = 0; i < ARRAY_LENGTH(natives); i++) {
		struct optimize_options options = {.native = natives[i]};
		struct program result;

		cr_assert_eq(optimize(&program, 1, &options, &result, NULL), 0);
		cr_assert_eq(result.code[1].code, BPF_JMP | BPF_JEQ | BPF_K);
		cr_assert_eq(result.code[1].k, architectures[natives[i]].audit);
		program_finish(&result);
	}
	program_finish(&program);
	policy_finish(&policy);
	profile_finish(&profile);
}

Test(optimize, average_over_the_architecture_that_is_asked_for)
{
	struct optimize_options options = {.native = ARCH_X86_64};
	struct target target = {ARCH_AARCH64, {6, 12}, 0};
	struct profile profile = runtime_default();
	struct policy policy = must_select(&profile, &target);
	struct program program = must_build(&policy);
	double average;
	enum arch arch;

	average = optimize_average(&program, 1, &options, &arch);
	cr_assert_eq(arch, ARCH_AARCH64);
	cr_assert_gt(average, 8);
	cr_assert_lt(average, 14);
	program_finish(&program);
	policy_finish(&policy);
	profile_finish(&profile);
}
