/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <time.h>

/* A clock of the kernel (CLOCK_*) in milliseconds: CLOCK_REALTIME since 1970, others since some moment. */
static inline int64_t clock_milliseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
