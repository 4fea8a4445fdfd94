/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "policy.h"

/* What identity*.c share; nobody else includes this. */

/* How a profile is read. What is not exact went through the libseccomp here, which leaves out names
 * that it does not know. crun gives new calls no ENOSYS. */
enum reading {
	READ_EXACT,
	READ_WRITTEN, /* written by the shim or the precreate stage so that it means the same */
	READ_WRITTEN_CRUN,
	READ_NATIVE, /* as it stands */
	READ_NATIVE_CRUN,
	READINGS,
};

/* Makes of a policy what it means when read so. */
void identity_reread(struct policy *policy, enum reading reading);
