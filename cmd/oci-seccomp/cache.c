/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#include "cleanup.h"
#include "compile.h"
#include "config.h"
#include "host.h"
#include "text.h"
#include "verbs.h"

#include <errno.h>
#include <fts.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The bounding sets that containers usually have. */
static const uint64_t usual_capabilities[] = {
	CAPABILITIES_OF_ENGINES, /* docker, containerd, CRI-O */
	0x800405fb,		 /* podman */
	0x20000420,		 /* `runc spec`, `crun spec` */
	UINT64_C(1) << 10,	 /* NET_BIND_SERVICE: Kubernetes' restricted pods may have it */
	0,			 /* all dropped */
	UINT64_MAX,		 /* privileged; cut to what the host knows */
};

/* list */

struct line {
	char *name, *rest; /* owned */
};

struct listing {
	struct line *lines; /* owned */
	size_t count, capacity;
	bool failed; /* memory ran out */
};

static void line_finish(struct line *line)
{
	free(line->name);
	free(line->rest);
}

/* Takes the texts of the line over. */
static void add_line(struct listing *listing, struct line line)
{
	bool failed = !line.name || !line.rest;

	if (!failed && listing->count == listing->capacity) {
		size_t capacity = listing->capacity ? 2 * listing->capacity : 64;
		struct line *moved = reallocarray(listing->lines, capacity, sizeof(*moved));

		failed = !moved;
		if (moved) {
			listing->lines = moved;
			listing->capacity = capacity;
		}
	}
	if (failed)
		line_finish(&line);
	else
		listing->lines[listing->count++] = line;
	listing->failed |= failed;
}

static void list_entry(
	const char *file, const struct cache_entry *entry, time_t written, void *data)
{
	struct compiled_entry what;
	struct line line = {0};
	char when[32] = "";
	struct tm local;

	if (localtime_r(&written, &local))
		strftime(when, sizeof(when), "%F %T", &local);
	if (!entry || !compile_describe(entry, &what)) {
		line.name = strdup(file);
		line.rest = strdup(entry ? "(of another version; it is not used)"
					 : "(damaged; it will be replaced)");
	} else {
		line.name = text_printable(what.profile);
		if (asprintf(&line.rest, "%-12s %-18s %-6s %12zu  %s", what.architecture,
			    what.capabilities, what.kernel, what.instructions, when) < 0)
			line.rest = NULL;
	}
	add_line(data, line);
}

static int compare_lines(const void *left, const void *right)
{
	const struct line *a = left, *b = right;
	int names = strcmp(a->name, b->name);

	return names ? names : strcmp(a->rest, b->rest);
}

static void print_lines(const struct listing *listing)
{
	int width = (int)strlen("PROFILE");

	for (size_t i = 0; i < listing->count; i++) {
		int length = (int)strlen(listing->lines[i].name);

		width = length > width ? length : width;
	}
	printf("%-*s %-12s %-18s %-6s %12s  %s\n", width, "PROFILE", "ARCH", "CAPABILITIES",
		"KERNEL", "INSTRUCTIONS", "WRITTEN");
	for (size_t i = 0; i < listing->count; i++)
		printf("%-*s %s\n", width, listing->lines[i].name, listing->lines[i].rest);
}

static int list(const struct node_config *config, struct error *err)
{
	struct listing listing = {0};
	int r = cache_each(config->cache_dir, list_entry, &listing, err);

	if (r == 0 && listing.failed)
		r = error_memory(err);
	if (r == 0 && listing.count > 0) {
		qsort(listing.lines, listing.count, sizeof(*listing.lines), compare_lines);
		print_lines(&listing);
	} else if (r == 0) {
		printf("%s is empty\n", config->cache_dir);
	}
	for (size_t i = 0; i < listing.count; i++)
		line_finish(&listing.lines[i]);
	free(listing.lines);
	return r;
}

/* warm */

struct warming {
	const struct node_config *config;
	struct target target;
	size_t profiles, failed;
};

/* A profile that cannot be compiled is told, and the others go on. */
static void warm_choice(struct warming *warming, const struct profile_choice *choice)
{
	struct error err = ERROR_INIT;
	int r = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(usual_capabilities) && r == 0; i++) {
		struct compiled compiled;

		warming->target.capabilities = usual_capabilities[i] & host_capabilities();
		r = compile_choice(choice, warming->config, &warming->target, &compiled, &err);
		if (r == 0)
			compiled_finish(&compiled);
	}
	warming->profiles++;
	if (r == 0)
		return;
	warming->failed++;
	verb_failure(&err);
}

static bool is_profile_name(const char *name)
{
	size_t length = strlen(name), suffix = strlen(".json");

	return name[0] != '.' && length > suffix && !strcmp(name + length - suffix, ".json");
}

static int warm_files(struct warming *warming, struct error *err)
{
	char *roots[] = {warming->config->profile_root, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *file;

	if (!walk)
		return error_memory(err);
	while ((file = fts_read(walk))) {
		if (file->fts_info == FTS_D && file->fts_level > 0 && file->fts_name[0] == '.')
			fts_set(walk, file, FTS_SKIP);
		if ((file->fts_info == FTS_F || file->fts_info == FTS_SL) &&
			is_profile_name(file->fts_name)) {
			char *path = file->fts_path + strlen(roots[0]);
			struct profile_choice choice = {CHOICE_LOCALHOST, path + strspn(path, "/")};

			warm_choice(warming, &choice);
		}
	}
	fts_close(walk);
	return 0;
}

static int warm(const struct node_config *config, struct error *err)
{
	static const struct profile_choice runtime_default = {.kind = CHOICE_RUNTIME_DEFAULT};
	struct warming warming = {.config = config};
	int r = host_target(&warming.target, err);

	if (r == 0)
		r = cache_usable(config->cache_dir, err);
	if (r < 0)
		return r;
	warm_choice(&warming, &runtime_default);
	r = warm_files(&warming, err);
	if (r < 0)
		return r;
	printf("%zu profiles, each for %zu sets of capabilities, are in %s\n",
		warming.profiles - warming.failed, ARRAY_LENGTH(usual_capabilities),
		config->cache_dir);
	if (warming.failed > 0)
		return error_set(err, -EINVAL, "%zu of %zu profiles cannot be used", warming.failed,
			warming.profiles);
	return 0;
}

/* clear */

static int clear(const struct node_config *config, struct error *err)
{
	size_t count;
	int r = cache_clear(config->cache_dir, &count, err);

	if (r == 0)
		printf("removed %zu entries from %s\n", count, config->cache_dir);
	return r;
}

static const struct action {
	const char *name;
	int (*run)(const struct node_config *config, struct error *err);
} actions[] = {
	{"clear", clear},
	{"list", list},
	{"warm", warm},
};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(actions); i++)
		if (!strcmp(actions[i].name, name))
			return &actions[i];
	return NULL;
}

int verb_cache(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{0},
	};
	const char *config_file = NULL;
	const struct action *action;
	struct node_config config;
	struct error err = ERROR_INIT;
	int option, r;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		config_file = optarg;
	}
	action = optind + 1 == argc ? find_action(argv[optind]) : NULL;
	if (!action)
		return verb_usage(verb, "say list, warm or clear");
	r = node_config_read(config_file, &config, &err);
	if (r == 0) {
		r = action->run(&config, &err);
		node_config_finish(&config);
	}
	return r < 0 ? verb_failure(&err) : EXIT_SUCCESS;
}
