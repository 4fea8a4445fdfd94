/* SPDX-License-Identifier: Apache-2.0 */
#include "record_verb.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"
#include "output.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const char *const ends[] = {
	[RECORD_ENDED] = "complete",
	[RECORD_TIME] = "cut short by --duration",
	[RECORD_QUIET] = "ended by --stop-when-quiet",
	[RECORD_INTERRUPTED] = "cut short by a signal",
};

/* What was recorded, in a few words; printable, owned by the caller. */
static char *subject(const struct record_request *request)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return NULL;
	if (request->label)
		fputs(request->label, stream);
	else if (request->container)
		fprintf(stream, "container %s", request->container);
	else if (request->pid)
		fprintf(stream, "process %d", request->pid);
	for (size_t i = 0; request->command && request->command[i]; i++)
		fprintf(stream, "%s%s", i ? " " : "", request->command[i]);
	if (fclose(stream) != 0)
		return NULL;
	return text_printable(text);
}

static char *make_comment(const struct record_request *request, const struct observed *observed,
	const struct recorder_losses *losses, const struct record_outcome *outcome)
{
	AUTO_FREE char *what = subject(request);
	size_t count = observed_names(observed);
	time_t now = time(NULL);
	char date[32] = "";
	char *comment;
	struct tm tm;

	if (!what)
		return NULL;
	if (gmtime_r(&now, &tm))
		strftime(date, sizeof(date), "%FT%TZ", &tm);
	return asprintf(&comment,
		       "recorded by oci-seccomp " VERSION
		       ": %s; %s, %.1f s, %zu system call%s, %s%s",
		       what, date, (double)outcome->milliseconds / 1000, count,
		       count == 1 ? "" : "s", ends[outcome->end],
		       losses->processes ? ", but for processes that could not be followed" : "") <
			       0
		       ? NULL
		       : comment;
}

/* What a recording is written to and extends, looked at before it begins. */
struct files {
	char *base; /* owned; the text of the base; NULL: none */
	size_t base_length;
};

static void files_finish(struct files *files)
{
	free(files->base);
}

static int extend_base(const struct record_request *request, const struct files *files,
	const struct observed *observed, const struct observed_profile *how, char **ret_json,
	struct error *err)
{
	char *copy = strdup(files->base);

	return copy ? observed_extend(
			      observed, how, request->base, copy, files->base_length, ret_json, err)
		    : error_memory(err);
}

static int write_profile(const struct record_request *request, const struct files *files,
	const struct observed *observed, const struct recorder_losses *losses,
	const struct record_outcome *outcome, struct error *err)
{
	AUTO_FREE char *comment = make_comment(request, observed, losses, outcome);
	const struct observed_profile how = {
		.arch = request->target.arch,
		.arguments = request->arguments,
		.base = true,
		.runtime = request->runtime,
		.comment = comment,
	};
	AUTO_FREE char *json = NULL;
	int r;

	if (!comment)
		return error_memory(err);
	r = request->base ? extend_base(request, files, observed, &how, &json, err)
			  : observed_write(observed, &how, &json, err);
	if (r == 0)
		r = output_file(request->output ? request->output : "-", json, strlen(json), err);
	return r;
}

