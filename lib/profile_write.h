/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "policy.h"

/* The verdict that a call gets from policies together. */
enum together {
	TOGETHER_STACKED, /* the strictest; of equally strict ones the last policy's errno or data */
	TOGETHER_STRICTEST, /* the same, but of equally strict ones ENOSYS, else the smallest */
	TOGETHER_LAXEST,    /* the laxest; of equals as above */
};

/*
 * Policies written down again: one linux.seccomp object (runtime-spec config-linux.md) with which
 * runc and crun, through libseccomp, load what the policies mean together: for every call one of the
 * verdicts that they give (simulate_policy). All policies are for one target.
 *
 * What is written is settled: no includes or excludes, no archMap, every errno explicit, the
 * regions of arguments disjoint (cube.h), so that it does not matter which rule libseccomp finds
 * first. Compact JSON on one line; the same policies give the same bytes. Owned by the caller.
 *
 * -EOPNOTSUPP: linux.seccomp cannot say it; the message names the syscall and a rule for it.
 * -ENOMEM. Refused is
 * - what takes more than 512 regions for one syscall;
 * - a name whose rules mean different things on two architectures of the set, as an object has one
 *   set of rules for all of them. Among these are conditions on more than 32 bits of a call that a
 *   32-bit architecture of the set has too: there, libseccomp cuts constants to 32 bits. It takes
 *   x32 for a 32-bit architecture;
 * - a conditional rule for a socket or IPC call on an architecture with a multiplexer, where the
 *   rule that libseccomp adds for the multiplexer by itself would say something else than we do and
 *   no unconditional rule for the multiplexer silences it. One that equals the default cannot: the
 *   runtimes skip it;
 * - a policy that kills the process for calls of an architecture that another policy does not have:
 *   libseccomp kills the thread there;
 * - errno 4095, which libseccomp refuses;
 * - an architecture whose calls have no unconditional rule, beside rules for calls that it does not
 *   have: libseccomp then forgets to load the number (check_load);
 * - a policy that kills and names no call of an architecture, beside one that does: runc would
 *   answer ENOSYS for numbers above;
 * - two policies that notify different listeners;
 * - of the laxest verdicts: an architecture that not all policies have, where that leads to another
 *   default action.
 *
 * architectures: those that all policies have (of the laxest verdicts: that any of them has); calls of
 * others are killed. flags: none where no
 * policy has any (runtimes then take SPEC_ALLOW); else those of any policy, but SPEC_ALLOW, which
 * weakens, only where all policies have it, be it by having no flags.
 *
 * What an object cannot say, and differs with the runtime:
 * - A rule for a name that the runtime's libseccomp does not know is skipped, so such a call gets
 *   the default action. That is laxer where the rule is stricter than the default: who writes must
 *   know which libseccomp will read.
 * - A program of more than 4096 instructions: the runtime fails.
 * - Numbers newer than the profile: runc finds out which by itself, from the names that are
 *   written; names are added where that needs it. Its limit is that of the names which its
 *   libseccomp knows, and for x32 and ARM it counts numbers beside the sequence in. crun has no
 *   such limit. In both cases such calls get the default action in place of ENOSYS, which is never
 *   laxer.
 * - With several policies, a call newer than only some of them that no rule names, and about which
 *   the architectures disagree, gets the default action; that, too, can only change the errno or be
 *   stricter.
 */
int profile_write(const struct policy *const *policies, size_t count, enum together together,
	char **ret_json, struct error *err) __attribute__((warn_unused_result));
