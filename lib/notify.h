/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "state.h"

/*
 * The agent of a profile with SCMP_ACT_NOTIFY: a process that listens at the profile's listenerPath.
 * It gets the container process state of runtime-spec config-linux.md and, attached to it, the
 * listener, on a connection of its own, and from then on answers for the container.
 */

/* Longest wait for an agent that does not accept or does not read. */
enum { NOTIFY_SECONDS = 5 };

/* Connects to the agent. `*ret_fd` is the caller's, who closes it after notify_send: the agent reads
 * to the end. -EINVAL, -ENAMETOOLONG: the path; -ENOENT, -ECONNREFUSED: nobody listens; -ETIMEDOUT;
 * or what else connect(2) says. */
int notify_connect(const char *path, int *ret_fd, struct error *err)
	__attribute__((warn_unused_result));

/* The container process state as JSON, with the container's state byte by byte as the runtime told
 * it, except that its status is "creating": that is what agents know the first process by, and crun
 * tells its hooks "created". `metadata` may be NULL. Owned by the caller; NULL: no memory. */
char *notify_text(const struct state *state, const char *metadata);

/* Sends the text with the listener, which stays the caller's. -EPIPE: the agent hung up; -ETIMEDOUT;
 * or what else sendmsg(2) says. */
int notify_send(int fd, const char *text, int listener, struct error *err)
	__attribute__((warn_unused_result));
