/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Loading a filter into a container process that the OCI runtime has created and that waits, before
 * pivot_root, for its createRuntime or prestart hooks to end. The protocol is told in load.c.
 */

/* One seccomp BPF program, as seccomp(2) takes it. */
struct program {
	struct sock_filter *code; /* owned */
	size_t length;            /* instructions, 1 to BPF_MAXINSNS (4096) */
};

void program_finish(struct program *program);

struct load_request {
	pid_t pid;                      /* the container process, in the caller's pid namespace */
	const struct program *programs; /* loaded in this order, so the last is the newest */
	size_t count;
	uint32_t flags;      /* SECCOMP_FILTER_FLAG_* of every program; TSYNC is added */
	const char *ident;   /* syslog identity, the program's name */
	const char *summary; /* the line sent to LOG_AUTHPRIV once the filter is in force */
};

/* Why load_into_container cannot work in this process, whatever the container: no CAP_SYS_ADMIN or
 * CAP_SYS_PTRACE in the initial user namespace, a seccomp filter on the caller, ptrace_scope 3.
 * 0, or -EPERM with the reason and the remedy. Changes nothing. */
int load_possible(struct error *err) __attribute__((warn_unused_result));

/* Puts the programs into every thread of the container process and returns once they are there, read
 * back and compared. They come into force at the process's next execve, which a detached child of
 * the caller (the loader) waits for; until then the kernel suspends them. When this fails the
 * container process runs as before or has been killed: the caller must fail, so that the runtime
 * destroys the container. Codes: -ESRCH the process is gone, -EPERM not permitted, -EINVAL not a
 * waiting container process, -EOPNOTSUPP the kernel lacks a feature, -ETIMEDOUT. */
int load_into_container(const struct load_request *request, struct error *err)
	__attribute__((warn_unused_result));
