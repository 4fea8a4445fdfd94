/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "policy.h"
#include "program.h"

#include <linux/seccomp.h>

/*
 * What happens to a call, answered twice: from the profile (this is the definition of what a
 * profile means, see policy.h) and by running a program as the kernel does.
 */

/* `*ret_clause` (may be NULL) becomes the clause that decides, NULL where none does: the default
 * action, a number newer than the profile, a foreign architecture. */
verdict simulate_policy(const struct policy *policy, const struct seccomp_data *call,
	const struct clause **ret_clause);

/* Runs one program as kernel/seccomp.c and net/core/filter.c do. `*ret_steps` (may be NULL): how
 * many instructions were executed. -EINVAL: the kernel would not have taken the program. */
int simulate_program(const struct program *program, const struct seccomp_data *call, verdict *ret,
	size_t *ret_steps) __attribute__((warn_unused_result));

/* What filters of one process give together: the strictest action, and of equals the newest
 * filter's data. `programs` stand in the order in which they were loaded; none at all is ALLOW. */
int simulate_stack(const struct program *programs, size_t count, const struct seccomp_data *call,
	verdict *ret) __attribute__((warn_unused_result));

/* Whether the kernel finds, when it takes the program, that it allows call `number` of the audit
 * architecture `arch` whatever its arguments (seccomp_is_const_allow, Linux 5.11). When that is so of
 * every filter of a process, the call is allowed without running them. */
bool simulate_constant_allow(const struct program *program, uint32_t arch, uint32_t number);
