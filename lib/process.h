/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What /proc tells of the processes of this host. Nothing is stopped or asked for it.
 */
struct process {
	pid_t pid, parent;
	pid_t tracer;		  /* 0: none */
	unsigned long long start; /* with the pid: this process and no later one of that number */
	char name[64];		  /* as /proc has it: chosen by the process */
	unsigned mode;		  /* SECCOMP_MODE_*; 0: unconfined */
	unsigned filters;	  /* 0 too before Linux 5.9 */
	bool no_new_privs;
	bool dead;	   /* a zombie: it has nothing any more */
	uint64_t bounding; /* bit N: capability N */
};

/* `pid` may be a thread. -ESRCH: there is none. */
int process_read(pid_t pid, struct process *ret, struct error *err)
	__attribute__((warn_unused_result));

/* Whether a process with this `start` was there at a time (milliseconds since 1970) that the host's
 * clock showed. The clock may have been set since. */
bool process_had_started(unsigned long long start, uint64_t time);

/* /proc/PID/NAME, at most 1 MiB; NUL-terminated (not counted), owned by the caller. */
int process_file(pid_t pid, const char *name, char **ret_text, size_t *ret_length,
	struct error *err) __attribute__((warn_unused_result));

/* The number of a namespace of it, "mnt" or "pid" for instance; 0: not known. */
ino_t process_namespace(pid_t pid, const char *name);

/* The processes of the host, or (`of` is not 0) the threads of one. Owned by the caller, sorted. */
int process_list(pid_t of, pid_t **ret, size_t *ret_count, struct error *err)
	__attribute__((warn_unused_result));
