/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "names.h"

#include <stddef.h>

/*
 * How often each call is made, in relation to the others. As text: a line for each call,
 *
 *	SYSCALL WEIGHT
 *	ARCH:SYSCALL WEIGHT
 *
 * with ARCH as amd64 or x86_64; without one the line is for every architecture that has the call and
 * no line of its own for it. # starts a comment.
 */
struct weight {
	enum arch arch;
	uint32_t number;
	uint32_t weight;
	bool own; /* the line names the architecture */
	unsigned line;
};

struct weights {
	struct weight *items; /* owned; sorted by architecture and number */
	size_t count, capacity;
};

enum { WEIGHTS_SIZE_LIMIT = 1 << 20 };

/* Reads such a text. `name` is what messages call it: they begin with NAME:LINE. -EINVAL, -ENOMEM. */
int weights_read(const char *name, const char *text, size_t length, struct weights *ret,
	struct error *err) __attribute__((warn_unused_result));
void weights_finish(struct weights *weights);

/* 0 for a call that has no line. */
uint32_t weights_get(const struct weights *weights, enum arch arch, uint32_t number);
