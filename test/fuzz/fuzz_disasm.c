/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For libFuzzer (see fuzz_profile.c): any program that the kernel would take is put into words. A
 * return that a call reaches must not be said to be never reached, nor to have another verdict.
 */
#include "decode.h"
#include "disasm.h"
#include "simulate.h"

#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether a return that calls may reach gives this verdict. */
static bool is_said(const struct disasm *disasm, verdict value)
{
	for (size_t i = 0; i < disasm->program->length; i++) {
		const struct sock_filter *code = &disasm->program->code[i];
		const struct held *a = &disasm->facts[i].a;

		if (!disasm->facts[i].reached)
			continue;
		if (code->code == (BPF_RET | BPF_K) && code->k == value)
			return true;
		if (code->code == (BPF_RET | BPF_A) &&
			(a->kind != HELD_CONSTANT || a->value == value))
			return true;
	}
	return false;
}

static bool may_divide_by_zero(const struct program *program)
{
	for (size_t i = 0; i < program->length; i++)
		if (program->code[i].code == (BPF_ALU | BPF_DIV | BPF_X))
			return true;
	return false;
}

static void try_calls(const struct disasm *disasm)
{
	const struct program *program = disasm->program;

	for (size_t i = 0; i < program->length; i++) {
		uint32_t words[sizeof(struct seccomp_data) / 4] = {0};

		for (size_t word = 0; word < sizeof(words) / sizeof(words[0]); word++) {
			struct seccomp_data call;
			verdict value;

			words[word] = program->code[i].k;
			memcpy(&call, words, sizeof(call));
			if (simulate_program(program, &call, &value, NULL) < 0)
				abort();
			if (!is_said(disasm, value) && !(value == 0 && may_divide_by_zero(program)))
				abort();
			if (i % 2)
				words[word] = 0;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program program;
	struct disasm disasm;
	char *text = NULL;
	size_t length;
	FILE *out;

	if (program_read("fuzz", data, size, &program, NULL) < 0)
		return 0;
	if (disasm_init(&disasm, &program, NULL, NULL) == 0) {
		out = open_memstream(&text, &length);
		if (!out)
			abort();
		disasm_write_text(&disasm, out);
		disasm_write_dot(&disasm, out);
		disasm_write_c(&disasm, out);
		fclose(out);
		free(text);
		try_calls(&disasm);
		disasm_finish(&disasm);
	}
	program_finish(&program);
	return 0;
}
