/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a proof costs: medians of many, each with a new prover, of RuntimeDefault's policy against
 * the programs that are built of it.
 */
#include "prove.h"
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

static double median(double *times)
{
	qsort(times, ROUNDS, sizeof(times[0]), compare_times);
	return times[ROUNDS / 2];
}

static void must(int r, struct error *err)
{
	if (r == 0)
		return;
	fprintf(stderr, "%s\n", error_message(err));
	exit(EXIT_FAILURE);
}

static void print_row(const char *what, struct program (*build)(const struct policy *),
	const struct policy *policy)
{
	static const char *const words[] = {"same", "stricter", "laxer", "different"};
	double policies[ROUNDS], programs[ROUNDS], all[ROUNDS];
	struct program program = build(policy);
	struct layer layers[] = {{.policy = policy}, {.program = &program}};
	struct stack stacks[] = {{NULL, &layers[0], 1}, {NULL, &layers[1], 1}};
	struct error err = ERROR_INIT;
	struct meaning meanings[2];
	struct prover *prover;
	struct proof proof;

	for (int i = 0; i < ROUNDS; i++) {
		double start = now();

		must(prover_create(policy->target.arch, &prover, &err), &err);
		must(prove_meaning(prover, &stacks[0], &meanings[0], &err), &err);
		policies[i] = now() - start;
		must(prove_meaning(prover, &stacks[1], &meanings[1], &err), &err);
		programs[i] = now() - start - policies[i];
		must(prove_compare(prover, &meanings[0], &meanings[1], &proof, &err), &err);
		prover_destroy(prover);
		all[i] = now() - start;
	}
	printf("| %s | %zu | %s | %.2f ms | %.2f ms | %.2f ms |\n", what, program.length,
		words[proof.relation], median(policies), median(programs), median(all));
	program_finish(&program);
}

static struct program build_tree(const struct policy *policy)
{
	return peer_build_at(policy, 2);
}

int main(void)
{
	struct target target = {ARCH_X86_64, {6, 12}, UINT64_C(0xa80425fb)};
	struct error err = ERROR_INIT;
	struct profile profile;
	struct policy policy;

	must(profile_runtime_default(&profile, &err), &err);
	policy = must_select(&profile, &target);
	puts("RuntimeDefault, docker's capabilities, x86_64 with x86 and x32\n\n"
	     "| builder | instructions | the program is | policy | program | all |\n"
	     "|---|---|---|---|---|---|");
	print_row("ours", must_build, &policy);
	print_row("libseccomp, by priority", peer_build, &policy);
	print_row("libseccomp, binary tree", build_tree, &policy);
	policy_finish(&policy);
	profile_finish(&profile);
	return EXIT_SUCCESS;
}
