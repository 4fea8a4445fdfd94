/* SPDX-License-Identifier: Apache-2.0 */
#include "load_internal.h"

#include "cleanup.h"
#include "clock.h"
#include "io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <unistd.h>

/*
 * Seizing every thread of the container process. PTRACE_SEIZE stops nothing: until it is
 * interrupted the process notices nothing. From the first seized thread on the process dies with
 * the loader.
 */

#define OPTIONS                                                                                    \
	(PTRACE_O_SUSPEND_SECCOMP | PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |                    \
		PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |                    \
		PTRACE_O_TRACEVFORK)

int load_status_field(pid_t tid, const char *field, struct status_field *ret)
{
	AUTO_FREE char *text = NULL;
	size_t length, field_length = strlen(field);
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	r = io_read_file(AT_FDCWD, path, path, 65536, &text, &length, NULL);
	if (r < 0)
		return r;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, field, field_length) != 0 || line[field_length] != ':')
			continue;
		line += field_length + 1;
		line += strspn(line, "\t ");
		snprintf(ret->text, sizeof(ret->text), "%.*s", (int)strcspn(line, "\n"), line);
		return 0;
	}
	return -ENOENT;
}

static int seize_failed(pid_t tid, int code, struct error *err)
{
	struct status_field tracer;

	if (code == -EINVAL)
		return error_set(err, -EOPNOTSUPP,
			"cannot seize thread %d: the kernel cannot suspend seccomp (it is built "
			"without CONFIG_CHECKPOINT_RESTORE); " LOAD_OTHER_WAY,
			tid);
	if (code == -EPERM && load_status_field(tid, "TracerPid", &tracer) == 0 &&
		strcmp(tracer.text, "0") != 0)
		return error_set(err, -EPERM,
			"cannot seize thread %d: process %s already traces it", tid, tracer.text);
	return error_set_errno(err, code, "cannot seize thread %d", tid);
}

/* EPERM is also what the kernel says of a thread that has just ended, and of one that it has seized
 * for us itself, since a seized thread started it. */
static bool is_ended_or_ours(pid_t tid)
{
	struct status_field field;
	int r = load_status_field(tid, "State", &field);

	if (r == -ENOENT || r == -ESRCH || (r == 0 && strchr("XZ", field.text[0])))
		return true;
	return r == 0 && load_status_field(tid, "TracerPid", &field) == 0 &&
	       strtol(field.text, NULL, 10) == getpid();
}

/* The threads that were seized, so that they need not be asked about again: a runtime has about ten. */
struct seized {
	pid_t tids[64];
	size_t count;
};

static bool is_known(const struct seized *seized, pid_t tid)
{
	for (size_t i = 0; i < seized->count; i++)
		if (seized->tids[i] == tid)
			return true;
	return false;
}

static int seize_new_threads(struct loader *loader, DIR *threads, struct seized *seized,
	size_t *ret_new, struct error *err)
{
	struct dirent *entry;

	*ret_new = 0;
	rewinddir(threads);
	while ((entry = readdir(threads))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0 || is_known(seized, tid))
			continue;
		if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)(long)OPTIONS) == 0) {
			loader->attached = true;
			(*ret_new)++;
			if (seized->count < ARRAY_LENGTH(seized->tids))
				seized->tids[seized->count++] = tid;
			continue;
		}
		if (errno != ESRCH && !is_ended_or_ours(tid))
			return seize_failed(tid, -errno, err);
	}
	return 0;
}

int load_seize(struct loader *loader, struct error *err)
{
	struct seized seized = {.count = 0};
	size_t found;
	char path[64];
	DIR *threads;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/task", loader->pid);
	threads = opendir(path);
	if (!threads)
		return error_set_errno(err, errno == ENOENT ? -ESRCH : -errno,
			"cannot list the threads of process %d", loader->pid);
	do {
		r = seize_new_threads(loader, threads, &seized, &found, err);
		if (r == 0 && clock_monotonic() > loader->deadline)
			r = error_set(
				err, -ETIMEDOUT, "process %d keeps starting threads", loader->pid);
	} while (r == 0 && found > 0);
	closedir(threads);
	if (r < 0)
		return r;
	/* The number was not reused while we seized: the process we checked still holds it. */
	if (!loader->attached || pidfd_send_signal(loader->pidfd, 0, NULL, 0) < 0)
		return error_set(err, -ESRCH, "process %d ended while it was seized", loader->pid);
	return 0;
}
