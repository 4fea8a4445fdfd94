/* SPDX-License-Identifier: Apache-2.0 */
#include "import.h"

#include "cleanup.h"
#include "host.h"
#include "output.h"
#include "text.h"
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
	const char *output, *runtime; /* NULL: none */
	const char *tool;
	char **files;
	size_t count;
	struct target target;
};

/* Of a line that is longer only the beginning counts: it holds the call. */
enum { LINE_SIZE = 64 * 1024 };

static int read_stream(struct import *import, FILE *stream, const char *name, struct error *err)
{
	AUTO_FREE char *line = malloc(LINE_SIZE);
	bool rest = false;
	int r = 0;

	if (!line)
		return error_memory(err);
	import_begin_file(import);
	while (r == 0 && fgets(line, LINE_SIZE, stream)) {
		char *end = strchr(line, '\n');
		bool was_rest = rest;

		rest = !end;
		if (end)
			*end = '\0';
		if (!was_rest)
			r = import_line(import, line, err);
	}
	if (r == 0 && ferror(stream))
		r = error_set_errno(err, -errno, "%s: cannot read", name);
	return r;
}

static int read_file(struct import *import, const char *path, struct error *err)
{
	AUTO_FCLOSE FILE *stream = NULL;

	if (!strcmp(path, "-"))
		return read_stream(import, stdin, "standard input", err);
	stream = fopen(path, "re");
	return stream ? read_stream(import, stream, path, err)
		      : error_set_errno(err, -errno, "%s: cannot open", path);
}

static void report(const struct import *import)
{
	size_t count = observed_names(&import->observed);

	if (import->unreadable > 0) {
		fprintf(stderr,
			"oci-seccomp import: warning: %zu of %zu lines could not be read, as:\n",
			import->unreadable, import->lines);
		for (size_t i = 0; i < import->unreadable && i < IMPORT_EXAMPLES; i++)
			fprintf(stderr, "    %s\n", import->examples[i]);
	}
	fprintf(stderr, "oci-seccomp import: %zu system call%s\n", count, count == 1 ? "" : "s");
}

static int write_profile(
	const struct request *request, const struct import *import, struct error *err)
{
	AUTO_FREE char *comment = NULL, *json = NULL;
	size_t count = observed_names(&import->observed);
	struct observed_profile how = {
		.arch = request->target.arch, .base = true, .runtime = request->runtime};
	int r;

	if (asprintf(&comment,
		    "imported by oci-seccomp " VERSION ": %s, %zu line%s, %zu system call%s",
		    request->tool, import->lines, import->lines == 1 ? "" : "s", count,
		    count == 1 ? "" : "s") < 0) {
		comment = NULL;
		return error_memory(err);
	}
	how.comment = comment;
	r = observed_write(&import->observed, &how, &json, err);
	if (r == 0)
		r = output_file(request->output ? request->output : "-", json, strlen(json), err);
	return r;
}

static int run(const struct request *request, enum import_format format, struct error *err)
{
	AUTO(import_finish) struct import import = {0};
	int r = import_init(&import, format, request->target.arch, err);

	for (size_t i = 0; r == 0 && i < request->count; i++)
		r = read_file(&import, request->files[i], err);
	if (r == 0 && import.observed.count == 0)
		r = error_set(err, -EINVAL,
			"%s: there is no call in %zu lines; is it the output of %s?",
			strcmp(request->files[0], "-") ? request->files[0] : "standard input",
			import.lines, request->tool);
	if (r < 0)
		return r;
	report(&import);
	return write_profile(request, &import, err);
}

static int set_option(struct request *request, int option, const char *value, struct error *err)
{
	switch (option) {
	case 'o':
		request->output = value;
		return 0;
	case 'r':
		return read_runtime_argument(value, &request->runtime, err);
	default:
		return target_set(&request->target, option, value, err);
	}
}

int verb_import(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		{"arch", required_argument, NULL, TARGET_ARCH},
		{"for", required_argument, NULL, 'r'},
		{0},
	};
	static const char *const tools[] = {
		[IMPORT_AUDIT] = "audit", [IMPORT_STRACE] = "strace", [IMPORT_SYSDIG] = "sysdig"};
	struct request request = {0};
	struct error err = ERROR_INIT;
	size_t format = 0;
	int option, r = host_target(&request.target, &err);

	while (r == 0 && (option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		r = set_option(&request, option, optarg, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (argc - optind < 2)
		return verb_usage(verb, "a tool and a file are needed");
	while (format < ARRAY_LENGTH(tools) && strcmp(argv[optind], tools[format]) != 0)
		format++;
	if (format == ARRAY_LENGTH(tools))
		return verb_usage(verb, "the tool is strace, audit or sysdig");
	request.tool = tools[format];
	request.files = argv + optind + 1;
	request.count = (size_t)(argc - optind - 1);
	r = run(&request, (enum import_format)format, &err);
	return r < 0 ? verb_failure(&err) : EXIT_SUCCESS;
}
