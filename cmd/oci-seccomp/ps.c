/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"
#include "verbs.h"

#include "cleanup.h"
#include "container.h"
#include "container_note.h"
#include "identity.h"
#include "live.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column_number {
	COLUMN_ENGINE,
	COLUMN_NAME,
	COLUMN_POD,
	COLUMN_ID,
	COLUMN_PID,
	COLUMN_MODE,
	COLUMN_FILTERS,
	COLUMN_INSTRUCTIONS,
	COLUMN_FLAGS,
	COLUMN_NNP,
	COLUMN_FEWER,
	COLUMN_LOADER,
	COLUMN_PROFILE,
	COLUMN_NAMESPACE, /* in JSON alone */
	COLUMN_COUNT,
};

static const struct column columns[COLUMN_COUNT] = {
	[COLUMN_ENGINE] = {"ENGINE", 0, SCOLS_JSON_STRING},
	[COLUMN_NAME] = {"NAME", 0, SCOLS_JSON_STRING},
	[COLUMN_POD] = {"POD", 0, SCOLS_JSON_STRING},
	[COLUMN_ID] = {"ID", 0, SCOLS_JSON_STRING},
	[COLUMN_PID] = {"PID", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER},
	[COLUMN_MODE] = {"MODE", 0, SCOLS_JSON_STRING},
	[COLUMN_FILTERS] = {"FILTERS", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER},
	[COLUMN_INSTRUCTIONS] = {"INSTRUCTIONS", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER},
	[COLUMN_FLAGS] = {"FLAGS", 0, SCOLS_JSON_STRING},
	[COLUMN_NNP] = {"NNP", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER},
	[COLUMN_FEWER] = {"FEWER", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER},
	[COLUMN_LOADER] = {"LOADER", 0, SCOLS_JSON_STRING},
	[COLUMN_PROFILE] = {"PROFILE", 0, SCOLS_JSON_STRING},
	[COLUMN_NAMESPACE] = {"NAMESPACE", 0, SCOLS_JSON_STRING},
};

struct listing {
	struct output output;
	enum format format;
	struct containers containers;
	struct container_notes notes;
	struct live_programs programs;
	struct identities *identities;
	bool incomplete; /* something could not be read; that is said already */
};

/* As `RuntimeDefault+~config.json`, oldest first. */
static int name_profiles(struct listing *listing, const struct live_stack *stack,
	const struct process *process, const char *config, struct error *err)
{
	AUTO_FREE char *names = NULL;
	AUTO_FCLOSE FILE *stream = NULL;
	size_t size;
	bool known = true;

	stream = open_memstream(&names, &size);
	for (size_t i = 0; stream && i < stack->count; i++) {
		const struct program *program = &listing->programs.items[stack->filters[i].program];
		struct identity identity;
		int r = identities_find(
			listing->identities, program, process->bounding, config, &identity, err);

		if (r < 0)
			return r;
		known = known && identity.name;
		fprintf(stream, "%s%s%s", i ? "+" : "", identity.name && !identity.exact ? "~" : "",
			identity.name ? identity.name : "unknown");
	}
	if (!stream || fflush(stream) != 0)
		return error_memory(err);
	output_text(&listing->output, COLUMN_PROFILE, names, known ? NULL : "yellow");
	return 0;
}

static int put_filters(struct listing *listing, const struct live_stack *stack,
	const struct process *process, const char *config, struct error *err)
{
	size_t instructions = 0;
	bool log = false;

	for (size_t i = 0; i < stack->count; i++) {
		instructions += listing->programs.items[stack->filters[i].program].length;
		log = log || stack->filters[i].log;
	}
	output_number(&listing->output, COLUMN_FILTERS, stack->count);
	output_number(&listing->output, COLUMN_INSTRUCTIONS, instructions);
	output_cell(&listing->output, COLUMN_FLAGS, log ? "LOG" : NULL, NULL);
	return name_profiles(listing, stack, process, config, err);
}

