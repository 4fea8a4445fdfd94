/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "live.h"
#include "process.h"

/* The filters of every thread of a process, or of every process of a container. */
struct live_threads {
	struct live_programs programs; /* owned */
	struct live_group *groups;     /* owned; at least one */
	size_t group_count;
	pid_t *seen; /* owned; the threads that were read */
	size_t seen_count;
	uint64_t bounding; /* of the process, or of the container's first */
};

/* Threads that have the same filters. */
struct live_group {
	struct live_stack stack;
	struct process first; /* thread */
	size_t threads;
};

/* What starts meanwhile is read too, up to a limit: a thread begins with the filters of the one that
 * starts it. A thread that cannot be read is a failure, one that ends is not. As live_read; -EOPNOTSUPP:
 * a thread in strict mode; -ESRCH: no thread is left. */
int live_threads_of_process(pid_t pid, struct live_threads *ret, struct error *err)
	__attribute__((warn_unused_result));

/* The same of a container by id or name, as containers_by_name; `state_roots` as of
 * containers_find. */
int live_threads_of_container(const char *name, const char *const *state_roots,
	struct live_threads *ret, struct error *err) __attribute__((warn_unused_result));
void live_threads_finish(struct live_threads *threads);
