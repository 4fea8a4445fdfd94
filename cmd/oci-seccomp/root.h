/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <stddef.h>

/*
 * Files beneath a root directory, that of the host or of an image. Paths are absolute there, and no
 * symbolic link leads out. Errors name a file as the caller's shell would.
 */
struct root {
	int fd;
	char *name; /* owned; what stands in front of a path in messages, "" for the host's root */
};

enum { ROOT_FILE_LIMIT = 16 * 1024 * 1024 };

/* `directory` NULL: the host's root. */
int root_open(const char *directory, struct root *ret, struct error *err)
	__attribute__((warn_unused_result));
void root_finish(struct root *root);

/* What messages call it; owned by the caller; NULL: no memory. */
char *root_file(const struct root *root, const char *path);

/* A descriptor, or a negative errno. */
int root_open_directory(const struct root *root, const char *path)
	__attribute__((warn_unused_result));

/* `*ret_text` is owned by the caller, NULL where there is no such file. -EINVAL: what is there is no
 * regular file. */
int root_read(const struct root *root, const char *path, char **ret_text, size_t *ret_length,
	struct error *err) __attribute__((warn_unused_result));

/* Makes the file and its directories where they are missing; see splice_write_at. */
int root_write(const struct root *root, const char *path, const char *text, size_t length,
	struct error *err) __attribute__((warn_unused_result));

int root_remove(const struct root *root, const char *path, struct error *err)
	__attribute__((warn_unused_result));

/* -ENOENT, -EACCES: there is no such program. */
int root_need_program(const struct root *root, const char *path, struct error *err)
	__attribute__((warn_unused_result));
