/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of compare share. */

#include "compare.h"

/* Calls `each` for every end but 0 that arguments lead to from `id`, with the condition, NULL where
 * there is none. The conditions do not overlap. What `each` returns below zero ends that and is
 * returned. `syscall`, whose arguments they are, may be NULL. -E2BIG: they would be too long to be
 * read, or there would be too many; -ENOMEM. */
int compare_conditions(const struct diagrams *diagrams, diagram_id id, enum arch arch,
	const char *syscall, int (*each)(const char *condition, uint64_t end, void *data),
	void *data) __attribute__((warn_unused_result));
