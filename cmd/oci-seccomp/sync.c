/* SPDX-License-Identifier: Apache-2.0 */
#include "sync.h"

#include "cleanup.h"
#include "sync_watch.h"
#include "verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What has been said about the state of things is not said again at every look. */
struct service {
	const char *source, *target, *config_file; /* not owned; NULL: not given */
	bool watches;
	char *problems; /* owned; of the last round, as printed; NULL: there was none yet */
};

struct tally {
	unsigned counts[SYNC_OUTCOMES];
	FILE *problems;
};

static const char *const words[SYNC_OUTCOMES] = {
	[SYNC_INSTALLED] = "installed",
	[SYNC_UPDATED] = "updated",
	[SYNC_REMOVED] = "removed",
	[SYNC_UNCHANGED] = "unchanged",
	[SYNC_REFUSED] = "refused",
	[SYNC_IGNORED] = "ignored",
};

static bool is_change(enum sync_outcome outcome)
{
	return outcome == SYNC_INSTALLED || outcome == SYNC_UPDATED || outcome == SYNC_REMOVED;
}

static void tell(enum sync_outcome outcome, const char *name, const char *message, void *context)
{
	struct tally *tally = context;

	tally->counts[outcome]++;
	if (is_change(outcome))
		printf("%s %s\n", words[outcome], name);
	else if (outcome == SYNC_REFUSED)
		fprintf(tally->problems, "%s %s: %s\n", words[outcome], name, message);
}

static int run_round(const struct service *service, struct tally *tally, struct error *err)
{
	struct node_config config;
	struct sync_request request = {.source = service->source, .report = tell, .context = tally};
	int r = node_config_read(service->config_file, &config, err);

	if (r < 0)
		return r;
	request.target = service->target ? service->target : config.profile_root;
	request.native_only = config.native_arch_only;
	r = sync_profiles(&request, err);
	node_config_finish(&config);
	return r;
}

static void print_counts(const struct service *service, const struct tally *tally)
{
	char now[sizeof("2026-01-01T00:00:00Z ")] = "";
	time_t seconds = time(NULL);
	struct tm parts;

	if (service->watches && gmtime_r(&seconds, &parts))
		strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ ", &parts);
	printf("%s%s:", now, service->source);
	for (int outcome = 0; outcome < SYNC_OUTCOMES; outcome++)
		printf("%s %u %s", outcome ? "," : "", tally->counts[outcome], words[outcome]);
	putchar('\n');
}

/* Takes `problems` over. `tally` is NULL for a round that failed as a whole. */
static void report_round(struct service *service, const struct tally *tally, char *problems)
{
	bool news = !service->problems || strcmp(service->problems, problems) != 0;

	if (news)
		fputs(problems, stderr);
	for (int outcome = 0; tally && outcome < SYNC_OUTCOMES; outcome++)
		if (is_change((enum sync_outcome)outcome) && tally->counts[outcome] > 0)
			news = true;
	if (tally && news)
		print_counts(service, tally);
	fflush(stdout);
	free(service->problems);
	service->problems = problems;
}

/* One round and what is to be said about it. False: something failed or was refused. */
static bool serve(void *context)
{
	struct service *service = context;
	struct error err = ERROR_INIT;
	struct tally tally = {0};
	char *problems = NULL;
	size_t length;
	int r;

	tally.problems = open_memstream(&problems, &length);
	if (!tally.problems) {
		error_memory(&err);
		return verb_failure(&err) == EXIT_SUCCESS;
	}
	r = run_round(service, &tally, &err);
	if (r < 0)
		fprintf(tally.problems, "oci-seccomp: %s\n", error_message(&err));
	error_finish(&err);
	if (fclose(tally.problems) != 0) {
		free(problems);
		return false;
	}
	report_round(service, r < 0 ? NULL : &tally, problems);
	return r == 0 && tally.counts[SYNC_REFUSED] == 0;
}

int verb_sync(const struct verb *verb, int argc, char **argv)
{
	enum { OPTION_CONFIG = 'c', OPTION_TO = 't', OPTION_WATCH = 'w' };
	static const struct option options[] = {
		{"config", required_argument, NULL, OPTION_CONFIG},
		{"to", required_argument, NULL, OPTION_TO},
		{"watch", no_argument, NULL, OPTION_WATCH},
		{0},
	};
	struct service service = {0};
	int option, result;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case OPTION_CONFIG:
			service.config_file = optarg;
			break;
		case OPTION_TO:
			service.target = optarg;
			break;
		case OPTION_WATCH:
			service.watches = true;
			break;
		default:
			return verb_usage(verb, NULL);
		}
	}
	if (argc - optind != 1)
		return verb_usage(verb, "one source directory is needed");
	service.source = argv[optind];
	if (service.watches)
		result = watch_source(service.source, serve, &service);
	else
		result = serve(&service) ? EXIT_SUCCESS : EXIT_FAILURE;
	free(service.problems);
	return result;
}
