/* SPDX-License-Identifier: Apache-2.0 */
#include "disasm.h"

#include "decode.h"
#include "disasm_internal.h"

#include <linux/bpf_common.h>
#include <stdarg.h>
#include <stdlib.h>

static uint32_t all_architectures(const enum arch *native)
{
	uint32_t all = native ? 0 : UINT32_C(1) << ARCHITECTURE_UNKNOWN;

	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if (!native || arch_runs_on((enum arch)arch, *native))
			all |= UINT32_C(1) << arch;
	return all;
}

static void find_targets(const struct program *program, bool *is_target)
{
	for (size_t i = 0; i < program->length; i++) {
		const struct sock_filter *code = &program->code[i];

		if (code->code == (BPF_JMP | BPF_JA))
			is_target[i + 1 + code->k] = true;
		if (!disasm_is_test(code->code))
			continue;
		if (code->jt > 0 || code->jf == 0)
			is_target[i + 1 + code->jt] = true;
		if (code->jf > 0)
			is_target[i + 1 + code->jf] = true;
	}
}

int disasm_init(struct disasm *disasm, const struct program *program, const enum arch *native,
	struct error *err)
{
	struct disasm result = {
		.program = program,
		.big_endian = native ? architectures[*native].big_endian
				     : __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
	};
	int r = program_check(program, err);

	if (r < 0)
		return r;
	result.facts = calloc(program->length, sizeof(*result.facts));
	result.is_target = calloc(program->length, sizeof(*result.is_target));
	if (!result.facts || !result.is_target) {
		disasm_finish(&result);
		return error_memory(err);
	}
	result.facts[0] = (struct fact){
		.reached = true,
		.architectures = all_architectures(native),
		.last = UINT32_MAX,
		.a = {HELD_CONSTANT, 0, 0}, /* so the kernel starts */
		.x = {HELD_CONSTANT, 0, 0},
	};
	disasm_follow(program, result.facts);
	find_targets(program, result.is_target);
	*disasm = result;
	return 0;
}

void disasm_finish(struct disasm *disasm)
{
	free(disasm->facts);
	free(disasm->is_target);
	*disasm = (struct disasm){0};
}

bool disasm_uses_k(uint16_t code)
{
	switch (BPF_CLASS(code)) {
	case BPF_LD:
	case BPF_LDX:
		return BPF_MODE(code) != BPF_LEN;
	case BPF_ALU:
		return BPF_SRC(code) == BPF_K && BPF_OP(code) != BPF_NEG;
	case BPF_JMP:
		return BPF_SRC(code) == BPF_K;
	case BPF_RET:
		return BPF_RVAL(code) == BPF_K;
	default:
		return BPF_CLASS(code) != BPF_MISC;
	}
}

void words_add(struct words *words, const char *format, ...)
{
	size_t left = sizeof(words->text) - words->length;
	va_list arguments;
	int added;

	va_start(arguments, format);
	added = vsnprintf(words->text + words->length, left, format, arguments);
	va_end(arguments);
	if (added > 0)
		words->length += (size_t)added < left ? (size_t)added : left - 1;
}

static void write_load(const struct sock_filter *code, struct words *out)
{
	words_add(out, "%s", BPF_CLASS(code->code) == BPF_LDX ? "ldx " : "ld ");
	switch (BPF_MODE(code->code)) {
	case BPF_ABS:
		words_add(out, "[%u]", code->k);
		return;
	case BPF_MEM:
		words_add(out, "M[%u]", code->k);
		return;
	case BPF_LEN:
		words_add(out, "#len");
		return;
	default:
		words_add(out, "#0x%x", code->k);
	}
}

static void write_operand(const struct sock_filter *code, struct words *out)
{
	if (BPF_SRC(code->code) == BPF_X)
		words_add(out, "x");
	else
		words_add(out, "#0x%x", code->k);
}

static void write_operation(const struct sock_filter *code, struct words *out)
{
	static const char *const names[] = {
		[BPF_ADD >> 4] = "add",
		[BPF_SUB >> 4] = "sub",
		[BPF_MUL >> 4] = "mul",
		[BPF_DIV >> 4] = "div",
		[BPF_OR >> 4] = "or",
		[BPF_AND >> 4] = "and",
		[BPF_LSH >> 4] = "lsh",
		[BPF_RSH >> 4] = "rsh",
		[BPF_NEG >> 4] = "neg",
		[BPF_XOR >> 4] = "xor",
	};

	words_add(out, "%s", names[BPF_OP(code->code) >> 4]);
	if (BPF_OP(code->code) == BPF_NEG)
		return;
	words_add(out, " ");
	write_operand(code, out);
}

bool disasm_is_negated(const struct sock_filter *code)
{
	return code->jt == 0 && code->jf > 0 && BPF_OP(code->code) != BPF_JSET;
}

static void write_jump(const struct sock_filter *code, size_t position, struct words *out)
{
	static const char *const names[][2] = {
		[BPF_JEQ >> 4] = {"jeq", "jne"},
		[BPF_JGT >> 4] = {"jgt", "jle"},
		[BPF_JGE >> 4] = {"jge", "jlt"},
		[BPF_JSET >> 4] = {"jset", NULL},
	};
	bool negated = disasm_is_negated(code);

	if (BPF_OP(code->code) == BPF_JA) {
		words_add(out, "ja L%zu", position + 1 + code->k);
		return;
	}
	words_add(out, "%s ", names[BPF_OP(code->code) >> 4][negated]);
	write_operand(code, out);
	words_add(out, ", L%zu", position + 1 + (negated ? code->jf : code->jt));
	if (!negated && code->jf > 0)
		words_add(out, ", L%zu", position + 1 + code->jf);
}

void disasm_instruction(const struct disasm *disasm, size_t position, struct words *out)
{
	const struct sock_filter *code = &disasm->program->code[position];

	*out = (struct words){.length = 0};
	switch (BPF_CLASS(code->code)) {
	case BPF_LD:
	case BPF_LDX:
		write_load(code, out);
		return;
	case BPF_ST:
	case BPF_STX:
		words_add(out, "%s M[%u]", BPF_CLASS(code->code) == BPF_ST ? "st" : "stx", code->k);
		return;
	case BPF_ALU:
		write_operation(code, out);
		return;
	case BPF_JMP:
		write_jump(code, position, out);
		return;
	case BPF_RET:
		if (BPF_RVAL(code->code) == BPF_A)
			words_add(out, "ret a");
		else
			words_add(out, "ret #0x%x", code->k);
		return;
	default:
		words_add(out, "%s", BPF_MISCOP(code->code) == BPF_TAX ? "tax" : "txa");
	}
}
