/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The program that test victims execute: what a filter does is seen from outside.
 *
 *     try_syscall NUMBER...       makes each call without arguments, writes "RESULT ERRNO\n" for it
 *     try_syscall exit STATUS     ends with that status
 *
 * Built static and without sanitizers, so that a profile of a handful of calls suffices for it.
 */
int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "exit") == 0)
		_exit(atoi(argv[2]));
	for (int i = 1; i < argc; i++) {
		char line[64];
		long result;
		int length;

		errno = 0;
		result = syscall(strtol(argv[i], NULL, 10), 0, 0, 0, 0, 0, 0);
		length = snprintf(line, sizeof(line), "%ld %d\n", result, errno);
		if (write(STDOUT_FILENO, line, (size_t)length) != length)
			_exit(2);
	}
	_exit(0);
}
