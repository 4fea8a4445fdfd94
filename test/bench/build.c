/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to turn a profile into a program: medians of many builds, ours beside libseccomp's
 * in both of its modes; the size of the programs, and how many instructions a call executes. And what
 * optimize makes of each.
 */
#include "builders.h"
#include "optimize.h"

static double average_steps(const struct program *program, const struct weights *weights)
{
	struct optimize_options options = {ARCH_X86_64, weights};

	return optimize_average(program, 1, &options, NULL);
}

static size_t longer(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* How many instructions a call can execute at most. Jumps go forward. */
static size_t longest_path(const struct program *program)
{
	size_t *left = calloc(program->length, sizeof(*left)), longest;

	cr_assert(left);
	for (size_t i = program->length; i-- > 0;) {
		const struct sock_filter *code = &program->code[i];

		if (BPF_CLASS(code->code) == BPF_RET)
			left[i] = 1;
		else if (code->code == (BPF_JMP | BPF_JA))
			left[i] = 1 + left[i + 1 + code->k];
		else if (BPF_CLASS(code->code) == BPF_JMP)
			left[i] = 1 + longer(left[i + 1 + code->jt], left[i + 1 + code->jf]);
		else
			left[i] = 1 + left[i + 1];
	}
	longest = left[0];
	free(left);
	return longest;
}

static size_t count_constant_allows(const struct program *program)
{
	size_t cursor = 0, count = 0;
	uint32_t number;

	while (syscall_each(ARCH_X86_64, &cursor, &number))
		count += simulate_constant_allow(program, architectures[ARCH_X86_64].audit, number);
	return count;
}

static double median_build(const struct builder *builder, const struct policy *policy)
{
	double times[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double start = now();
		struct program program = builder->build(policy);

		times[i] = now() - start;
		program_finish(&program);
	}
	return median(times, ROUNDS);
}

static void print_builders(const char *what, const struct profile *profile)
{
	struct policy policy = must_select(profile, &docker_target);
	double ours = median_build(&builders[0], &policy);

	for (size_t i = 0; i < ARRAY_LENGTH(builders); i++) {
		struct program program = builders[i].build(&policy);
		double time = median_build(&builders[i], &policy);

		printf("| %s | %s | %.3f ms | %.1f | %zu | %zu | %.1f | %zu |\n", what,
			builders[i].name, time, time / ours, program.length, longest_path(&program),
			average_steps(&program, NULL), count_constant_allows(&program));
		program_finish(&program);
	}
	policy_finish(&policy);
}

static void print_profiles(const struct profile *runtime_default)
{
	static const char *const files[] = {
		"containers-format.json", "deny-ptrace.json", "multi-arg.json"};

	puts("| profile | builder | build, median | times ours | instructions | longest path | "
	     "executed per call, average | in the bitmap |\n"
	     "|---|---|---|---|---|---|---|---|");
	print_builders("RuntimeDefault", runtime_default);
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		AUTO_FREE char *path = format_text("%s/%s", getenv("TEST_DATA"), files[i]);
		struct profile profile = must_read(path);

		print_builders(files[i], &profile);
		profile_finish(&profile);
	}
}

static struct program must_optimize(const struct program *program, const struct weights *weights)
{
	struct optimize_options options = {ARCH_X86_64, weights};
	struct error err = ERROR_INIT;
	struct program result;

	must(optimize(program, 1, &options, &result, &err), &err);
	return result;
}

static void print_optimized(const struct builder *builder, const struct policy *policy,
	const struct weights *weights, int decimals)
{
	struct program program = builder->build(policy);
	struct program result = must_optimize(&program, weights);
	double times[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double start = now();
		struct program again = must_optimize(&program, weights);

		times[i] = now() - start;
		program_finish(&again);
	}
	printf("| %s | %.3f ms | %zu to %zu | %.*f to %.*f | %zu to %zu |\n", builder->name,
		median(times, ROUNDS), program.length, result.length, decimals,
		average_steps(&program, weights), decimals, average_steps(&result, weights),
		count_constant_allows(&program), count_constant_allows(&result));
	program_finish(&result);
	program_finish(&program);
}

/* Calls that are looked at by argument or denied, as a container might make them. */
static void print_weighted(const struct policy *policy)
{
	static const char table[] = "clone 50\nsocket 200\npersonality 5\nclone3 60\n"
				    "io_uring_setup 5\nread 10000\nwrite 8000\n";
	struct error err = ERROR_INIT;
	struct weights weights;

	must(weights_read("table", table, sizeof(table) - 1, &weights, &err), &err);
	puts("\n| with a weight table | optimize, median | instructions | executed, average by "
	     "weight | in the bitmap |\n|---|---|---|---|---|");
	for (size_t i = 0; i < ARRAY_LENGTH(builders); i++)
		print_optimized(&builders[i], policy, &weights, 3);
	weights_finish(&weights);
}

int main(void)
{
	double start = now();
	struct profile profile = must_take_default();
	struct policy policy = must_select(&profile, &docker_target);

	printf("From a profile to a program: docker's capabilities, x86_64 with x86 and x32\n\n"
	       "RuntimeDefault read and settled (profile, policy): %.3f ms\n\n",
		now() - start);
	print_profiles(&profile);
	puts("\n| RuntimeDefault, optimized | optimize, median | instructions | executed per call, "
	     "average | in the bitmap |\n|---|---|---|---|---|");
	for (size_t i = 0; i < ARRAY_LENGTH(builders); i++)
		print_optimized(&builders[i], &policy, NULL, 1);
	print_weighted(&policy);
	policy_finish(&policy);
	profile_finish(&profile);
	return EXIT_SUCCESS;
}
