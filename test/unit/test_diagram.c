/* SPDX-License-Identifier: Apache-2.0 */
/* Diagrams give the answer of the plain comparison for every call tried, and equal functions are one
 * node however they are made. */
#include "diagram.h"

#include "calls.h"

UNIT_SUITE(diagram);

struct words {
	uint32_t values[WORD_COUNT];
};

static uint64_t evaluate(const struct diagrams *diagrams, diagram_id id, const struct words *words)
{
	for (int word = 0; word < WORD_COUNT; word++)
		id = diagram_follow(diagrams, id, (enum data_word)word, words->values[word]);
	cr_assert(diagram_is_end(diagrams, id));
	return diagram_value(diagrams, id);
}

/* Boundary values, and some of no kind. */
static uint32_t random_word(uint64_t *seed)
{
	return (uint32_t)(random_constant(seed, 64) >> next_random(seed) % 3 * 16) -
	       (uint32_t)(next_random(seed) % 3);
}

static struct words random_words(uint64_t *seed)
{
	struct words words;

	for (int i = 0; i < WORD_COUNT; i++)
		words.values[i] = random_word(seed);
	return words;
}

static bool passes(uint32_t value, enum diagram_test test, uint32_t k)
{
	switch (test) {
	case TEST_EQUAL:
		return value == k;
	case TEST_GREATER:
		return value > k;
	case TEST_AT_LEAST:
		return value >= k;
	case TEST_ANY_BIT:
		return (value & k) != 0;
	}
	return false;
}

static struct diagram_bits random_bits(uint64_t *seed)
{
	int shift = (int)(next_random(seed) % 63) - 31;
	uint32_t possible = shift >= 0 ? UINT32_MAX << shift : UINT32_MAX >> -shift;

	if (next_random(seed) % 2)
		return (struct diagram_bits){.word = WORD_NR, .mask = UINT32_MAX};
	return (struct diagram_bits){.word = (uint32_t)(next_random(seed) % WORD_COUNT),
		.shift = shift,
		.mask = possible & random_word(seed),
		.flip = random_word(seed)};
}

static uint32_t bits_value(const struct diagram_bits *bits, uint32_t word)
{
	uint32_t shifted = bits->shift >= 0 ? word << bits->shift : word >> -bits->shift;

	return (shifted & bits->mask) ^ bits->flip;
}

