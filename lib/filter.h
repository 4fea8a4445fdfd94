/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "graph.h"
#include "policy.h"
#include "program.h"

/* Builds the program that gives simulate_policy's verdict for every call. Owned by the caller
 * (program_finish). -E2BIG: the kernel takes no program of that size; -ENOMEM. */
int filter_build(const struct policy *policy, struct program *ret, struct error *err)
	__attribute__((warn_unused_result));
