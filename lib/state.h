/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "json.h"

#include <stddef.h>
#include <sys/types.h>

/* The state of a container as an OCI hook gets it on standard input (runtime-spec runtime.md). What
 * a runtime adds to it is passed over, and is in the document. */
struct state {
	struct json_document document; /* owned */
	char *id;		       /* owned */
	char *status;		       /* owned: "creating", "created", "running", "stopped" */
	char *bundle;		       /* owned; absolute path */
	pid_t pid;		       /* of the container process, in the hook's pid namespace */
};

enum { STATE_SIZE_LIMIT = 4 * 1024 * 1024 };

/* `text` is taken over, also on failure. -EINVAL: not a state, or one without what a hook needs. */
int state_parse(char *text, size_t length, struct state *ret, struct error *err)
	__attribute__((warn_unused_result));
void state_finish(struct state *state);
