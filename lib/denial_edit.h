/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <stddef.h>

/* The text of a profile with these syscalls (sorted) allowed as well, and every other byte as it was:
 * in the largest rule that allows without condition, else in a new one at the end. */
int profile_allow(const char *name, const char *text, const char *const *calls, size_t count,
	char **ret_text, size_t *ret_length, struct error *err) __attribute__((warn_unused_result));