/* Before the row is begun: what has ended gets none. `*ret_read`: the stack is there. */
static int read_stack(struct listing *listing, const struct process *process,
	struct live_stack *ret, bool *ret_read, struct error *err)
{
	int r = 0;

	*ret_read = false;
	if (process->mode == SECCOMP_MODE_FILTER)
		r = live_read_process(process->pid, &listing->programs, ret, err);
	if (r == -ENOMEM || r == -ESRCH)
		return r;
	*ret_read = r == 0;
	if (r < 0)
		verb_failure(err);
	/* One that is about to start is no failure. */
	listing->incomplete |= r < 0 && r != -EBUSY;
	return 0;
}

/* `stack` NULL: it could not be read. */
static int put_seccomp(struct listing *listing, const struct process *process,
	const struct live_stack *stack, const char *config, struct error *err)
{
	output_number(&listing->output, COLUMN_PID, (unsigned long long)process->pid);
	output_number(&listing->output, COLUMN_NNP, process->no_new_privs);
	switch (process->mode) {
	case SECCOMP_MODE_DISABLED:
		output_cell(&listing->output, COLUMN_MODE, "none", "red");
		output_number(&listing->output, COLUMN_FILTERS, 0);
		output_cell(&listing->output, COLUMN_PROFILE, "unconfined", "red");
		return 0;
	case SECCOMP_MODE_STRICT:
		output_cell(&listing->output, COLUMN_MODE, "strict", NULL);
		return 0;
	}
	output_cell(&listing->output, COLUMN_MODE, "filter", NULL);
	if (stack)
		return put_filters(listing, stack, process, config, err);
	if (process->filters > 0)
		output_number(&listing->output, COLUMN_FILTERS, process->filters);
	return 0;
}

/* Processes of the container that are less confined than its first, such as exec sessions. */
static size_t count_fewer(
	const struct containers *containers, size_t owner, const struct process *first)
{
	size_t count = 0;

	for (size_t i = 0; i < containers->process_count; i++) {
		const struct process *process = &containers->processes[i];

		count +=
			containers->owners[i] == owner &&
			(process->mode < first->mode || (process->mode == first->mode &&
								process->filters < first->filters));
	}
	return count;
}

/* Who loaded the filters: the hook those that it noted, which are the oldest, the runtime the others. */
static void put_loader(
	struct listing *listing, const struct process *process, const struct live_stack *stack)
{
	size_t count = stack ? stack->count : process->filters, hooked = 0;
	const struct container_notes *notes = &listing->notes;

	if (process->mode != SECCOMP_MODE_FILTER || count == 0)
		return;
	for (size_t i = 0; i < notes->count; i++)
		if (notes->items[i].container.pid == process->pid &&
			notes->items[i].start == process->start)
			hooked = notes->items[i].filters;
	output_cell(&listing->output, COLUMN_LOADER,
		hooked == 0	 ? "runtime"
		: hooked < count ? "hook+runtime"
				 : "hook",
		NULL);
}

static int list_container(struct listing *listing, size_t index, struct error *err)
{
	const struct container *container = &listing->containers.items[index];
	const struct process *process = containers_process(&listing->containers, container->pid);
	AUTO_FREE char *id = strdup(container->id);
	size_t fewer = count_fewer(&listing->containers, index, process);
	AUTO(live_stack_finish) struct live_stack stack = {0};
	bool is_read;
	int r;

	if (!id)
		return error_memory(err);
	r = read_stack(listing, process, &stack, &is_read, err);
	if (r < 0)
		return r;
	if (listing->format == FORMAT_TABLE && strlen(id) == 64)
		id[12] = '\0';
	output_row(&listing->output);
	output_cell(&listing->output, COLUMN_ENGINE, engine_names[container->engine], NULL);
	output_text(&listing->output, COLUMN_NAME, container->name, NULL);
	output_text(&listing->output, COLUMN_ID, id, NULL);
	output_text(&listing->output, COLUMN_POD, container->pod, NULL);
	if (listing->format == FORMAT_JSON)
		output_text(&listing->output, COLUMN_NAMESPACE, container->namespace, NULL);
	if (fewer > 0 || listing->format == FORMAT_JSON)
		output_number(&listing->output, COLUMN_FEWER, fewer);
	put_loader(listing, process, is_read ? &stack : NULL);
	return put_seccomp(listing, process, is_read ? &stack : NULL, container->config, err);
}

