/* SPDX-License-Identifier: Apache-2.0 */
/* Whole programs in words. */
#include "disasm_internal.h"

#include <linux/bpf_common.h>
#include <stddef.h>

static void write_line(const struct disasm *disasm, size_t position, const char *end, FILE *out)
{
	struct words instruction, meaning, label = {.length = 0};

	disasm_instruction(disasm, position, &instruction);
	disasm_meaning(disasm, position, &meaning);
	if (disasm->is_target[position])
		words_add(&label, "L%zu:", position);
	fprintf(out, "%5zu  %-6s ", position, label.text);
	if (meaning.length > 0)
		fprintf(out, "%-29s ; %s%s", instruction.text, meaning.text, end);
	else
		fprintf(out, "%s%s", instruction.text, end);
}

void disasm_write_text(const struct disasm *disasm, FILE *out)
{
	for (size_t i = 0; i < disasm->program->length; i++)
		write_line(disasm, i, "\n", out);
}

static bool ends_block(const struct disasm *disasm, size_t position)
{
	uint16_t class = BPF_CLASS(disasm->program->code[position].code);

	return class == BPF_RET || class == BPF_JMP || disasm->is_target[position + 1];
}

static void write_edges(const struct disasm *disasm, size_t block, size_t last, FILE *out)
{
	const struct sock_filter *code = &disasm->program->code[last];

	if (BPF_CLASS(code->code) == BPF_RET)
		return;
	if (!disasm_is_test(code->code)) {
		fprintf(out, "\tb%zu -> b%zu;\n", block,
			last + 1 + (BPF_CLASS(code->code) == BPF_JMP ? code->k : 0));
		return;
	}
	if (code->jt == code->jf) {
		fprintf(out, "\tb%zu -> b%zu [label=\"yes, no\"];\n", block, last + 1 + code->jt);
		return;
	}
	/* The meaning is that of the first label. */
	fprintf(out, "\tb%zu -> b%zu [label=\"%s\"];\n", block, last + 1 + code->jt,
		disasm_is_negated(code) ? "no" : "yes");
	fprintf(out, "\tb%zu -> b%zu [label=\"%s\"];\n", block, last + 1 + code->jf,
		disasm_is_negated(code) ? "yes" : "no");
}

void disasm_write_dot(const struct disasm *disasm, FILE *out)
{
	size_t block = 0;

	fputs("digraph filter {\n"
	      "\tnode [shape=box, fontname=\"monospace\", fontsize=10];\n"
	      "\tedge [fontname=\"monospace\", fontsize=10];\n",
		out);
	for (size_t i = 0; i < disasm->program->length; i++) {
		if (i == block)
			fprintf(out, "\tb%zu [label=\"", block);
		write_line(disasm, i, "\\l", out);
		if (!ends_block(disasm, i))
			continue;
		fputs("\"];\n", out);
		write_edges(disasm, block, i, out);
		block = i + 1;
	}
	fputs("}\n", out);
}

void disasm_write_c(const struct disasm *disasm, FILE *out)
{
	fputs("#include <linux/filter.h>\n\nstatic const struct sock_filter filter[] = {\n", out);
	for (size_t i = 0; i < disasm->program->length; i++) {
		const struct sock_filter *code = &disasm->program->code[i];
		struct words instruction, meaning;

		disasm_instruction(disasm, i, &instruction);
		disasm_meaning(disasm, i, &meaning);
		fprintf(out, "\t{0x%02x, %3u, %3u, 0x%08x}, /* %zu: %s%s%s */\n", code->code,
			code->jt, code->jf, code->k, i, instruction.text,
			meaning.length > 0 ? "; " : "", meaning.text);
	}
	fputs("};\n", out);
}
