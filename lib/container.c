/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process belongs to a container because its cgroup says so, because its parent is the monitor of
 * one, because runc or crun have written it down, because its parent belongs to one, or because it is
 * in the mount namespace of one. The first of them by time is the container's first process.
 */
#include "container.h"

#include "cleanup.h"
#include "container_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const engine_names[ENGINE_COUNT] = {
	[ENGINE_UNKNOWN] = "unknown",
	[ENGINE_CONTAINERD] = "containerd",
	[ENGINE_CRIO] = "cri-o",
	[ENGINE_CRUN] = "crun",
	[ENGINE_DOCKER] = "docker",
	[ENGINE_LXC] = "lxc",
	[ENGINE_NERDCTL] = "nerdctl",
	[ENGINE_PODMAN] = "podman",
	[ENGINE_RUNC] = "runc",
};

/* Not settled yet. */
#define CONTAINER_OPEN ((size_t)-2)

static size_t find_process(const struct containers *containers, pid_t pid)
{
	size_t low = 0, high = containers->process_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (containers->processes[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < containers->process_count && containers->processes[low].pid == pid
		       ? low
		       : CONTAINER_NONE;
}

static int read_processes(struct containers *containers, struct error *err)
{
	AUTO_FREE pid_t *pids = NULL;
	size_t count;
	int r = process_list(0, &pids, &count, err);

	if (r < 0)
		return r;
	containers->processes = calloc(count + 1, sizeof(*containers->processes));
	containers->owners = calloc(count + 1, sizeof(*containers->owners));
	if (!containers->processes || !containers->owners)
		return error_memory(err);
	for (size_t i = 0; i < count; i++) {
		if (process_read(pids[i], &containers->processes[containers->process_count], NULL) <
			0)
			continue;
		containers->owners[containers->process_count++] = CONTAINER_OPEN;
	}
	return 0;
}

/* The container of that id, made where there is none. What is new about it is taken over. */
static int join(struct containers *containers, struct claim *claim, const char *pod, size_t *ret,
	struct error *err)
{
	struct container *moved, *container = NULL;
	size_t i;

	for (i = 0; i < containers->count && !container; i++)
		if (!strcmp(containers->items[i].id, claim->id))
			container = &containers->items[i];
	if (!container) {
		moved = reallocarray(containers->items, containers->count + 1, sizeof(*moved));
		if (!moved)
			return error_memory(err);
		containers->items = moved;
		container = &containers->items[containers->count++];
		*container = (struct container){.engine = claim->engine, .id = TAKE_PTR(claim->id)};
		if (pod[0] && !(container->pod = strdup(pod)))
			return error_memory(err);
	}
	if (container->engine == ENGINE_UNKNOWN)
		container->engine = claim->engine;
	if (!container->name)
		container->name = TAKE_PTR(claim->name);
	if (!container->namespace)
		container->namespace = TAKE_PTR(claim->namespace);
	if (!container->config)
		container->config = TAKE_PTR(claim->config);
	*ret = (size_t)(container - containers->items);
	return 0;
}

static int claim_by_state(const struct process *process, const struct state_entries *states,
	const struct cgroup_place *place, struct claim *claim, struct error *err)
{
	for (size_t i = 0; i < states->count; i++) {
		const struct state_entry *entry = &states->items[i];

		if (entry->pid != process->pid || entry->start != process->start)
			continue;
		if (!claim->id) {
			claim->engine = place && place->engine != ENGINE_UNKNOWN
						? place->engine
						: entry->claim.engine;
			claim->id = strdup(entry->claim.id);
		}
		if (!claim->config && entry->claim.config)
			claim->config = strdup(entry->claim.config);
		return !claim->id || (entry->claim.config && !claim->config) ? error_memory(err)
									     : 0;
	}
	return 0;
}

static int claim_by_cgroup(const struct cgroup_place *place, struct claim *claim, struct error *err)
{
	claim->engine = place->engine;
	claim->id = strdup(place->id);
	return claim->id ? 0 : error_memory(err);
}

/* `above`: the parent's index, CONTAINER_NONE: it has none here. */
static int settle_one(struct containers *containers, size_t index, size_t above,
	const struct state_entries *states, struct error *err)
{
	const struct process *process = &containers->processes[index];
	AUTO(claim_finish) struct claim claim = {0};
	size_t *owner = &containers->owners[index];
	AUTO_FREE char *cgroup = NULL;
	struct cgroup_place place;
	bool placed;
	size_t length;
	int r = 0;

	*owner = above == CONTAINER_NONE ? CONTAINER_NONE : containers->owners[above];
	if (process_file(process->pid, "cgroup", &cgroup, &length, NULL) < 0)
		return 0;
	placed = cgroup_place_parse(cgroup, &place);
	/* A process of a container can call itself conmon. */
	if (above != CONTAINER_NONE && *owner == CONTAINER_NONE)
		r = claim_by_monitor(process, &containers->processes[above], placed ? &place : NULL,
			cgroup, &claim, err);
	if (r == 0)
		r = claim_by_state(process, states, placed ? &place : NULL, &claim, err);
	if (r == 0 && !claim.id && placed)
		r = claim_by_cgroup(&place, &claim, err);
	if (r < 0 || !claim.id)
		return r;
	return join(containers, &claim, placed ? place.pod : "", owner, err);
}

/* Parents first. Numbers are reused, so a parent may have the larger one. */
static int settle(struct containers *containers, size_t index, const struct state_entries *states,
	struct error *err)
{
	size_t above = find_process(containers, containers->processes[index].parent);
	int r;

	if (containers->owners[index] != CONTAINER_OPEN)
		return 0;
	containers->owners[index] = CONTAINER_NONE; /* a circle of a changing tree ends here */
	if (above != CONTAINER_NONE) {
		r = settle(containers, above, states, err);
		if (r < 0)
			return r;
	}
	return settle_one(containers, index, above, states, err);
}

static void choose_first(struct containers *containers, size_t owner)
{
	const struct process *first = NULL;

	for (size_t i = 0; i < containers->process_count; i++) {
		const struct process *process = &containers->processes[i];

		if (containers->owners[i] == owner && (!first || process->start < first->start))
			first = process;
	}
	containers->items[owner].pid = first ? first->pid : 0; /* a container has one */
}

/* What `runc exec` starts is nobody's child, and in a cgroup of any name. */
static void settle_by_namespace(struct containers *containers, size_t owner)
{
	ino_t theirs = process_namespace(containers->items[owner].pid, "mnt");

	if (theirs == 0 || theirs == process_namespace(getpid(), "mnt"))
		return;
	for (size_t i = 0; i < containers->process_count; i++)
		if (containers->owners[i] == CONTAINER_NONE &&
			process_namespace(containers->processes[i].pid, "mnt") == theirs)
			containers->owners[i] = owner;
}

int containers_find(const char *const *state_roots, struct containers *ret, struct error *err)
{
	AUTO(state_entries_finish) struct state_entries states = {0};
	AUTO(containers_finish) struct containers containers = {0};
	int r = read_processes(&containers, err);

	if (r == 0)
		r = state_entries_read(state_roots, &states, err);
	for (size_t i = 0; r == 0 && i < containers.process_count; i++)
		r = settle(&containers, i, &states, err);
	for (size_t i = 0; r == 0 && i < containers.count; i++) {
		choose_first(&containers, i);
		settle_by_namespace(&containers, i);
		r = container_name(&containers.items[i], err);
	}
	if (r < 0)
		return r;
	*ret = containers;
	containers = (struct containers){0};
	return 0;
}

void container_finish(struct container *container)
{
	free(container->id);
	free(container->name);
	free(container->pod);
	free(container->namespace);
	free(container->config);
	*container = (struct container){0};
}

void containers_finish(struct containers *containers)
{
	for (size_t i = 0; i < containers->count; i++)
		container_finish(&containers->items[i]);
	free(containers->items);
	free(containers->processes);
	free(containers->owners);
	*containers = (struct containers){0};
}

const struct process *containers_process(const struct containers *containers, pid_t pid)
{
	size_t index = find_process(containers, pid);

	return index == CONTAINER_NONE ? NULL : &containers->processes[index];
}

const struct container *containers_of(const struct containers *containers, pid_t pid)
{
	size_t index = find_process(containers, pid);

	if (index == CONTAINER_NONE || containers->owners[index] == CONTAINER_NONE)
		return NULL;
	return &containers->items[containers->owners[index]];
}

bool container_has_name(const struct container *container, const char *name)
{
	size_t length = strlen(name);

	return (container->name && !strcmp(container->name, name)) ||
	       !strcmp(container->id, name) ||
	       (length >= 3 && !strncmp(container->id, name, length));
}

int containers_by_name(const struct containers *containers, const char *name,
	const struct container **ret, struct error *err)
{
	const struct container *found = NULL;

	for (size_t i = 0; i < containers->count; i++) {
		const struct container *container = &containers->items[i];

		if (!strcmp(container->id, name)) {
			*ret = container;
			return 0;
		}
		if (!container_has_name(container, name))
			continue;
		if (found)
			return error_set(err, -EEXIST,
				"more than one container is called \"%s\"; give the whole id",
				name);
		found = container;
	}
	if (!found)
		return error_set(err, -ENOENT,
			"there is no running container \"%s\"; oci-seccomp ps shows what there is",
			name);
	*ret = found;
	return 0;
}
