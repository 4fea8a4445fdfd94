/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <time.h>

/* A clock of the kernel (CLOCK_*) in milliseconds. */
static inline int64_t clock_milliseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Since 1970. */
static inline uint64_t clock_real(void)
{
	return (uint64_t)clock_milliseconds(CLOCK_REALTIME);
}

/* Since some moment: for deadlines. */
static inline int64_t clock_monotonic(void)
{
	return clock_milliseconds(CLOCK_MONOTONIC);
}
