/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the benchmarks share: a clock, medians, the end of a benchmark that cannot go on. */

#include "error.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 101 };

/* Milliseconds. */
static inline double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static inline int compare_times(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* Sorts the times. */
static inline double median(double *times, size_t count)
{
	qsort(times, count, sizeof(*times), compare_times);
	return times[count / 2];
}

static inline void must(int r, struct error *err)
{
	if (r == 0)
		return;
	fprintf(stderr, "%s\n", error_message(err));
	exit(EXIT_FAILURE);
}
