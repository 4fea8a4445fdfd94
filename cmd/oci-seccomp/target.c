/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include <errno.h>

int target_set(struct target *target, int option, const char *value, struct error *err)
{
	char hint[128];
	unsigned capability;

	switch ((enum target_option)option) {
	case TARGET_ARCH:
		if (arch_lookup_go(value, &target->arch) ||
			arch_lookup_machine(value, &target->arch))
			return 0;
		return error_set(err, -EINVAL, "unknown architecture \"%s\"%s", value,
			arch_hint_go(value, hint, sizeof(hint)));
	case TARGET_CAP:
		if (!host_capability(value, &capability))
			return error_set(err, -EINVAL, "unknown capability \"%s\"%s", value,
				host_capability_hint(value, hint, sizeof(hint)));
		target->capabilities |= UINT64_C(1) << capability;
		return 0;
	case TARGET_KERNEL:
		if (kernel_version_parse(value, &target->kernel))
			return 0;
		return error_set(err, -EINVAL, "\"%s\" is not a kernel version, as 6.12", value);
	}
	return error_set(err, -EINVAL, "unknown option");
}
