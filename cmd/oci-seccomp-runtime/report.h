/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "arguments.h"
#include "error.h"

#define PROGRAM "oci-seccomp-runtime"

/* Tells of a failure where people and engines look for one of the runtime: on the standard error,
 * and at the end of the runtime's log in the format that was asked for. */
void report(const struct arguments *arguments, const struct error *err);
