/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Sets of arguments as lists of cubes. A cube fixes some bits of the six arguments and leaves the
 * others open, which is just what libseccomp's masked comparison can ask: an interval is a few
 * cubes (at most two for each bit), the intersection of two cubes is one or none, and what is left
 * of a cube without another one is a list of disjoint cubes:
 *
 *	xx without 01  =  1x, 00
 *
 * A region is a cube and the verdict that holds in it. The regions of a list are disjoint.
 */
enum { CUBE_ARGUMENTS = 6, REGIONS_LIMIT = 2048 };

struct cube {
	uint64_t mask[CUBE_ARGUMENTS];	/* bits that are fixed */
	uint64_t datum[CUBE_ARGUMENTS]; /* to this; no bit outside the mask */
};

struct region {
	struct cube cube;
	verdict action;
};

struct regions {
	struct region *items; /* owned */
	size_t count, capacity;
};

/* False where the two have no argument in common. */
bool cube_intersect(const struct cube *a, const struct cube *b, struct cube *ret);
/* Whether it leaves every bit open. */
bool cube_is_all(const struct cube *cube);

void regions_finish(struct regions *regions);

/* The functions below that can fail give -E2BIG for a list of more than REGIONS_LIMIT regions (the
 * time to make more grows with the square of the number), and -ENOMEM. What is in the list then is
 * of no use. */

int regions_add(struct regions *regions, const struct cube *cube, verdict action)
	__attribute__((warn_unused_result));

/* Takes the cube out of every region. */
int regions_subtract(struct regions *regions, const struct cube *cube)
	__attribute__((warn_unused_result));

/* Keeps of every region where the low `bits` of an argument pass a comparison (`value` and `datum`
 * as in struct condition, of any size). */
int regions_restrict(struct regions *regions, unsigned index, unsigned bits,
	enum comparison comparison, uint64_t value, uint64_t datum)
	__attribute__((warn_unused_result));

/* The regions in which the two lists overlap, each with `pick` of the two verdicts. */
int regions_combine(const struct regions *a, const struct regions *b,
	verdict (*pick)(verdict a, verdict b), struct regions *ret)
	__attribute__((warn_unused_result));

/* Makes one region of two that have the same verdict and differ in one bit, as long as there are
 * such. */
void regions_merge(struct regions *regions);
