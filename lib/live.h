/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "program.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The filters that are in force in a thread, read from the kernel. It must stop the thread for that:
 * PTRACE_SEIZE, PTRACE_INTERRUPT, read, PTRACE_DETACH, some tenths of a millisecond. A thread that
 * waits in one of the calls that signal(7) lists as interrupted by a stop (epoll_wait, nanosleep
 * and few others) sees EINTR there. When the caller is killed the kernel lets the thread go on.
 *
 * Needs CAP_SYS_ADMIN in the initial user namespace and a caller without seccomp of its own.
 */

/* Distinct programs: the threads of a container have the same, mostly. */
struct live_programs {
	struct program *items; /* owned */
	size_t count;
};

struct live_filter {
	size_t program; /* index into the items of struct live_programs */
	bool log;	/* SECCOMP_FILTER_FLAG_LOG; of other flags the kernel does not tell */
};

/* What one thread has. */
struct live_stack {
	struct live_filter *filters; /* owned; oldest first */
	size_t count;
};

/* Reads the filters of thread `tid` of process `pid`; new programs are added to `programs`.
 *
 * -ESRCH: it has ended; -EBUSY: another process traces it, which is left alone (the loader of our
 * hook does so until a container's program starts, and its filter is not in force yet); -ETIMEDOUT:
 * it did not stop within a second, as in a frozen cgroup or below vfork; it is let go when the
 * caller ends, for the kernel does not let go of a thread that does not stop. -EPERM, -EACCES. */
int live_read(pid_t pid, pid_t tid, struct live_programs *programs, struct live_stack *ret,
	struct error *err) __attribute__((warn_unused_result));

/* The same of the first thread of a process that can be read: the one that leads may have ended. */
int live_read_process(pid_t pid, struct live_programs *programs, struct live_stack *ret,
	struct error *err) __attribute__((warn_unused_result));

bool live_stack_equal(const struct live_stack *a, const struct live_stack *b);
void live_stack_finish(struct live_stack *stack);
void live_programs_finish(struct live_programs *programs);
