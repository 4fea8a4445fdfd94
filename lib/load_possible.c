/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include "cleanup.h"
#include "io.h"
#include "load_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_initial_user_namespace(void)
{
	AUTO_FREE char *text = NULL;
	unsigned long inside, outside, count;
	size_t length;

	/* A kernel without user namespaces has no such file. */
	if (io_read_file(AT_FDCWD, "/proc/self/uid_map", "uid_map", 4096, &text, &length, NULL) < 0)
		return access("/proc/self/status", F_OK) == 0;
	return sscanf(text, "%lu %lu %lu", &inside, &outside, &count) == 3 && inside == 0 &&
	       outside == 0 && count == UINT32_MAX;
}

static bool has_capability(unsigned capability)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, sets) < 0)
		return false;
	return sets[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

int load_permitted(struct error *err)
{
	if (has_capability(CAP_SYS_ADMIN) && has_capability(CAP_SYS_PTRACE))
		return 0;
	return error_set(err, -EPERM,
		"loading a filter into a container needs CAP_SYS_ADMIN and CAP_SYS_PTRACE; run as "
		"root, or " LOAD_OTHER_WAY);
}

int load_possible(struct error *err)
{
	static const char scope_file[] = "/proc/sys/kernel/yama/ptrace_scope";
	AUTO_FREE char *scope = NULL;
	struct status_field seccomp;
	size_t length;
	int r;

	if (!is_initial_user_namespace())
		return error_set(err, -EPERM,
			"a filter cannot be loaded into a container from inside a user namespace "
			"(rootless); " LOAD_OTHER_WAY);
	r = load_permitted(err);
	if (r < 0)
		return r;
	if (load_status_field(getpid(), "Seccomp", &seccomp) == 0 && seccomp.text[0] != '0')
		return error_set(err, -EPERM,
			"this process is under a seccomp filter itself, so the kernel does not let "
			"it suspend another one's; " LOAD_OTHER_WAY);
	if (io_read_file(AT_FDCWD, scope_file, scope_file, 64, &scope, &length, NULL) == 0 &&
		strtol(scope, NULL, 10) >= 3)
		return error_set(
			err, -EPERM, "%s is 3, which forbids ptrace; " LOAD_OTHER_WAY, scope_file);
	return 0;
}
