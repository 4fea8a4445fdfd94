/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "denial_group.h"
#include "host.h"

/*
 * The smallest change of a profile that lets the calls pass that were denied: names in a rule that
 * allows. What the profile's author has decided is told and left alone: a record has no arguments, so
 * a denial that depends on them cannot be told from one that does not.
 */
enum remedy_outcome {
	REMEDY_ADDED,	     /* the new text allows it */
	REMEDY_ALLOWED,	     /* the profile allows it: another one denied it */
	REMEDY_RULE,	     /* a rule that is stricter names it */
	REMEDY_CONDITIONS,   /* rules name it under conditions on its arguments */
	REMEDY_ARCHITECTURE, /* the profile does not have its architecture */
	REMEDY_UNKNOWN,	     /* nobody here knows the number */
};

struct remedy_call {
	struct denial denial; /* its call alone */
	const char *name;     /* static; NULL: unknown */
	enum remedy_outcome outcome;
	unsigned line, column; /* REMEDY_RULE, REMEDY_CONDITIONS: where it stands */
	unsigned
		gated_line; /* REMEDY_ADDED: a rule allows it to other containers, by `includes`; 0: none */
	const char *danger; /* why it should not be allowed lightly; NULL: no reason is known */
};

struct remedy {
	char *old_text, *new_text; /* owned; the same when nothing is added */
	struct remedy_call *calls; /* owned; one for each denied call */
	size_t count, added;
};

/* `text` is the profile's, taken over, also on failure. What profile_parse, policy_select and splice.h
 * return; -EIO: the new text would not do what is said of it. */
int remedy_make(const char *name, char *text, size_t length, const struct target *target,
	const struct denial_groups *groups, struct remedy *ret, struct error *err)
	__attribute__((warn_unused_result));
void remedy_finish(struct remedy *remedy);

/* Why a call should not be allowed lightly; NULL: no reason is known. Static. */
const char *remedy_danger(const char *name);
