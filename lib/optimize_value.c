/* SPDX-License-Identifier: Apache-2.0 */
#include "optimize_internal.h"

#include <linux/bpf_common.h>
#include <linux/filter.h>

struct value value_constant(uint32_t constant)
{
	return (struct value){.flip = constant};
}

struct value value_word(uint32_t offset)
{
	return (struct value){.offset = offset, .mask = UINT32_MAX};
}

bool value_is_constant(const struct value *value)
{
	return value->mask == 0;
}

/* As the kernel computes; simulate.c does the same. */
static bool fold(uint32_t *a, uint16_t operation, uint32_t operand)
{
	switch (operation) {
	case BPF_ADD:
		*a += operand;
		return true;
	case BPF_SUB:
		*a -= operand;
		return true;
	case BPF_MUL:
		*a *= operand;
		return true;
	case BPF_DIV:
		*a = operand ? *a / operand : 0;
		return operand != 0;
	case BPF_AND:
		*a &= operand;
		return true;
	case BPF_OR:
		*a |= operand;
		return true;
	case BPF_XOR:
		*a ^= operand;
		return true;
	case BPF_LSH:
		*a <<= operand & 31;
		return true;
	case BPF_RSH:
		*a >>= operand & 31;
		return true;
	case BPF_NEG:
		*a = -*a;
		return true;
	default:
		return false;
	}
}

/* An operation with a constant on bits of a word. */
static bool change_word(struct value *a, uint16_t operation, uint32_t constant)
{
	switch (operation) {
	case BPF_AND:
		a->mask &= constant;
		a->flip &= constant;
		return true;
	case BPF_OR:
		a->mask &= ~constant;
		a->flip |= constant;
		return true;
	case BPF_XOR:
		a->flip ^= constant;
		return true;
	case BPF_LSH:
		a->shift += (int32_t)(constant & 31);
		a->mask <<= constant & 31;
		a->flip <<= constant & 31;
		return true;
	case BPF_RSH:
		a->shift -= (int32_t)(constant & 31);
		a->mask >>= constant & 31;
		a->flip >>= constant & 31;
		return true;
	default:
		return false;
	}
}

bool value_alu(struct value *a, uint16_t operation, const struct value *operand)
{
	bool commutes = operation == BPF_AND || operation == BPF_OR || operation == BPF_XOR;
	struct value result = *a;
	uint32_t constant = operand->flip;

	if (value_is_constant(a) && (value_is_constant(operand) || operation == BPF_NEG))
		return fold(&a->flip, operation, operand->flip);
	if (value_is_constant(a) && commutes) {
		result = *operand;
		constant = a->flip;
	} else if (!value_is_constant(operand)) {
		return false;
	}
	if (!change_word(&result, operation, constant))
		return false;
	*a = value_is_constant(&result) ? value_constant(result.flip) : result;
	return true;
}

/* Bits of the value, as bits of the word. */
static uint32_t unshift(const struct value *value, uint32_t bits)
{
	return value->shift >= 0 ? bits >> value->shift : bits << -value->shift;
}

static void answer(struct test *test, bool yes)
{
	test->known = true;
	test->answer = yes;
}

static void test_equal(const struct value *value, uint32_t k, struct test *ret)
{
	uint32_t wanted = k ^ value->flip;

	if (wanted & ~value->mask) {
		answer(ret, false);
		return;
	}
	ret->test = GRAPH_EQUAL;
	ret->offset = value->offset;
	ret->mask = unshift(value, value->mask);
	ret->k = unshift(value, wanted);
}

/* Bits that are always set add a constant to the value; with bits that are flipped the order is
 * another one. */
static bool test_at_least(const struct value *value, uint64_t k, struct test *ret)
{
	uint64_t below;

	if (value->flip & value->mask)
		return false;
	if (k <= value->flip) {
		answer(ret, true);
		return true;
	}
	k -= value->flip;
	if (k > value->mask) {
		answer(ret, false);
		return true;
	}
	below = value->shift > 0 ? (UINT64_C(1) << value->shift) - 1 : 0; /* round up */
	ret->test = GRAPH_AT_LEAST;
	ret->offset = value->offset;
	ret->mask = unshift(value, value->mask);
	ret->k = value->shift > 0 ? (uint32_t)((k + below) >> value->shift)
				  : (uint32_t)k << -value->shift;
	return true;
}

static bool compare(uint32_t a, uint16_t comparison, uint32_t k)
{
	switch (comparison) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGT:
		return a > k;
	case BPF_JGE:
		return a >= k;
	default:
		return (a & k) != 0;
	}
}

/* `constant` against a word: the same test with the sides changed. */
static bool test_reversed(
	uint32_t constant, uint16_t comparison, const struct value *word, struct test *ret)
{
	const struct value other = value_constant(constant);
	bool order = comparison == BPF_JGT || comparison == BPF_JGE;
	uint16_t reversed = comparison;

	if (order)
		reversed = comparison == BPF_JGT ? BPF_JGE : BPF_JGT;
	if (!value_test(word, reversed, &other, ret))
		return false;
	if (order && ret->known)
		ret->answer = !ret->answer;
	else if (order)
		ret->negated = !ret->negated;
	return true;
}

bool value_test(
	const struct value *a, uint16_t comparison, const struct value *operand, struct test *ret)
{
	uint32_t k = operand->flip;
	struct value bits = *a;

	*ret = (struct test){.known = false};
	if (value_is_constant(a) && value_is_constant(operand)) {
		answer(ret, compare(a->flip, comparison, k));
		return true;
	}
	if (value_is_constant(a))
		return test_reversed(a->flip, comparison, operand, ret);
	if (!value_is_constant(operand))
		return false;
	switch (comparison) {
	case BPF_JEQ:
		test_equal(a, k, ret);
		return true;
	case BPF_JGT:
		return test_at_least(a, (uint64_t)k + 1, ret);
	case BPF_JGE:
		return test_at_least(a, k, ret);
	case BPF_JSET:
		change_word(&bits, BPF_AND, k);
		if (value_is_constant(&bits)) {
			answer(ret, bits.flip != 0);
			return true;
		}
		test_equal(&bits, 0, ret);
		ret->negated = !ret->known;
		ret->answer = ret->known; /* a bit that is always set */
		return true;
	default:
		return false;
	}
}

bool test_passes(const struct test *test, uint32_t word)
{
	switch (test->test) {
	case GRAPH_EQUAL:
		return (word & test->mask) == test->k;
	case GRAPH_GREATER:
		return (word & test->mask) > test->k;
	case GRAPH_AT_LEAST:
		return (word & test->mask) >= test->k;
	}
	return false;
}