/* A process outside of containers. */
static int list_other(struct listing *listing, const struct process *process, struct error *err)
{
	AUTO(live_stack_finish) struct live_stack stack = {0};
	bool is_read;
	int r = read_stack(listing, process, &stack, &is_read, err);

	if (r < 0)
		return r;
	output_row(&listing->output);
	output_text(&listing->output, COLUMN_NAME, process->name, NULL);
	return put_seccomp(listing, process, is_read ? &stack : NULL, NULL, err);
}

static int list_all(struct listing *listing, bool others, struct error *err)
{
	const struct containers *containers = &listing->containers;
	int r = 0;

	for (size_t i = 0; i < containers->count && r >= 0; i++) {
		r = list_container(listing, i, err);
		r = r == -ESRCH ? 0 : r;
	}
	for (size_t i = 0; others && i < containers->process_count && r >= 0; i++) {
		if (containers->owners[i] != CONTAINER_NONE ||
			containers->processes[i].mode == SECCOMP_MODE_DISABLED)
			continue;
		r = list_other(listing, &containers->processes[i], err);
		r = r == -ESRCH ? 0 : r;
	}
	if (r == 0)
		error_finish(err); /* of what has ended */
	return r < 0 ? r : output_print(&listing->output, err);
}

struct ps_options {
	struct state_roots roots;
	enum format format;
	bool all;
};

static int list(
	const struct node_config *config, const struct ps_options *options, struct error *err)
{
	struct listing listing = {.format = options->format};
	int r = containers_find(options->roots.items, &listing.containers, err);

	if (r == 0)
		r = container_notes_read(CONTAINER_NOTES, &listing.notes, err);
	if (r == 0)
		r = identities_create(config, &listing.identities, err);
	if (r == 0) {
		output_init(&listing.output, options->format, "containers", columns,
			options->format == FORMAT_JSON ? COLUMN_COUNT : COLUMN_NAMESPACE);
		r = list_all(&listing, options->all, err);
		output_finish(&listing.output);
	}
	identities_destroy(listing.identities);
	live_programs_finish(&listing.programs);
	container_notes_finish(&listing.notes);
	containers_finish(&listing.containers);
	return r < 0 ? verb_failure(err) : listing.incomplete ? EXIT_FAILURE : EXIT_SUCCESS;
}

int verb_ps(const struct verb *verb, int argc, char **argv)
{
	static const struct option long_options[] = {
		{"all", no_argument, NULL, 'a'},
		{"config", required_argument, NULL, 'c'},
		{"format", required_argument, NULL, 'f'},
		{"root", required_argument, NULL, 'r'},
		{0},
	};
	struct ps_options options = {0};
	const char *config_file = NULL;
	struct error err = ERROR_INIT;
	struct node_config config;
	int option, result, r = 0;

	while (r == 0 && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		if (option == 'a')
			options.all = true;
		else if (option == 'c')
			config_file = optarg;
		else if (option == 'r')
			r = state_roots_add(&options.roots, optarg, &err);
		else
			r = format_parse(optarg, 1U << FORMAT_TABLE | 1U << FORMAT_JSON,
				&options.format, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (optind != argc)
		return verb_usage(verb, "no argument is taken");
	r = node_config_read(config_file, &config, &err);
	if (r < 0)
		return verb_failure(&err);
	result = list(&config, &options, &err);
	node_config_finish(&config);
	return result;
}
