/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a proof costs: medians of many, each with a new prover, of RuntimeDefault's policy against
 * the programs that are built of it.
 */
#include "prove.h"
#include "builders.h"

static void print_row(const struct builder *builder, const struct policy *policy)
{
	static const char *const words[] = {"same", "stricter", "laxer", "different"};
	double policies[ROUNDS], programs[ROUNDS], all[ROUNDS];
	struct program program = builder->build(policy);
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
	printf("| %s | %zu | %s | %.2f ms | %.2f ms | %.2f ms |\n", builder->name, program.length,
		words[proof.relation], median(policies, ROUNDS), median(programs, ROUNDS),
		median(all, ROUNDS));
	program_finish(&program);
}

int main(void)
{
	struct profile profile = must_take_default();
	struct policy policy = must_select(&profile, &docker_target);

	puts("Proofs: RuntimeDefault, docker's capabilities, x86_64 with x86 and x32\n\n"
	     "| builder | instructions | the program is | policy | program | all |\n"
	     "|---|---|---|---|---|---|");
	for (size_t i = 0; i < ARRAY_LENGTH(builders); i++)
		print_row(&builders[i], &policy);
	policy_finish(&policy);
	profile_finish(&profile);
	return EXIT_SUCCESS;
}
