/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "host.h"
#include "observed.h"
#include "policy.h"
#include "record.h"
#include "verbs.h"

#include <stdbool.h>
#include <stdint.h>

/* What the parts of oci-seccomp record share. */
struct record_request {
	const char *output;    /* file of the profile; NULL: standard output */
	const char *container; /* id or name; NULL: none */
	const char *try;       /* profile to try; NULL: none */
	const char *base;      /* profile that is extended; NULL: none */
	const char *label;     /* what is recorded, for the profile; NULL: found out */
	pid_t pid;	       /* 0: none */
	bool first; /* the process is the first one of a container, and may yet wait for its program */
	bool background;
	char **command;	  /* NULL: none */
	int64_t duration; /* milliseconds; 0: no limit */
	int64_t quiet;	  /* milliseconds without a call that was not seen before; 0: no limit */
	bool arguments;
	const char *runtime; /* whose own calls are added; NULL: none */
	struct state_roots roots;
	struct target target;
};

enum record_end {
	RECORD_ENDED,	    /* what was recorded has ended */
	RECORD_TIME,	    /* --duration */
	RECORD_QUIET,	    /* --stop-when-quiet */
	RECORD_INTERRUPTED, /* by a signal */
};

struct record_outcome {
	enum record_end end;
	int status; /* exit status of the command, as a shell has it */
	int64_t milliseconds;
};

/* In the background from `record_detach` on. Both are called once. The first forks: the caller waits there,
 * and ends with the status of a recording that fails before it has begun. */
int record_background(int *ret_ready, struct error *err) __attribute__((warn_unused_result));
void record_detach(int ready);

/* Runs the command to its end, and that of all that it has started, or records what runs already; `ready`
 * (-1: none) is for record_detach. */
int record_command(const struct record_request *request, struct recorder *recorder,
	struct record_outcome *ret, struct error *err) __attribute__((warn_unused_result));
int record_running(const struct record_request *request, struct recorder *recorder, int ready,
	struct record_outcome *ret, struct error *err) __attribute__((warn_unused_result));

/* Has the arguments watched that the policy asks for. */
void try_watch(const struct policy *policy, struct recorder *recorder);

/* Prints what the policy would have denied of the calls, and how many: `*ret_denied`. */
int try_print(const struct policy *policy, const struct observed *observed, size_t *ret_denied,
	struct error *err) __attribute__((warn_unused_result));