Test(diagram, compares_bits_of_words)
{
	struct diagrams diagrams;
	uint64_t seed = 1;

	diagrams_init(&diagrams);
	for (int i = 0; i < 20000; i++) {
		enum diagram_test test = (enum diagram_test)(next_random(&seed) % 4);
		struct diagram_bits bits = random_bits(&seed);
		uint32_t k = random_word(&seed);
		diagram_id id = diagram_compare(&diagrams, bits, test, k);

		for (int j = 0; j < 20; j++) {
			struct words words = random_words(&seed);
			uint32_t *word = &words.values[bits.word], value;

			if (j < 4) /* at the constant, and beside it */
				*word = k + (uint32_t)(j % 3) - 1;
			value = bits_value(&bits, *word);
			cr_assert_eq(evaluate(&diagrams, id, &words), passes(value, test, k),
				"word %u %#x shift %d mask %#x flip %#x test %d k %#x", bits.word,
				*word, bits.shift, bits.mask, bits.flip, test, k);
		}
	}
	cr_assert_eq(diagrams.failure, 0);
	diagrams_finish(&diagrams);
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

Test(diagram, compares_arguments)
{
	static const unsigned widths[] = {16, 32, 64};
	struct diagrams diagrams;
	uint64_t seed = 2;

	diagrams_init(&diagrams);
	for (int i = 0; i < 20000; i++) {
		enum comparison comparison = (enum comparison)(next_random(&seed) % 7);
		unsigned index = (unsigned)(next_random(&seed) % 6);
		unsigned bits = widths[next_random(&seed) % ARRAY_LENGTH(widths)];
		uint64_t value = random_constant(&seed, 64), datum = random_constant(&seed, 64);
		diagram_id id = diagram_argument(&diagrams, index, bits, comparison, value, datum);

		for (int j = 0; j < 20; j++) {
			struct words words = random_words(&seed);
			uint32_t *halves = &words.values[WORD_ARGUMENTS + 2 * index];
			uint64_t argument = value + (uint64_t)(j % 3) - 1;

			if (j < 4) {
				halves[0] = (uint32_t)(argument >> 32);
				halves[1] = (uint32_t)argument;
			}
			argument = halves[1] | (uint64_t)halves[0] << 32;
			if (bits < 64)
				argument &= (UINT64_C(1) << bits) - 1;
			cr_assert_eq(evaluate(&diagrams, id, &words),
				holds(comparison, argument, value, datum),
				"argument %#llx of %u bits, operator %d, %#llx %#llx",
				(unsigned long long)argument, bits, comparison,
				(unsigned long long)value, (unsigned long long)datum);
		}
	}
	diagrams_finish(&diagrams);
}

static int compare_firsts(const void *left, const void *right)
{
	const struct diagram_interval *a = left, *b = right;

	return a->first < b->first ? -1 : a->first > b->first;
}

/* Distinct ones, sorted; the first is 0. */
static size_t random_intervals(
	struct diagrams *diagrams, uint64_t *seed, struct diagram_interval *intervals, size_t most)
{
	size_t count = 1 + next_random(seed) % most, distinct = 1;

	for (size_t i = 0; i < count; i++)
		intervals[i] = (struct diagram_interval){
			i ? random_word(seed) : 0, diagram_end(diagrams, next_random(seed) % 3)};
	qsort(intervals, count, sizeof(*intervals), compare_firsts);
	for (size_t i = 1; i < count; i++)
		if (intervals[i].first != intervals[distinct - 1].first)
			intervals[distinct++] = intervals[i];
	return distinct;
}

Test(diagram, goes_by_intervals)
{
	struct diagram_interval intervals[40];
	struct diagrams diagrams;
	uint64_t seed = 3;

	diagrams_init(&diagrams);
	for (int i = 0; i < 2000; i++) {
		size_t count =
			random_intervals(&diagrams, &seed, intervals, ARRAY_LENGTH(intervals));
		diagram_id id = diagram_intervals(&diagrams, WORD_NR, intervals, count);

		for (size_t j = 0; j < 3 * count; j++) {
			struct words words = {
				{0, intervals[j % count].first + (uint32_t)(j / count) - 1}};
			size_t at = count;

			while (at-- > 1)
				if (intervals[at].first <= words.values[WORD_NR])
					break;
			cr_assert_eq(evaluate(&diagrams, id, &words),
				diagram_value(&diagrams, intervals[at].node), "%#x",
				words.values[WORD_NR]);
		}
	}
	diagrams_finish(&diagrams);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return 1000 * a + b;
}

static uint64_t difference(uint64_t a, uint64_t b)
{
	return a - b;
}

/* Conditions on few words, so that they meet. */
static diagram_id random_condition(struct diagrams *diagrams, uint64_t *seed)
{
	struct diagram_bits bits = {.word = (uint32_t)(next_random(seed) % 3), .mask = UINT32_MAX};

	return diagram_compare(
		diagrams, bits, (enum diagram_test)(next_random(seed) % 4), random_word(seed));
}

Test(diagram, chooses_and_combines)
{
	struct diagrams diagrams;
	uint64_t seed = 4;

	diagrams_init(&diagrams);
	for (int i = 0; i < 500; i++) {
		diagram_id pool[12], chosen[12][3], both, opposite;

		for (size_t j = 0; j < ARRAY_LENGTH(pool); j++) {
			chosen[j][0] = random_condition(&diagrams, &seed);
			for (int k = 1; k < 3; k++)
				chosen[j][k] =
					j < 2 ? diagram_end(&diagrams, next_random(&seed) % 5)
					      : pool[next_random(&seed) % j];
			pool[j] =
				diagram_choice(&diagrams, chosen[j][0], chosen[j][1], chosen[j][2]);
		}
		both = diagram_combine(&diagrams, pool[10], pool[11], sum);
		/* Another operation on the same two is another result. */
		opposite = diagram_combine(&diagrams, pool[10], pool[11], difference);
		for (int round = 0; round < 50; round++) {
			struct words words = random_words(&seed);
			uint64_t values[12];

			for (size_t j = 0; j < ARRAY_LENGTH(pool); j++) {
				bool yes = evaluate(&diagrams, chosen[j][0], &words);

				values[j] = evaluate(&diagrams, pool[j], &words);
				cr_assert_eq(values[j],
					evaluate(&diagrams, chosen[j][yes ? 1 : 2], &words));
			}
			cr_assert_eq(
				evaluate(&diagrams, both, &words), sum(values[10], values[11]));
			cr_assert_eq(evaluate(&diagrams, opposite, &words),
				difference(values[10], values[11]));
		}
	}
	cr_assert_eq(diagrams.failure, 0);
	diagrams_finish(&diagrams);
}

Test(diagram, equal_functions_are_one_node)
{
	struct diagram_bits number = {.word = WORD_NR, .mask = UINT32_MAX};
	struct diagram_bits low = {.word = WORD_NR, .shift = 8, .mask = UINT32_MAX << 8};
	struct diagram_interval intervals[] = {{0, 0}, {5, 1}, {9, 0}};
	struct diagrams diagrams;
	diagram_id a, b;

	diagrams_init(&diagrams);
	a = diagram_choice(&diagrams, diagram_compare(&diagrams, number, TEST_AT_LEAST, 9), 0,
		diagram_compare(&diagrams, number, TEST_GREATER, 4));
	b = diagram_intervals(&diagrams, WORD_NR, intervals, 3);
	cr_assert_eq(a, b);
	for (uint32_t i = 5, c = 0; i < 9; i++) {
		c = diagram_choice(
			&diagrams, diagram_compare(&diagrams, number, TEST_EQUAL, i), 1, c);
		cr_assert_eq(c == a, i == 8);
	}
	a = diagram_compare(&diagrams, low, TEST_EQUAL, 0x12345600);
	number.mask = 0x00ffffff;
	cr_assert_eq(a, diagram_compare(&diagrams, number, TEST_EQUAL, 0x123456));
	cr_assert_eq(diagram_compare(&diagrams, low, TEST_EQUAL, 1), DIAGRAM_FALSE);
	cr_assert_eq(diagram_compare(&diagrams, low, TEST_AT_LEAST, 0), DIAGRAM_TRUE);
	diagrams_finish(&diagrams);
}

/* Two arguments that share no bit: every bit of the first must be remembered until the second. */
Test(diagram, too_large_is_a_failure)
{
	struct diagrams diagrams;
	diagram_id all = DIAGRAM_FALSE;

	diagrams_init(&diagrams);
	for (unsigned bit = 0; bit < 32; bit++) {
		struct diagram_bits first = {.word = WORD_ARGUMENTS, .mask = 1U << bit};
		struct diagram_bits last = {.word = WORD_ARGUMENTS + 10, .mask = 1U << bit};
		diagram_id both = diagram_choice(&diagrams,
			diagram_compare(&diagrams, first, TEST_ANY_BIT, 1U << bit),
			diagram_compare(&diagrams, last, TEST_ANY_BIT, 1U << bit), DIAGRAM_FALSE);

		all = diagram_choice(&diagrams, both, DIAGRAM_TRUE, all);
	}
	cr_assert_eq(diagrams.failure, -E2BIG);
	diagrams_finish(&diagrams);
}
