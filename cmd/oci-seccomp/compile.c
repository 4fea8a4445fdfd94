/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "cleanup.h"
#include "compile.h"
#include "disasm.h"
#include "filter.h"
#include "output.h"
#include "policy.h"
#include "profile_write.h"
#include "pseudo.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct request {
	const char *profile, *output;
	enum format format;
	enum arch host;
	struct target target;
	bool native_only;
};

/* Nothing is made of a program that is not proved to mean what the profile says. */
static int build(const struct policy *policy, struct program *ret, struct error *err)
{
	struct program program;
	bool proved;
	int r = filter_build(policy, &program, err);

	if (r < 0)
		return r;
	r = compile_prove(policy, &program, &proved, err);
	if (r == 0 && !proved)
		r = error_set(err, -E2BIG,
			"%s: the program is too large to be proved right, so it is not written",
			policy->profile->name);
	if (r < 0)
		program_finish(&program);
	else
		*ret = program;
	return r;
}

static int write_program(
	const struct request *request, const struct policy *policy, FILE *out, struct error *err)
{
	struct program program;
	struct disasm disasm;
	int r = build(policy, &program, err);

	if (r < 0)
		return r;
	if (request->format == FORMAT_BPF) {
		fwrite(program.code, sizeof(*program.code), program.length, out);
	} else {
		r = disasm_init(&disasm, &program, &policy->target.arch, err);
		if (r == 0) {
			(request->format == FORMAT_C ? disasm_write_c : disasm_write_text)(
				&disasm, out);
			disasm_finish(&disasm);
		}
	}
	program_finish(&program);
	return r;
}

static int write_object(const struct policy *policy, FILE *out, struct error *err)
{
	AUTO_FREE char *json = NULL;
	int r = profile_write(&policy, 1, TOGETHER_STACKED, &json, err);

	if (r == 0)
		fprintf(out, "%s\n", json);
	return r;
}

static int make(const struct request *request, const struct policy *policy, char **ret_data,
	size_t *ret_length, struct error *err)
{
	FILE *out = open_memstream(ret_data, ret_length);
	int r;

	if (!out)
		return error_memory(err);
	if (request->format == FORMAT_OCI)
		r = write_object(policy, out, err);
	else if (request->format == FORMAT_PFC)
		r = pseudo_write(policy, out, err);
	else
		r = write_program(request, policy, out, err);
	if (fclose(out) != 0 && r == 0)
		r = error_memory(err);
	return r;
}

/* What whoever loads the program must do, since the format cannot say it. */
static void warn(const struct policy *policy)
{
	static const char head[] = "oci-seccomp compile: warning: ";
	const struct profile *profile = policy->profile;
	AUTO_FREE char *agent =
		policy_notifies(policy) ? text_printable(profile->listener_path) : NULL;

	for (size_t i = 0; i < names_flags.count; i++)
		if (profile->flags & names_flags.names[i].value)
			fprintf(stderr, "%sthe result cannot say that it is to be loaded with %s\n",
				head, names_flags.names[i].name);
	if (policy_notifies(policy))
		fprintf(stderr,
			"%sthe result has to be loaded with SECCOMP_FILTER_FLAG_NEW_LISTENER, for "
			"the agent at %s\n",
			head, agent ? agent : "listenerPath");
}

static int compile(const struct request *request, const struct profile *profile, struct error *err)
{
	AUTO_FREE char *data = NULL;
	struct policy policy;
	size_t length;
	int r = policy_select(profile, &request->target, request->native_only, &policy, err);

	if (r < 0)
		return r;
	r = make(request, &policy, &data, &length, err);
	if (r == 0)
		r = output_file(request->output, data, length, err);
	if (r == 0 && request->format != FORMAT_OCI)
		warn(&policy);
	policy_finish(&policy);
	return r;
}

static int run(const struct request *request, struct error *err)
{
	struct diagnostics diagnostics = {0};
	struct profile profile;
	int r = read_profile_argument(request->profile, &profile, &diagnostics, err);

	for (size_t i = 0; r == 0 && i < diagnostics.count; i++)
		fprintf(stderr, "oci-seccomp compile: warning: %s: %s\n",
			diagnostics.items[i].place, diagnostics.items[i].text);
	diagnostics_finish(&diagnostics);
	if (r < 0)
		return r;
	r = compile(request, &profile, err);
	profile_finish(&profile);
	return r;
}

static int set_option(struct request *request, int option, const char *value, struct error *err)
{
	switch (option) {
	case 'f':
		return format_parse(value,
			1U << FORMAT_BPF | 1U << FORMAT_ASM | 1U << FORMAT_C | 1U << FORMAT_PFC |
				1U << FORMAT_OCI,
			&request->format, err);
	case 'n':
		request->native_only = true;
		return 0;
	case 'o':
		request->output = value;
		return 0;
	default:
		return target_set(&request->target, option, value, err);
	}
}

static const char *problem(const struct request *request, int arguments)
{
	if (arguments != 1)
		return "one profile is needed";
	if (!request->output)
		return "-o FILE is needed: where the result is written";
	if (request->format != FORMAT_BPF)
		return NULL;
	if (architectures[request->host].big_endian !=
		architectures[request->target.arch].big_endian)
		return "a raw program has the byte order of this host, which is not that of the "
		       "target; --format c can be taken there";
	if (!strcmp(request->output, "-") && isatty(STDOUT_FILENO))
		return "a program is not written to a terminal";
	return NULL;
}

int verb_compile(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		TARGET_OPTIONS,
		{"format", required_argument, NULL, 'f'},
		{"native", no_argument, NULL, 'n'},
		{"output", required_argument, NULL, 'o'},
		{0},
	};
	struct request request = {.format = FORMAT_BPF};
	struct error err = ERROR_INIT;
	int option, r = host_target(&request.target, &err);

	request.host = request.target.arch;
	while (r == 0 && (option = getopt_long(argc, argv, "f:o:", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		r = set_option(&request, option, optarg, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (problem(&request, argc - optind))
		return verb_usage(verb, problem(&request, argc - optind));
	request.profile = argv[optind];
	r = run(&request, &err);
	return r < 0 ? verb_failure(&err) : EXIT_SUCCESS;
}
