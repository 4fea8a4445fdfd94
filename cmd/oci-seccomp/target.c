/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include <errno.h>
#include <string.h>

/* Before or after a single --cap, which comes on top. */
static int set_capabilities(struct target *target, const char *value, struct error *err)
{
	if (!strcmp(value, "all"))
		target->capabilities |= host_capabilities();
	else if (!strcmp(value, "default"))
		target->capabilities |= CAPABILITIES_OF_ENGINES;
	else if (strcmp(value, "none") != 0)
		return error_set(
			err, -EINVAL, "--caps takes all, default or none, not \"%s\"", value);
	return 0;
}

int target_set(struct target *target, int option, const char *value, struct error *err)
{
	char hint[128];
	unsigned capability;

	switch ((enum target_option)option) {
	case TARGET_ARCH:
		if (!arch_lookup_go(value, &target->arch) &&
			!arch_lookup_machine(value, &target->arch))
			return error_set(err, -EINVAL, "unknown architecture \"%s\"%s", value,
				arch_hint_go(value, hint, sizeof(hint)));
		if (target->arch == ARCH_X32)
			return error_set(err, -EINVAL,
				"x32 has no kernel of its own; its calls belong to amd64");
		return 0;
	case TARGET_CAP:
		if (!host_capability(value, &capability))
			return error_set(err, -EINVAL, "unknown capability \"%s\"%s", value,
				host_capability_hint(value, hint, sizeof(hint)));
		target->capabilities |= UINT64_C(1) << capability;
		return 0;
	case TARGET_CAPS:
		return set_capabilities(target, value, err);
	case TARGET_KERNEL:
		if (kernel_version_parse(value, &target->kernel))
			return 0;
		return error_set(err, -EINVAL, "\"%s\" is not a kernel version, as 6.12", value);
	}
	return error_set(err, -EINVAL, "unknown option");
}
