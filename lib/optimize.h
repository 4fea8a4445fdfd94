/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "names.h"
#include "program.h"
#include "weights.h"

/*
 * From a stack of programs, of whatever origin, to one smaller and faster program of the same
 * meaning: it gives the verdict that the kernel makes of those of the stack (simulate_stack).
 */
struct optimize_options {
	enum arch native;	       /* tested first */
	const struct weights *weights; /* NULL: every call counts the same; not owned */
};

/* `programs` stand in the order in which they are loaded, one or more. Owned by the caller
 * (program_finish). The result is never larger than they are together, but for up to a sixteenth
 * where a weight table makes it faster; a single program that cannot be made smaller comes back as
 * it is. Every number that is allowed whatever the arguments stays in the kernel's bitmap
 * (simulate_constant_allow) or comes into it.
 *
 * -EOPNOTSUPP: a program does what cannot be expressed as tests of single words; -E2BIG: nothing
 * smaller was found for a stack, or it is too much to follow; the message says which. The programs
 * themselves remain usable. -EINVAL: the kernel takes no such program; -ENOMEM. */
int optimize(const struct program *programs, size_t count, const struct optimize_options *options,
	struct program *ret, struct error *err) __attribute__((warn_unused_result));

/* How many instructions a call executes on average, with arguments of zero: over the calls of the
 * native architecture, or of the first one in the table that the programs ask for when they do not
 * ask for the native one. With weights, by weight, and a call in the kernel's bitmap executes
 * none. `*ret_arch` (may be NULL) is the architecture. */
double optimize_average(const struct program *programs, size_t count,
	const struct optimize_options *options, enum arch *ret_arch);
