/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "arch/arch.h"
#include "error.h"
#include "load.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What load.c and the other load_*.c share: the state of the loader process. They are one
 * stage; nobody else includes this.
 */

/* How messages end: what works where the loader cannot. */
#define LOAD_OTHER_WAY "use the oci-seccomp-runtime shim or, with podman, the precreate stage"

/* Where a process's root is. The mount tells "/" before pivot_root from a container whose root
 * directory is the host's; kernels before 5.8 do not tell it, then it is 0. */
struct root {
	uint32_t device_major;
	uint32_t device_minor;
	uint64_t inode;
	uint64_t mount;
};

struct loader {
	const struct load_request *request; /* not owned */
	pid_t pid;			    /* the container process */
	int pidfd;			    /* of the container process */
	int listener;			    /* owned; of the filter that notifies; -1: none */
	int64_t deadline;		    /* of the load, of clock_monotonic */
	struct root root;		    /* of the container process before pivot_root */
	bool attached;			    /* from the first seized thread on */
	bool in_group_stop; /* while it is loaded into: SIGSTOP has stopped the main thread */
	pid_t *others;	    /* owned; traced, but not threads of `pid` */
	size_t others_count;
	size_t others_room;
};

/* The flags of seccomp(2) for a filter. */
uint32_t load_flags(const struct load_filter *filter);

/* The root of `pid` (0: of the caller). */
int load_root(pid_t pid, struct root *ret) __attribute__((warn_unused_result));
/* The same directory, by whatever mount. */
bool load_same_place(const struct root *a, const struct root *b);

/* A loader that a fork made has handlers of a program that it is no part of. */
void load_reset_signals(void);

/* load_possible.c: the part of load_possible that the kernel does not see to itself. */
int load_permitted(struct error *err) __attribute__((warn_unused_result));

/* Leaves the caller's session and gives up everything that came from it except the socket, which
 * becomes descriptor 3. */
int load_isolate(int *report_fd, struct error *err) __attribute__((warn_unused_result));

/* load_report.c: the loader's reports and the caller's reading of them. `fd` is an end of a pair of
 * sockets. The listener is -1 where there is none; `*ret_listener` is set only on success. After a failure
 * the child `loader` (0: it is none) is gone, unless it cannot be killed. */
int load_send_report(int fd, int code, int listener, const struct error *err)
	__attribute__((warn_unused_result));
int load_read_report(pid_t loader, int fd, int *ret_listener, struct error *err)
	__attribute__((warn_unused_result));

/* load_seize.c: what stands behind "FIELD:" in the status file of a process or thread, cut where it is
 * longer. */
struct status_field {
	char text[16];
};

/* -ENOENT, -ESRCH: there is no such thread, or no such field. */
int load_status_field(pid_t tid, const char *field, struct status_field *ret)
	__attribute__((warn_unused_result));

/* Makes the caller the tracer of every thread, their seccomp suspended. */
int load_seize(struct loader *loader, struct error *err) __attribute__((warn_unused_result));

/* load_borrow.c: the main thread, stopped at a system call of its own. */
struct borrowed {
	struct loader *loader;	 /* not owned; set by the caller of load_borrow */
	struct arch_state state; /* registers and number of that call */
	uint64_t pc;		 /* behind the system call instruction */
	uint64_t signal_mask; /* the thread's own; all signals are blocked while it is borrowed */
	bool has_called; /* stopped at the exit of a call of ours, not at the entry of its own */
};

int load_borrow(struct borrowed *thread, struct error *err) __attribute__((warn_unused_result));

/* Makes the thread perform a system call. `*ret` is what the call returned, a negative errno when it
 * failed. */
int load_call(struct borrowed *thread, const char *name, const struct arch_call *call, long *ret,
	struct error *err) __attribute__((warn_unused_result));

/* Lets the thread go on with its own call, as if nothing had been. */
int load_give_back(const struct borrowed *thread, struct error *err)
	__attribute__((warn_unused_result));

/* load_inject.c: puts the programs into the seized process and reads them back; it then runs on. */
int load_inject(struct loader *loader, struct error *err) __attribute__((warn_unused_result));

/* load_follow.c */
enum follow_outcome {
	FOLLOW_ON,   /* handled */
	FOLLOW_EXEC, /* the container process is stopped in front of its program */
	FOLLOW_END,  /* the container process is dead */
};

/* Waits for any tracee's change of state until `deadline` (0: for ever). -ETIMEDOUT; -ECHILD when
 * nothing is traced any more. */
int follow_wait(int64_t deadline, pid_t *ret_tid, int *ret_status)
	__attribute__((warn_unused_result));

/* Does what a change of state asks for, so that the tracee notices nothing of being traced. */
enum follow_outcome follow_event(struct loader *loader, pid_t tid, int status);

/* Follows the container process until it executes its program or dies; then nothing is traced. */
void follow(struct loader *loader);
