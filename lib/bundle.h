/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What matters here of a bundle's config.json (runtime-spec config.md): its annotations, whether
 * the engine set linux.seccomp, and the bounding capabilities, which profiles ask about.
 */
struct bundle {
	struct json_document document;	/* owned */
	const struct json *annotations; /* of the document; NULL: none */
	const struct json *seccomp;	/* of the document; NULL: the engine set no profile */
	uint64_t capabilities; /* bounding set; empty where process.capabilities is absent */
};

enum { BUNDLE_SIZE_LIMIT = 16 * 1024 * 1024 };

/* Reads DIRECTORY/config.json. -ENOENT: there is none. */
int bundle_read(const char *directory, struct bundle *ret, struct error *err)
	__attribute__((warn_unused_result));

/* The same from a text, which is taken over, also on failure; `name` is what messages call it. */
int bundle_parse(const char *name, char *text, size_t length, struct bundle *ret, struct error *err)
	__attribute__((warn_unused_result));
void bundle_finish(struct bundle *bundle);

/* The engine's profile (`seccomp` is not NULL) as a text of its own, owned by the caller and
 * NUL-terminated, with blank lines and columns in front of it, so that messages name its places in
 * config.json. NULL: no memory. */
char *bundle_seccomp_text(const struct bundle *bundle, size_t *ret_length);

/* The value of an annotation, owned by the bundle; `*ret` NULL where there is none. -EINVAL: it
 * stands twice or is not a string. */
int bundle_annotation(const struct bundle *bundle, const char *key, const char **ret,
	struct error *err) __attribute__((warn_unused_result));
