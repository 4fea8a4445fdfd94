/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a profile means on one target: includes and excludes settled, names turned into numbers. The
 * meaning itself is defined by simulate_policy; filter_build makes a program of the same meaning.
 *
 * - Of the clauses that match a call the strictest action wins, among equals the first in the
 *   profile; when none matches, the default action.
 * - A condition holds on the low `bits` of the argument, what the kernel uses of it.
 * - A call of an architecture that is not in the set kills the thread, as libseccomp has it.
 * - A number above every number of the architecture that the profile knows by name fails with
 *   ENOSYS instead of the default action, as in runc, unless that is ALLOW, LOG or TRACE: a program
 *   that finds a new syscall missing falls back to an old one.
 * - A rule for a call that a multiplexer (socketcall, ipc) reaches as well covers that way too. The
 *   multiplexer's arguments are in memory, where a filter cannot look: a rule with conditions
 *   covers the call there whatever its arguments where it is stricter than what the call gets
 *   otherwise, by the default or by rules for it without conditions; else it does not cover it. The
 *   same holds for the other calls with arguments in memory (syscall_arguments_in_memory).
 */
struct clause {
	enum arch arch;
	uint32_t number; /* as a filter sees it */
	verdict action;
	const char *name;		    /* of the syscall; not owned */
	const struct rule *rule;	    /* where it comes from; not owned */
	const struct condition *conditions; /* all must hold; not owned */
	size_t condition_count;
	unsigned char bits[6]; /* of the argument of each condition: 16, 32 or 64 */
	uint32_t call_mask;    /* not 0: argument 0 under this mask must be `call` as well */
	uint32_t call;
	bool unseen; /* the rule has conditions, on arguments that a filter cannot see here */
};

/* No program could hold that many. */
enum { POLICY_CLAUSE_LIMIT = 1 << 17 };

struct policy {
	const struct profile *profile; /* not owned; must outlive the policy */
	struct target target;
	uint32_t architectures; /* bit N: enum arch N; the native one is always in it */
	bool enosys;		/* numbers above `newest` fail with ENOSYS */
	int newest[ARCH_COUNT]; /* largest number of a name in the profile; SYSCALL_NONE: none */
	struct clause
		*clauses; /* owned; sorted by architecture and number, then as in the profile */
	size_t clause_count;
};

/* `native_only` leaves the sub-architectures out. Architectures that a kernel of the target cannot
 * run are left out too: no call of theirs can occur. -E2BIG: more than POLICY_CLAUSE_LIMIT clauses;
 * -EOPNOTSUPP: nobody here knows the syscalls of
 * an architecture of the set; -ENOMEM. */
int policy_select(const struct profile *profile, const struct target *target, bool native_only,
	struct policy *ret, struct error *err) __attribute__((warn_unused_result));
void policy_finish(struct policy *policy);

/* The clauses for one number of one architecture of the set. With `*ret_count` 0 there are none, and
 * what is returned is where the next larger number has them (NULL: there are no clauses at all). */
const struct clause *policy_clauses(
	const struct policy *policy, enum arch arch, uint32_t number, size_t *ret_count);

/* What a number that no clause matches gets. `*ret_last` (may be NULL) is a number up to which that
 * stays the same. */
verdict policy_fallback(
	const struct policy *policy, enum arch arch, uint32_t number, uint32_t *ret_last);

/* Verdict for calls of architectures outside the set. */
verdict policy_foreign(void);

/* Whether a clause asks an agent (SCMP_ACT_NOTIFY). */
bool policy_notifies(const struct policy *policy);
