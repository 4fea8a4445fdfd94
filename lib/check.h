/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "profile.h"

/*
 * What is wrong with a profile that can be read: traps, holes and what will surprise. Each finding has
 * the identifier of its kind, which stays the same from release to release (check_kinds).
 */
struct finding {
	const char *id; /* one of check_kinds; static */
	enum severity severity;
	struct place place;
	char *text;   /* owned */
	char *remedy; /* owned; NULL: the text says it */
};

struct findings {
	struct finding *items; /* owned */
	size_t count;
	bool incomplete; /* memory ran out while one was added */
};

struct check_kind {
	const char *id, *title;
};

extern const struct check_kind check_kinds[]; /* sorted by id */
extern const size_t check_kind_count;

void findings_finish(struct findings *findings);

/* Sorts them by place. */
void findings_sort(struct findings *findings);

/* Adds what was found while the profile was read. Errors without a kind are `invalid`. -ENOMEM. */
int check_diagnostics(const struct diagnostics *diagnostics, struct findings *findings,
	struct error *err) __attribute__((warn_unused_result));

/* Adds what is found in the profile, for one target. What policy_select and prove.h return. */
int check_profile(const struct profile *profile, const struct target *target,
	struct findings *findings, struct error *err) __attribute__((warn_unused_result));
