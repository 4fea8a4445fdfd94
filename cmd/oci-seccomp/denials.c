/* SPDX-License-Identifier: Apache-2.0 */
#include "denials.h"

#include "cleanup.h"
#include "clock.h"
#include "container_note.h"
#include "denial_place.h"
#include "denial_source.h"
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct request {
	const char *file;      /* NULL: the host's own */
	const char *process;   /* pid, name or path; NULL: all */
	const char *container; /* id or name; NULL: all */
	const char *suggest;   /* profile; NULL: none */
	uint64_t now, since, until;
	enum format format;
	bool each, follow, apply;
	bool local; /* the file is of this host */
	struct state_roots roots;
	struct target target;
};

/* A record has the number of a process in the first pid namespace. */
static bool can_tell_containers(const struct request *request)
{
	const ino_t first = 0xeffffffc; /* PID_NS_INIT_INO of <linux/nsfs.h> */

	if (process_namespace(getpid(), "pid") == first)
		return true;
	if (request->container)
		fputs("oci-seccomp denials: warning: this is not the host's pid namespace, so "
		      "which container a record is of cannot be told\n",
			stderr);
	return false;
}

static bool is_wanted(const struct request *request, const struct denial *denial)
{
	char pid[16];

	if (denial->time < request->since || denial->time > request->until)
		return false;
	if (!request->process)
		return true;
	snprintf(pid, sizeof(pid), "%u", denial->pid);
	return !strcmp(request->process, denial->command) ||
	       !strcmp(request->process, denial->executable) || !strcmp(request->process, pid);
}

static bool is_of_this_host(const struct request *request)
{
	return !request->file || request->local;
}

struct reading {
	const struct request *request;
	struct denial_source source;
	struct denial_reader reader;
	struct denial_groups groups;
	struct denial_printer printer;
	struct denial_places *places; /* NULL: of another host */
	unsigned long long unplaced;  /* left out, as their container is not known */
};

static int take_line(struct reading *reading, const char *line, size_t length, struct error *err)
{
	const struct request *request = reading->request;
	const struct container *container = NULL;
	struct denial denial;
	int r = 0;

	if (denial_read(&reading->reader, line, length, &denial) != DENIAL_RECORD ||
		!is_wanted(request, &denial))
		return 0;
	if (reading->places)
		r = denial_places_find(reading->places, &denial, &container, err);
	if (r < 0)
		return r;
	if (request->container && !container) {
		reading->unplaced++;
		return 0;
	}
	if (request->container && !container_has_name(container, request->container))
		return 0;
	if (request->each)
		return print_denial(&reading->printer, &denial, container, err);
	return denial_groups_add(&reading->groups, &denial, container, err);
}

static int read_lines(struct reading *reading, struct error *err)
{
	for (;;) {
		enum denial_next next;
		const char *line;
		size_t length;
		int r = denial_source_next(&reading->source, &next, &line, &length, err);

		if (r < 0 || next == NEXT_END)
			return r;
		if (next == NEXT_LINE)
			r = take_line(reading, line, length, err);
		else if (fflush(stdout) != 0)
			return error_set_errno(err, -errno, "standard output: cannot write");
		else if (clock_real() > reading->request->until)
			return 0;
		if (r < 0)
			return r;
	}
}

static int show(struct reading *reading, size_t *ret_rest, struct error *err)
{
	const struct request *request = reading->request;

	if (request->each)
		return print_denials_end(&reading->printer, err);
	denial_groups_sort(&reading->groups);
	if (request->suggest)
		return suggest_change(request->suggest, request->apply, &request->target,
			&reading->groups, ret_rest, err);
	return print_denial_groups(&reading->groups, request->format, err);
}

static int run(const struct request *request, size_t *ret_rest, struct error *err)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int r;

	if (!reading)
		return error_memory(err);
	reading->request = request;
	reading->printer.format = request->format;
	reading->printer.lines = request->follow;
	denial_reader_init(&reading->reader);
	if (request->file)
		r = denial_source_file(request->file, request->follow, &reading->source, err);
	else
		r = denial_source_host(request->since, request->follow, &reading->source, err);
	if (r == 0 && is_of_this_host(request) && can_tell_containers(request))
		r = denial_places_create(
			request->roots.items, CONTAINER_NOTES, &reading->places, err);
	if (r == 0) {
		if (!request->file)
			warn_of_hidden();
		r = read_lines(reading, err);
		if (r == 0) {
			warn_of_losses(&reading->reader, &reading->source, &reading->groups);
			if (reading->places)
				warn_of_unplaced(reading->unplaced);
			if (reading->places && !request->follow)
				r = warn_of_silent(denial_places_containers(reading->places),
					request->container, &reading->groups, err);
		}
		if (r == 0)
			r = show(reading, ret_rest, err);
	}
	denial_source_finish(&reading->source);
	denial_groups_finish(&reading->groups);
	denial_places_destroy(reading->places);
	free(reading);
	return r;
}

