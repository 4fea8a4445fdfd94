/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The calls that a workload was seen to make, by the recorder or in another tool's log, and the profile
 * that allows them.
 */
struct observed_call {
	const char *name;      /* static */
	enum arch arch;	       /* ARCH_COUNT: not known, as from a log */
	uint8_t watched;       /* bit N: values of argument N were kept */
	bool open;	       /* there were more of them than could be kept */
	uint64_t (*tuples)[6]; /* owned; distinct; what is not watched is 0 */
	size_t tuple_count;
};

struct observed {
	struct observed_call *items; /* owned */
	size_t count;
	size_t unknown; /* calls that no table has a name for */
};

void observed_finish(struct observed *observed);

/* The call of that name, made where it is missing; `*ret` NULL: no syscall has this name, which is
 * counted. -ENOMEM. */
int observed_add(struct observed *observed, const char *name, enum arch arch,
	struct observed_call **ret, struct error *err) __attribute__((warn_unused_result));
int observed_add_tuple(struct observed_call *call, const uint64_t arguments[6], struct error *err)
	__attribute__((warn_unused_result));

/* How many different names there are. */
size_t observed_names(const struct observed *observed);

struct observed_profile {
	enum arch arch;	     /* native one; its sub-architectures are allowed too */
	bool arguments;	     /* conditions where the values are few, see below */
	bool base;	     /* with what every program needs now and then (observed_base) */
	const char *runtime; /* with what runtime_calls has for it; NULL: none */
	const char *comment; /* of the first rule; printable; NULL: none */
};

enum { OBSERVED_MOST_TUPLES = 16 }; /* of one call, with which it gets conditions */

/* The profile: SCMP_ACT_ERRNO with EPERM by default (a call newer than every name in it fails with ENOSYS,
 * see policy.h), and the names in order. A call gets conditions when at most OBSERVED_MOST_TUPLES
 * combinations of its watched arguments were seen on every architecture, and it is not of the base.
 * Owned by the caller, ending in a new line. -ENOMEM. */
int observed_write(const struct observed *observed, const struct observed_profile *how,
	char **ret_json, struct error *err) __attribute__((warn_unused_result));

/* Another profile, extended: its text (taken over, also on failure; `name` is what messages call it), with
 * a rule that allows the names that no rule of it has. No other byte changes. -EINVAL: it has no array
 * of rules, "syscalls". */
int observed_extend(const struct observed *observed, const struct observed_profile *how,
	const char *name, char *text, size_t length, char **ret_json, struct error *err)
	__attribute__((warn_unused_result));

/* What libc and the kernel themselves fall back on, whatever the program does, and what a recording is
 * likely to miss: ends, signals, memory, time. Sorted; ends with NULL. */
extern const char *const observed_base[];

/* Arguments that are worth watching (bit N: argument N), for those that tell calls apart. */
struct watched_arguments {
	const char *name;
	uint8_t arguments;
};
extern const struct watched_arguments observed_watched[]; /* ends with {NULL, 0} */
