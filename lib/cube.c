/* SPDX-License-Identifier: Apache-2.0 */
#include "cube.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool cube_intersect(const struct cube *a, const struct cube *b, struct cube *ret)
{
	struct cube both;

	for (unsigned i = 0; i < CUBE_ARGUMENTS; i++) {
		if ((a->datum[i] ^ b->datum[i]) & a->mask[i] & b->mask[i])
			return false;
		both.mask[i] = a->mask[i] | b->mask[i];
		both.datum[i] = a->datum[i] | b->datum[i];
	}
	*ret = both;
	return true;
}

bool cube_is_all(const struct cube *cube)
{
	for (unsigned i = 0; i < CUBE_ARGUMENTS; i++)
		if (cube->mask[i])
			return false;
	return true;
}

void regions_finish(struct regions *regions)
{
	free(regions->items);
	memset(regions, 0, sizeof(*regions));
}

static void regions_replace(struct regions *regions, struct regions *by)
{
	free(regions->items);
	*regions = *by;
	memset(by, 0, sizeof(*by));
}

int regions_add(struct regions *regions, const struct cube *cube, verdict action)
{
	if (regions->count == REGIONS_LIMIT)
		return -E2BIG;
	if (regions->count == regions->capacity) {
		size_t larger = regions->capacity ? 2 * regions->capacity : 4;
		struct region *moved =
			reallocarray(regions->items, larger, sizeof(*regions->items));

		if (!moved)
			return -ENOMEM;
		regions->items = moved;
		regions->capacity = larger;
	}
	regions->items[regions->count++] = (struct region){*cube, action};
	return 0;
}

/* Adds what is left of a region without the cube, which it overlaps: for each bit that the cube
 * fixes and the region does not, the part in which the bits before it are as in the cube and this
 * one is not. From the highest bit down, so that intervals stay few. */
static int add_rest(struct regions *regions, const struct region *from, const struct cube *cube)
{
	struct cube prefix = from->cube;

	for (unsigned i = 0; i < CUBE_ARGUMENTS; i++) {
		uint64_t left = cube->mask[i] & ~prefix.mask[i];

		while (left) {
			uint64_t bit = UINT64_C(1) << (63 - __builtin_clzll(left));
			struct cube part = prefix;
			int r;

			part.mask[i] |= bit;
			part.datum[i] |= bit & ~cube->datum[i];
			r = regions_add(regions, &part, from->action);
			if (r < 0)
				return r;
			prefix.mask[i] |= bit;
			prefix.datum[i] |= bit & cube->datum[i];
			left &= ~bit;
		}
	}
	return 0;
}

int regions_subtract(struct regions *regions, const struct cube *cube)
{
	struct regions result = {0};
	struct cube common;
	size_t apart = 0;
	int r = 0;

	while (apart < regions->count &&
		!cube_intersect(&regions->items[apart].cube, cube, &common))
		apart++;
	if (apart == regions->count)
		return 0;
	for (size_t i = 0; i < regions->count && r == 0; i++) {
		const struct region *region = &regions->items[i];

		if (cube_intersect(&region->cube, cube, &common))
			r = add_rest(&result, region, cube);
		else
			r = regions_add(&result, &region->cube, region->action);
	}
	if (r == 0)
		regions_replace(regions, &result);
	regions_finish(&result);
	return r;
}

/* Adds the part of a region in which an argument under `within` equals `datum` under `mask`. */
static int add_part(struct regions *regions, const struct region *from, unsigned index,
	uint64_t mask, uint64_t datum)
{
	struct cube part = {0};

	part.mask[index] = mask;
	part.datum[index] = datum;
	if (!cube_intersect(&from->cube, &part, &part))
		return 0;
	return regions_add(regions, &part, from->action);
}

/* As above for an interval: the fewest aligned blocks, whose sizes are powers of two. */
static int add_interval(struct regions *regions, const struct region *from, unsigned index,
	uint64_t within, uint64_t low, uint64_t high)
{
	for (;;) {
		uint64_t block = within; /* its size less one */
		int r;

		while ((low & block) != 0 || high - low < block)
			block >>= 1;
		r = add_part(regions, from, index, within & ~block, low);
		if (r < 0 || high - low == block)
			return r;
		low += block + 1;
	}
}

static int add_restricted(struct regions *regions, const struct region *from, unsigned index,
	uint64_t within, enum comparison comparison, uint64_t value, uint64_t datum)
{
	uint64_t most = value < within ? value : within;
	int r = 0;

	switch (comparison) {
	case OP_MASKED_EQUAL:
		value &= within;
		return datum & ~value ? 0 : add_part(regions, from, index, value, datum);
	case OP_EQUAL:
		return value > within ? 0 : add_part(regions, from, index, within, value);
	case OP_LESS_EQUAL:
		return add_interval(regions, from, index, within, 0, most);
	case OP_GREATER_EQUAL:
		if (value > within)
			return 0;
		return add_interval(regions, from, index, within, value, within);
	case OP_LESS:
	case OP_NOT_EQUAL:
	case OP_GREATER:
		if (comparison != OP_GREATER && value > within)
			return add_interval(regions, from, index, within, 0, within);
		if (comparison != OP_GREATER && value > 0)
			r = add_interval(regions, from, index, within, 0, value - 1);
		if (comparison != OP_LESS && value < within && r == 0)
			r = add_interval(regions, from, index, within, value + 1, within);
		return r;
	}
	return 0;
}

int regions_restrict(struct regions *regions, unsigned index, unsigned bits,
	enum comparison comparison, uint64_t value, uint64_t datum)
{
	uint64_t within = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
	struct regions result = {0};
	int r = 0;

	for (size_t i = 0; i < regions->count && r == 0; i++)
		r = add_restricted(
			&result, &regions->items[i], index, within, comparison, value, datum);
	if (r == 0)
		regions_replace(regions, &result);
	regions_finish(&result);
	return r;
}

int regions_combine(const struct regions *a, const struct regions *b,
	verdict (*pick)(verdict a, verdict b), struct regions *ret)
{
	struct regions result = {0};
	struct cube common;
	int r = 0;

	for (size_t i = 0; i < a->count; i++) {
		for (size_t j = 0; j < b->count && r == 0; j++)
			if (cube_intersect(&a->items[i].cube, &b->items[j].cube, &common))
				r = regions_add(&result, &common,
					pick(a->items[i].action, b->items[j].action));
	}
	if (r < 0) {
		regions_finish(&result);
		return r;
	}
	*ret = result;
	return 0;
}

/* Whether two cubes fix the same bits and all but one of them alike; opens that one in `a`. */
static bool merge_cubes(struct cube *a, const struct cube *b)
{
	uint64_t difference = 0;
	unsigned where = 0;

	for (unsigned i = 0; i < CUBE_ARGUMENTS; i++) {
		uint64_t here = a->datum[i] ^ b->datum[i];

		if (a->mask[i] != b->mask[i] || (here && difference) || (here & (here - 1)))
			return false;
		if (here) {
			difference = here;
			where = i;
		}
	}
	a->mask[where] &= ~difference;
	a->datum[where] &= ~difference;
	return true;
}

void regions_merge(struct regions *regions)
{
	bool changed;

	do {
		changed = false;
		for (size_t i = 0; i < regions->count; i++) {
			for (size_t j = i + 1; j < regions->count; j++) {
				struct region *a = &regions->items[i], *b = &regions->items[j];

				if (a->action != b->action || !merge_cubes(&a->cube, &b->cube))
					continue;
				memmove(b, b + 1, (--regions->count - j) * sizeof(*b));
				changed = true;
				j = i;
			}
		}
	} while (changed);
}
