/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A probe returns what the kernel answered: a negative errno or a result. */
struct probe {
	const char *name;
	long (*run)(const char *argument); /* NULL: none was given */
	bool number;			   /* the result is shown as a number */
};

extern const struct probe probes[];
extern const size_t probes_count;

/* From the current one on; the probe that executes the program passes them on. */
extern char **probe_arguments;
/* The name under which it does. */
extern const char probe_executed[];

/* Whether `text`, of that length, is `word`. */
bool probe_is_word(const char *text, size_t length, const char *word);

_Noreturn void probe_finish(int status);
