/* SPDX-License-Identifier: Apache-2.0 */
/* oci-seccomp-hook(1): loads a container's seccomp profile before pivot_root. */
#include "bundle.h"
#include "cleanup.h"
#include "config.h"
#include "container_note.h"
#include "crun.h"
#include "io.h"
#include "load.h"
#include "log.h"
#include "notify.h"
#include "plan.h"
#include "recording.h"
#include "resolve.h"
#include "rewrite.h"
#include "state.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define PROGRAM "oci-seccomp-hook"

enum { EXIT_USAGE = 2 };

static const char usage[] =
	"Usage: " PROGRAM " [--config FILE] [createRuntime|prestart|precreate]\n"
	"\n"
	"Loads the seccomp profile of a container into its process, before pivot_root.\n"
	"An OCI runtime starts it as a createRuntime or prestart hook and writes the\n"
	"state of the container to its standard input. As podman's precreate hook it\n"
	"reads config.json there and writes it with linux.seccomp to standard output.\n"
	"\n"
	"  --config FILE  node configuration (default: $OCI_SECCOMP_CONFIG, else\n"
	"                 " NODE_CONFIG_FILE ")\n"
	"  --help         this text\n"
	"  --version      the version\n"
	"\n"
	"See oci-seccomp-hook(1), oci-seccomp-config(5), oci-seccomp-profile(5).\n";

/* crun runs WebAssembly and krun containers without an execve, so the filter of the hook would
 * never come into force. */
static int refuse_handlers(const struct bundle *bundle, struct error *err)
{
	static const char *const keys[] = {"run.oci.handler", "module.wasm.image/variant"};

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		const char *value;
		int r = bundle_annotation(bundle, keys[i], &value, err);

		if (r < 0)
			return r;
		if (value)
			return error_set(err, -EOPNOTSUPP,
				"annotation %s=\"%s\": the runtime runs this container without "
				"execve, so a hook cannot confine it; use the oci-seccomp-runtime "
				"shim",
				keys[i], value);
	}
	return 0;
}

/* The agent is connected, and what it is to hear at hand, before the container process is touched. */
static int load_and_notify(const struct load_request *request, const struct state *state,
	const struct plan *plan, struct error *err)
{
	AUTO_FREE char *text = notify_text(state, plan->listener_metadata);
	AUTO_CLOSE int agent = -1, listener = -1;
	int r = load_possible(err);

	if (r < 0)
		return r;
	if (!text)
		return error_memory(err);
	r = notify_connect(plan->listener_path, &agent, err);
	if (r < 0)
		return error_prefix(err, r, "%s", plan->notifier);
	r = load_into_container(request, &listener, err);
	if (r < 0)
		return r;
	r = notify_send(agent, text, listener, err);
	return r < 0 ? error_prefix(err, r, "%s: listenerPath \"%s\"", plan->notifier,
			       plan->listener_path)
		     : 0;
}

/* Of what the hook knows, what is needed once the filters are loaded. */
struct loaded {
	const struct state *state;
	struct bundle *bundle;
	unsigned filters;
	struct error err; /* of the note */
};

/* For `denials` and `ps`, which can do without. */
static void note(struct loaded *loaded)
{
	(void)!container_note_write(CONTAINER_NOTES, loaded->state->pid, loaded->state->id,
		loaded->bundle->document.root, loaded->filters, &loaded->err);
}

/* The loader waits without the bundle, which may be large. */
static void note_and_release(void *data)
{
	struct loaded *loaded = data;

	note(loaded);
	bundle_finish(loaded->bundle);
}

/* What may be held up, as by a log daemon that does not read, while nothing else is. */
static void tidy_notes(void *data)
{
	struct loaded *loaded = data;

	container_notes_tidy(CONTAINER_NOTES);
	if (loaded->err.message)
		log_line(PROGRAM, LOG_AUTHPRIV, LOG_WARNING, error_message(&loaded->err));
	error_finish(&loaded->err);
}

static int load(const struct state *state, struct bundle *bundle,
	const struct resolution *resolution, const struct plan *plan, struct error *err)
{
	AUTO_FREE char *summary = plan_summary(plan, state, resolution);
	struct loaded loaded = {.state = state, .bundle = bundle, .filters = (unsigned)plan->count};
	struct load_request request = {
		.pid = state->pid,
		.filters = plan->filters,
		.count = plan->count,
		.ident = PROGRAM,
		.summary = summary,
		.release = note_and_release,
		.started = tidy_notes,
		.ends_caller = !plan->notifier,
		.data = &loaded,
	};

	if (!summary)
		return error_memory(err);
	return plan->notifier ? load_and_notify(&request, state, plan, err)
			      : load_into_container(&request, NULL, err);
}

static int confine(const struct state *state, struct bundle *bundle,
	const struct node_config *config, const struct resolution *resolution, struct error *err)
{
	struct loaded loaded = {.state = state, .bundle = bundle};
	struct plan plan;
	int r = resolution->engine ? crun_check_engine(bundle, err) : 0;

	if (r < 0)
		return r;
	r = plan_make(resolution, config, bundle, &plan, err);
	if (r < 0)
		return r;
	if (plan.count > 0) {
		r = refuse_handlers(bundle, err);
		if (r == 0)
			r = load(state, bundle, resolution, &plan, err);
	} else {
		note(&loaded);
		tidy_notes(&loaded);
	}
	plan_finish(&plan);
	return r;
}

