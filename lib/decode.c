/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool load_allowed(uint16_t code)
{
	switch (BPF_MODE(code)) {
	case BPF_ABS:
		return code == (BPF_LD | BPF_W | BPF_ABS);
	case BPF_IMM:
	case BPF_MEM:
	case BPF_LEN:
		return BPF_SIZE(code) == BPF_W;
	default:
		return false;
	}
}

static bool operation_allowed(uint16_t code)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_DIV:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
	case BPF_LSH:
	case BPF_RSH:
		return true;
	default:
		return code == (BPF_ALU | BPF_NEG);
	}
}

static bool jump_allowed(uint16_t code)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET:
		return true;
	default:
		return code == (BPF_JMP | BPF_JA);
	}
}

static bool code_allowed(uint16_t code)
{
	if (code > UINT8_MAX)
		return false;
	switch (BPF_CLASS(code)) {
	case BPF_LD:
	case BPF_LDX:
		return load_allowed(code);
	case BPF_ALU:
		return operation_allowed(code);
	case BPF_JMP:
		return jump_allowed(code);
	case BPF_RET:
		return code == (BPF_RET | BPF_K) || code == (BPF_RET | BPF_A);
	case BPF_MISC:
		return code == (BPF_MISC | BPF_TAX) || code == (BPF_MISC | BPF_TXA);
	default:
		return code == BPF_ST || code == BPF_STX;
	}
}

/* The constant of an instruction that is no jump; NULL when the kernel takes it. */
static const char *constant_fault(const struct sock_filter *code)
{
	switch (code->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return code->k >= sizeof(struct seccomp_data) || code->k % 4 != 0
			       ? "loads from an offset that is no multiple of 4 below 64"
			       : NULL;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return code->k >= BPF_MEMWORDS ? "uses a memory word above 15" : NULL;
	case BPF_ALU | BPF_DIV | BPF_K:
		return code->k == 0 ? "divides by zero" : NULL;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return code->k > 31 ? "shifts by more than 31 bits" : NULL;
	default:
		return NULL;
	}
}

/* Whether the jump, or the step to the next instruction, stays in the program. */
static bool stays_inside(const struct sock_filter *code, size_t after)
{
	switch (BPF_CLASS(code->code)) {
	case BPF_RET:
		return true;
	case BPF_JMP:
		if (BPF_OP(code->code) == BPF_JA)
			return code->k < after;
		return code->jt < after && code->jf < after;
	default:
		return after > 0;
	}
}

static int fault(
	const struct program *program, size_t position, const char *what, struct error *err)
{
	const struct sock_filter *code = &program->code[position];

	return error_set(err, -EINVAL, "instruction %zu (code 0x%02x, k 0x%x) %s", position,
		code->code, code->k, what);
}

/*
 * A word of memory must be written on every way to its load. The kernel lets a RET go on to the
 * next instruction here, and so do we: what it refuses is of no use to anybody.
 */
static int check_memory(const struct program *program, struct error *err)
{
	uint16_t written = 0, on_entry[BPF_MAXINSNS];

	memset(on_entry, 0xff, sizeof(on_entry));
	for (size_t i = 0; i < program->length; i++) {
		const struct sock_filter *code = &program->code[i];

		written &= on_entry[i];
		switch (code->code) {
		case BPF_ST:
		case BPF_STX:
			written |= (uint16_t)(1U << code->k);
			continue;
		case BPF_LD | BPF_MEM:
		case BPF_LDX | BPF_MEM:
			if (!(written & 1U << code->k))
				return fault(program, i,
					"loads a memory word that is not written on every way",
					err);
			continue;
		case BPF_JMP | BPF_JA:
			on_entry[i + 1 + code->k] &= written;
			break;
		default:
			if (BPF_CLASS(code->code) != BPF_JMP)
				continue;
			on_entry[i + 1 + code->jt] &= written;
			on_entry[i + 1 + code->jf] &= written;
		}
		written = UINT16_MAX; /* only jumps arrive behind a jump */
	}
	return 0;
}

int program_check(const struct program *program, struct error *err)
{
	if (program->length == 0 || program->length > BPF_MAXINSNS)
		return error_set(err, -EINVAL, "%zu instructions; the kernel takes 1 to %d",
			program->length, BPF_MAXINSNS);
	for (size_t i = 0; i < program->length; i++) {
		const struct sock_filter *code = &program->code[i];
		const char *what;

		if (!code_allowed(code->code))
			return fault(program, i, "is none that seccomp allows", err);
		what = constant_fault(code);
		if (what)
			return fault(program, i, what, err);
		if (!stays_inside(code, program->length - 1 - i))
			return fault(program, i,
				BPF_CLASS(code->code) == BPF_JMP ? "jumps beyond the end"
								 : "is the last and no return",
				err);
	}
	return check_memory(program, err);
}

int program_read(
	const char *name, const void *text, size_t length, struct program *ret, struct error *err)
{
	struct program program = {.length = length / sizeof(struct sock_filter)};
	int r;

	if (length == 0 || length % sizeof(struct sock_filter) != 0)
		return error_set(err, -EINVAL,
			"%s: %zu byte%s no raw BPF program: instructions have %zu bytes", name,
			length, length == 1 ? " is" : "s are", sizeof(struct sock_filter));
	program.code = malloc(length);
	if (!program.code)
		return error_memory(err);
	memcpy(program.code, text, length);
	r = program_check(&program, err);
	if (r < 0) {
		program_finish(&program);
		return error_prefix(err, r, "%s", name);
	}
	*ret = program;
	return 0;
}
