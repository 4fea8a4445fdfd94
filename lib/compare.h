/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "prove.h"

/*
 * What changes for which calls when one stack of filters takes the place of another: a list for
 * people, of all that prove.h finds. Conditions are in words, as
 *
 *	family != AF_ALG and family != AF_VSOCK
 *	(flags & 0x7e020000) == 0 and arg1 >= 0x100000000
 *
 * with the kernel's names of arguments and values, arg0 to arg5 where they are not known. An argument
 * stands for what the kernel uses of it; where the filters look at less or more, it is masked.
 */
struct change {
	const char *call; /* a syscall's name, or one of those below; not owned */
	char *condition;  /* owned; NULL: whatever the arguments, or see `example` */
	char *example; /* owned; not NULL: conditions would be too long, and arguments of one such
			     call are given */
	verdict was, is;
	uint32_t architectures; /* bit N: enum arch N; 0: those that the kernel does not run */
};

/* Numbers that have no name. */
extern const char compare_unnamed[];
/* Every number of an architecture. */
extern const char compare_every[];

struct changes {
	struct proof proof;   /* what the old is beside the new */
	struct change *items; /* owned; sorted by call. Conditions of one call do not overlap */
	size_t count, capacity;
};

/* Errors as those of prove_compare and prove_ranges. */
int compare_stacks(enum arch native, const struct stack *was, const struct stack *is,
	struct changes *ret, struct error *err) __attribute__((warn_unused_result));
void changes_finish(struct changes *changes);

/* What the new verdict is beside the old one. */
enum relation change_relation(const struct change *change);
