/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known before each instruction. Jumps only go forward, so one pass in the order of the
 * instructions sees every way to an instruction before it: where ways meet, what they agree on
 * remains.
 */
#include "disasm_internal.h"
#include "syscalls.h"

#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

static struct held constant(uint32_t value)
{
	return (struct held){HELD_CONSTANT, value, 0};
}

static bool is_word(const struct held *held, size_t offset)
{
	return held->kind == HELD_WORD && held->offset == offset;
}

static void join_held(struct held *held, const struct held *other)
{
	if (memcmp(held, other, sizeof(*held)) != 0)
		*held = (struct held){0};
}

/* Another way leads to where `fact` holds. */
static void join(struct fact *fact, const struct fact *other)
{
	if (!other->reached)
		return;
	if (!fact->reached) {
		*fact = *other;
		return;
	}
	fact->architectures |= other->architectures;
	fact->first = other->first < fact->first ? other->first : fact->first;
	fact->last = other->last > fact->last ? other->last : fact->last;
	if (fact->call && (!other->call || strcmp(fact->call, other->call) != 0))
		fact->call = NULL;
	join_held(&fact->a, &other->a);
	join_held(&fact->x, &other->x);
	for (int i = 0; i < BPF_MEMWORDS; i++)
		join_held(&fact->memory[i], &other->memory[i]);
}

static struct held operand_of(const struct fact *fact, const struct sock_filter *code)
{
	return BPF_SRC(code->code) == BPF_X ? fact->x : constant(code->k);
}

static uint32_t compute(uint16_t code, uint32_t a, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		return a + operand;
	case BPF_SUB:
		return a - operand;
	case BPF_MUL:
		return a * operand;
	case BPF_DIV:
		return operand ? a / operand : 0; /* by 0 it is the end of the program */
	case BPF_AND:
		return a & operand;
	case BPF_OR:
		return a | operand;
	case BPF_XOR:
		return a ^ operand;
	case BPF_LSH:
		return a << (operand & 31);
	case BPF_RSH:
		return a >> (operand & 31);
	default: /* BPF_NEG */
		return -a;
	}
}

static void follow_operation(struct fact *fact, const struct sock_filter *code)
{
	struct held operand = operand_of(fact, code);

	if (fact->a.kind == HELD_CONSTANT &&
		(operand.kind == HELD_CONSTANT || BPF_OP(code->code) == BPF_NEG))
		fact->a.value = compute(code->code, fact->a.value, operand.value);
	else if (fact->a.kind == HELD_WORD && operand.kind == HELD_CONSTANT &&
		 BPF_OP(code->code) == BPF_AND)
		fact->a.value &= operand.value;
	else
		fact->a = (struct held){0};
}

/* What neither jumps nor returns. */
static void follow_plain(struct fact *fact, const struct sock_filter *code)
{
	struct held *to = BPF_CLASS(code->code) == BPF_LDX ? &fact->x : &fact->a;

	switch (code->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		*to = (struct held){HELD_WORD, UINT32_MAX, code->k};
		return;
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
		*to = constant(code->k);
		return;
	case BPF_LD | BPF_LEN:
	case BPF_LDX | BPF_LEN:
		*to = constant(sizeof(struct seccomp_data));
		return;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
		*to = fact->memory[code->k];
		return;
	case BPF_ST:
		fact->memory[code->k] = fact->a;
		return;
	case BPF_STX:
		fact->memory[code->k] = fact->x;
		return;
	case BPF_MISC | BPF_TAX:
		fact->x = fact->a;
		return;
	case BPF_MISC | BPF_TXA:
		fact->a = fact->x;
		return;
	default:
		follow_operation(fact, code);
	}
}

const char *disasm_call(const struct fact *fact, uint32_t number)
{
	const char *only = NULL;

	if (fact->architectures & UINT32_C(1) << ARCHITECTURE_UNKNOWN)
		return NULL;
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		const char *name = fact->architectures & UINT32_C(1) << arch
					   ? syscall_name((enum arch)arch, number)
					   : NULL;

		if (name && only && strcmp(name, only) != 0)
			return NULL;
		only = name ? name : only;
	}
	return only;
}

