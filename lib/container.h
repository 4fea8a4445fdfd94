/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "process.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The containers of this host, whatever the engine, from /proc and from what engines and runtimes
 * keep in files. No daemon is asked.
 */
enum engine {
	ENGINE_UNKNOWN,
	ENGINE_CONTAINERD,
	ENGINE_CRIO,
	ENGINE_CRUN, /* without an engine */
	ENGINE_DOCKER,
	ENGINE_LXC,
	ENGINE_NERDCTL,
	ENGINE_PODMAN,
	ENGINE_RUNC, /* without an engine */
	ENGINE_COUNT,
};

extern const char *const engine_names[ENGINE_COUNT]; /* "containerd", ...; "unknown" */

/* What the text of /proc/PID/cgroup tells: cgroupfs and systemd, v1, v2 and hybrid. */
struct cgroup_place {
	enum engine engine; /* ENGINE_UNKNOWN: an id that any engine may have given */
	char id[256];
	char pod[80]; /* uid of the Kubernetes pod, or id of podman's; empty: none */
};

/* false: no container, or one whose cgroup has no form that is known. A monitor of a container
 * (conmon) is none. Of nested containers it is the innermost. */
bool cgroup_place_parse(const char *text, struct cgroup_place *ret);

/* Texts are as engines have them, with whatever is in there: for people through text_printable. */
struct container {
	enum engine engine;
	char *id;
	char *name;	 /* NULL: not known, or there is none beside the id */
	char *pod;	 /* its name, else its id; NULL: none */
	char *namespace; /* of Kubernetes or containerd; NULL: none */
	char *config; /* path of the bundle's config.json that can be opened now; NULL: not known */
	pid_t pid;    /* the first process */
};

void container_finish(struct container *container);

/* By id, a part of 3 characters or more from its start, or name. */
bool container_has_name(const struct container *container, const char *name);

struct containers {
	struct container *items; /* owned */
	size_t count;
	struct process *processes; /* owned; by pid */
	size_t *owners;		   /* owned; of each process; CONTAINER_NONE */
	size_t process_count;
};

#define CONTAINER_NONE ((size_t)-1)

/* `state_roots`, ending with NULL, are directories of runc and crun (their --root) beside the usual
 * ones, and an error where they cannot be opened; NULL: none. What ends meanwhile is left out. */
int containers_find(const char *const *state_roots, struct containers *ret, struct error *err)
	__attribute__((warn_unused_result));
void containers_finish(struct containers *containers);

/* A process as it was found; NULL: it was not. Not owned by the caller. */
const struct process *containers_process(const struct containers *containers, pid_t pid);

/* What runc or crun has written down in `root`, its --root, of a container that it has created: the first
 * process, and the bundle's config.json (owned by the caller). -ENOENT: nothing that can be used. */
int container_state(const char *root, const char *id, pid_t *ret_pid, char **ret_config,
	struct error *err) __attribute__((warn_unused_result));

/* The container of a process; NULL: none. Not owned by the caller. */
const struct container *containers_of(const struct containers *containers, pid_t pid);

/* As container_has_name, one whose id it is before others. -ENOENT: none; -EEXIST: several. */
int containers_by_name(const struct containers *containers, const char *name,
	const struct container **ret, struct error *err) __attribute__((warn_unused_result));
