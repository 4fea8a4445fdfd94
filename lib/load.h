/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "program.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* Linux 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/*
 * Loading a filter into a container process that the OCI runtime has created and that waits, before
 * pivot_root, for its createRuntime or prestart hooks to end. The protocol is told in load.c.
 */

struct load_filter {
	struct program program; /* owned by whoever made it */
	uint32_t flags; /* SECCOMP_FILTER_FLAG_*; TSYNC is added, and TSYNC_ESRCH to NEW_LISTENER */
};

struct load_request {
	pid_t pid; /* the container process, in the caller's pid namespace */
	const struct load_filter *filters; /* loaded in this order, so the last is the newest */
	size_t count;
	const char *ident;   /* syslog identity, the program's name */
	const char *summary; /* the line sent to LOG_AUTHPRIV once the filters are in force */
	/* Called in the loader once the filters are there and it has only to wait, which may be long:
	 * frees what it has of the caller's memory, but for `ident` and `summary`. The runtime goes on
	 * meanwhile, and may soon need the loader. NULL: there is not much. */
	void (*release)(void *data);
	/* Success ends the caller at once, with status 0: load_into_container does not return then. The
	 * loader then shares the caller's memory instead of having a copy, which takes a good part of
	 * the time; so the caller has no signal handlers, and nothing that runs at its exit matters. */
	bool ends_caller;
	/* Called in the loader once the filters are in force, if not NULL; while it works nobody waits. */
	void (*started)(void *data);
	void *data;
};

/* Whether the kernel takes these SECCOMP_FILTER_FLAG_* together. */
bool load_flags_supported(uint32_t flags);

/* Why load_into_container cannot work in this process, whatever the container: no CAP_SYS_ADMIN or
 * CAP_SYS_PTRACE in the initial user namespace, a seccomp filter on the caller, ptrace_scope 3.
 * 0, or -EPERM with the reason and the remedy. Changes nothing. */
int load_possible(struct error *err) __attribute__((warn_unused_result));

/* Puts the programs into every thread of the container process and returns once they are there,
 * read back and compared. They come into force at the process's next execve, which the loader waits
 * for; until then the kernel suspends them. The loader is a child of the caller, in a session of
 * its own and with none of the caller's descriptors; it lives on until that execve, and a caller that
 * lives longer has to wait for it. After a failure there is no child left, unless it is one that hangs.
 *
 * One of the filters at most may have NEW_LISTENER. Its listener, which nobody else then holds, is
 * given to the caller in `*ret_listener`; -1 when no filter has that flag. `ret_listener` may be
 * NULL where none has.
 *
 * When this fails the container process runs as before, has been killed, or is about to be confined
 * without an agent: the caller must fail, so that the runtime destroys the container. It returns
 * within 10 seconds. Codes: -ESRCH the process is gone, -EPERM not permitted, -EINVAL not a waiting
 * container process or a program that the kernel refuses, -E2BIG a program's length, -EOPNOTSUPP the
 * kernel or the process's architecture or a flag, -EBUSY threads with differing filters or a
 * listener already, -EMFILE no room for the listener, -ETIMEDOUT it cannot be stopped, -ECHILD the
 * loader was killed, -EIO what was read back differs.
 */
int load_into_container(const struct load_request *request, int *ret_listener, struct error *err)
	__attribute__((warn_unused_result));

/* The same for the caller itself, which has one thread and no child: returns once the filter is there,
 * suspended until the caller's next execve. What the caller executes need not be allowed by the filter,
 * and what it becomes never runs without. Needs what load_possible asks for. The loader is nobody's
 * child. On failure the caller runs on without the filter. `filter` has no NEW_LISTENER. */
int load_into_self(const struct load_filter *filter, struct error *err)
	__attribute__((warn_unused_result));

/* Puts the filter into force at once, and no_new_privs, which it needs where there is no privilege. */
int load_without_privilege(const struct load_filter *filter, struct error *err)
	__attribute__((warn_unused_result));
