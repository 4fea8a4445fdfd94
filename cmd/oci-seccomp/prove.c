/* SPDX-License-Identifier: Apache-2.0 */
#include "side.h"
#include "verbs.h"

#include "cleanup.h"
#include "syscalls.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static void print_number(uint64_t value)
{
	printf(value < 1000 ? "%llu" : "0x%llx", (unsigned long long)value);
}

/* The arguments that matter, as `family=40, ...`. */
static void print_arguments(const struct example *example, const char *name)
{
	const char *separator = "";
	bool left_out = false;

	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++) {
		const char *argument = name ? syscall_argument_name(name, i) : NULL;

		if (!(example->words & 3U << (WORD_ARGUMENTS + 2 * i))) {
			left_out = true;
			continue;
		}
		fputs(separator, stdout);
		separator = ", ";
		if (argument)
			printf("%s=", argument);
		else
			printf("argument %u=", i);
		print_number(example->call.args[i]);
	}
	if (left_out)
		printf("%s...", separator);
}

/* ARCH_COUNT: none that is known. */
static enum arch find_arch(const struct seccomp_data *call)
{
	uint32_t number = (uint32_t)call->nr;
	bool x32 = call->arch == architectures[ARCH_X32].audit && number >= X32_SYSCALL_BIT &&
		   number != UINT32_MAX;

	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if (architectures[arch].audit == call->arch && x32 == (arch == ARCH_X32))
			return (enum arch)arch;
	return ARCH_COUNT;
}

static void print_arch(const struct seccomp_data *call, enum arch arch)
{
	if (arch == ARCH_COUNT) {
		printf("architecture 0x%x", call->arch);
		return;
	}
	for (const char *c = architectures[arch].name + strlen("SCMP_ARCH_"); *c; c++)
		putchar(tolower(*c));
}

static void print_call(const struct example *example)
{
	const struct seccomp_data *call = &example->call;
	enum arch arch = find_arch(call);
	const char *name = syscall_name(arch, (uint32_t)call->nr);

	if (name)
		fputs(name, stdout);
	else
		printf("syscall_0x%x", (unsigned)call->nr);
	putchar('(');
	print_arguments(example, name);
	fputs(") on ", stdout);
	print_arch(call, arch);
	if (example->words & 3U << WORD_POINTER)
		printf(" from 0x%llx", (unsigned long long)call->instruction_pointer);
}

static void print_example(const char *relation, const struct example *example)
{
	char words[2][32];

	printf("%s: ", relation);
	print_call(example);
	printf(": %s against %s\n", verdict_format(example->a, words[0], sizeof(words[0])),
		verdict_format(example->b, words[1], sizeof(words[1])));
}

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
