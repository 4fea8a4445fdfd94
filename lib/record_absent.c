/* SPDX-License-Identifier: Apache-2.0 */
/* In place of record.c where the recorder was not built. */
#include "record.h"

#include <errno.h>

int recorder_create(enum arch arch, struct recorder **ret, struct error *err)
{
	(void)arch;
	(void)ret;
	return error_set(err, -EOPNOTSUPP,
		"this oci-seccomp was built without the recorder (meson -Drecord=enabled, with "
		"libbpf, clang and bpftool)");
}

void recorder_destroy(struct recorder *recorder)
{
	(void)recorder;
}

void recorder_watch(struct recorder *recorder, const char *name, uint8_t arguments)
{
	(void)recorder;
	(void)name;
	(void)arguments;
}

int recorder_add(struct recorder *recorder, pid_t pid, bool at_exec, struct error *err)
{
	(void)recorder;
	(void)at_exec;
	return error_set(err, -EOPNOTSUPP, "cannot record process %d", pid);
}

int recorder_add_namespaces(struct recorder *recorder, pid_t pid, bool at_exec, struct error *err)
{
	return recorder_add(recorder, pid, at_exec, err);
}

size_t recorder_count(const struct recorder *recorder)
{
	(void)recorder;
	return 0;
}

int recorder_take(struct recorder *recorder, struct observed *ret,
	struct recorder_losses *ret_losses, struct error *err)
{
	(void)ret;
	(void)ret_losses;
	return recorder_add(recorder, 0, false, err);
}