static void warn(const struct record_request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* To the log where nobody reads what is printed. */
static void warn(const struct record_request *request, const char *format, ...)
{
	AUTO_FREE char *text = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		text = NULL;
	else if (request->background)
		log_line("oci-seccomp", LOG_AUTHPRIV, LOG_WARNING, text);
	else
		fprintf(stderr, "oci-seccomp record: %s\n", text);
}

static void report(const struct record_request *request, const struct observed *observed,
	const struct recorder_losses *losses, const struct record_outcome *outcome)
{
	size_t count = observed_names(observed);
	const char *output = request->output ? request->output : "standard output";

	if (losses->processes > 0)
		warn(request,
			"warning: %s: the kernel had no memory to follow %u processes; what they "
			"did is missing",
			output, losses->processes);
	if (observed->unknown > 0 || losses->large > 0)
		warn(request,
			"warning: %s: %zu calls have numbers that are in no table; they are "
			"missing",
			output, observed->unknown + losses->large);
	if (observed->count == 0)
		warn(request, "warning: %s: nothing was recorded", output);
	if (!request->background)
		fprintf(stderr, "oci-seccomp record: %zu system call%s in %.1f s, %s%s%s\n", count,
			count == 1 ? "" : "s", (double)outcome->milliseconds / 1000,
			ends[outcome->end], request->output ? ": " : "",
			request->output ? request->output : "");
}

/* With the recorder at hand. `policy` NULL: none is tried. */
static int record(const struct record_request *request, const struct policy *policy,
	const struct files *files, struct recorder *recorder, int ready,
	struct record_outcome *outcome, size_t *ret_denied, struct error *err)
{
	AUTO(observed_finish) struct observed observed = {0};
	struct recorder_losses losses;
	int r;

	if (policy)
		try_watch(policy, recorder);
	for (size_t i = 0; request->arguments && observed_watched[i].name; i++)
		recorder_watch(recorder, observed_watched[i].name, observed_watched[i].arguments);
	r = request->command ? record_command(request, recorder, outcome, err)
			     : record_running(request, recorder, ready, outcome, err);
	if (r == 0)
		r = recorder_take(recorder, &observed, &losses, err);
	if (r < 0)
		return r;
	report(request, &observed, &losses, outcome);
	if (policy)
		r = try_print(policy, &observed, ret_denied, err);
	/* A container that never ran must not replace what was recorded of one that did. */
	if (r == 0 && (!policy || request->output) && (observed.count > 0 || !request->background))
		r = write_profile(request, files, &observed, &losses, outcome, err);
	return r;
}

static int read_base(const char *base, struct files *files, struct error *err)
{
	struct diagnostics diagnostics = {0};
	struct profile profile;
	char *copy;
	int r = io_read_file(
		AT_FDCWD, base, base, PROFILE_SIZE_LIMIT, &files->base, &files->base_length, err);

	if (r < 0)
		return r;
	copy = strdup(files->base);
	if (!copy)
		return error_memory(err);
	r = profile_parse(base, copy, files->base_length, &profile, &diagnostics, err);
	diagnostics_finish(&diagnostics);
	if (r == 0)
		profile_finish(&profile);
	return r;
}

/* What would only fail at the end. */
static int check_files(const struct record_request *request, struct files *files, struct error *err)
{
	AUTO_FREE char *copy = request->output ? strdup(request->output) : NULL;

	if (copy && strcmp(request->output, "-") != 0 && access(dirname(copy), W_OK | X_OK) < 0)
		return error_set_errno(err, -errno, "%s: cannot write there", request->output);
	return request->base ? read_base(request->base, files, err) : 0;
}

static int run(const struct record_request *request, struct record_outcome *outcome,
	size_t *ret_denied, struct error *err)
{
	AUTO(files_finish) struct files files = {0};
	struct recorder *recorder = NULL;
	struct profile profile;
	struct policy policy;
	int ready = -1;
	int r = request->try ? read_policy_argument(
				       request->try, &request->target, &profile, &policy, err)
			     : 0;

	if (r < 0)
		return r;
	r = check_files(request, &files, err);
	if (r == 0)
		r = recorder_create(request->target.arch, &recorder, err);
	if (r == 0 && request->background)
		r = record_background(&ready, err);
	if (r == 0)
		r = record(request, request->try ? &policy : NULL, &files, recorder, ready, outcome,
			ret_denied, err);
	recorder_destroy(recorder);
	if (request->try) {
		policy_finish(&policy);
		profile_finish(&profile);
	}
	return r;
}

/* `30s`, `5min`, `2h`; a number alone is seconds. */
static int read_duration(const char *value, int64_t *ret, struct error *err)
{
	static const struct {
		const char *unit;
		int64_t milliseconds;
	} units[] = {
		{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"min", 60000}, {"h", 3600000}};
	unsigned long number;
	char *end;

	number = strtoul(value, &end, 10);
	for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
		if (*value < '0' || *value > '9' || number == 0 || number > 1000000 ||
			strcmp(end, units[i].unit) != 0)
			continue;
		*ret = (int64_t)number * units[i].milliseconds;
		return 0;
	}
	return error_set(err, -EINVAL, "\"%s\" is no duration, as 30s, 5min or 2h", value);
}

