/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/* Calls `serve` now, whenever something changed in the directories of `source`, and once a minute, as
 * some file systems do not tell; until SIGTERM or SIGINT. Returns the exit code. */
int watch_source(const char *source, bool (*serve)(void *context), void *context);