static int record(const struct state *state, const struct bundle *bundle,
	const struct node_config *config, struct error *err)
{
	AUTO(recording_finish) struct recording recording = {0};
	int r = recording_ask(bundle, config, state->id, &recording, err);

	if (r < 0 || !recording.output)
		return r;
	return recording_start(&recording, config, state->pid, err);
}

static int resolve_and_confine(const struct state *state, struct bundle *bundle,
	const struct node_config *config, struct error *err)
{
	struct resolution resolution;
	int r = resolve(bundle, config, ASKER_HOOK, &resolution, err);

	if (r < 0)
		return r;
	r = record(state, bundle, config, err);
	if (r == 0)
		r = confine(state, bundle, config, &resolution, err);
	resolution_finish(&resolution);
	return r;
}

/* runc says "creating" at both stages, crun "created"; later the program of the container runs or
 * has ended. */
static int check_status(const struct state *state, struct error *err)
{
	if (!strcmp(state->status, "creating") || !strcmp(state->status, "created"))
		return 0;
	return error_set(err, -EINVAL,
		"container %s is already %s: register this hook at createRuntime or prestart",
		state->id, state->status);
}

static int serve(const struct state *state, const char *config_file, struct error *err)
{
	struct node_config config;
	struct bundle bundle;
	int r = check_status(state, err);

	if (r < 0)
		return r;
	r = node_config_read(config_file, &config, err);
	if (r < 0)
		return r;
	r = bundle_read(state->bundle, &bundle, err);
	if (r < 0) {
		resolve_prefix_container(err, r, NULL, state->id);
	} else {
		r = resolve_and_confine(state, &bundle, &config, err);
		if (r < 0)
			resolve_prefix_container(err, r, &bundle, state->id);
		bundle_finish(&bundle);
	}
	node_config_finish(&config);
	return r;
}

static int run(const char *config_file, struct error *err)
{
	struct state state;
	char *text;
	size_t length;
	int r = io_read(STDIN_FILENO, "container state on standard input", STATE_SIZE_LIMIT, &text,
		&length, err);

	if (r < 0)
		return r;
	if (length == 0) {
		free(text);
		return error_set(err, -EINVAL,
			"standard input is empty: an OCI runtime that calls this hook writes the "
			"state of the container there");
	}
	r = state_parse(text, length, &state, err);
	if (r < 0)
		return r;
	r = serve(&state, config_file, err);
	state_finish(&state);
	return r;
}

/* podman's stage: the configuration of a container on standard input, the changed one on standard
 * output. Nothing is written unless all of it is right. */
static int precreate(const char *config_file, struct error *err)
{
	static const char name[] = "config.json on standard input";
	AUTO_FREE char *rewritten = NULL;
	struct node_config config;
	struct bundle bundle;
	char *text;
	size_t length;
	bool changed;
	int r = io_read(STDIN_FILENO, name, BUNDLE_SIZE_LIMIT, &text, &length, err);

	if (r < 0)
		return r;
	r = bundle_parse(name, text, length, &bundle, err);
	if (r < 0)
		return r;
	r = node_config_read(config_file, &config, err);
	if (r == 0) {
		r = rewrite_config(&bundle, &config, false, &rewritten, &length, &changed, err);
		node_config_finish(&config);
	}
	bundle_finish(&bundle);
	if (r < 0)
		return r;
	r = io_write_all(STDOUT_FILENO, rewritten, length);
	return r < 0 ? error_set_errno(err, r, "standard output: cannot write") : 0;
}

/* The stages at which this hook works. */
static const struct stage {
	const char *name;
	int (*run)(const char *config_file, struct error *err);
} stages[] = {
	{"createRuntime", run},
	{"precreate", precreate},
	{"prestart", run},
};

/* The stage of the arguments behind the options; NULL: they name none, which has been said. */
static const struct stage *find_stage(int count, char **arguments)
{
	const char *name = count > 0 ? arguments[0] : "createRuntime";

	if (count > 1) {
		fprintf(stderr, PROGRAM ": unexpected argument \"%s\"\n", arguments[1]);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(stages); i++)
		if (!strcmp(stages[i].name, name))
			return &stages[i];
	fprintf(stderr,
		PROGRAM ": unknown stage \"%s\": this hook works at createRuntime, prestart and "
			"podman's precreate\n",
		name);
	return NULL;
}

int main(int argc, char **argv)
{
	enum { OPTION_CONFIG = 'c', OPTION_HELP = 'h', OPTION_VERSION = 'V' };
	static const struct option options[] = {
		{"config", required_argument, NULL, OPTION_CONFIG},
		{"help", no_argument, NULL, OPTION_HELP},
		{"version", no_argument, NULL, OPTION_VERSION},
		{0},
	};
	struct error err = ERROR_INIT;
	const char *config_file = NULL;
	const struct stage *stage;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case OPTION_CONFIG:
			config_file = optarg;
			break;
		case OPTION_HELP:
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case OPTION_VERSION:
			puts(PROGRAM " " VERSION);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	stage = find_stage(argc - optind, argv + optind);
	if (!stage)
		return EXIT_USAGE;
	if (isatty(STDIN_FILENO)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (stage->run(config_file, &err) == 0)
		return EXIT_SUCCESS;
	/* To the log as well: crun throws away what its hooks print. */
	fprintf(stderr, PROGRAM ": %s\n", error_message(&err));
	log_line(PROGRAM, LOG_AUTHPRIV, LOG_ERR, error_message(&err));
	error_finish(&err);
	return EXIT_FAILURE;
}
