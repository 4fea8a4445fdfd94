/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "policy.h"

#include <stdio.h>

/*
 * What a policy means, as pseudo filter code: for each architecture and number its conditions in
 * the order in which they decide, so that the first that holds gives the action. $arg0.low16 and
 * $arg0.low32 are the bits of an argument that the kernel uses, where it does not use all. The
 * caller looks at ferror(out). -ENOMEM.
 */
int pseudo_write(const struct policy *policy, FILE *out, struct error *err)
	__attribute__((warn_unused_result));
