/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "bundle.h"
#include "config.h"
#include "error.h"

#include <sys/types.h>

/*
 * A recording that a container's annotations ask for. Its file is below a directory of the node
 * configuration: an annotation must not choose a path that root writes, unless the node allows that.
 *
 *   io.oci-seccomp.record/CONTAINER, io.oci-seccomp.record: NAME
 *       recordDir/NAME-ID.json, ID being the container's; not of a sandbox
 *   io.containers.trace-syscall: of:/FILE[;if:/BASE]
 *       as of oci-seccomp-bpf-hook; passed over unless traceSyscall is "allow"
 */
enum { RECORDINGS_LIMIT = 16 }; /* at once, below recordDir */

struct recording {
	char *output; /* owned; absolute; NULL: nothing is to be recorded */
	char *base;   /* owned; absolute; a profile that is extended; NULL: none */
	bool by_name; /* it is below recordDir */
	char *label;  /* owned; the container, and its name and image where they are known */
};

/* -EINVAL: the annotation cannot be understood; -EPERM: there is no recordDir. The message names the
 * annotation. */
int recording_ask(const struct bundle *bundle, const struct node_config *config, const char *id,
	struct recording *ret, struct error *err) __attribute__((warn_unused_result));
void recording_finish(struct recording *recording);

/* Has the recorder, `oci-seccomp record`, record the container of this first process, from its program to
 * its end; returns when it does, after at most 10 seconds. What the recorder says when it fails is the message. */
int recording_start(const struct recording *recording, const struct node_config *config, pid_t pid,
	struct error *err) __attribute__((warn_unused_result));
