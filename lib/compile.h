/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cache.h"
#include "config.h"
#include "error.h"
#include "host.h"
#include "policy.h"
#include "program.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * From the choice of a profile to a program that is ready to be loaded: out of the cache
 * (`cacheDir` of the node configuration), or read, settled, built, proved to mean what the profile
 * says, and put there for the next time. On a hit the profile's text is read and compared, not
 * parsed.
 *
 * What decides the program, and so is the key of the entry: the text of the profile, capabilities,
 * kernel version, native architecture, `nativeArchOnly`, the versions of libseccomp and of this
 * program, and the sources that it was built of.
 */
struct compiled {
	char *name;		/* owned; what messages call the profile */
	struct program program; /* owned */
	uint32_t flags;		/* of the profile, SECCOMP_FILTER_FLAG_* */
	bool has_flags;
	size_t skipped; /* names that nobody knows, in rules that permit */
	bool unproved;	/* it is too large for a proof, and is not kept in the cache */
	/* Of a profile with SCMP_ACT_NOTIFY rules that can match: where its agent listens. Such a
	 * profile is not kept in the cache. */
	char *listener_path;	 /* owned; NULL: nobody is notified */
	char *listener_metadata; /* owned; NULL: none */
};

/* `choice` is CHOICE_RUNTIME_DEFAULT or CHOICE_LOCALHOST. A cache that cannot be used or written
 * costs time and is no error.
 *
 * Errors: those of resolve_read_text, profile_parse, policy_select and filter_build; -EIO: the program
 * does not mean what the profile says, a fault of this program. */
int compile_choice(const struct profile_choice *choice, const struct node_config *config,
	const struct target *target, struct compiled *ret, struct error *err)
	__attribute__((warn_unused_result));
void compiled_finish(struct compiled *compiled);

/* Proves that the program means what the policy says. `*ret_proved`: false where the question is too
 * hard, which no profile of sane size is. -EIO: it does not, a fault of this program; -ENOMEM. */
int compile_prove(const struct policy *policy, const struct program *program, bool *ret_proved,
	struct error *err) __attribute__((warn_unused_result));

/* What an entry of the cache is of, for a reader. */
struct compiled_entry {
	char profile[256]; /* cut where it is longer */
	char architecture[32], kernel[16], capabilities[24];
	size_t instructions;
};

/* false: it was made by another version of this program. */
bool compile_describe(const struct cache_entry *entry, struct compiled_entry *ret);
