/* SPDX-License-Identifier: Apache-2.0 */
/* oci-seccomp-runtime(8): stands in front of runc or crun and sets linux.seccomp. */
#include "arguments.h"
#include "bundle.h"
#include "cleanup.h"
#include "config.h"
#include "container_note.h"
#include "io.h"
#include "recording.h"
#include "report.h"
#include "resolve.h"
#include "rewrite.h"
#include "runtime.h"
#include "splice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file that the runtime will read, owned by the caller. crun's --config is relative to the
 * working directory, unless it is just the usual name. */
static int locate_config(const struct arguments *arguments, char **ret, struct error *err)
{
	const char *config = arguments->config ? arguments->config : "config.json";
	int r;

	if (strcmp(config, "config.json") == 0)
		r = asprintf(ret, "%s/%s", arguments->bundle, config);
	else
		r = asprintf(ret, "%s", config);
	return r < 0 ? error_memory(err) : 0;
}

static const char *container_id(const struct arguments *arguments)
{
	return arguments->id ? arguments->id : "without an id";
}

static int rewrite_file(const struct bundle *bundle, const struct node_config *config,
	bool for_crun, const char *path, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	bool changed;
	int r = rewrite_config(bundle, config, for_crun, &text, &length, &changed, err);

	if (r < 0 || !changed)
		return r;
	return splice_replace_path(path, text, length, err);
}

static int confine(const struct arguments *arguments, const struct node_config *config,
	bool for_crun, struct error *err)
{
	AUTO_FREE char *path = NULL;
	struct bundle bundle;
	char *text;
	size_t length;
	int r = locate_config(arguments, &path, err);

	if (r < 0)
		return r;
	r = io_read_file(AT_FDCWD, path, path, BUNDLE_SIZE_LIMIT, &text, &length, err);
	if (r == 0)
		r = bundle_parse(path, text, length, &bundle, err);
	if (r < 0)
		return resolve_prefix_container(err, r, NULL, container_id(arguments));
	r = rewrite_file(&bundle, config, for_crun, path, err);
	if (r < 0)
		resolve_prefix_container(err, r, &bundle, container_id(arguments));
	bundle_finish(&bundle);
	return r;
}

/* What its annotations ask for must begin. */
static int record(const char *id, pid_t pid, const struct bundle *bundle,
	const struct node_config *config, struct error *err)
{
	AUTO(recording_finish) struct recording recording = {0};
	int r = recording_ask(bundle, config, id, &recording, err);

	if (r < 0 || !recording.output)
		return r;
	return recording_start(&recording, config, pid, err);
}

/* `*ret` is empty where there is no such file: crun may have been given another one, and has read it. */
static int read_started(const char *config_json, struct bundle *ret, struct error *err)
{
	char *text;
	size_t length;
	int r = io_read_file(
		AT_FDCWD, config_json, config_json, BUNDLE_SIZE_LIMIT, &text, &length, err);

	*ret = (struct bundle){0};
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : bundle_parse(config_json, text, length, ret, err);
}

/* The container is created, and its process waits to be told to execute its program. The note is for
 * `denials` and `ps`, which can do without. What the runtime does not tell of the container it will say
 * itself. */
static int prepare_start(const struct arguments *arguments, const struct node_config *config,
	const char *usual_root, struct error *err)
{
	AUTO_FREE char *config_json = NULL;
	struct bundle bundle;
	pid_t pid;
	int r;

	if (container_state(arguments->root ? arguments->root : usual_root, arguments->id, &pid,
		    &config_json, NULL) < 0)
		return 0;
	r = read_started(config_json, &bundle, err);
	(void)!container_note_write(
		CONTAINER_NOTES, pid, arguments->id, bundle.document.root, 0, NULL);
	container_notes_tidy(CONTAINER_NOTES);
	if (r == 0)
		r = record(arguments->id, pid, &bundle, config, err);
	bundle_finish(&bundle);
	return r < 0 ? resolve_prefix_container(err, r, NULL, arguments->id) : 0;
}

/* A command that reads no bundle, delete and kill among them, must work though the configuration does
 * not: then the runtime is found without it. */
static int find_runtime(const struct arguments *arguments, struct node_config *config, char **ret,
	struct error *err)
{
	int r = node_config_read(NULL, config, err);

	if (r < 0 && arguments->rewrites)
		return r;
	return runtime_find(config, ret, err);
}

static int serve(char **argv, const struct arguments *arguments, struct error *err)
{
	AUTO_FREE char *runtime = NULL;
	struct node_config config = {0};
	int r = find_runtime(arguments, &config, &runtime, err);

	if (r == 0 && arguments->rewrites)
		r = confine(arguments, &config, runtime_is_crun(runtime), err);
	if (r == 0 && arguments->starts)
		r = prepare_start(arguments, &config,
			runtime_is_crun(runtime) ? "/run/crun" : "/run/runc", err);
	node_config_finish(&config);
	return r < 0 ? r : runtime_execute(runtime, argv, err);
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	struct arguments arguments;
	int r = arguments_parse(argc, argv, &arguments, &err);

	if (r == 0)
		r = serve(argv, &arguments, &err);
	report(&arguments, &err);
	error_finish(&err);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
