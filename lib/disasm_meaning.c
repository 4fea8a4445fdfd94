/* SPDX-License-Identifier: Apache-2.0 */
/* What an instruction means where it stands. */
#include "disasm_internal.h"
#include "syscalls.h"

#include <ctype.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

static void write_number(uint32_t value, struct words *out)
{
	words_add(out, value < 1000 ? "%u" : "0x%x", value);
}

static void write_arch(enum arch arch, struct words *out)
{
	for (const char *c = architectures[arch].name + strlen("SCMP_ARCH_"); *c; c++)
		words_add(out, "%c", tolower(*c));
}

/* The kernel's name of the argument that is at `offset`; NULL: none, or not known. */
static const char *argument_at(const struct fact *fact, uint32_t offset)
{
	const uint32_t first = offsetof(struct seccomp_data, args);

	return fact->call && offset >= first
		       ? syscall_argument_name(fact->call, (offset - first) / 8)
		       : NULL;
}

static void write_word(
	const struct disasm *disasm, const char *argument, uint32_t offset, struct words *out)
{
	const uint32_t first = offsetof(struct seccomp_data, args);
	const char *half = offset % 8 == (disasm->big_endian ? 4 : 0) ? "low" : "high";

	if (offset == offsetof(struct seccomp_data, nr))
		words_add(out, "nr");
	else if (offset == offsetof(struct seccomp_data, arch))
		words_add(out, "arch");
	else if (offset < first)
		words_add(out, "instruction_pointer.%s", half);
	else if (argument)
		words_add(out, "%s.%s", argument, half);
	else
		words_add(out, "args[%u].%s", (offset - first) / 8, half);
}

static void write_load(
	const struct disasm *disasm, const struct fact *fact, uint32_t offset, struct words *out)
{
	const char *argument = argument_at(fact, offset);

	words_add(out, "A = ");
	write_word(disasm, NULL, offset, out);
	if (argument)
		words_add(out, ", %s of %s", argument, fact->call);
}

/* `name`: what stands for a register of which nothing is known. */
static void write_held(const struct disasm *disasm, const struct fact *fact,
	const struct held *held, const char *name, struct words *out)
{
	switch (held->kind) {
	case HELD_ANYTHING:
		words_add(out, "%s", name);
		return;
	case HELD_CONSTANT:
		write_number(held->value, out);
		return;
	case HELD_WORD:
		if (held->value != UINT32_MAX)
			words_add(out, "(");
		write_word(disasm, argument_at(fact, held->offset), held->offset, out);
		if (held->value != UINT32_MAX)
			words_add(out, " & 0x%x)", held->value);
	}
}

static bool number_is_x32(const struct fact *fact, uint32_t number)
{
	return (fact->architectures & UINT32_C(1) << ARCH_X32) && (number & X32_SYSCALL_BIT);
}

/* A constant that A is compared with. */
static void write_constant(const struct fact *fact, uint32_t value, struct words *out)
{
	bool whole = fact->a.kind == HELD_WORD && fact->a.value == UINT32_MAX;
	const char *call = NULL;

	if (whole && fact->a.offset == offsetof(struct seccomp_data, arch))
		for (int arch = 0; arch < ARCH_COUNT; arch++)
			if (architectures[arch].audit == value) {
				write_arch((enum arch)arch, out);
				return;
			}
	if (whole && fact->a.offset == offsetof(struct seccomp_data, nr))
		call = disasm_call(fact, value);
	if (call && number_is_x32(fact, value))
		words_add(out, "x32 %s", call);
	else if (call)
		words_add(out, "%s", call);
	else
		write_number(value, out);
}

static void write_test(const struct disasm *disasm, const struct fact *fact,
	const struct sock_filter *code, struct words *out)
{
	static const char *const operators[][2] = {
		[BPF_JEQ >> 4] = {"==", "!="},
		[BPF_JGT >> 4] = {">", "<="},
		[BPF_JGE >> 4] = {">=", "<"},
		[BPF_JSET >> 4] = {"&", NULL},
	};

	write_held(disasm, fact, &fact->a, "A", out);
	words_add(out, " %s ", operators[BPF_OP(code->code) >> 4][disasm_is_negated(code)]);
	if (BPF_OP(code->code) == BPF_JSET && BPF_SRC(code->code) == BPF_K)
		words_add(out, "0x%x", code->k);
	else if (BPF_SRC(code->code) == BPF_K)
		write_constant(fact, code->k, out);
	else if (fact->x.kind == HELD_CONSTANT)
		write_constant(fact, fact->x.value, out);
	else
		write_held(disasm, fact, &fact->x, "X", out);
}

/* What an operation leaves in A, where the instruction itself does not say it. */
static void write_result(const struct disasm *disasm, size_t position, struct words *out)
{
	const struct fact *after = &disasm->facts[position + 1];

	if (disasm->is_target[position + 1] || !after->reached || after->a.kind == HELD_ANYTHING)
		return;
	words_add(out, "A = ");
	write_held(disasm, after, &after->a, "A", out);
}

static void write_known(const struct disasm *disasm, size_t position, struct words *out)
{
	const struct sock_filter *code = &disasm->program->code[position];
	const struct fact *fact = &disasm->facts[position];
	char word[32];

	switch (BPF_CLASS(code->code)) {
	case BPF_LD:
		if (BPF_MODE(code->code) == BPF_ABS) {
			write_load(disasm, fact, code->k, out);
			return;
		}
		write_result(disasm, position, out);
		return;
	case BPF_ALU:
		write_result(disasm, position, out);
		return;
	case BPF_JMP:
		if (BPF_OP(code->code) != BPF_JA)
			write_test(disasm, fact, code, out);
		return;
	case BPF_RET:
		if (BPF_RVAL(code->code) == BPF_K)
			words_add(out, "%s", verdict_format(code->k, word, sizeof(word)));
		else if (fact->a.kind == HELD_CONSTANT)
			words_add(out, "%s", verdict_format(fact->a.value, word, sizeof(word)));
		else
			write_held(disasm, fact, &fact->a, "", out);
		return;
	default:
		return;
	}
}

static void write_unused(const struct sock_filter *code, const char *separator, struct words *out)
{
	bool has_ways = disasm_is_test(code->code);
	bool jt = !has_ways && code->jt, jf = !has_ways && code->jf;
	bool k = !disasm_uses_k(code->code) && code->k;

	if (!jt && !jf && !k)
		return;
	words_add(out, "%sunused:", separator);
	if (jt)
		words_add(out, " jt %u", code->jt);
	if (jf)
		words_add(out, " jf %u", code->jf);
	if (k)
		words_add(out, " k 0x%x", code->k);
}

void disasm_meaning(const struct disasm *disasm, size_t position, struct words *out)
{
	const struct sock_filter *code = &disasm->program->code[position];

	*out = (struct words){.length = 0};
	write_known(disasm, position, out);
	if (!disasm->facts[position].reached)
		words_add(out, "%snever reached", out->length > 0 ? "; " : "");
	write_unused(code, out->length > 0 ? "; " : "", out);
}