bool disasm_taken(uint16_t code, uint32_t a, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGT:
		return a > operand;
	case BPF_JGE:
		return a >= operand;
	default: /* BPF_JSET */
		return (a & operand) != 0;
	}
}

/* The architectures whose calls can go this way. One that nobody knows can go any, but not where its
 * value is asked for that is somebody else's. */
static uint32_t going(uint32_t from, uint16_t code, uint32_t mask, uint32_t operand, bool taken)
{
	uint32_t going = from & UINT32_C(1) << ARCHITECTURE_UNKNOWN;

	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		uint32_t audit = architectures[arch].audit;

		if (BPF_OP(code) == BPF_JEQ && mask == UINT32_MAX && audit == operand && taken)
			going &= ~(UINT32_C(1) << ARCHITECTURE_UNKNOWN);
		if (disasm_taken(code, audit & mask, operand) == taken)
			going |= from & UINT32_C(1) << arch;
	}
	return going;
}

static void keep_between(struct fact *fact, int64_t first, int64_t last)
{
	if (first > fact->last || last < fact->first) {
		fact->reached = false;
		return;
	}
	fact->first = first > fact->first ? (uint32_t)first : fact->first;
	fact->last = last < fact->last ? (uint32_t)last : fact->last;
}

/* Leaves the numbers that go this way, or more: there is no hole between `first` and `last`. */
static void narrow(struct fact *fact, uint16_t code, int64_t operand, bool taken)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		if (taken)
			keep_between(fact, operand, operand);
		else if (operand == fact->first)
			keep_between(fact, operand + 1, UINT32_MAX);
		else if (operand == fact->last)
			keep_between(fact, 0, operand - 1);
		return;
	case BPF_JGT:
		keep_between(fact, taken ? operand + 1 : 0, taken ? UINT32_MAX : operand);
		return;
	case BPF_JGE:
		keep_between(fact, taken ? operand : 0, taken ? UINT32_MAX : operand - 1);
		return;
	default:
		return;
	}
}

/* What holds when a test ends this way. */
static struct fact follow_test(const struct fact *fact, const struct sock_filter *code, bool taken)
{
	struct held operand = operand_of(fact, code);
	struct fact after = *fact;
	bool number = is_word(&fact->a, offsetof(struct seccomp_data, nr));

	if (operand.kind != HELD_CONSTANT)
		return after;
	if (fact->a.kind == HELD_CONSTANT) {
		after.reached = disasm_taken(code->code, fact->a.value, operand.value) == taken;
	} else if (is_word(&fact->a, offsetof(struct seccomp_data, arch))) {
		after.architectures =
			going(fact->architectures, code->code, fact->a.value, operand.value, taken);
		after.reached = after.architectures != 0;
	} else if (number && fact->first == fact->last) {
		after.reached = disasm_taken(code->code, fact->first & fact->a.value,
					operand.value) == taken;
	} else if (number && fact->a.value == UINT32_MAX) {
		narrow(&after, code->code, operand.value, taken);
	}
	if (after.first == after.last)
		after.call = disasm_call(&after, after.first);
	return after;
}

bool disasm_is_test(uint16_t code)
{
	return BPF_CLASS(code) == BPF_JMP && BPF_OP(code) != BPF_JA;
}

void disasm_follow(const struct program *program, struct fact *facts)
{
	for (size_t i = 0; i < program->length; i++) {
		const struct sock_filter *code = &program->code[i];
		struct fact fact = facts[i];

		if (!fact.reached || BPF_CLASS(code->code) == BPF_RET)
			continue;
		if (code->code == (BPF_JMP | BPF_JA)) {
			join(&facts[i + 1 + code->k], &fact);
		} else if (BPF_CLASS(code->code) == BPF_JMP) {
			struct fact yes = follow_test(&fact, code, true);
			struct fact no = follow_test(&fact, code, false);

			join(&facts[i + 1 + code->jt], &yes);
			join(&facts[i + 1 + code->jf], &no);
		} else {
			follow_plain(&fact, code);
			join(&facts[i + 1], &fact);
		}
	}
}
