/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <stdbool.h>

/*
 * A profile by the words that annotations and the node configuration use for it.
 */
enum choice_kind {
	CHOICE_NONE, /* nothing was said */
	CHOICE_RUNTIME_DEFAULT,
	CHOICE_LOCALHOST,
	CHOICE_UNCONFINED,
};

struct profile_choice {
	enum choice_kind kind;
	char *path; /* owned; CHOICE_LOCALHOST: relative to the profile root */
};

/* `RuntimeDefault`, `runtime/default`, `docker/default`; `Localhost/<path>`, `localhost/<path>`;
 * `Unconfined`, `unconfined`. -EINVAL: anything else, an absolute path, an empty one, one with
 * `..`. `profile_root` is for the message alone. */
int choice_parse(const char *text, const char *profile_root, struct profile_choice *ret,
	struct error *err) __attribute__((warn_unused_result));
void choice_finish(struct profile_choice *choice);

/* Whether both name the same profile of this node. */
bool choice_equal(const struct profile_choice *a, const struct profile_choice *b);

/* How an annotation says it; `no profile` for CHOICE_NONE. Owned by the caller; NULL: no memory. */
char *choice_format(const struct profile_choice *choice);

/*
 * The node configuration, oci-seccomp-config(5).
 */
struct node_config {
	char *file;	    /* owned; where it was read; NULL: none is there, the defaults hold */
	char *profile_root; /* owned */
	char *runtime_default;		       /* owned; a file; NULL: the built-in profile */
	struct profile_choice default_profile; /* never CHOICE_NONE */
	struct profile_choice baseline;	       /* CHOICE_NONE: no floor */
	bool deny_unconfined;
	bool override_always;
	bool log_denials;
	bool native_arch_only;
	char *runtime;	    /* owned; NULL: the first of runc and crun in PATH */
	char *cache_dir;    /* owned */
	char *record_dir;   /* owned; NULL: annotations cannot have anything recorded by name */
	char *recorder;	    /* owned; the oci-seccomp that records; NULL: the installed one */
	bool trace_syscall; /* io.containers.trace-syscall may name the file */
};

#define NODE_CONFIG_FILE "/etc/oci-seccomp/config.json"

/* Reads `file`; NULL: the file that $OCI_SECCOMP_CONFIG names, else NODE_CONFIG_FILE, and only that
 * last one may be missing. It must not be writable by group or others. */
int node_config_read(const char *file, struct node_config *ret, struct error *err)
	__attribute__((warn_unused_result));
void node_config_finish(struct node_config *config);
