/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the kernel what it answers to a few system calls, from inside a container.
 *
 *   probe NAME[:ARGUMENT][=EXPECTED]...
 *
 * prints a line "NAME RESULT" each, where RESULT is "ok", a number or the name of an errno. The
 * program ends with 0, or with 1 when a result is not as expected, or with 2 for a name it does not
 * know. It has no libc and calls nothing but write, exit_group and what the named probes are about,
 * so that it runs under a profile that permits almost nothing. A profile may even deny write and
 * exit_group: then it dies by SIGILL where it would have ended with 0, else by SIGSEGV.
 */
#include "probe.h"
#include "probe_machine.h"

#include <stdint.h>

const char probe_executed[] = "executed";
char **probe_arguments;

static size_t length_of(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

bool probe_is_word(const char *text, size_t length, const char *word)
{
	size_t i = 0;

	for (; i < length && word[i] == text[i]; i++)
		;
	return i == length && word[i] == '\0';
}

_Noreturn void probe_finish(int status)
{
	static volatile int *volatile nowhere;

	call(__NR_exit_group, status, 0, 0, 0, 0);
	if (status == 0)
		__builtin_trap();
	for (;;)
		*nowhere = 0;
}

static const char *const errors[] = {
#define E(name) [name] = #name
	E(EPERM),
	E(ENOENT),
	E(ESRCH),
	E(EINTR),
	E(EIO),
	E(ENXIO),
	E(E2BIG),
	E(ENOEXEC),
	E(EBADF),
	E(ECHILD),
	E(EAGAIN),
	E(ENOMEM),
	E(EACCES),
	E(EFAULT),
	E(EBUSY),
	E(EEXIST),
	E(ENODEV),
	E(ENOTDIR),
	E(EISDIR),
	E(EINVAL),
	E(ENFILE),
	E(EMFILE),
	E(ENOTTY),
	E(EFBIG),
	E(ENOSPC),
	E(ESPIPE),
	E(EROFS),
	E(EPIPE),
	E(EDOM),
	E(ERANGE),
	E(ENOSYS),
	E(ELOOP),
	E(ESOCKTNOSUPPORT),
	E(EPROTONOSUPPORT),
	E(EOPNOTSUPP),
	E(EAFNOSUPPORT),
	E(EADDRINUSE),
	E(EADDRNOTAVAIL),
	E(ENOKEY),
	E(EUSERS),
	E(EXDEV),
#undef E
};

/* `buffer` holds 24 bytes. */
static const char *describe(long result, bool number, char *buffer)
{
	unsigned long value = result < 0 ? -(unsigned long)result : (unsigned long)result;
	char *next = buffer + 23;

	if (result >= 0 && !number)
		return "ok";
	if (result < 0 && value < LENGTH(errors) && errors[value])
		return errors[value];
	*next = '\0';
	do
		*--next = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	if (result < 0)
		*--next = '-';
	return next;
}

static void print(const char *name, size_t length, const char *result)
{
	char line[128];
	size_t n = 0;

	for (size_t i = 0; i < length && n < 64; i++)
		line[n++] = name[i];
	line[n++] = ' ';
	for (; *result && n < sizeof(line) - 1; result++)
		line[n++] = *result;
	line[n++] = '\n';
	call(__NR_write, 1, (long)line, (long)n, 0, 0);
}

/* The exit status that the probe asks for. */
static int probe(const char *word)
{
	char buffer[24];
	char *expected = NULL, *argument = NULL;
	size_t length = 0;
	const char *result;

	for (char *next = (char *)(uintptr_t)word; *next && !expected; next++) {
		if (*next == '=')
			expected = next + 1;
		else if (*next == ':' && !argument)
			argument = next + 1;
		else if (!argument)
			length++;
	}
	if (expected)
		expected[-1] = '\0';
	for (size_t i = 0; i < probes_count; i++) {
		if (!probe_is_word(word, length, probes[i].name))
			continue;
		result = describe(probes[i].run(argument), probes[i].number, buffer);
		print(word, length_of(word), result);
		if (!expected)
			return 0;
		return !probe_is_word(result, length_of(result), expected);
	}
	print(word, length, "unknown");
	return 2;
}

void probe_main(long *stack);
void probe_main(long *stack)
{
	long left = stack[0] - 1; /* argc, argv */
	int status = 0;

	probe_arguments = (char **)(stack + 1);
	if (probe_is_word(probe_arguments[0], length_of(probe_arguments[0]), probe_executed))
		print("execve", 6, "ok");
	for (; left > 0; left--) {
		int r = probe(*++probe_arguments);

		if (r > status)
			status = r;
	}
	probe_finish(status);
}
