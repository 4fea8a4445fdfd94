/* SPDX-License-Identifier: Apache-2.0 */
#include "profile_write_internal.h"

#include <errno.h>
#include <linux/seccomp.h>

verdict pick_stacked(verdict earlier, verdict later)
{
	return verdict_stricter(earlier, later) ? earlier : later;
}

/* Of the same action. A program that finds a call missing falls back to another one. */
static verdict pick_data(verdict a, verdict b)
{
	if (a == (SECCOMP_RET_ERRNO | ENOSYS) || b == (SECCOMP_RET_ERRNO | ENOSYS))
		return SECCOMP_RET_ERRNO | ENOSYS;
	return a < b ? a : b;
}

verdict pick_strictest(verdict a, verdict b)
{
	if (verdict_stricter(a, b))
		return a;
	return verdict_stricter(b, a) ? b : pick_data(a, b);
}

verdict pick_laxest(verdict a, verdict b)
{
	if (verdict_stricter(a, b))
		return b;
	return verdict_stricter(b, a) ? a : pick_data(a, b);
}
