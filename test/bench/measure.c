/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure FILE (time|calls) PROGRAM [ARGUMENT]...: runs the program and adds a line to the file:
 *
 *   time   milliseconds, page faults, most memory at a time in KiB
 *   calls  system calls of the program itself, not of what it forks
 *
 * Stands where the program would, as an OCI hook: standard input and output and the exit status are
 * the program's.
 */
#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int start_traced(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0;
}

/* Counts entries and exits; the last call has no exit. */
static int trace(pid_t child, unsigned *ret_calls)
{
	unsigned stops = 0;
	int status = -1;

	if (waitpid(child, &status, 0) < 0 ||
		ptrace(PTRACE_SETOPTIONS, child, NULL,
			(void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) < 0)
		return -1;
	for (int signal = 0;;) {
		if (ptrace(PTRACE_SYSCALL, child, NULL, (void *)(long)signal) < 0 ||
			waitpid(child, &status, 0) < 0)
			return -1;
		if (!WIFSTOPPED(status))
			break;
		signal = WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
		stops += signal == 0;
		if (signal == SIGTRAP) /* execve */
			signal = 0;
	}
	*ret_calls = (stops + 1) / 2;
	return status;
}

int main(int argc, char **argv)
{
	FILE *file = argc > 3 ? fopen(argv[1], "ae") : NULL;
	bool calls = file && !strcmp(argv[2], "calls");
	double start = now();
	struct rusage usage;
	unsigned count = 0;
	pid_t child;
	int status = -1;

	if (!file)
		return 2;
	child = fork();
	if (child == 0) {
		if (!calls || start_traced() == 0)
			execv(argv[3], argv + 3);
		_exit(127);
	}
	if (child < 0)
		return 1;
	if (calls) {
		status = trace(child, &count);
		fprintf(file, "%u\n", count);
	} else if (wait4(child, &status, 0, &usage) == child) {
		fprintf(file, "%.3f %ld %ld\n", now() - start, usage.ru_minflt + usage.ru_majflt,
			usage.ru_maxrss);
	}
	fclose(file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
