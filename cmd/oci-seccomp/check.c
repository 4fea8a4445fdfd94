/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static int compare_places(const void *left, const void *right)
{
	const struct diagnostic *a = left, *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

static int check(const char *argument)
{
	static const char *const severities[] = {
		[SEVERITY_ERROR] = "error",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_NOTE] = "note",
	};
	struct diagnostics diagnostics = {0};
	struct error err = ERROR_INIT;
	struct profile profile;
	int r = read_profile_argument(argument, &profile, &diagnostics, &err);

	if (diagnostics.count > 0)
		qsort(diagnostics.items, diagnostics.count, sizeof(*diagnostics.items),
			compare_places);
	for (size_t i = 0; i < diagnostics.count; i++)
		printf("%s: %s: %s\n", diagnostics.items[i].place,
			severities[diagnostics.items[i].severity], diagnostics.items[i].text);
	if (r == 0)
		profile_finish(&profile);
	else if (diagnostics.errors == 0) /* it did not get as far as being read */
		verb_failure(&err);
	error_finish(&err);
	diagnostics_finish(&diagnostics);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int verb_check(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {{0}};
	int result = EXIT_SUCCESS;

	if (getopt_long(argc, argv, "", options, NULL) != -1)
		return verb_usage(verb, NULL);
	if (optind == argc)
		return verb_usage(verb, "no profile is given");
	for (int i = optind; i < argc; i++)
		if (check(argv[i]) != EXIT_SUCCESS)
			result = EXIT_FAILURE;
	return result;
}
