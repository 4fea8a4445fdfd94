/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to turn a profile into a program: medians of many builds, ours beside libseccomp's
 * in both of its modes; the size of the programs, and how many instructions a call executes.
 */
#include "../unit/peer.h"

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

/* Over the numbers that the architecture has, each once, with arguments of zero. */
static double average_steps(const struct program *program)
{
	size_t sum = 0, numbers = 0;

	for (uint32_t number = 0; number < 472; number++) {
		struct seccomp_data call = {
			.nr = (int)number, .arch = architectures[ARCH_X86_64].audit};
		size_t steps;
		verdict value;

		if (!syscall_name(ARCH_X86_64, number) ||
			simulate_program(program, &call, &value, &steps) < 0)
			continue;
		sum += steps;
		numbers++;
	}
	return (double)sum / (double)numbers;
}

static void print_row(const char *what, struct program (*build)(const struct policy *),
	const struct policy *policy)
{
	struct program program = build(policy);

	printf("| %s | %.3f ms | %zu | %.1f |\n", what, median_of(build, policy), program.length,
		average_steps(&program));
	program_finish(&program);
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
	policy_finish(&policy);
	profile_finish(&profile);
	return EXIT_SUCCESS;
}
