/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "bundle.h"
#include "config.h"
#include "profile.h"

/*
 * Which profile a container gets, and why. The sources in the order in which they are asked; the
 * first that says something decides.
 *
 * The engine's own profile comes first because annotations are written by the authors of pods, and
 * admission control looks at fields alone: an annotation must not weaken what the engine set.
 */
enum source {
	SOURCE_ENGINE,		/* linux.seccomp of config.json */
	SOURCE_CONTAINER,	/* io.oci-seccomp.profile/<container> */
	SOURCE_CONTAINER_ALPHA, /* container.seccomp.security.alpha.kubernetes.io/<container> */
	SOURCE_POD,		/* io.oci-seccomp.profile */
	SOURCE_POD_ALPHA,	/* seccomp.security.alpha.kubernetes.io/pod */
	SOURCE_NODE,		/* defaultProfile of the node configuration */
	SOURCE_COUNT,
};

/* Who asks. The hook's filter is added to the engine's, so it can only tighten: the annotations
 * count beside the engine's profile. What rewrites linux.seccomp would replace it. */
enum asker {
	ASKER_HOOK,
	ASKER_REWRITER,
};

/* A row of the table: where a source says something, and what. */
struct source_finding {
	char *key; /* owned; an annotation, or a member of config.json or of the node configuration;
		      * NULL: not asked, as the container has no name */
	char *value; /* owned; NULL: it says nothing */
};

struct resolution {
	struct profile_choice profile;	/* CHOICE_NONE: nothing beside the engine's profile */
	struct profile_choice baseline; /* CHOICE_NONE: none */
	enum source source;		/* which decided */
	char *origin; /* owned; for messages: `annotation K="V"`, `defaultProfile of FILE`, ... */
	bool engine;  /* the engine's own profile is there and stays in force */
	bool sandbox; /* a pod's sandbox (pause) container */
	bool log; /* its denials are to be logged: io.oci-seccomp.log, or the node's logDenials */
	const char *container; /* its name; of the bundle; NULL: it has none */
	struct source_finding findings[SOURCE_COUNT];
};

/* `engine`, `container`, `container-alpha`, ... */
const char *source_name(enum source source);

/* Prefixes the container to a failure: by its name in the pod, where the bundle (NULL: none could be
 * read) tells one, and by its id. Returns `code`. */
int resolve_prefix_container(
	struct error *err, int code, const struct bundle *bundle, const char *id);

/* Asks every source and finds the one that decides; the profile and the baseline are yet to be chosen.
 * -EINVAL: an annotation stands twice or is not a string, or io.oci-seccomp.log says what cannot be
 * understood. */
int resolve_source(const struct bundle *bundle, const struct node_config *config, enum asker asker,
	struct resolution *ret, struct error *err) __attribute__((warn_unused_result));

/* The container's name, owned by the bundle (NULL: none), and whether it is the sandbox of a pod. */
int resolve_identify(const struct bundle *bundle, const char **ret_name, bool *ret_sandbox,
	struct error *err) __attribute__((warn_unused_result));

/* -EINVAL: an annotation that decides says what cannot be understood, -EPERM: Unconfined where the
 * node denies it; the message names the annotation. The rest of `resolution` stays as it is. */
int resolve_choose(struct resolution *resolution, const struct node_config *config,
	struct error *err) __attribute__((warn_unused_result));

/* Both. */
int resolve(const struct bundle *bundle, const struct node_config *config, enum asker asker,
	struct resolution *ret, struct error *err) __attribute__((warn_unused_result));
void resolution_finish(struct resolution *resolution);

struct profile_text {
	char *name; /* owned; what messages call it: the file, or RuntimeDefault */
	const char *text;
	size_t length;
	char *copy; /* owned; NULL: the text is part of the program */
};

/* Reads the text of a choice that has a profile: the built-in or configured RuntimeDefault, or a
 * file below the profile root (opened beneath it: no symlink leads out; a regular file of at most
 * 1 MiB that only root can change). */
int resolve_read_text(const struct profile_choice *choice, const struct node_config *config,
	struct profile_text *ret, struct error *err) __attribute__((warn_unused_result));
void profile_text_finish(struct profile_text *text);

/* Parses a text that was read; findings that are no errors go to `diagnostics`. */
int profile_text_parse(const struct profile_text *text, struct profile *ret,
	struct diagnostics *diagnostics, struct error *err) __attribute__((warn_unused_result));

/* Both. */
int resolve_read_profile(const struct profile_choice *choice, const struct node_config *config,
	struct profile *ret, struct diagnostics *diagnostics, struct error *err)
	__attribute__((warn_unused_result));
