/* SPDX-License-Identifier: Apache-2.0 */
#include "load_internal.h"

#include "cleanup.h"
#include "clock.h"
#include "log.h"

#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/*
 * From the loaded filter to the container's program.
 *
 * Every thread of the container process is traced with its seccomp suspended, and so is, by
 * inheritance, whatever it forks. Each of them must behave as if it were not traced, except:
 *
 *   the container process executes its program    it is detached: the filter is in force
 *   a child forked before pivot_root              a program of the host (a createContainer hook):
 *                                                 runs on, suspended like the runtime it serves
 *   such a child executes below another root      may be a program of the image (chroot in a hook):
 *                                                 detached before its first instruction
 *   a child forked after pivot_root               may be a program of the image (a startContainer
 *                                                 hook): detached before its first instruction
 *
 * The suspension belongs to the tracee, not to the filter: it ends with the detach and is not
 * inherited by what a detached process forks. A tracee that we lose dies (PTRACE_O_EXITKILL).
 *
 * As a rule the program is started at once. Where it is not, which may then last, the loader makes
 * itself small; to do so at once would take time from the runtime, which goes on beside it.
 */

#define SOON_MILLISECONDS 200

/* Until a child changes its state. SIGCHLD is blocked: one that came after the last look is pending. */
static void sleep_for_child(int64_t milliseconds)
{
	const struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigtimedwait(&child, NULL, &pause);
}

int follow_wait(int64_t deadline, pid_t *ret_tid, int *ret_status)
{
	for (;;) {
		int64_t left = deadline ? deadline - clock_monotonic() : 0;
		pid_t tid;

		if (deadline && left <= 0)
			return -ETIMEDOUT;
		tid = waitpid(-1, ret_status, __WALL | (deadline ? WNOHANG : 0));
		if (tid > 0) {
			*ret_tid = tid;
			return 0;
		}
		if (tid < 0 && errno != EINTR)
			return -errno;
		if (deadline)
			sleep_for_child(left);
	}
}

static bool is_container_thread(const struct loader *loader, pid_t tid)
{
	char path[64];

	if (tid == loader->pid)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/task/%d", loader->pid, tid);
	return access(path, F_OK) == 0;
}

static bool is_other(const struct loader *loader, pid_t tid)
{
	for (size_t i = 0; i < loader->others_count; i++) {
		if (loader->others[i] == tid)
			return true;
	}
	return false;
}

static bool add_other(struct loader *loader, pid_t tid)
{
	if (loader->others_count == loader->others_room) {
		size_t room = loader->others_room ? loader->others_room * 2 : 16;
		pid_t *moved = reallocarray(loader->others, room, sizeof(*moved));

		if (!moved)
			return false;
		loader->others = moved;
		loader->others_room = room;
	}
	loader->others[loader->others_count++] = tid;
	return true;
}

static void remove_other(struct loader *loader, pid_t tid)
{
	for (size_t i = 0; i < loader->others_count; i++) {
		if (loader->others[i] == tid) {
			loader->others[i] = loader->others[--loader->others_count];
			return;
		}
	}
}

/* A thread that executed a program has its process's id now. The id it had may come back as that of
 * a new process, which must not pass for a known one. */
static void forget_former_id(struct loader *loader, pid_t tid)
{
	unsigned long former;

	if (ptrace(PTRACE_GETEVENTMSG, tid, NULL, &former) == 0 && (pid_t)former != tid)
		remove_other(loader, (pid_t)former);
}

/* Whether this new process was forked before pivot_root. What cannot be read counts as "no": the
 * child is detached then, which confines it. */
static bool is_before_pivot(const struct loader *loader, pid_t tid)
{
	struct root container, child;

	if (load_root(loader->pid, &container) < 0 || load_root(tid, &child) < 0)
		return false;
	return load_same_place(&container, &loader->root) &&
	       container.mount == loader->root.mount && load_same_place(&child, &loader->root);
}

static bool is_at_host_root(const struct loader *loader, pid_t tid)
{
	struct root root;

	return load_root(tid, &root) == 0 && load_same_place(&root, &loader->root);
}

/* A tracee that was killed meanwhile gives ESRCH; its end is reported by waitpid. */
static void resume(pid_t tid, int signal)
{
	ptrace(PTRACE_CONT, tid, NULL, (void *)(long)signal);
}

static void detach(pid_t tid, int signal)
{
	ptrace(PTRACE_DETACH, tid, NULL, (void *)(long)signal);
}

static bool is_group_stop(int status)
{
	int signal = WSTOPSIG(status);

	return status >> 16 == PTRACE_EVENT_STOP &&
	       (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU);
}

