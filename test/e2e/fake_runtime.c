/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for an OCI runtime and writes down how it was started, to the file that $RECORD names:
 * arguments, environment, working directory, descriptors, signals, and what its standard input
 * holds. The pid goes to $RECORD.pid. Ends with 7.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS = 7 };

extern char **environ;

static void print_descriptors(FILE *record)
{
	for (int fd = 0; fd < 64; fd++) {
		char path[64], target[PATH_MAX] = "";
		ssize_t length;

		if (fd == fileno(record) || fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		length = readlink(path, target, sizeof(target) - 1);
		fprintf(record, "fd %d %s flags %o at %lld\n", fd, length < 0 ? "?" : target,
			(unsigned)fcntl(fd, F_GETFL), (long long)lseek(fd, 0, SEEK_CUR));
	}
}

static void print_status(FILE *record)
{
	static const char *const fields[] = {
		"Umask:", "PPid:", "SigBlk:", "SigIgn:", "NoNewPrivs:", "Seccomp:", "CapEff:"};
	FILE *status = fopen("/proc/self/status", "re");
	char line[512];

	if (!status)
		return;
	while (fgets(line, sizeof(line), status))
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (!strncmp(line, fields[i], strlen(fields[i])))
				fputs(line, record);
	fclose(status);
}

static void print_input(FILE *record)
{
	char text[4096];
	size_t length = fread(text, 1, sizeof(text), stdin);

	fprintf(record, "input %.*s\n", (int)length, text);
}

static void print_pid(const char *file)
{
	char path[PATH_MAX];
	FILE *stream;

	snprintf(path, sizeof(path), "%s.pid", file);
	stream = fopen(path, "we");
	if (!stream)
		return;
	fprintf(stream, "%d\n", (int)getpid());
	fclose(stream);
}

int main(int argc, char **argv)
{
	const char *file = getenv("RECORD");
	FILE *record = file ? fopen(file, "we") : NULL;
	char directory[PATH_MAX];

	if (!record)
		return 1;
	for (int i = 0; i < argc; i++)
		fprintf(record, "argument %s\n", argv[i]);
	for (char **variable = environ; *variable; variable++)
		fprintf(record, "environment %s\n", *variable);
	fprintf(record, "directory %s\n", getcwd(directory, sizeof(directory)));
	fprintf(record, "session %d, group %d\n", (int)getsid(0) == (int)getpid(),
		(int)getpgrp() == (int)getpid());
	print_descriptors(record);
	print_status(record);
	print_input(record);
	fclose(record);
	print_pid(file);
	puts("output of the fake runtime");
	return STATUS;
}
