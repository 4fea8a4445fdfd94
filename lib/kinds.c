/* SPDX-License-Identifier: Apache-2.0 */
#include "kinds.h"

#include "cleanup.h"

#include <string.h>

struct member {
	const char *name;
	unsigned kind;
};

#include "kinds.inc" /* kinds, and members sorted by name */

const struct kind *kind_at(size_t index)
{
	return index < ARRAY_LENGTH(kinds) ? &kinds[index] : NULL;
}

static int compare_member(const void *key, const void *member)
{
	return strcmp(key, ((const struct member *)member)->name);
}

size_t kind_of(const char *syscall)
{
	const struct member *member =
		bsearch(syscall, members, ARRAY_LENGTH(members), sizeof(*members), compare_member);

	return member ? member->kind : ARRAY_LENGTH(kinds) - 1;
}
