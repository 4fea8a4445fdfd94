/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "check_report.h"
#include "cleanup.h"
#include "suggest.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_FORMAT = 512, CHECK_IGNORE, CHECK_ONLY, CHECK_STRICT };

struct request {
	struct target target;
	enum format format;
	bool strict;
	uint32_t only, ignored; /* bit N: check_kinds[N] */
};

static int add_kind(const char *id, uint32_t *set, struct error *err)
{
	struct suggestion suggestion;
	char hint[128];

	suggestion_init(&suggestion, id);
	for (size_t i = 0; i < check_kind_count; i++) {
		suggestion_consider(&suggestion, check_kinds[i].id);
		if (!strcmp(check_kinds[i].id, id)) {
			*set |= UINT32_C(1) << i;
			return 0;
		}
	}
	return error_set(err, -EINVAL, "unknown kind of finding \"%s\"%s", id,
		suggestion_format(&suggestion, hint, sizeof(hint)));
}

/* An error is never left out: the profile cannot be loaded. */
static bool is_wanted(const struct request *request, const struct finding *finding)
{
	if (finding->severity == SEVERITY_ERROR)
		return true;
	for (size_t i = 0; i < check_kind_count; i++)
		if (!strcmp(check_kinds[i].id, finding->id))
			return !(request->ignored & UINT32_C(1) << i) &&
			       (request->only == 0 || request->only & UINT32_C(1) << i);
	return true;
}

static void keep_wanted(const struct request *request, struct findings *findings)
{
	size_t kept = 0;

	for (size_t i = 0; i < findings->count; i++) {
		if (is_wanted(request, &findings->items[i])) {
			findings->items[kept++] = findings->items[i];
		} else {
			free(findings->items[i].text);
			free(findings->items[i].remedy);
		}
	}
	findings->count = kept;
}

/* `argument` may have errors, which are findings; what fails is that it cannot be looked at. */
static int check(const struct request *request, const char *argument, struct findings *findings,
	struct error *err)
{
	struct diagnostics diagnostics = {0};
	struct profile profile;
	int r = read_profile_argument(argument, &profile, &diagnostics, err);
	bool readable = r == 0, judged = diagnostics.errors > 0;

	if (readable || judged)
		r = check_diagnostics(&diagnostics, findings, err);
	diagnostics_finish(&diagnostics);
	if (readable) {
		if (r == 0)
			r = check_profile(&profile, &request->target, findings, err);
		profile_finish(&profile);
	}
	keep_wanted(request, findings);
	findings_sort(findings);
	return r;
}

static int check_all(
	const struct request *request, char **arguments, int count, struct check_reports *reports)
{
	for (int i = 0; i < count; i++) {
		struct check_report *report = &reports->items[reports->count];
		struct error err = ERROR_INIT;
		int r;

		report->name = text_printable(
			strcmp(arguments[i], "-") != 0 ? arguments[i] : "standard input");
		if (!report->name)
			return -ENOMEM;
		reports->count++;
		r = check(request, arguments[i], &report->findings, &err);
		if (r < 0) {
			verb_failure(&err);
			reports->incomplete = true;
		}
		error_finish(&err);
	}
	return 0;
}

static bool has_failed(const struct request *request, const struct check_reports *reports)
{
	if (reports->incomplete)
		return true;
	for (size_t i = 0; i < reports->count; i++) {
		const struct findings *findings = &reports->items[i].findings;

		for (size_t k = 0; k < findings->count; k++)
			if (findings->items[k].severity == SEVERITY_ERROR ||
				(request->strict &&
					findings->items[k].severity == SEVERITY_WARNING))
				return true;
	}
	return false;
}

static void finish(struct check_reports *reports)
{
	for (size_t i = 0; i < reports->count; i++) {
		free(reports->items[i].name);
		findings_finish(&reports->items[i].findings);
	}
	free(reports->items);
}

static int set_option(struct request *request, int option, const char *value, struct error *err)
{
	switch (option) {
	case CHECK_FORMAT:
		return format_parse(value,
			1U << FORMAT_TEXT | 1U << FORMAT_JSON | 1U << FORMAT_SARIF,
			&request->format, err);
	case CHECK_IGNORE:
		return add_kind(value, &request->ignored, err);
	case CHECK_ONLY:
		return add_kind(value, &request->only, err);
	case CHECK_STRICT:
		request->strict = true;
		return 0;
	default:
		return target_set(&request->target, option, value, err);
	}
}

int verb_check(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		{"format", required_argument, NULL, CHECK_FORMAT},
		{"ignore", required_argument, NULL, CHECK_IGNORE},
		{"only", required_argument, NULL, CHECK_ONLY},
		{"strict", no_argument, NULL, CHECK_STRICT},
		TARGET_OPTIONS,
		{0},
	};
	struct request request = {.format = FORMAT_TEXT};
	struct check_reports reports = {0};
	struct error err = ERROR_INIT;
	int option, r = host_target(&request.target, &err);

	while (r == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		r = set_option(&request, option, optarg, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (optind == argc)
		return verb_usage(verb, "no profile is given");
	reports.items = calloc((size_t)(argc - optind), sizeof(*reports.items));
	r = reports.items ? check_all(&request, argv + optind, argc - optind, &reports) : -ENOMEM;
	if (r < 0)
		error_memory(&err);
	else
		r = check_reports_print(&reports, request.format, &err);
	if (r < 0)
		verb_failure(&err);
	r = r < 0 || has_failed(&request, &reports) ? EXIT_FAILURE : EXIT_SUCCESS;
	finish(&reports);
	return r;
}
