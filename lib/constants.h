/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The kernel's names for values of arguments that profiles test (lib/data/constants.csv), as
 * AF_ALG for the first argument of socket. `index` is as the architecture has it.
 */

/* Writes a value as `CLONE_NEWUSER|SIGCHLD`. One with a bit that has no name is written as a number. */
void constants_write(
	FILE *out, enum arch arch, const char *syscall, unsigned index, uint64_t value);

/* Writes the bits of a mask as constants_write does where at most two names cover it, else as a
 * number: a list of names says less than the mask. */
void constants_write_mask(
	FILE *out, enum arch arch, const char *syscall, unsigned index, uint64_t mask);

/* Small numbers in decimal, others in hexadecimal. */
void constants_write_number(FILE *out, uint64_t value);

/* The value of one name. False: it is none of this argument. */
bool constants_lookup(
	enum arch arch, const char *syscall, unsigned index, const char *name, uint64_t *ret);

/* Writes `; did you mean X?` or the empty string into `buffer` and returns it. */
const char *constants_hint(enum arch arch, const char *syscall, unsigned index, const char *name,
	char *buffer, size_t buffer_size);
