/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <stddef.h>
#include <sys/types.h>

/*
 * Reading and writing whole things. Every descriptor is opened with O_CLOEXEC.
 */

/* Reads `fd` to its end, at most `limit` bytes. On success the text is NUL-terminated (the NUL is
 * not counted), owned by the caller. -EFBIG when there is more than `limit`; `name` is what
 * messages call the source. */
int io_read(int fd, const char *name, size_t limit, char **ret_text, size_t *ret_length,
	struct error *err) __attribute__((warn_unused_result));

/* Opens `path` relative to the directory `dirfd` (AT_FDCWD: the working directory) and reads it as
 * io_read does. A path that is not a regular file is -EINVAL: a FIFO is not waited for. */
int io_read_file(int dirfd, const char *path, const char *name, size_t limit, char **ret_text,
	size_t *ret_length, struct error *err) __attribute__((warn_unused_result));

/* Opens `path`, which may not lead out of the directory `root`, not by a symbolic link either, for
 * reading and with `flags` beside; a FIFO is not waited for. Returns the descriptor or a negative
 * errno, -EXDEV where it leads out. */
int io_open_beneath(int root, const char *path, int flags) __attribute__((warn_unused_result));

/* As io_read_file, of an open file. */
int io_read_regular(int fd, const char *name, size_t limit, char **ret_text, size_t *ret_length,
	struct error *err) __attribute__((warn_unused_result));

/* As io_read_file, for a file that root is going to trust: -EPERM as well when group or others may
 * write it, or when it belongs to somebody who is neither root nor the caller. `fd` is open. */
int io_read_trusted(int fd, const char *name, size_t limit, char **ret_text, size_t *ret_length,
	struct error *err) __attribute__((warn_unused_result));

/* Writes all of `data`; a short write is continued. Returns 0 or a negative errno. */
int io_write_all(int fd, const void *data, size_t length) __attribute__((warn_unused_result));

/* Sends what one sendmsg takes of `data` through a socket, with `descriptor` attached to the first
 * byte (-1: none). `flags` as in send(2), without SIGPIPE. Returns how much was sent, or a negative
 * errno. */
ssize_t io_send(int socket, const void *data, size_t length, int descriptor, int flags)
	__attribute__((warn_unused_result));

/* Writes the file `path` of this mode, as a whole: whatever the moment at which the caller is killed,
 * the name stands for the file that was there before or for the new one. A symbolic link is replaced,
 * not what it points to. -EINVAL: something that is no regular file has the name. */
int io_replace_file(const char *path, const void *data, size_t length, mode_t mode,
	struct error *err) __attribute__((warn_unused_result));

/* Reads exactly `length` bytes; -EPIPE when the other end closed earlier. */
int io_read_exact(int fd, void *data, size_t length) __attribute__((warn_unused_result));
