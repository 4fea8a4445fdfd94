/* SPDX-License-Identifier: Apache-2.0 */
#include "call_print.h"

#include "syscalls.h"

#include <ctype.h>
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
	enum arch arch = arch_of_call(call->arch, (uint32_t)call->nr);
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

void print_example(const char *relation, const struct example *example)
{
	char words[2][32];

	printf("%s: ", relation);
	print_call(example);
	printf(": %s against %s\n", verdict_format(example->a, words[0], sizeof(words[0])),
		verdict_format(example->b, words[1], sizeof(words[1])));
}
