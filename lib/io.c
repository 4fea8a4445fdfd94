/* SPDX-License-Identifier: Apache-2.0 */
#include "io.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* `expected`: what a regular file says of its length, which those of /proc do not. */
static int read_all(int fd, const char *name, size_t expected, size_t limit, char **ret_text,
	size_t *ret_length, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t capacity = 0, length = 0;

	for (;;) {
		ssize_t n;

		if (capacity - length < 2) {
			size_t larger = capacity ? capacity * 2 : expected ? expected + 2 : 4096;
			char *moved = realloc(text, larger);

			if (!moved)
				return error_memory(err);
			text = moved;
			capacity = larger;
		}
		n = read(fd, text + length, capacity - length - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(err, -errno, "%s: cannot read", name);
		if (n == 0)
			break;
		length += (size_t)n;
		if (length > limit)
			return error_set(
				err, -EFBIG, "%s: larger than %zu KiB", name, limit / 1024);
	}
	text[length] = '\0';
	*ret_text = TAKE_PTR(text);
	*ret_length = length;
	return 0;
}

int io_read(int fd, const char *name, size_t limit, char **ret_text, size_t *ret_length,
	struct error *err)
{
	return read_all(fd, name, 0, limit, ret_text, ret_length, err);
}

static const char *kind_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a directory";
	if (S_ISFIFO(mode))
		return "a FIFO";
	if (S_ISSOCK(mode))
		return "a socket";
	return "a device";
}

static int stat_regular(int fd, const char *name, size_t limit, struct stat *ret, struct error *err)
{
	if (fstat(fd, ret) < 0)
		return error_set_errno(err, -errno, "%s: cannot stat", name);
	if (!S_ISREG(ret->st_mode))
		return error_set(
			err, -EINVAL, "%s: is %s, not a regular file", name, kind_of(ret->st_mode));
	if ((size_t)ret->st_size > limit)
		return error_set(err, -EFBIG, "%s: has %lld bytes; at most %zu KiB are read", name,
			(long long)ret->st_size, limit / 1024);
	return 0;
}

int io_open_beneath(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (__u64)(O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd, tries = 100;

	do
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN && --tries > 0); /* a rename crossed the look-up */
	return fd < 0 ? -errno : fd;
}

int io_read_regular(int fd, const char *name, size_t limit, char **ret_text, size_t *ret_length,
	struct error *err)
{
	struct stat status;
	int r = stat_regular(fd, name, limit, &status, err);

	return r < 0 ? r
		     : read_all(fd, name, (size_t)status.st_size, limit, ret_text, ret_length, err);
}

int io_read_file(int dirfd, const char *path, const char *name, size_t limit, char **ret_text,
	size_t *ret_length, struct error *err)
{
	AUTO_CLOSE int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && errno == ENXIO)
		return error_set(err, -EINVAL, "%s: is a socket, not a regular file", name);
	if (fd < 0)
		return error_set_errno(err, -errno, "%s: cannot open", name);
	return io_read_regular(fd, name, limit, ret_text, ret_length, err);
}

int io_read_trusted(int fd, const char *name, size_t limit, char **ret_text, size_t *ret_length,
	struct error *err)
{
	struct stat status;
	int r = stat_regular(fd, name, limit, &status, err);

	if (r < 0)
		return r;
	if (status.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, -EPERM,
			"%s: may be written by group or others (mode %04o); chmod go-w it", name,
			status.st_mode & 07777);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return error_set(err, -EPERM,
			"%s: belongs to user %u, who could change it; chown it to root", name,
			status.st_uid);
	return read_all(fd, name, (size_t)status.st_size, limit, ret_text, ret_length, err);
}

int io_write_all(int fd, const void *data, size_t length)
{
	const char *next = data;

	while (length > 0) {
		ssize_t n = write(fd, next, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		next += n;
		length -= (size_t)n;
	}
	return 0;
}

ssize_t io_send(int socket, const void *data, size_t length, int descriptor, int flags)
{
	union {
		struct cmsghdr head; /* for its alignment */
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.head = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec part = {(void *)(uintptr_t)data, length};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;

	if (descriptor >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		memcpy(CMSG_DATA(&control.head), &descriptor, sizeof(descriptor));
	}
	do
		n = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int io_read_exact(int fd, void *data, size_t length)
{
	char *next = data;

	while (length > 0) {
		ssize_t n = read(fd, next, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EPIPE;
		next += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Fills the new file and gives it its name. */
static int fill_and_rename(int fd, const char *temporary, const char *path, const void *data,
	size_t length, mode_t mode)
{
	int r = io_write_all(fd, data, length);

	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0 || rename(temporary, path) < 0)
		return -errno;
	return 0;
}

int io_replace_file(
	const char *path, const void *data, size_t length, mode_t mode, struct error *err)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	AUTO_FREE char *temporary = NULL;
	AUTO_CLOSE int fd = -1;
	struct stat status;
	int r;

	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return error_set(err, -EINVAL, "%s: not a regular file, so not replaced", path);
	if (asprintf(&temporary, "%.*s.%s.XXXXXX", (int)(name - path), path, name) < 0) {
		temporary = NULL;
		return error_memory(err);
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, -errno, "%s: cannot create", path);
	r = fill_and_rename(fd, temporary, path, data, length, mode);
	if (r < 0) {
		unlink(temporary);
		return error_set_errno(err, r, "%s: cannot write", path);
	}
	return 0;
}
