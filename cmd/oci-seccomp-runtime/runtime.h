/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "config.h"
#include "error.h"

#include <stdbool.h>

/* The runtime behind the shim, owned by the caller: `runtime` of the node configuration, else
 * $OCI_SECCOMP_RUNTIME (a path, or a name for PATH), else the first of runc and crun in PATH that is
 * not this program. -ELOOP: it is this program, or has led back here. */
int runtime_find(const struct node_config *config, char **ret, struct error *err)
	__attribute__((warn_unused_result));

/* Whether that is crun, whatever the links that lead to it. A script in between hides it. */
bool runtime_is_crun(const char *path);

/* Becomes the runtime, with the arguments after argv[0]. Returns only when that fails. */
int runtime_execute(char *path, char **argv, struct error *err) __attribute__((warn_unused_result));