enum option_value {
	OPTION_ARGS = 1,
	OPTION_BACKGROUND,
	OPTION_BASE,
	OPTION_CONTAINER,
	OPTION_CONTAINER_PID,
	OPTION_DURATION,
	OPTION_FOR,
	OPTION_LABEL,
	OPTION_PID,
	OPTION_QUIET,
	OPTION_ROOT,
	OPTION_TRY,
};

static int set_option(
	struct record_request *request, int option, const char *value, struct error *err)
{
	switch (option) {
	case OPTION_ARGS:
		request->arguments = true;
		return 0;
	case OPTION_BACKGROUND:
		request->background = true;
		return 0;
	case OPTION_BASE:
		request->base = value;
		return 0;
	case OPTION_CONTAINER:
		request->container = value;
		return 0;
	case OPTION_CONTAINER_PID:
		request->first = true;
		return read_pid_argument(value, &request->pid, err);
	case OPTION_LABEL:
		request->label = value;
		return 0;
	case OPTION_DURATION:
		return read_duration(value, &request->duration, err);
	case OPTION_FOR:
		return read_runtime_argument(value, &request->runtime, err);
	case OPTION_PID:
		return read_pid_argument(value, &request->pid, err);
	case OPTION_QUIET:
		return read_duration(value, &request->quiet, err);
	case OPTION_ROOT:
		return state_roots_add(&request->roots, value, err);
	case OPTION_TRY:
		request->try = value;
		return 0;
	case 'o':
		request->output = value;
		return 0;
	default:
		return target_set(&request->target, option, value, err);
	}
}

int verb_record(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		{"args", no_argument, NULL, OPTION_ARGS},
		{"background", no_argument, NULL, OPTION_BACKGROUND},
		{"base", required_argument, NULL, OPTION_BASE},
		{"cap", required_argument, NULL, TARGET_CAP},
		{"caps", required_argument, NULL, TARGET_CAPS},
		{"container", required_argument, NULL, OPTION_CONTAINER},
		{"container-pid", required_argument, NULL, OPTION_CONTAINER_PID},
		{"duration", required_argument, NULL, OPTION_DURATION},
		{"for", required_argument, NULL, OPTION_FOR},
		{"label", required_argument, NULL, OPTION_LABEL},
		{"pid", required_argument, NULL, OPTION_PID},
		{"root", required_argument, NULL, OPTION_ROOT},
		{"stop-when-quiet", required_argument, NULL, OPTION_QUIET},
		{"try", required_argument, NULL, OPTION_TRY},
		{0},
	};
	struct record_request request = {0};
	struct record_outcome outcome = {.end = RECORD_ENDED};
	struct error err = ERROR_INIT;
	size_t denied = 0;
	int option, r = host_target(&request.target, &err);

	while (r == 0 && (option = getopt_long(argc, argv, "+o:", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		r = set_option(&request, option, optarg, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (optind < argc)
		request.command = argv + optind;
	if (!!request.command + !!request.container + !!request.pid != 1)
		return verb_usage(
			verb, "say what to record: a command behind --, --container or --pid");
	if (request.background && (!request.output || request.output[0] != '/' || request.command))
		return verb_usage(verb,
			"--background is for what runs already, and needs -o with a whole path");
	r = run(&request, &outcome, &denied, &err);
	/* To the log as well: in the background nobody hears what is printed. */
	if (r < 0 && request.background)
		log_line("oci-seccomp", LOG_AUTHPRIV, LOG_ERR, error_message(&err));
	if (r < 0)
		return verb_failure(&err);
	return request.try ? denied > 0 : outcome.status;
}
