/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "observed.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Which system calls processes make, told by a BPF program at the kernel's entry of system calls. A call
 * is a byte that is set, so none is lost, however many there are. What seccomp refuses with an error does
 * not get as far as that program, so a workload is recorded without a profile, or under one that logs.
 *
 * Needs Linux 5.12 with BTF (CONFIG_DEBUG_INFO_BTF) and CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN.
 */
struct recorder;

/* Loads and attaches the program; nothing is recorded yet. `arch` is the kernel's. -EPERM, -EOPNOTSUPP:
 * the message names what is missing. */
int recorder_create(enum arch arch, struct recorder **ret, struct error *err)
	__attribute__((warn_unused_result));
void recorder_destroy(struct recorder *recorder);

/* Has the values of these arguments too (bit N: argument N) of the call kept, as many as there is room for.
 * A name that an architecture does not have is none there. */
void recorder_watch(struct recorder *recorder, const char *name, uint8_t arguments);

/* Records a process and what it will fork; with `at_exec` not before it executes a program, and what it
 * forks until then is not recorded. -ESRCH. */
int recorder_add(struct recorder *recorder, pid_t pid, bool at_exec, struct error *err)
	__attribute__((warn_unused_result));

/* Records also what executes a program in the mount namespace of this process, exec sessions of a container
 * that is, or in its pid namespace where the mount namespace is the caller's; with `at_exec` from the
 * moment on at which the process itself executes one. */
int recorder_add_namespaces(struct recorder *recorder, pid_t pid, bool at_exec, struct error *err)
	__attribute__((warn_unused_result));

/* How many different calls were seen until now. */
size_t recorder_count(const struct recorder *recorder);

struct recorder_losses {
	unsigned processes; /* for which the kernel had no memory: what they did is not recorded */
	unsigned large;	    /* calls with a number beyond every known one */
};

/* What was seen. To be called once. */
int recorder_take(struct recorder *recorder, struct observed *ret,
	struct recorder_losses *ret_losses, struct error *err) __attribute__((warn_unused_result));
