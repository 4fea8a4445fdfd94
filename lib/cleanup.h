/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Scope-bound ownership. `AUTO(free_pointer) char *name = NULL;` frees what the variable holds when
 * it leaves scope; TAKE_PTR and TAKE_FD hand the value on and leave "nothing" behind.
 * A descriptor that holds nothing is -1.
 */
#define AUTO(function) __attribute__((cleanup(function)))
#define AUTO_FREE AUTO(free_pointer)
#define AUTO_CLOSE AUTO(close_descriptor)
#define AUTO_CLOSEDIR AUTO(close_directory)
#define AUTO_FCLOSE AUTO(close_stream)

#define TAKE_PTR(variable)                                                                         \
	({                                                                                         \
		__typeof__(variable) *taken_from_ = &(variable);                                   \
		__typeof__(variable) taken_ = *taken_from_;                                        \
		*taken_from_ = NULL;                                                               \
		taken_;                                                                            \
	})

#define TAKE_FD(variable)                                                                          \
	({                                                                                         \
		int *taken_from_ = &(variable);                                                    \
		int taken_ = *taken_from_;                                                         \
		*taken_from_ = -1;                                                                 \
		taken_;                                                                            \
	})

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static inline void free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

static inline void close_descriptor(const int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
}

static inline void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

static inline void close_stream(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}
