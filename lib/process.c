/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include "cleanup.h"
#include "clock.h"
#include "io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_LIMIT = 1 << 20,
	COARSE = 50, /* milliseconds by which a time of the kernel's may be behind */
};

int process_file(
	pid_t pid, const char *name, char **ret_text, size_t *ret_length, struct error *err)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	r = io_read_file(AT_FDCWD, path, path, FILE_LIMIT, ret_text, ret_length, err);
	if (r == -ENOENT || r == -ESRCH)
		return error_set(err, -ESRCH, "there is no process %d", pid);
	return r;
}

/* What stands behind "FIELD:" in a status file, without blanks; NULL: no such field. */
static const char *find_field(const char *text, const char *field)
{
	size_t length = strlen(field);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, field, length) == 0 && line[length] == ':')
			return line + length + 1 + strspn(line + length + 1, "\t ");
	}
	return NULL;
}

static unsigned long long number_field(const char *text, const char *field, int base)
{
	const char *value = find_field(text, field);

	return value ? strtoull(value, NULL, base) : 0;
}

/* Field 22 of the line. The name, the second, may hold blanks and parentheses. */
static int read_start(pid_t pid, unsigned long long *ret, struct error *err)
{
	AUTO_FREE char *text = NULL;
	char *rest, *field = NULL;
	size_t length;
	int r = process_file(pid, "stat", &text, &length, err);

	if (r < 0)
		return r;
	rest = strrchr(text, ')');
	for (int i = 2; i < 22 && rest; i++) {
		field = strchr(rest, ' ');
		rest = field ? field + 1 : NULL;
	}
	if (!rest)
		return error_set(err, -EINVAL, "/proc/%d/stat: not as expected", pid);
	*ret = strtoull(rest, NULL, 10);
	return 0;
}

int process_read(pid_t pid, struct process *ret, struct error *err)
{
	AUTO_FREE char *text = NULL;
	struct process process = {.pid = pid};
	const char *name, *state;
	size_t length;
	int r = process_file(pid, "status", &text, &length, err);

	if (r == 0)
		r = read_start(pid, &process.start, err);
	if (r < 0)
		return r;
	state = find_field(text, "State");
	process.dead = state && (*state == 'Z' || *state == 'X');
	name = find_field(text, "Name");
	if (name)
		snprintf(
			process.name, sizeof(process.name), "%.*s", (int)strcspn(name, "\n"), name);
	process.parent = (pid_t)number_field(text, "PPid", 10);
	process.tracer = (pid_t)number_field(text, "TracerPid", 10);
	process.mode = (unsigned)number_field(text, "Seccomp", 10);
	process.filters = (unsigned)number_field(text, "Seccomp_filters", 10);
	process.no_new_privs = number_field(text, "NoNewPrivs", 10) != 0;
	process.bounding = number_field(text, "CapBnd", 16);
	*ret = process;
	return 0;
}

static int compare_pids(const void *left, const void *right)
{
	pid_t a = *(const pid_t *)left, b = *(const pid_t *)right;

	return (a > b) - (a < b);
}

int process_list(pid_t of, pid_t **ret, size_t *ret_count, struct error *err)
{
	AUTO_CLOSEDIR DIR *directory = NULL;
	AUTO_FREE pid_t *pids = NULL;
	size_t count = 0, capacity = 0;
	struct dirent *entry;
	char path[64] = "/proc";

	if (of)
		snprintf(path, sizeof(path), "/proc/%d/task", of);
	directory = opendir(path);
	if (!directory && of && errno == ENOENT)
		return error_set(err, -ESRCH, "there is no process %d", of);
	if (!directory)
		return error_set_errno(err, -errno, "%s", path);
	while ((entry = readdir(directory))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0)
			continue;
		if (count == capacity) {
			pid_t *moved =
				reallocarray(pids, capacity = 2 * capacity + 64, sizeof(*moved));

			if (!moved)
				return error_memory(err);
			pids = moved;
		}
		pids[count++] = pid;
	}
	if (count > 0)
		qsort(pids, count, sizeof(*pids), compare_pids);
	*ret = TAKE_PTR(pids);
	*ret_count = count;
	return 0;
}

bool process_had_started(unsigned long long start, uint64_t time)
{
	uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t boot =
		(uint64_t)(clock_milliseconds(CLOCK_REALTIME) - clock_milliseconds(CLOCK_BOOTTIME));

	return boot + start * 1000 / ticks <= time + COARSE;
}

ino_t process_namespace(pid_t pid, const char *name)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	return stat(path, &status) == 0 ? status.st_ino : 0;
}
