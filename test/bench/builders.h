/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who makes programs of a policy, side by side; and the policy that the tables are about. */

#include "../unit/peer.h"
#include "bench.h"

static inline struct program build_tree(const struct policy *policy)
{
	return peer_build_at(policy, 2);
}

static const struct builder {
	const char *name;
	struct program (*build)(const struct policy *policy);
} builders[] = {
	{"ours", must_build},
	{"libseccomp, by priority", peer_build},
	{"libseccomp, binary tree", build_tree},
};

static const struct target docker_target = {ARCH_X86_64, {6, 12}, UINT64_C(0xa80425fb)};

static inline struct profile must_take_default(void)
{
	struct error err = ERROR_INIT;
	struct profile profile;

	must(profile_runtime_default(&profile, &err), &err);
	return profile;
}