enum option_value {
	OPTION_APPLY = 1,
	OPTION_CONTAINER,
	OPTION_EACH,
	OPTION_FOLLOW,
	OPTION_FORMAT,
	OPTION_LOCAL,
	OPTION_PROCESS,
	OPTION_ROOT,
	OPTION_SINCE,
	OPTION_SUGGEST,
	OPTION_UNTIL,
};

static int set_time(
	const struct request *request, const char *value, uint64_t *ret, struct error *err)
{
	if (denial_time_parse(value, request->now, ret))
		return 0;
	return error_set(err, -EINVAL,
		"\"%s\" is not a time, as 2026-11-24, \"2026-11-24 10:00\", @1795517605, today or "
		"\"10 min ago\"",
		value);
}

static int set_option(struct request *request, int option, const char *value, struct error *err)
{
	switch ((enum option_value)option) {
	case OPTION_APPLY:
		request->apply = true;
		return 0;
	case OPTION_CONTAINER:
		request->container = value;
		return 0;
	case OPTION_EACH:
		request->each = true;
		return 0;
	case OPTION_FOLLOW:
		request->follow = request->each = true;
		return 0;
	case OPTION_FORMAT:
		return format_parse(
			value, 1U << FORMAT_TABLE | 1U << FORMAT_JSON, &request->format, err);
	case OPTION_LOCAL:
		request->local = true;
		return 0;
	case OPTION_PROCESS:
		request->process = value;
		return 0;
	case OPTION_ROOT:
		return state_roots_add(&request->roots, value, err);
	case OPTION_SINCE:
		return set_time(request, value, &request->since, err);
	case OPTION_SUGGEST:
		request->suggest = value;
		return 0;
	case OPTION_UNTIL:
		return set_time(request, value, &request->until, err);
	}
	return target_set(&request->target, option, value, err);
}

static const char *contradiction(const struct request *request)
{
	if (request->apply && !request->suggest)
		return "--apply needs --suggest PROFILE";
	if (request->suggest && request->each)
		return "--suggest looks at all records together, without --each and --follow";
	if (request->suggest && request->format != FORMAT_TABLE)
		return "--suggest prints a change of the profile, without --format";
	if (request->apply &&
		(!strcmp(request->suggest, "-") || !strcmp(request->suggest, "RuntimeDefault")))
		return "--apply needs a profile that is a file";
	if (request->suggest && request->file && !strcmp(request->suggest, "-") &&
		!strcmp(request->file, "-"))
		return "one of log and profile can be the standard input";
	return NULL;
}

int verb_denials(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		TARGET_OPTIONS,
		{"apply", no_argument, NULL, OPTION_APPLY},
		{"container", required_argument, NULL, OPTION_CONTAINER},
		{"each", no_argument, NULL, OPTION_EACH},
		{"follow", no_argument, NULL, OPTION_FOLLOW},
		{"format", required_argument, NULL, OPTION_FORMAT},
		{"local", no_argument, NULL, OPTION_LOCAL},
		{"process", required_argument, NULL, OPTION_PROCESS},
		{"root", required_argument, NULL, OPTION_ROOT},
		{"since", required_argument, NULL, OPTION_SINCE},
		{"suggest", required_argument, NULL, OPTION_SUGGEST},
		{"until", required_argument, NULL, OPTION_UNTIL},
		{0},
	};
	struct request request = {.now = clock_real(), .until = UINT64_MAX};
	struct error err = ERROR_INIT;
	const char *problem;
	size_t rest = 0;
	int option, r = host_target(&request.target, &err);

	while (r == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		r = set_option(&request, option, optarg, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	problem = contradiction(&request);
	if (problem || argc - optind > 1)
		return verb_usage(verb, problem ? problem : "one log at most can be read");
	request.file = argv[optind];
	if (request.container && !is_of_this_host(&request))
		return verb_usage(
			verb, "--container needs a log of this host: say --local if FILE is one");
	r = run(&request, &rest, &err);
	if (r < 0 && ferror(stdout)) { /* which main tells */
		error_finish(&err);
		return EXIT_FAILURE;
	}
	if (r < 0)
		return verb_failure(&err);
	return rest > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
