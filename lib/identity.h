/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "config.h"
#include "error.h"
#include "program.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Which profile a program is that was found somewhere: one of those that this host knows, by
 * meaning. Known are RuntimeDefault, what is below the profile root (Localhost/PATH), podman's
 * default (by its path) and what the engine wrote for the container (config.json).
 *
 * What a runtime makes of a profile by libseccomp may differ from what the profile says: conditions
 * are tested on all 64 bits of an argument, names that libseccomp does not know are left out, and
 * crun gives no ENOSYS for new calls. Such a program is recognised too, and is not `exact`.
 */
struct identities;

struct identity {
	const char *name; /* owned by the identities; NULL: unknown */
	bool exact;
};

/* `config` must outlive the identities. Profiles that have an error are not known. */
int identities_create(const struct node_config *config, struct identities **ret, struct error *err)
	__attribute__((warn_unused_result));
void identities_destroy(struct identities *identities);

/* `capabilities`: bounding set of the process, which profiles ask about. `config_file`: of the
 * bundle; NULL: not known. The program must stay where it is: it is proved once. -ENOMEM. */
int identities_find(struct identities *identities, const struct program *program,
	uint64_t capabilities, const char *config_file, struct identity *ret, struct error *err)
	__attribute__((warn_unused_result));
