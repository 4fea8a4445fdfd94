/* SPDX-License-Identifier: Apache-2.0 */
#include "container_internal.h"

#include "cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * containerd's shim and conmon are the parents of the first process of their containers and of what
 * is executed in them later. Which container it is stands in their command lines, and the shim's
 * working directory is the bundle.
 */

/* The argument behind `name`; NULL: none. */
static const char *argument_of(const char *line, size_t length, const char *name)
{
	for (const char *word = line; word < line + length; word += strlen(word) + 1) {
		const char *next = word + strlen(word) + 1;

		if (!strcmp(word, name) && next < line + length)
			return next;
	}
	return NULL;
}

static int copy(const char *text, char **ret, struct error *err)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? error_memory(err) : 0;
}

/* One shim serves a whole pod; the bundles are beside each other. */
static bool has_bundle(pid_t shim, const char *id, size_t length, char **ret_config)
{
	char *path;

	if (length == 0 || length > 255 || id[0] == '.')
		return false;
	if (asprintf(&path, "/proc/%d/cwd/../%.*s/config.json", shim, (int)length, id) < 0)
		return false;
	if (access(path, F_OK) < 0) {
		free(path);
		return false;
	}
	*ret_config = path;
	return true;
}

/* The last part of a path in `cgroup` that names a bundle. */
static char *bundle_of_cgroup(pid_t shim, const char *cgroup, char **ret_config)
{
	for (const char *line = cgroup; line[0]; line += strcspn(line, "\n")) {
		const char *end, *start;

		line += *line == '\n';
		end = line + strcspn(line, "\n");
		start = memrchr(line, '/', (size_t)(end - line));
		if (start && has_bundle(shim, start + 1, (size_t)(end - start - 1), ret_config))
			return strndup(start + 1, (size_t)(end - start - 1));
	}
	return NULL;
}

static int claim_by_shim(const struct process *shim, const char *line, size_t length,
	const struct cgroup_place *place, const char *cgroup, struct claim *claim,
	struct error *err)
{
	const char *id = argument_of(line, length, "-id");
	const char *namespace = argument_of(line, length, "-namespace");

	claim->engine = namespace && !strcmp(namespace, "moby") ? ENGINE_DOCKER : ENGINE_CONTAINERD;
	if (place) {
		id = place->id;
		has_bundle(shim->pid, id, strlen(id), &claim->config);
	} else {
		claim->id = bundle_of_cgroup(shim->pid, cgroup, &claim->config);
		if (!claim->id && id)
			has_bundle(shim->pid, id, strlen(id), &claim->config);
	}
	if (!claim->id && copy(id, &claim->id, err) < 0)
		return -ENOMEM;
	return claim->engine == ENGINE_DOCKER ? 0 : copy(namespace, &claim->namespace, err);
}

static int claim_by_conmon(const struct process *conmon, const char *line, size_t length,
	const struct cgroup_place *place, struct claim *claim, struct error *err)
{
	const char *bundle = argument_of(line, length, "-b");
	int r = copy(argument_of(line, length, "-c"), &claim->id, err);

	if (place && place->engine != ENGINE_UNKNOWN)
		claim->engine = place->engine;
	else
		claim->engine =
			argument_of(line, length, "--exit-command") ? ENGINE_PODMAN : ENGINE_CRIO;
	if (r == 0)
		r = copy(argument_of(line, length, "-n"), &claim->name, err);
	if (r == 0 && bundle &&
		asprintf(&claim->config, "/proc/%d/root%s/config.json", conmon->pid, bundle) < 0) {
		claim->config = NULL;
		return error_memory(err);
	}
	return r;
}

int claim_by_monitor(const struct process *process, const struct process *parent,
	const struct cgroup_place *place, const char *cgroup, struct claim *ret, struct error *err)
{
	bool is_shim = !strcmp(parent->name, "containerd-shim"); /* cut to 15 characters */
	AUTO_FREE char *line = NULL;
	struct claim claim = {0};
	size_t length;
	int r = 0;

	*ret = claim;
	if ((!is_shim && strcmp(parent->name, "conmon") != 0) || process->parent != parent->pid)
		return 0;
	/* It also has children that are no containers: what cleans up, or a recorder. */
	if (process_namespace(process->pid, "mnt") == process_namespace(parent->pid, "mnt"))
		return 0;
	if (process_file(parent->pid, "cmdline", &line, &length, NULL) < 0)
		return 0;
	r = is_shim ? claim_by_shim(parent, line, length, place, cgroup, &claim, err)
		    : claim_by_conmon(parent, line, length, place, &claim, err);
	if (r < 0)
		claim_finish(&claim);
	*ret = claim;
	return r;
}

void claim_finish(struct claim *claim)
{
	free(claim->id);
	free(claim->name);
	free(claim->namespace);
	free(claim->config);
	*claim = (struct claim){0};
}
