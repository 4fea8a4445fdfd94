/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "container.h"
#include "denial.h"
#include "error.h"

/*
 * Records put together: those of one container (else of one program, else of one process name) for
 * the same call with the same outcome.
 */
struct denial_group {
	const struct container *container; /* not owned; NULL: none known */
	char *executable;		   /* owned; of the latest, as are pid and command */
	char command[DENIAL_COMMAND];
	uint32_t pid, audit, action;
	enum arch arch;
	int64_t syscall;
	uint64_t count;
	uint64_t first, latest; /* as `time` of a record */
	uint64_t hash;		/* of what they have in common */
};

/* Whoever is denied chooses the names, so there is a limit to what they can make us keep. */
enum { DENIAL_GROUPS_BYTES = 8 * 1024 * 1024 };

struct denial_groups {
	struct denial_group *items; /* owned */
	size_t count, capacity;
	uint32_t *slots; /* owned; 0: free, else an index plus one */
	size_t slot_count, bytes;
	uint64_t left_out; /* records beyond the limit */
};

/* `container`, of denial_places_find, must outlive the groups. -ENOMEM. */
int denial_groups_add(struct denial_groups *groups, const struct denial *denial,
	const struct container *container, struct error *err) __attribute__((warn_unused_result));

/* The largest first. */
void denial_groups_sort(struct denial_groups *groups);
void denial_groups_finish(struct denial_groups *groups);
