/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "cleanup.h"
#include "io.h"
#include "optimize.h"
#include "output.h"
#include "prove.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct request {
	char **inputs;
	size_t count;
	const char *weights; /* NULL: none */
	const char *output;
};

static int read_weights(const char *path, struct weights *ret, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	int r = io_read_file(AT_FDCWD, path, path, WEIGHTS_SIZE_LIMIT, &text, &length, err);

	return r < 0 ? r : weights_read(path, text, length, ret, err);
}

static void report(const struct program *programs, size_t count, const struct program *result,
	const struct optimize_options *options)
{
	size_t length = 0;
	enum arch arch;
	double before = optimize_average(programs, count, options, &arch);

	for (size_t i = 0; i < count; i++)
		length += programs[i].length;
	fprintf(stderr,
		"oci-seccomp optimize: %zu instructions became %zu; of these a call of %s executes "
		"on average %.1f, before %.1f\n",
		length, result->length, architectures[arch].name,
		optimize_average(result, 1, options, NULL), before);
}

/* Nothing is written that is not proved to mean what was given. */
static int prove_equal(const struct program *programs, size_t count, const struct program *result,
	enum arch native, struct error *err)
{
	const struct layer made = {.program = result};
	const struct stack after = {"the result", &made, 1};
	struct stack before = {"the programs", NULL, count};
	struct layer *given = calloc(count, sizeof(*given));
	struct proof proof;
	int r;

	if (!given)
		return error_memory(err);
	for (size_t i = 0; i < count; i++)
		given[i].program = &programs[i];
	before.layers = given;
	r = prove_stacks(native, &before, &after, &proof, err);
	free(given);
	if (r < 0)
		return error_prefix(err, r,
			"the result cannot be proved to mean the same, so it is "
			"not written");
	return proof.relation == RELATION_SAME
		       ? 0
		       : error_set(err, -EIO,
				 "the result does not mean the same, which is a fault of "
				 "oci-seccomp; it is not written");
}

static int optimize_programs(const struct program *programs, const struct request *request,
	const struct optimize_options *options, struct error *err)
{
	struct program result;
	int r = optimize(programs, request->count, options, &result, err);

	if (r < 0)
		return request->count == 1 ? error_prefix(err, r, "%s", request->inputs[0]) : r;
	r = prove_equal(programs, request->count, &result, options->native, err);
	if (r == 0)
		r = output_file(
			request->output, result.code, result.length * sizeof(*result.code), err);
	if (r == 0)
		report(programs, request->count, &result, options);
	program_finish(&result);
	return r;
}

static int read_and_optimize(
	const struct request *request, struct optimize_options *options, struct error *err)
{
	struct program *programs = calloc(request->count, sizeof(*programs));
	size_t read = 0;
	int r = 0;

	if (!programs)
		return error_memory(err);
	while (r == 0 && read < request->count) {
		r = read_program_argument(request->inputs[read], &programs[read], err);
		read += r == 0;
	}
	if (r == 0)
		r = optimize_programs(programs, request, options, err);
	while (read > 0)
		program_finish(&programs[--read]);
	free(programs);
	return r;
}

static int run(const struct request *request, struct error *err)
{
	struct optimize_options options = {0};
	struct weights weights = {0};
	struct target target;
	int r = host_target(&target, err);

	if (r < 0)
		return r;
	options.native = target.arch;
	if (request->weights) {
		r = read_weights(request->weights, &weights, err);
		options.weights = &weights;
	}
	if (r == 0)
		r = read_and_optimize(request, &options, err);
	weights_finish(&weights);
	return r;
}

int verb_optimize(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'},
		{"weights", required_argument, NULL, 'w'},
		{0},
	};
	struct error err = ERROR_INIT;
	struct request request = {0};
	int option;

	while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		*(option == 'o' ? &request.output : &request.weights) = optarg;
	}
	request.inputs = argv + optind;
	request.count = (size_t)(argc - optind);
	if (request.count == 0)
		return verb_usage(verb, "no program is given");
	if (!request.output)
		return verb_usage(verb, "-o OUT is needed: where the program is written");
	if (!strcmp(request.output, "-") && isatty(STDOUT_FILENO))
		return verb_usage(verb, "a program is not written to a terminal");
	return run(&request, &err) < 0 ? verb_failure(&err) : EXIT_SUCCESS;
}
