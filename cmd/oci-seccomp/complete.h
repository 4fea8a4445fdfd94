/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "verbs.h"

#include <stddef.h>

/*
 * `oci-seccomp --complete WORD...`, for the shells' completion: what may stand in place of the last
 * word, which may be empty, after those before it. The usage lines of the verbs are its grammar:
 *
 *     --name, -n           an option; [--name VALUE] and --name VALUE have a value, [--name] has none,
 *                          and neither have those of --one|--other
 *     word|other           either of them
 *     PLACEHOLDER          what one of its kind may be
 *     PLACEHOLDER...       any number of them
 *     --                   what follows is a command
 *
 * Prints a line `WORD<tab>DESCRIPTION` for each, the description may be missing; `:files`,
 * `:directories` or `:command` leaves it to the shell to complete such.
 */
void complete(const struct verb *verbs, size_t count, char *const words[], size_t word_count);
