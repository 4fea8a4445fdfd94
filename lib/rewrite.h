/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "bundle.h"
#include "config.h"
#include "error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The text of a bundle's config.json with the container's profile as its linux.seccomp, ready for
 * runc and crun: what the shim and the precreate hook do.
 *
 * The engine's own profile stays as it is, unless the node's `override` is `always` or there is a
 * `baseline`: then what is written is what both permit. Unconfined leaves no linux.seccomp.
 * `for_crun`: beside linux.seccomp crun gets its program ready made (crun.h). Whatever the runtime,
 * a program that somebody else put in its place is refused, or replaced where `override` is `always`.
 *
 * `*ret_text` is owned by the caller; `*ret_changed`: whether it differs from the bundle's.
 *
 * Errors: those of resolve, resolve_read_profile, policy_select, profile_write, splice_seccomp and
 * crun_refuse_foreign.
 */
int rewrite_config(const struct bundle *bundle, const struct node_config *config, bool for_crun,
	char **ret_text, size_t *ret_length, bool *ret_changed, struct error *err)
	__attribute__((warn_unused_result));
