/* SPDX-License-Identifier: Apache-2.0 */
#include "prove_machine.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <stddef.h>

enum { MOST_RETURNED_BITS = 10 }; /* of a verdict that is taken from the call */

uint32_t machine_reads(const struct sock_filter *code)
{
	uint32_t a = 1U << SLOT_A, x = 1U << SLOT_X;

	switch (BPF_CLASS(code->code)) {
	case BPF_LD:
	case BPF_LDX:
		return BPF_MODE(code->code) == BPF_MEM ? 1U << (SLOT_MEMORY + code->k) : 0;
	case BPF_ST:
		return a;
	case BPF_STX:
		return x;
	case BPF_ALU:
		return BPF_SRC(code->code) == BPF_X ? a | x : a;
	case BPF_JMP:
		if (BPF_OP(code->code) == BPF_JA)
			return 0;
		return BPF_SRC(code->code) == BPF_X ? a | x : a;
	case BPF_MISC:
		return BPF_MISCOP(code->code) == BPF_TAX ? a : x;
	default:
		return BPF_RVAL(code->code) == BPF_A ? a : 0;
	}
}

uint32_t machine_writes(const struct sock_filter *code)
{
	switch (BPF_CLASS(code->code)) {
	case BPF_LD:
		return 1U << SLOT_A;
	case BPF_LDX:
		return 1U << SLOT_X;
	case BPF_ST:
	case BPF_STX:
		return 1U << (SLOT_MEMORY + code->k);
	case BPF_MISC:
		return BPF_MISCOP(code->code) == BPF_TAX ? 1U << SLOT_X : 1U << SLOT_A;
	default:
		return 0;
	}
}

static struct diagram_bits constant(uint32_t value)
{
	return (struct diagram_bits){.flip = value};
}

static bool is_constant(const struct diagram_bits *value)
{
	return value->mask == 0;
}

/* A value without a bit of the call is a constant, whatever word it came from. */
static struct diagram_bits tidy(struct diagram_bits value)
{
	return is_constant(&value) ? constant(value.flip) : value;
}

static struct diagram_bits loaded_word(uint32_t offset, bool big_endian)
{
	uint32_t half = (uint32_t)(big_endian ? 0 : 1); /* of 64 bits: which word comes first */
	uint32_t word;

	if (offset == offsetof(struct seccomp_data, nr))
		word = WORD_NR;
	else if (offset == offsetof(struct seccomp_data, arch))
		word = WORD_ARCH;
	else if (offset < offsetof(struct seccomp_data, args))
		word = WORD_POINTER + (offset / 4 % 2 ^ half);
	else
		word = WORD_ARGUMENTS +
		       ((offset - (uint32_t)offsetof(struct seccomp_data, args)) / 4 ^ half);
	return (struct diagram_bits){.word = word, .mask = UINT32_MAX};
}

static void run_load(struct machine *machine, const struct sock_filter *code, bool big_endian)
{
	struct diagram_bits value;

	switch (BPF_MODE(code->code)) {
	case BPF_ABS:
		value = loaded_word(code->k, big_endian);
		break;
	case BPF_LEN:
		value = constant(sizeof(struct seccomp_data));
		break;
	case BPF_MEM:
		value = machine->slots[SLOT_MEMORY + code->k];
		break;
	default:
		value = constant(code->k);
	}
	machine->slots[BPF_CLASS(code->code) == BPF_LDX ? SLOT_X : SLOT_A] = value;
}

