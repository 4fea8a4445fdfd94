/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "json.h"

#include <stddef.h>

/*
 * Changing one place in a JSON text, linux.seccomp of a config.json or another, and nothing else:
 * white space, the order of keys and numbers beyond 2^53 are their writer's and stay.
 *
 * `*ret_text` is owned by the caller and NUL-terminated (not counted). -EINVAL: what is on the way
 * to the place is of another type, stands twice or is written in other letters: which one counts is
 * up to the reader (Go takes the last one whatever its case, crun the first).
 */

/* The text with `linux.seccomp` set to `object`, the text of a JSON value; NULL: without that
 * member. An absent or null `linux` is made where it is needed. What is already so is returned byte
 * by byte. */
int splice_seccomp(const struct json_document *config, const char *object, char **ret_text,
	size_t *ret_length, struct error *err) __attribute__((warn_unused_result));

/* The array or object at the path `keys` (NULL ends it); `*ret` NULL where it is absent or null. */
int splice_find(const struct json_document *document, const char *const *keys, enum json_type type,
	const struct json **ret, struct error *err) __attribute__((warn_unused_result));

/* The text with `item` as the last one of that array or object: the text of a value, or of a member
 * with its key. What is missing of the path is made; its keys must need no escapes.
 *
 * splice_remove takes back exactly what was inserted, in a text that may have changed elsewhere
 * since. That it knows what was there is a matter of white space: there is none in what is made, a
 * container that was empty gets a space, one that was null a tab in front of the item. */
int splice_insert(const struct json_document *document, const char *const *keys,
	enum json_type type, const char *item, char **ret_text, size_t *ret_length,
	struct error *err) __attribute__((warn_unused_result));
/* `item` is of the document, not its root. `*ret_length` 0: all of the text was inserted. */
int splice_remove(const struct json_document *document, const struct json *item, char **ret_text,
	size_t *ret_length, struct error *err) __attribute__((warn_unused_result));

/* The text with another value in the place of `node`, which is of the document. */
int splice_value(const struct json_document *document, const struct json *node, const char *value,
	char **ret_text, size_t *ret_length, struct error *err) __attribute__((warn_unused_result));

/*
 * Replaces the file `path` by one with this text, and with the mode and owner of the old one.
 * Whatever the moment at which the caller is killed, the name stands for the old or for the new
 * file, whole. What a killed caller left behind is removed by the next one; those of two callers at
 * once come one after the other. A symbolic link is replaced, not what it points to.
 */
int splice_replace_path(const char *path, const char *text, size_t length, struct error *err)
	__attribute__((warn_unused_result));

/*
 * The same for NAME in an open directory, for a file that a crash of the host must not cost: it is
 * on the disk when the call returns. An absent file is made, with the mode 0644. Returns 0 or a
 * negative errno, -EEXIST for what is no regular file.
 */
int splice_write_at(int directory, const char *name, const char *text, size_t length)
	__attribute__((warn_unused_result));