/* The signal that a stop is about and that the tracee has yet to receive; 0: none. */
static int signal_to_deliver(int status)
{
	int signal = WSTOPSIG(status);

	return status >> 16 != 0 || signal == (SIGTRAP | 0x80) ? 0 : signal;
}

enum follow_outcome follow_event(struct loader *loader, pid_t tid, int status)
{
	if (!WIFSTOPPED(status)) {
		remove_other(loader, tid);
		return tid == loader->pid ? FOLLOW_END : FOLLOW_ON;
	}
	/* A thread that executes a program takes over the process's id, so the container process
	 * shows up under its own whichever thread did it. */
	if (status >> 16 == PTRACE_EVENT_EXEC && tid == loader->pid)
		return FOLLOW_EXEC;
	if (status >> 16 == PTRACE_EVENT_EXEC) {
		forget_former_id(loader, tid);
		/* Below another root than the host's it may be a program of the image. */
		if (!is_at_host_root(loader, tid)) {
			remove_other(loader, tid);
			detach(tid, 0);
			return FOLLOW_ON;
		}
	}
	if (is_group_stop(status)) {
		ptrace(PTRACE_LISTEN, tid, NULL, NULL);
		return FOLLOW_ON;
	}
	if (status >> 16 == PTRACE_EVENT_STOP && !is_other(loader, tid) &&
		!is_container_thread(loader, tid)) {
		/* The first stop of a new process. */
		if (!is_before_pivot(loader, tid) || !add_other(loader, tid)) {
			detach(tid, 0);
			return FOLLOW_ON;
		}
	}
	resume(tid, signal_to_deliver(status));
	return FOLLOW_ON;
}

/* Lets go of what is traced beside the container process: programs that a createContainer hook left
 * behind. They go on under the filter that they inherited. */
static void release_others(const struct loader *loader)
{
	pid_t tid;
	int status;

	for (size_t i = 0; i < loader->others_count; i++)
		ptrace(PTRACE_INTERRUPT, loader->others[i], NULL, NULL);
	while (follow_wait(0, &tid, &status) == 0) {
		if (WIFSTOPPED(status))
			detach(tid, signal_to_deliver(status));
	}
}

/* Segments of the program that nobody writes, not even for relocation. */
struct segments {
	struct iovec items[8];
	size_t count;
};

static int add_segments(struct dl_phdr_info *info, size_t size, void *data)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	struct segments *segments = data;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + segment->p_vaddr;
		uintptr_t end = start + segment->p_memsz;

		start &= ~(page - 1);
		if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W) &&
			segments->count < ARRAY_LENGTH(segments->items))
			segments->items[segments->count++] =
				(struct iovec){(void *)start, end - start};
	}
	return 0;
}

/* Lets go of pages that are as the program's file has them: what a waiting loader needs of them comes
 * back by itself, and that is little. */
static void forget_pages(void)
{
	struct segments segments = {.count = 0};

	dl_iterate_phdr(add_segments, &segments);
	for (size_t i = 0; i < segments.count; i++)
		madvise(segments.items[i].iov_base, segments.items[i].iov_len, MADV_DONTNEED);
}

/* Until `deadline` (0: for ever): FOLLOW_ON when it has passed. */
static enum follow_outcome follow_until(struct loader *loader, int64_t deadline)
{
	for (;;) {
		enum follow_outcome outcome;
		pid_t tid;
		int status;
		int r = follow_wait(deadline, &tid, &status);

		if (r == -ETIMEDOUT)
			return FOLLOW_ON;
		if (r < 0)
			return FOLLOW_END;
		outcome = follow_event(loader, tid, status);
		if (outcome != FOLLOW_ON)
			return outcome;
	}
}

void follow(struct loader *loader)
{
	const struct load_request *request = loader->request;
	AUTO_FREE char *line = NULL;
	enum follow_outcome outcome = follow_until(loader, clock_monotonic() + SOON_MILLISECONDS);

	if (outcome == FOLLOW_ON) {
		malloc_trim(0);
		forget_pages();
		outcome = follow_until(loader, 0);
	}
	if (outcome == FOLLOW_EXEC)
		detach(loader->pid, 0);
	release_others(loader);
	/* Nobody waits for the rest, and the program may have the same processor. */
	setpriority(PRIO_PROCESS, 0, 19);
	if (outcome == FOLLOW_EXEC && request->started)
		request->started(request->data);
	if (outcome == FOLLOW_EXEC)
		log_line(request->ident, LOG_AUTHPRIV, LOG_INFO, request->summary);
	else if (asprintf(&line, "%s: the container process %d ended before its program",
			 request->summary, loader->pid) >= 0)
		log_line(request->ident, LOG_AUTHPRIV, LOG_NOTICE, line);
}