static int compute_constant(uint32_t *a, uint16_t operation, uint32_t k)
{
	switch (operation) {
	case BPF_ADD:
		*a += k;
		return 0;
	case BPF_SUB:
		*a -= k;
		return 0;
	case BPF_MUL:
		*a *= k;
		return 0;
	case BPF_DIV:
		*a /= k;
		return 0;
	case BPF_NEG:
		*a = -*a;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* What needs no carry keeps bits of a word bits of that word. */
static int compute(struct diagram_bits *a, uint16_t operation, uint32_t k)
{
	switch (operation) {
	case BPF_AND:
		a->mask &= k;
		a->flip &= k;
		break;
	case BPF_OR:
		a->mask &= ~k;
		a->flip |= k;
		break;
	case BPF_XOR:
		a->flip ^= k;
		break;
	case BPF_LSH:
		a->shift += (int32_t)(k & 31);
		a->mask <<= k & 31;
		a->flip <<= k & 31;
		break;
	case BPF_RSH:
		a->shift -= (int32_t)(k & 31);
		a->mask >>= k & 31;
		a->flip >>= k & 31;
		break;
	default:
		return is_constant(a) ? compute_constant(&a->flip, operation, k) : -EOPNOTSUPP;
	}
	*a = tidy(*a);
	return 0;
}

static int run_alu(struct machine *machine, const struct sock_filter *code, bool *ret_ends)
{
	struct diagram_bits *a = &machine->slots[SLOT_A];
	struct diagram_bits operand = machine->slots[SLOT_X];
	uint16_t operation = BPF_OP(code->code);

	if (BPF_SRC(code->code) == BPF_K)
		operand = constant(code->k);
	if (!is_constant(&operand)) {
		bool either = operation == BPF_AND || operation == BPF_OR || operation == BPF_XOR;
		struct diagram_bits other = *a;

		if (!either || !is_constant(a))
			return -EOPNOTSUPP;
		*a = operand;
		operand = other;
	}
	*ret_ends = operation == BPF_DIV && operand.flip == 0;
	return *ret_ends ? 0 : compute(a, operation, operand.flip);
}

int machine_run(
	struct machine *machine, const struct sock_filter *code, bool big_endian, bool *ret_ends)
{
	struct diagram_bits *slots = machine->slots;

	*ret_ends = false;
	switch (BPF_CLASS(code->code)) {
	case BPF_LD:
	case BPF_LDX:
		run_load(machine, code, big_endian);
		return 0;
	case BPF_ST:
		slots[SLOT_MEMORY + code->k] = slots[SLOT_A];
		return 0;
	case BPF_STX:
		slots[SLOT_MEMORY + code->k] = slots[SLOT_X];
		return 0;
	case BPF_ALU:
		return run_alu(machine, code, ret_ends);
	default: /* BPF_MISC */
		if (BPF_MISCOP(code->code) == BPF_TAX)
			slots[SLOT_X] = slots[SLOT_A];
		else
			slots[SLOT_A] = slots[SLOT_X];
		return 0;
	}
}

int machine_test(const struct machine *machine, const struct sock_filter *code,
	struct diagrams *diagrams, diagram_id *ret)
{
	static const enum diagram_test tests[] = {[BPF_JEQ] = TEST_EQUAL,
		[BPF_JGT] = TEST_GREATER,
		[BPF_JGE] = TEST_AT_LEAST,
		[BPF_JSET] = TEST_ANY_BIT};
	enum diagram_test test = tests[BPF_OP(code->code)];
	struct diagram_bits a = machine->slots[SLOT_A], operand = machine->slots[SLOT_X];

	if (BPF_SRC(code->code) == BPF_K)
		operand = constant(code->k);
	if (is_constant(&operand)) {
		*ret = diagram_compare(diagrams, a, test, operand.flip);
		return 0;
	}
	if (!is_constant(&a))
		return -EOPNOTSUPP;
	/* The other way round: a constant is above x where x is not at least that. */
	if (test == TEST_EQUAL || test == TEST_ANY_BIT) {
		*ret = diagram_compare(diagrams, operand, test, a.flip);
		return 0;
	}
	test = test == TEST_GREATER ? TEST_AT_LEAST : TEST_GREATER;
	*ret = diagram_choice(diagrams, diagram_compare(diagrams, operand, test, a.flip),
		DIAGRAM_FALSE, DIAGRAM_TRUE);
	return 0;
}

/* Every verdict that the value may be. */
static diagram_id returned(
	struct diagrams *diagrams, const struct diagram_bits *value, unsigned bits, uint32_t so_far)
{
	struct diagram_bits bit = *value;
	diagram_id no, yes;

	if (bits == 0)
		return diagram_end(diagrams, so_far);
	bits--;
	bit.mask &= 1U << bits;
	if (bit.mask == 0)
		return returned(diagrams, value, bits, so_far | (value->flip & 1U << bits));
	no = returned(diagrams, value, bits, so_far);
	yes = returned(diagrams, value, bits, so_far | 1U << bits);
	return diagram_choice(
		diagrams, diagram_compare(diagrams, bit, TEST_ANY_BIT, 1U << bits), yes, no);
}

int machine_return(const struct machine *machine, const struct sock_filter *code,
	struct diagrams *diagrams, diagram_id *ret)
{
	const struct diagram_bits *a = &machine->slots[SLOT_A];

	if (BPF_RVAL(code->code) != BPF_A)
		*ret = diagram_end(diagrams, code->k);
	else if (__builtin_popcount(a->mask) > MOST_RETURNED_BITS)
		return -EOPNOTSUPP;
	else
		*ret = returned(diagrams, a, 32, 0);
	return 0;
}
