/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "bundle.h"
#include "config.h"
#include "error.h"
#include "load.h"
#include "resolve.h"
#include "state.h"

#include <stddef.h>

/* What the hook loads: the profile and the node's baseline, each with its own flags. */
struct plan {
	struct load_filter filters[2]; /* programs owned */
	size_t count;
	size_t skipped; /* names that nobody knows, in rules that permit */
	size_t instructions;
};

/* Reads what `resolution` names and builds the filters. */
int plan_make(const struct resolution *resolution, const struct node_config *config,
	const struct bundle *bundle, struct plan *ret, struct error *err)
	__attribute__((warn_unused_result));
void plan_finish(struct plan *plan);

/* The line for the log, owned by the caller; NULL: no memory. */
char *plan_summary(
	const struct plan *plan, const struct state *state, const struct resolution *resolution);
