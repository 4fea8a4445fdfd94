/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "container.h"
#include "json.h"

#include <stdint.h>

/* What the container*.c share. They are one part; nobody else includes this. */

/* Why a process counts as the first, or an exec session, of a container. */
struct claim {
	enum engine engine;
	char *id;	 /* owned; NULL: no claim */
	char *name;	 /* owned; NULL: not known */
	char *namespace; /* owned; containerd's; NULL: none */
	char *config;	 /* owned; NULL: not known */
};

void claim_finish(struct claim *claim);

/* By its parent, when that is a monitor: containerd-shim or conmon. `place` (NULL: none) is what its
 * cgroup says. -ENOMEM; no claim is no failure. */
int claim_by_monitor(const struct process *process, const struct process *parent,
	const struct cgroup_place *place, const char *cgroup, struct claim *ret, struct error *err)
	__attribute__((warn_unused_result));

/* A container that runc or crun has written down. */
struct state_entry {
	struct claim claim;
	pid_t pid;
	unsigned long long start;
};

struct state_entries {
	struct state_entry *items; /* owned */
	size_t count;
};

/* Reads the usual directories and `roots`, which must be there. What cannot be read in them is passed
 * over: it may be half written or just removed. */
int state_entries_read(const char *const *roots, struct state_entries *ret, struct error *err)
	__attribute__((warn_unused_result));
void state_entries_finish(struct state_entries *entries);

/* Names from config.json and the files of the engine. What cannot be read is not known. -ENOMEM. */
int container_name(struct container *container, struct error *err)
	__attribute__((warn_unused_result));
/* The same, where config.json has been read. */
int container_name_from(const struct json *config, struct container *container, struct error *err)
	__attribute__((warn_unused_result));
