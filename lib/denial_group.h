/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "denial.h"
#include "error.h"

/*
 * Where the process of a record runs: the one place where a record is joined with the containers of
 * the host. Asked once for each record, while the process may still be there.
 */
struct denial_place {
	/* The container as the user knows it, printable, for as long as the next call does not come;
	 * NULL: none, or nobody knows. */
	const char *(*container)(void *context, const struct denial *denial);
	void *context;
};

const char *denial_container(const struct denial_place *place, const struct denial *denial);

/*
 * Records put together: those of one container (else of one program, else of one process name) for
 * the same call with the same outcome.
 */
struct denial_group {
	char *container;  /* owned; NULL: none known */
	char *executable; /* owned; of the latest, as are pid and command */
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

/* `container` as of denial_container. -ENOMEM. */
int denial_groups_add(struct denial_groups *groups, const struct denial *denial,
	const char *container, struct error *err) __attribute__((warn_unused_result));

/* The largest first. */
void denial_groups_sort(struct denial_groups *groups);
void denial_groups_finish(struct denial_groups *groups);
