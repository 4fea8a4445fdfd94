/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "prove.h"

/* Prints a line of what one side does to the call against the other, with `relation` in front and
 * those arguments that matter: `laxer: socket(family=40, ...) on x86_64: ALLOW against ERRNO(EPERM)`. */
void print_example(const char *relation, const struct example *example);
