/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to turn a profile into a program: medians of many builds, ours beside libseccomp's
 * in both of its modes; the size of the programs, and how many instructions a call executes. And what
 * optimize makes of each.
 */
#include "../unit/peer.h"
#include "optimize.h"

#include <time.h>

enum { ROUNDS = 101 };

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int compare_times(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median_of(struct program (*build)(const struct policy *), const struct policy *policy)
{
	double times[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double start = now();
		struct program program = build(policy);

		times[i] = now() - start;
		program_finish(&program);
	}
	qsort(times, ROUNDS, sizeof(times[0]), compare_times);
	return times[ROUNDS / 2];
}

static struct program build_tree(const struct policy *policy)
{
	return peer_build_at(policy, 2);
}

static double average_steps(const struct program *program, const struct weights *weights)
{
	struct optimize_options options = {ARCH_X86_64, weights};

	return optimize_average(program, 1, &options, NULL);
}

static void print_row(const char *what, struct program (*build)(const struct policy *),
	const struct policy *policy)
{
	struct program program = build(policy);

	printf("| %s | %.3f ms | %zu | %.1f |\n", what, median_of(build, policy), program.length,
		average_steps(&program, NULL));
	program_finish(&program);
}

static size_t count_constant_allows(const struct program *program)
{
	size_t cursor = 0, count = 0;
	uint32_t number;

	while (syscall_each(ARCH_X86_64, &cursor, &number))
		count += simulate_constant_allow(program, architectures[ARCH_X86_64].audit, number);
	return count;
}

static struct program must_optimize(const struct program *program, const struct weights *weights)
{
	struct optimize_options options = {ARCH_X86_64, weights};
	struct error err = ERROR_INIT;
	struct program result;

	cr_assert_eq(optimize(program, 1, &options, &result, &err), 0, "%s", error_message(&err));
	return result;
}

/* Frees the program. */
static void print_optimized(
	const char *what, struct program program, const struct weights *weights, int decimals)
{
	struct program result = must_optimize(&program, weights);
	double times[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double start = now();
		struct program again = must_optimize(&program, weights);

		times[i] = now() - start;
		program_finish(&again);
	}
	qsort(times, ROUNDS, sizeof(times[0]), compare_times);
	printf("| %s | %.3f ms | %zu to %zu | %.*f to %.*f | %zu to %zu |\n", what,
		times[ROUNDS / 2], program.length, result.length, decimals,
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

	cr_assert_eq(weights_read("table", table, sizeof(table) - 1, &weights, &err), 0, "%s",
		error_message(&err));
	printf("\n| with a weight table | optimize, median | instructions | executed, average by "
	       "weight | in the bitmap |\n|---|---|---|---|---|\n");
	print_optimized("ours", must_build(policy), &weights, 3);
	print_optimized("libseccomp, by priority", peer_build(policy), &weights, 3);
	weights_finish(&weights);
}

int main(void)
{
	struct target target = {ARCH_X86_64, {6, 12}, UINT64_C(0xa80425fb)};
	struct error err = ERROR_INIT;
	struct profile profile;
	struct policy policy;
	double start = now();

	if (profile_runtime_default(&profile, &err) < 0)
		return EXIT_FAILURE;
	policy = must_select(&profile, &target);
	printf("RuntimeDefault, docker's capabilities, x86_64 with x86 and x32\n\n"
	       "read and settled (profile, policy): %.3f ms\n\n"
	       "| builder | build, median | instructions | executed per call, average |\n"
	       "|---|---|---|---|\n",
		now() - start);
	print_row("ours", must_build, &policy);
	print_row("libseccomp, by priority", peer_build, &policy);
	print_row("libseccomp, binary tree", build_tree, &policy);
	printf("\n| optimized | optimize, median | instructions | executed per call, average | in "
	       "the "
	       "bitmap |\n|---|---|---|---|---|\n");
	print_optimized("ours", must_build(&policy), NULL, 1);
	print_optimized("libseccomp, by priority", peer_build(&policy), NULL, 1);
	print_optimized("libseccomp, binary tree", build_tree(&policy), NULL, 1);
	print_weighted(&policy);
	policy_finish(&policy);
	profile_finish(&profile);
	return EXIT_SUCCESS;
}
