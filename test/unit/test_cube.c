/* SPDX-License-Identifier: Apache-2.0 */
#include "cube.h"

#include "support.h"

#include <errno.h>

UNIT_SUITE(cube);

/* The algebra is tried on arguments of four bits, of which every value can be looked at. */
enum { BITS = 4, VALUES = 1 << BITS };

static const struct cube all;

static struct cube make_cube(unsigned index, uint64_t mask, uint64_t datum)
{
	struct cube cube = {0};

	cube.mask[index] = mask;
	cube.datum[index] = datum;
	return cube;
}

static void must_add(struct regions *regions, struct cube cube, verdict action)
{
	cr_assert_eq(regions_add(regions, &cube, action), 0);
}

/* How many regions hold the two arguments; `*ret` is the verdict of the last one. */
static unsigned find(const struct regions *regions, uint64_t first, uint64_t second, verdict *ret)
{
	unsigned found = 0;

	for (size_t i = 0; i < regions->count; i++) {
		const struct cube *cube = &regions->items[i].cube;

		if ((first & cube->mask[0]) != cube->datum[0] ||
			(second & cube->mask[1]) != cube->datum[1])
			continue;
		found++;
		*ret = regions->items[i].action;
	}
	return found;
}

static bool holds(enum comparison comparison, uint64_t argument, uint64_t value, uint64_t datum)
{
	switch (comparison) {
	case OP_NOT_EQUAL:
		return argument != value;
	case OP_LESS:
		return argument < value;
	case OP_LESS_EQUAL:
		return argument <= value;
	case OP_EQUAL:
		return argument == value;
	case OP_GREATER_EQUAL:
		return argument >= value;
	case OP_GREATER:
		return argument > value;
	case OP_MASKED_EQUAL:
		return (argument & value) == datum;
	}
	return false;
}

