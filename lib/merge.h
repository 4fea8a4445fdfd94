/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "policy.h"

/*
 * One linux.seccomp object of several policies, all for one target: what any of them permits, or
 * what all of them do. Each call gets the laxest or the strictest verdict, of equally strict ones
 * ENOSYS if it is among them, else the smallest errno or data. Written by profile_write; then read
 * again and proved to mean just that. The order of the policies does not matter.
 *
 * A call newer than every name of one policy is not new if another policy has a newer name: it gets
 * the default action there in place of ENOSYS, where both are errors.
 */
enum merge {
	MERGE_UNION,
	MERGE_INTERSECTION,
};

/* Compact JSON on one line, owned by the caller. -EOPNOTSUPP: one object cannot say it, as
 * profile_write has it, or the flags of two policies differ; -E2BIG: it would be too large to be
 * proved; -EIO: it does not mean what it should, which is a fault here; -ENOMEM. */
int merge_policies(const struct policy *const *policies, size_t count, enum merge merge,
	char **ret_json, struct error *err) __attribute__((warn_unused_result));
