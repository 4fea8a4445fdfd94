/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "cleanup.h"
#include "disasm.h"
#include "live.h"
#include "output.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

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

struct request {
	const char *path; /* NULL: of the process */
	pid_t pid;
	long index; /* -1: all of its filters */
	enum format format;
	const enum arch *arch; /* NULL: any */
};

static int print_program(
	const struct program *program, const struct request *request, struct error *err)
{
	struct disasm disasm;
	int r = disasm_init(&disasm, program, request->arch, err);

	if (r < 0)
		return r;
	if (request->format == FORMAT_JSON)
		r = print_json(&disasm, err);
	else if (request->format == FORMAT_DOT)
		disasm_write_dot(&disasm, stdout);
	else
		disasm_write_text(&disasm, stdout);
	disasm_finish(&disasm);
	return r;
}

static int print_file(const struct request *request, struct error *err)
{
	struct program program;
	int r = read_program_argument(request->path, &program, err);

	if (r < 0)
		return r;
	r = print_program(&program, request, err);
	program_finish(&program);
	return r;
}

/* More than one text can follow another; not so two graphs or documents. */
static int check_index(const struct request *request, size_t count, struct error *err)
{
	if (count == 0)
		return error_set(err, -ENOENT, "process %d has no filter", request->pid);
	if (request->index >= (long)count)
		return error_set(err, -ENOENT, "process %d has %zu filter%s, the oldest being 0",
			request->pid, count, count == 1 ? "" : "s");
	if (request->index < 0 && count > 1 && request->format != FORMAT_TEXT)
		return error_set(err, -EINVAL,
			"process %d has %zu filters; say which one by --index, the oldest being 0",
			request->pid, count);
	return 0;
}

static int print_live(const struct request *request, struct error *err)
{
	AUTO(live_programs_finish) struct live_programs programs = {0};
	AUTO(live_stack_finish) struct live_stack stack = {0};
	int r = live_read_process(request->pid, &programs, &stack, err);

	if (r == 0)
		r = check_index(request, stack.count, err);
	for (size_t i = 0; r == 0 && i < stack.count; i++) {
		if (request->index >= 0 && (size_t)request->index != i)
			continue;
		if (request->index < 0 && stack.count > 1)
			printf("%s; filter %zu of %zu%s\n", i ? "\n" : "", i, stack.count,
				i ? "" : ", the oldest");
		r = print_program(&programs.items[stack.filters[i].program], request, err);
	}
	return r;
}

static int read_index(const char *value, long *ret, struct error *err)
{
	char *end;
	long index = strtol(value, &end, 10);

	if (*value < '0' || *value > '9' || *end)
		return error_set(err, -EINVAL, "\"%s\" is no number of a filter", value);
	*ret = index;
	return 0;
}

int verb_disasm(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		{"arch", required_argument, NULL, TARGET_ARCH},
		{"format", required_argument, NULL, 'f'},
		{"index", required_argument, NULL, 'i'},
		{"pid", required_argument, NULL, 'p'},
		{0},
	};
	struct request request = {.index = -1, .format = FORMAT_TEXT};
	struct error err = ERROR_INIT;
	struct target target = {0};
	int option, r = 0;

	while (r == 0 && (option = getopt_long(argc, argv, "f:p:", options, NULL)) != -1) {
		switch (option) {
		case '?':
			return verb_usage(verb, NULL);
		case 'f':
			r = format_parse(optarg,
				1U << FORMAT_TEXT | 1U << FORMAT_DOT | 1U << FORMAT_JSON,
				&request.format, &err);
			break;
		case 'i':
			r = read_index(optarg, &request.index, &err);
			break;
		case 'p':
			r = read_pid_argument(optarg, &request.pid, &err);
			break;
		default:
			r = target_set(&target, option, optarg, &err);
			request.arch = &target.arch;
		}
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (argc - optind != (request.pid ? 0 : 1))
		return verb_usage(verb, "one program is needed, a file or that of --pid");
	if (request.index >= 0 && !request.pid)
		return verb_usage(verb, "--index is for the filters of --pid");
	request.path = argv[optind];
	r = request.pid ? print_live(&request, &err) : print_file(&request, &err);
	return r < 0 ? verb_failure(&err) : EXIT_SUCCESS;
}
