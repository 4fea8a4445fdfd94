/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "json.h"

#include <stddef.h>

/*
 * Changing linux.seccomp in the text of a config.json, and nothing else: white space, the order of
 * keys and numbers beyond 2^53 are the engine's and stay.
 */

/* The text with `linux.seccomp` set to `object`, the text of a JSON value; NULL: without that
 * member. An absent or null `linux` is made where it is needed. What is already so is returned byte
 * by byte. `*ret_text` is owned by the caller and NUL-terminated (not counted).
 *
 * -EINVAL: the text or its `linux` is no object, or `linux` or `linux.seccomp` stands twice or in
 * other letters: which one counts is up to the reader (runc takes the last one whatever its case,
 * crun the first). */
int splice_seccomp(const struct json_document *config, const char *object, char **ret_text,
	size_t *ret_length, struct error *err) __attribute__((warn_unused_result));

/*
 * Replaces the file `path` by one with this text, and with the mode and owner of the old one.
 * Whatever the moment at which the caller is killed, the name stands for the old or for the new
 * file, whole. What a killed caller left behind is removed by the next one; those of two callers at
 * once come one after the other. A symbolic link is replaced, not what it points to.
 */
int splice_replace_path(const char *path, const char *text, size_t length, struct error *err)
	__attribute__((warn_unused_result));
