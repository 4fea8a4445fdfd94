/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "names.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What a profile's conditions are tested against: an architecture, a kernel version, a set of
 * capabilities. The host's own, unless a caller sets others.
 */
struct kernel_version {
	unsigned major, minor;
};

struct target {
	enum arch arch; /* native: of the kernel and of the container runtime */
	struct kernel_version kernel;
	uint64_t capabilities; /* bit N: capability N is in the container's bounding set */
};

/* Architecture and kernel of this host, no capabilities. -EOPNOTSUPP: an unknown machine. */
int host_target(struct target *ret, struct error *err) __attribute__((warn_unused_result));

/* `K.M` in decimal, as in includes.minKernel: exactly two parts of 0 to 255, not `0.0`. */
bool kernel_version_parse(const char *text, struct kernel_version *ret);
bool kernel_version_at_least(struct kernel_version version, struct kernel_version wanted);

/* `CAP_SYS_ADMIN` (upper case, with its prefix) to its number, as libcap knows it; false: unknown.
 */
bool host_capability(const char *name, unsigned *ret);
/* The other way round; false: there is none of that number. */
bool host_capability_name(unsigned capability, char *buffer, size_t buffer_size);
/* The bounding set that docker, containerd and CRI-O give: CHOWN, DAC_OVERRIDE, FSETID, FOWNER,
 * MKNOD, NET_RAW, SETGID, SETUID, SETFCAP, SETPCAP, NET_BIND_SERVICE, SYS_CHROOT, KILL, AUDIT_WRITE. */
#define CAPABILITIES_OF_ENGINES UINT64_C(0xa80425fb)

/* Every capability that the kernel has: bit N is capability N. */
uint64_t host_capabilities(void);
/* The bounding set of the caller. */
uint64_t host_bounding_set(void);
/* Writes `; did you mean CAP_X?` or the empty string into `buffer` and returns it. */
const char *host_capability_hint(const char *name, char *buffer, size_t buffer_size);
