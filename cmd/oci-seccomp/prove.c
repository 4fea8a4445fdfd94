/* SPDX-License-Identifier: Apache-2.0 */
#include "call_print.h"
#include "side.h"
#include "verbs.h"

#include "cleanup.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static int print_answer(const struct proof *proof)
{
	static const char *const relations[RELATION_COUNT] = {
		[RELATION_STRICTER] = "stricter",
		[RELATION_LAXER] = "laxer",
		[RELATION_DIFFERENT] = "different",
	};

	if (proof->relation == RELATION_SAME) {
		puts("same");
		return EXIT_SUCCESS;
	}
	for (int i = 0; i < RELATION_COUNT; i++)
		if (proof->examples[i].found)
			print_example(relations[i], &proof->examples[i]);
	return EXIT_FAILURE;
}

static int read_and_compare(
	const struct target *target, char **names, struct side *sides, struct error *err)
{
	struct stack stacks[2];
	struct proof proof;
	int r;

	for (int i = 0; i < 2; i++) {
		r = side_read(names[i], target, &sides[i], &stacks[i], err);
		if (r < 0)
			return verb_failure(err);
	}
	r = prove_stacks(target->arch, &stacks[0], &stacks[1], &proof, err);
	if (r == 0)
		return print_answer(&proof);
	if (!prove_cannot_tell(r))
		return verb_failure(err);
	printf("cannot tell: %s\n", error_message(err));
	error_finish(err);
	return EXIT_FAILURE;
}

int verb_prove(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {TARGET_OPTIONS, {0}};
	struct error err = ERROR_INIT;
	struct side sides[2] = {0};
	struct target target;
	int option, result, r = host_target(&target, &err);

	while (r == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		r = target_set(&target, option, optarg, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (argc - optind != 2)
		return verb_usage(verb, "two sides are needed");
	result = read_and_compare(&target, argv + optind, sides, &err);
	for (size_t i = 0; i < ARRAY_LENGTH(sides); i++)
		side_finish(&sides[i]);
	return result;
}
