/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Between check.c and the files that each look for some kinds of findings. */

#include "check.h"
#include "policy.h"

struct checker {
	const struct policy *policy;
	struct findings *findings;
};

/* Where what concerns no rule stands. */
#define PLACE_OF_PROFILE                                                                           \
	(struct place)                                                                             \
	{                                                                                          \
		1, 1                                                                               \
	}

/* The place of the name that the clause is for. */
struct place clause_place(const struct clause *clause);

void check_report(struct checker *checker, const char *id, enum severity severity,
	struct place place, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Words joined by commas. */
struct word_list {
	char *text; /* owned; NULL: none yet */
	size_t count;
	bool failed; /* no memory */
};

void word_list_add(struct word_list *list, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void word_list_finish(struct word_list *list);

/* The architecture on which a call is looked at: the native one, or else the first of the set that
 * has it, so that what concerns several is said once. ARCH_COUNT: none has. */
enum arch check_arch(const struct policy *policy, const char *name);

/* Whether the kernel executes a call with that verdict without asking anybody. */
bool verdict_permits(verdict action);

/* What happens to a call, whatever its arguments. Conditions that together cover every call count as
 * leaving some out. */
struct outcome {
	bool always_permitted, never_permitted;
	const struct clause *restriction; /* one that does not permit; NULL: none, or the default */
	const struct clause *permission;  /* one that permits; NULL: none, or the default */
};

/* Of a call that the architecture has. */
struct outcome check_outcome(const struct policy *policy, enum arch arch, const char *name);

/* Whether runtimes do not load the rule: libseccomp has kept an unconditional one for the call, or the
 * rule's action is the default. */
bool check_is_dropped(const struct checker *checker, const struct clause *clause);

/* Rules that do nothing, or are alternatives where "and" is meant. */
int check_rules(struct checker *checker, struct error *err) __attribute__((warn_unused_result));
/* Where runtimes let calls through, through libseccomp, that the profile denies. */
int check_peers(struct checker *checker, struct error *err) __attribute__((warn_unused_result));
/* Calls that are open beside closed ones, dangerous ones, those that runtimes need. */
void check_equivalents(struct checker *checker);
void check_dangerous(struct checker *checker);
void check_runtimes(struct checker *checker);
/* Default action, architectures, flags, names. */
void check_whole(struct checker *checker);
