/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "host.h"
#include "json.h"
#include "names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A seccomp profile as it is written: the OCI linux.seccomp object (runtime-spec config-linux.md),
 * Docker's format (archMap, includes, excludes, minKernel, name, comment) and that of
 * containers-common (errno, defaultErrno), all their keys in one grammar. What it means on one
 * host is the next stage's, policy.h.
 */

/* A test of one argument. It holds on the value that the kernel uses (syscall_argument_bits). */
struct condition {
	unsigned index; /* 0 to 5 */
	enum comparison comparison;
	uint64_t value; /* OP_MASKED_EQUAL: the mask */
	uint64_t datum; /* OP_MASKED_EQUAL: what the masked argument must equal; else 0 */
};

/* Conditions on the target. Of `includes`, all that are given must hold; of `excludes`, one that
 * holds drops the rule. */
struct requirement {
	uint64_t capabilities;	/* bit N: capability N is named */
	uint32_t architectures; /* bit N: enum arch N is named */
	bool has_kernel;
	struct kernel_version kernel; /* minKernel */
};

struct place {
	unsigned line, column; /* both from 1 */
};

struct rule {
	char **names;		   /* owned; known syscalls, as written */
	struct place *name_places; /* owned; where each of them stands */
	size_t name_count;
	verdict action;		      /* with its errno or data */
	struct condition *conditions; /* owned; all must hold, see conditions_repeat */
	size_t condition_count;
	bool conditions_repeat; /* an index stands twice: each condition is a rule of its own */
	struct requirement includes, excludes;
	char *comment; /* owned; NULL: none */
	unsigned line, column;
};

struct architecture_map {
	enum arch arch;
	uint32_t sub_architectures; /* bit N: enum arch N */
};

struct profile {
	char *name; /* owned; the file or RuntimeDefault */
	verdict default_action;
	uint32_t architectures;			    /* bit N: enum arch N is listed */
	struct architecture_map *architecture_maps; /* owned */
	size_t architecture_map_count;
	bool has_flags;		 /* "flags" is present, be it empty */
	uint32_t flags;		 /* SECCOMP_FILTER_FLAG_* */
	char *listener_path;	 /* owned; NULL: none */
	char *listener_metadata; /* owned; NULL: none */
	struct rule *rules;	 /* owned */
	size_t rule_count;
};

/* Largest profile that is read. */
enum { PROFILE_SIZE_LIMIT = 1024 * 1024 };

/*
 * Reads a profile. `text` is taken over, also on failure; `name` is what messages call it. Every
 * finding goes to `diagnostics` (but what is not JSON at all: that is in `err` alone); 0 when no
 * error is among them. Errors are, beside what is of the wrong type: unknown and duplicate keys; unknown actions, operators, architectures, flags,
 * capabilities and errors; errnoRet above 4095 or with an action that takes none; an index above 5;
 * a constant that does not fit the argument; `architectures` beside `archMap`; `name` beside `names`;
 * no name at all; an unknown syscall in a rule that is stricter than the default (in another it is
 * skipped, with a note); SCMP_ACT_NOTIFY without a listenerPath or as the default action;
 * listenerMetadata without a listenerPath; the flag WAIT_KILLABLE_RECV without SCMP_ACT_NOTIFY.
 */
int profile_parse(const char *name, char *text, size_t length, struct profile *ret,
	struct diagnostics *diagnostics, struct error *err) __attribute__((warn_unused_result));

void profile_finish(struct profile *profile);

/* The built-in RuntimeDefault (lib/profiles/runtime-default.json), NUL-terminated (not counted). */
const char *profile_runtime_default_text(size_t *ret_length);
int profile_runtime_default(struct profile *ret, struct error *err)
	__attribute__((warn_unused_result));
