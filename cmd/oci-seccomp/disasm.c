/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "cleanup.h"
#include "disasm.h"
#include "output.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

static int print_json(const struct disasm *disasm, struct error *err)
{
	enum { POSITION, CODE, JT, JF, K, TARGET, INSTRUCTION, MEANING, COLUMNS };
	static const struct column columns[COLUMNS] = {
		[POSITION] = {"OFFSET", 0, SCOLS_JSON_NUMBER},
		[CODE] = {"CODE", 0, SCOLS_JSON_NUMBER},
		[JT] = {"JT", 0, SCOLS_JSON_NUMBER},
		[JF] = {"JF", 0, SCOLS_JSON_NUMBER},
		[K] = {"K", 0, SCOLS_JSON_NUMBER},
		[TARGET] = {"TARGET", 0, SCOLS_JSON_BOOLEAN},
		[INSTRUCTION] = {"INSTRUCTION", 0, SCOLS_JSON_STRING},
		[MEANING] = {"MEANING", 0, SCOLS_JSON_STRING},
	};
	struct output output;
	int r;

	output_init(&output, FORMAT_JSON, "instructions", columns, COLUMNS);
	for (size_t i = 0; i < disasm->program->length; i++) {
		const struct sock_filter *code = &disasm->program->code[i];
		struct words instruction, meaning;

		disasm_instruction(disasm, i, &instruction);
		disasm_meaning(disasm, i, &meaning);
		output_row(&output);
		output_number(&output, POSITION, i);
		output_number(&output, CODE, code->code);
		output_number(&output, JT, code->jt);
		output_number(&output, JF, code->jf);
		output_number(&output, K, code->k);
		output_number(&output, TARGET, disasm->is_target[i]);
		output_cell(&output, INSTRUCTION, instruction.text, NULL);
		output_cell(&output, MEANING, meaning.text, NULL);
	}
	r = output_print(&output, err);
	output_finish(&output);
	return r;
}

static int disassemble(
	const char *path, const enum arch *arch, enum format format, struct error *err)
{
	struct program program;
	struct disasm disasm;
	int r = read_program_argument(path, &program, err);

	if (r < 0)
		return r;
	r = disasm_init(&disasm, &program, arch, err);
	if (r == 0) {
		if (format == FORMAT_JSON)
			r = print_json(&disasm, err);
		else if (format == FORMAT_DOT)
			disasm_write_dot(&disasm, stdout);
		else
			disasm_write_text(&disasm, stdout);
		disasm_finish(&disasm);
	}
	program_finish(&program);
	return r;
}

int verb_disasm(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		{"arch", required_argument, NULL, TARGET_ARCH},
		{"format", required_argument, NULL, 'f'},
		{0},
	};
	struct error err = ERROR_INIT;
	enum format format = FORMAT_TEXT;
	struct target target = {0};
	bool has_arch = false;
	int option, r = 0;

	while (r == 0 && (option = getopt_long(argc, argv, "f:", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		if (option == 'f') {
			r = format_parse(optarg,
				1U << FORMAT_TEXT | 1U << FORMAT_DOT | 1U << FORMAT_JSON, &format,
				&err);
			continue;
		}
		r = target_set(&target, option, optarg, &err);
		has_arch = true;
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (argc - optind != 1)
		return verb_usage(verb, "one program is needed");
	r = disassemble(argv[optind], has_arch ? &target.arch : NULL, format, &err);
	return r < 0 ? verb_failure(&err) : EXIT_SUCCESS;
}
