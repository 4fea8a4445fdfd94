/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "bundle.h"
#include "config.h"
#include "error.h"
#include "load.h"
#include "resolve.h"
#include "state.h"

#include <stdbool.h>
#include <stddef.h>

/* What the hook loads: the profile and the node's baseline, each with its own flags. */
struct plan {
	struct load_filter filters[2]; /* programs owned */
	size_t count;
	size_t skipped; /* names that nobody knows, in rules that permit */
	size_t instructions;
	bool unproved; /* a program is too large for a proof */
	/* Of the profile or baseline with SCMP_ACT_NOTIFY, of which there is one at most. */
	char *notifier;		 /* owned; what messages call it; NULL: none */
	char *listener_path;	 /* owned */
	char *listener_metadata; /* owned; NULL: none */
};

/* Reads and compiles what `resolution` names. -EOPNOTSUPP: more than one of the filters
 * that the process is to have, the engine's included, would notify. */
int plan_make(const struct resolution *resolution, const struct node_config *config,
	const struct bundle *bundle, struct plan *ret, struct error *err)
	__attribute__((warn_unused_result));
void plan_finish(struct plan *plan);

/* The line for the log, owned by the caller; NULL: no memory. */
char *plan_summary(
	const struct plan *plan, const struct state *state, const struct resolution *resolution);
