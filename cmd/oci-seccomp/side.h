/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "prove.h"

#include <stdbool.h>

/*
 * What two sides are compared by: filters that are all loaded, oldest first. On the command line
 * they are joined by `+`, and each is a PROFILE or a raw program, a file whose name ends in `.bpf`.
 */
struct side {
	struct side_part *parts; /* owned */
	struct layer *layers;	 /* owned */
	size_t count;
};

/* Makes `ret_stack` of the argument; it points into `side`, and to the argument for its name. What
 * was read is in `side` on failure too. */
int side_read(const char *argument, const struct target *target, struct side *side,
	struct stack *ret_stack, struct error *err) __attribute__((warn_unused_result));
void side_finish(struct side *side);
