/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "names.h"

#include <linux/seccomp.h>
#include <stdint.h>

/*
 * One system call as a person or strace(1) writes it: `openat`, `socket(AF_ALG, SOCK_SEQPACKET, 0)`,
 * `clone(child_stack=NULL, flags=CLONE_NEWUSER|SIGCHLD) = 7`.
 *
 * Arguments that are left out are 0. What does not say the value of its argument (a string, a
 * structure, `...`, a name that is not in our tables) leaves it open: whether that matters is for the
 * profile to say.
 */
enum { CALL_WORD_SIZE = 48 };

struct call {
	char name[CALL_WORD_SIZE];     /* of the system call */
	struct seccomp_data data;      /* open arguments are 0 */
	unsigned open;		       /* bit N: argument N is open */
	char words[6][CALL_WORD_SIZE]; /* the name that is not in our tables, if that is why */
};

/* -EINVAL: not such a text, or the architecture has no such call or argument. */
int call_parse(const char *text, enum arch arch, struct call *ret, struct error *err)
	__attribute__((warn_unused_result));