Test(cube, intersect)
{
	static const struct {
		uint64_t mask_a, datum_a, mask_b, datum_b;
		bool common;
		uint64_t mask, datum;
	} cases[] = {
		{0, 0, 0, 0, true, 0, 0},
		{0xf, 0x3, 0, 0, true, 0xf, 0x3},
		{0xc, 0x4, 0x3, 0x1, true, 0xf, 0x5},
		{0xc, 0x4, 0x6, 0x4, true, 0xe, 0x4},
		{0xc, 0x4, 0x6, 0x2, false, 0, 0},
		{UINT64_MAX, UINT64_MAX, UINT64_C(1) << 63, UINT64_C(1) << 63, true, UINT64_MAX,
			UINT64_MAX},
		{UINT64_MAX, 0, UINT64_C(1) << 63, UINT64_C(1) << 63, false, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		for (unsigned index = 0; index < CUBE_ARGUMENTS; index++) {
			struct cube a = make_cube(index, cases[i].mask_a, cases[i].datum_a);
			struct cube b = make_cube(index, cases[i].mask_b, cases[i].datum_b);
			struct cube common;

			cr_assert_eq(cube_intersect(&a, &b, &common), cases[i].common, "%zu", i);
			if (!cases[i].common)
				continue;
			cr_assert_eq(common.mask[index], cases[i].mask, "%zu", i);
			cr_assert_eq(common.datum[index], cases[i].datum, "%zu", i);
		}
	}
}

Test(cube, all_leaves_every_bit_open)
{
	cr_assert(cube_is_all(&all));
	for (unsigned index = 0; index < CUBE_ARGUMENTS; index++) {
		struct cube cube = make_cube(index, 1, 0);

		cr_assert_not(cube_is_all(&cube));
	}
}

static void try_restrict(enum comparison comparison, uint64_t value, uint64_t datum)
{
	AUTO(regions_finish) struct regions regions = {0};
	verdict action = 0;

	must_add(&regions, all, 7);
	cr_assert_eq(regions_restrict(&regions, 0, BITS, comparison, value, datum), 0);
	/* Bits above those that count do not matter. */
	for (uint64_t argument = 0; argument < 4 * VALUES; argument++) {
		bool held = holds(comparison, argument % VALUES, value, datum);

		cr_assert_eq(find(&regions, argument, 0, &action), held,
			"comparison %d with %llu, %llu: %llu", (int)comparison,
			(unsigned long long)value, (unsigned long long)datum,
			(unsigned long long)argument);
		cr_assert(!held || action == 7);
	}
	cr_assert_leq(regions.count, 2 * BITS);
}

Test(cube, restrict_holds_where_the_comparison_does)
{
	for (uint64_t value = 0; value < 2 * VALUES; value++) {
		for (uint64_t datum = 0; datum < VALUES; datum++)
			try_restrict(OP_MASKED_EQUAL, value, datum);
		for (int comparison = OP_NOT_EQUAL; comparison < OP_MASKED_EQUAL; comparison++)
			try_restrict((enum comparison)comparison, value, 0);
	}
}

Test(cube, restrict_of_wide_arguments)
{
	static const struct {
		unsigned bits;
		enum comparison comparison;
		uint64_t value;
		size_t count;
	} cases[] = {
		{64, OP_EQUAL, UINT64_MAX, 1},
		{64, OP_NOT_EQUAL, 5, 64},
		{64, OP_NOT_EQUAL, UINT64_MAX, 64},
		{64, OP_LESS, 0, 0},
		{64, OP_LESS_EQUAL, UINT64_MAX, 1},
		{64, OP_GREATER_EQUAL, 0, 1},
		{64, OP_GREATER, UINT64_MAX, 0},
		{64, OP_GREATER, UINT64_MAX - 1, 1},
		{64, OP_LESS, UINT64_C(1) << 63, 1},
		{32, OP_EQUAL, UINT64_C(1) << 32, 0},
		{32, OP_NOT_EQUAL, UINT64_C(1) << 32, 1},
		{32, OP_LESS, UINT64_MAX, 1},
		{32, OP_GREATER, UINT32_MAX, 0},
		{32, OP_LESS, 38, 3},
		{16, OP_GREATER_EQUAL, 0x8000, 1},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO(regions_finish) struct regions regions = {0};

		must_add(&regions, all, 0);
		cr_assert_eq(regions_restrict(&regions, 3, cases[i].bits, cases[i].comparison,
				     cases[i].value, 0),
			0);
		cr_assert_eq(regions.count, cases[i].count, "%zu: %zu regions", i, regions.count);
	}
}

/* Random lists of disjoint regions over two arguments. */
static uint64_t random_state = 0x5eccf11e5;

static uint64_t next(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * UINT64_C(0x2545f4914f6cdd1d) >> 32;
}

static struct cube random_cube(void)
{
	struct cube cube = {0};

	for (unsigned i = 0; i < 2; i++) {
		cube.mask[i] = next() % VALUES & next();
		cube.datum[i] = next() & cube.mask[i];
	}
	return cube;
}

static void random_regions(struct regions *regions)
{
	for (unsigned i = 0; i < 3; i++) {
		struct cube cube = random_cube();

		cr_assert_eq(regions_subtract(regions, &cube), 0);
		must_add(regions, cube, (verdict)next() % 2);
	}
}

Test(cube, subtract_leaves_the_rest)
{
	for (unsigned round = 0; round < 500; round++) {
		AUTO(regions_finish) struct regions before = {0}, after = {0};
		struct cube cube = random_cube();

		random_regions(&before);
		for (size_t i = 0; i < before.count; i++)
			must_add(&after, before.items[i].cube, before.items[i].action);
		cr_assert_eq(regions_subtract(&after, &cube), 0);
		for (uint64_t value = 0; value < VALUES * VALUES; value++) {
			uint64_t first = value / VALUES, second = value % VALUES;
			bool inside = (first & cube.mask[0]) == cube.datum[0] &&
				      (second & cube.mask[1]) == cube.datum[1];
			verdict was = 0, is = 0;
			unsigned found = find(&before, first, second, &was);

			cr_assert_leq(found, 1, "regions overlap");
			cr_assert_eq(find(&after, first, second, &is), inside ? 0 : found);
			cr_assert(inside || was == is);
		}
	}
}

static verdict pick_sum(verdict a, verdict b)
{
	return 10 * a + b;
}

Test(cube, combine_pairs_what_overlaps)
{
	for (unsigned round = 0; round < 500; round++) {
		AUTO(regions_finish) struct regions a = {0}, b = {0}, both = {0};

		random_regions(&a);
		random_regions(&b);
		cr_assert_eq(regions_combine(&a, &b, pick_sum, &both), 0);
		for (uint64_t value = 0; value < VALUES * VALUES; value++) {
			uint64_t first = value / VALUES, second = value % VALUES;
			verdict in_a = 0, in_b = 0, in_both = 0;
			unsigned found =
				find(&a, first, second, &in_a) * find(&b, first, second, &in_b);

			cr_assert_eq(find(&both, first, second, &in_both), found);
			cr_assert(!found || in_both == 10 * in_a + in_b);
		}
	}
}

Test(cube, merge_changes_no_verdict)
{
	for (unsigned round = 0; round < 500; round++) {
		AUTO(regions_finish) struct regions before = {0}, after = {0};

		random_regions(&before);
		for (size_t i = 0; i < before.count; i++)
			must_add(&after, before.items[i].cube, before.items[i].action);
		regions_merge(&after);
		cr_assert_leq(after.count, before.count);
		for (uint64_t value = 0; value < VALUES * VALUES; value++) {
			uint64_t first = value / VALUES, second = value % VALUES;
			verdict was = 0, is = 0;

			cr_assert_eq(find(&after, first, second, &is),
				find(&before, first, second, &was));
			cr_assert_eq(was, is);
		}
	}
}

Test(cube, merge_makes_one_of_two_halves)
{
	AUTO(regions_finish) struct regions regions = {0};

	for (uint64_t value = 0; value < VALUES; value++)
		must_add(&regions, make_cube(5, VALUES - 1, value), 3);
	regions_merge(&regions);
	cr_assert_eq(regions.count, 1);
	cr_assert(cube_is_all(&regions.items[0].cube));
}

Test(cube, too_many_is_an_error)
{
	AUTO(regions_finish) struct regions regions = {0};
	int r;

	for (size_t i = 0; i < REGIONS_LIMIT; i++)
		must_add(&regions, make_cube(0, UINT64_MAX, i), 0);
	cr_assert_eq(regions_add(&regions, &all, 0), -E2BIG);
	regions_finish(&regions);
	must_add(&regions, all, 0);
	r = regions_restrict(&regions, 0, 64, OP_NOT_EQUAL, 0, 0);
	cr_assert_eq(r, 0);
	cr_assert_eq(regions_restrict(&regions, 1, 64, OP_NOT_EQUAL, 0, 0), -E2BIG);
}
