/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel takes for RuntimeDefault's programs: to install one, in a fresh process each time;
 * and for a call that is always allowed, one whose argument is looked at, and one that is denied.
 */
#include "builders.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { CALLS = 100000, KINDS = 3, ROWS = 1 + ARRAY_LENGTH(builders), FRESH = 41 };

/* What one process measured. */
struct timing {
	double install;	    /* milliseconds */
	double call[KINDS]; /* nanoseconds */
	bool done;
};

static void make_call(int kind)
{
	switch (kind) {
	case 0:
		syscall(SYS_getppid);
		break;
	case 1:
		syscall(SYS_personality, 0xffffffff); /* asks, and changes nothing */
		break;
	default:
		syscall(SYS_keyctl, -1); /* no such operation, where it is not denied */
	}
}

static double measure_calls(int kind)
{
	double start = now();

	for (int i = 0; i < CALLS; i++)
		make_call(kind);
	return (now() - start) * 1e6 / CALLS;
}

/* In a process of its own. NULL: without a filter. */
static void measure(const struct program *program, struct timing *timing)
{
	if (program) {
		struct sock_fprog filter = {(unsigned short)program->length, program->code};
		double start;

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			return;
		start = now();
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
			    &filter) < 0)
			return;
		timing->install = now() - start;
		errno = 0;
		make_call(KINDS - 1);
		if (errno != EPERM) /* the filter is not what this table says */
			return;
	}
	for (int kind = 0; kind < KINDS; kind++)
		timing->call[kind] = measure_calls(kind);
	timing->done = true;
}

static void measure_in_child(const struct program *program, struct timing *timing)
{
	pid_t child = fork();

	if (child == 0) {
		measure(program, timing);
		_exit(0);
	}
	if (child < 0 || waitpid(child, NULL, 0) != child || !timing->done) {
		fputs("a filter cannot be measured here\n", stderr);
		exit(EXIT_FAILURE);
	}
}

static void print_row(const char *name, const struct timing *timings, double base[KINDS])
{
	double times[FRESH], each;

	for (int i = 0; i < FRESH; i++)
		times[i] = timings[i].install * 1e3;
	if (timings[0].install > 0)
		printf("| %s | %.0f us |", name, median(times, FRESH));
	else
		printf("| %s | |", name);
	for (int kind = 0; kind < KINDS; kind++) {
		for (int i = 0; i < FRESH; i++)
			times[i] = timings[i].call[kind];
		each = median(times, FRESH);
		if (base[kind] == 0)
			base[kind] = each;
		printf(" %.0f ns (%+.0f) |", each, each - base[kind]);
	}
	putchar('\n');
}

int main(void)
{
	struct profile profile = must_take_default();
	struct policy policy = must_select(&profile, &docker_target);
	struct timing(*timings)[FRESH] = mmap(NULL, sizeof(*timings) * ROWS, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct program programs[ARRAY_LENGTH(builders)];
	double base[KINDS] = {0};

	if (timings == MAP_FAILED)
		return EXIT_FAILURE;
	for (size_t i = 0; i < ARRAY_LENGTH(builders); i++)
		programs[i] = builders[i].build(&policy);
	for (int round = 0; round < FRESH; round++)
		for (size_t row = 0; row < ROWS; row++)
			measure_in_child(row > 0 ? &programs[row - 1] : NULL, &timings[row][round]);
	printf("In the kernel: RuntimeDefault, docker's capabilities, x86_64 with x86 and x32; "
	       "medians of "
	       "%d processes, %d calls each\n\n"
	       "| filter | install | allowed: getppid | checked: personality | denied: keyctl |\n"
	       "|---|---|---|---|---|\n",
		FRESH, CALLS);
	print_row("none", timings[0], base);
	for (size_t i = 0; i < ARRAY_LENGTH(builders); i++) {
		print_row(builders[i].name, timings[i + 1], base);
		program_finish(&programs[i]);
	}
	policy_finish(&policy);
	profile_finish(&profile);
	return EXIT_SUCCESS;
}
