/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "policy.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * What a policy means, call by call, in words for people: `family != AF_ALG`, `(flags & 0x7e020000)
 * == 0`. It is what simulate_policy decides, and the words hold on the bits that the kernel uses.
 */

/* One verdict of a call, and when. */
struct outcome {
	verdict action;
	char *words;	   /* owned; the condition. NULL: whenever no outcome before it holds */
	unsigned *lines;   /* owned; of the rules that decide, ascending */
	size_t line_count; /* 0: none does. The default action, or a number newer than the profile */
};

struct description {
	const char *name; /* static */
	enum arch arch;
	uint32_t number;
	struct outcome
		*outcomes; /* owned; the first that holds decides; only the last has no words */
	size_t count;	   /* 1: the arguments do not matter */
};

/* Describes the call `number` of an architecture of the policy's set; `name` is what its table has.
 * -ENOMEM. */
int describe_call(const struct policy *policy, enum arch arch, const char *name, uint32_t number,
	struct description *ret, struct error *err) __attribute__((warn_unused_result));
void description_finish(struct description *description);

struct descriptions {
	struct description *items; /* owned; by kind (kinds.h), then by name */
	size_t count;
};

/* Describes every call that the architecture has. -EOPNOTSUPP: its calls are not in our table. */
int describe_all(const struct policy *policy, enum arch arch, struct descriptions *ret,
	struct error *err) __attribute__((warn_unused_result));
void descriptions_finish(struct descriptions *descriptions);

/* Writes one condition on an argument of which the kernel uses `bits`: `family == AF_ALG`. One that
 * always or never holds is written as it stands. */
void describe_condition(FILE *out, enum arch arch, const char *name,
	const struct condition *condition, unsigned bits);

/* Writes the outcomes after another: `ALLOW if family != AF_ALG; else ERRNO(EPERM)`. */
void describe_outcomes(FILE *out, const struct description *description);
