/* SPDX-License-Identifier: Apache-2.0 */
#include "sync_internal.h"

#include "cleanup.h"
#include "io.h"
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

/* Every file until it has its name. One is enough: who writes it holds the lock. */
#define TEMPORARY SYNC_MANIFEST ".new"
#define LOCK SYNC_MANIFEST ".lock"

/* As mkdir -p. */
static int make_directories(const char *path)
{
	AUTO_FREE char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *c = copy + 1; copy[0] && *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -errno;
		*c = '/';
	}
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static bool is_still_there(int fd, int directory)
{
	struct stat ours, named;

	return fstat(fd, &ours) == 0 &&
	       fstatat(directory, LOCK, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* The lock is a file that nobody else can open: the directory itself can be locked by everybody who can
 * read it. Another round takes a moment, and removes the file at its end. The kernel drops the lock of a
 * killed process. A descriptor or a negative errno. */
static int lock(int directory)
{
	static const struct timespec pause = {.tv_nsec = 50000000};

	for (int tries = 0; tries < 100; tries++) {
		AUTO_CLOSE int fd =
			openat(directory, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			if (is_still_there(fd, directory))
				return TAKE_FD(fd);
			continue;
		}
		if (errno != EWOULDBLOCK)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return -EAGAIN;
}

int target_open(const char *path, struct sync_target *ret, struct error *err)
{
	AUTO_CLOSE int fd = -1, locked = -1;
	int r = make_directories(path);

	if (r < 0)
		return error_set_errno(err, r, "target directory %s: cannot make", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, -errno, "target directory %s: cannot open", path);
	locked = lock(fd);
	if (locked == -EAGAIN)
		return error_set(err, locked,
			"target directory %s: another oci-seccomp sync is at work there", path);
	if (locked < 0)
		return error_set_errno(err, locked, "target directory %s: cannot lock", path);
	if (unlinkat(fd, TEMPORARY, 0) < 0 && errno != ENOENT)
		return error_set_errno(err, -errno, "%s/%s: cannot remove", path, TEMPORARY);
	*ret = (struct sync_target){.fd = TAKE_FD(fd), .lock = TAKE_FD(locked), .path = path};
	return 0;
}

void target_close(struct sync_target *target)
{
	if (target->fd < 0)
		return;
	unlinkat(target->fd, LOCK, 0);
	close_descriptor(&target->lock);
	close_descriptor(&target->fd);
	target->fd = -1;
}

/* Opens the directory that `name` is in, without following a symbolic link, and points at the last
 * element of the name. */
static int open_parent(const struct sync_target *target, const char *name, bool make, int *ret_fd,
	const char **ret_last)
{
	AUTO_CLOSE int fd = openat(target->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FREE char *copy = strdup(name);
	char *element = copy, *slash;

	if (!copy)
		return -ENOMEM;
	if (fd < 0)
		return -errno;
	for (; (slash = strchr(element, '/')); element = slash + 1) {
		int below;

		*slash = '\0';
		if (make && mkdirat(fd, element, 0755) < 0 && errno != EEXIST)
			return -errno;
		below = openat(fd, element, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0)
			return -errno;
		close(fd);
		fd = below;
	}
	*ret_fd = TAKE_FD(fd);
	*ret_last = name + (element - copy);
	return 0;
}

static int describe(int code, const struct sync_target *target, const char *name, const char *what,
	struct error *err)
{
	if (code == -ELOOP || code == -ENOTDIR)
		return error_set(err, code,
			"%s/%s: a symbolic link or a file is in the way; remove it", target->path,
			name);
	return error_set_errno(err, code, "%s/%s: cannot %s", target->path, name, what);
}

int target_read(const struct sync_target *target, const char *name, size_t limit, char **ret_text,
	size_t *ret_length, struct error *err)
{
	AUTO_FREE char *path = NULL;
	AUTO_CLOSE int directory = -1;
	AUTO_CLOSE int fd = -1;
	const char *last;
	int r = open_parent(target, name, false, &directory, &last);

	if (r == 0) {
		fd = openat(
			directory, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		r = fd < 0 ? -errno : 0;
	}
	if (r == -ENOENT) {
		*ret_text = NULL;
		return 0;
	}
	if (r < 0)
		return describe(r, target, name, "open", err);
	if (asprintf(&path, "%s/%s", target->path, name) < 0) {
		path = NULL;
		return error_memory(err);
	}
	return io_read_regular(fd, path, limit, ret_text, ret_length, err);
}

static int fill(int fd, const char *text, size_t length)
{
	int r = io_write_all(fd, text, length);

	if (r < 0)
		return r;
	return fchmod(fd, 0644) < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int replace(
	const struct sync_target *target, const char *name, const char *text, size_t length)
{
	AUTO_CLOSE int directory = -1;
	AUTO_CLOSE int fd = -1;
	const char *last;
	int r = open_parent(target, name, true, &directory, &last);

	if (r < 0)
		return r;
	fd = openat(
		target->fd, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fill(fd, text, length);
	if (r == 0 && renameat(target->fd, TEMPORARY, directory, last) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(target->fd, TEMPORARY, 0);
	else if (fsync(directory) < 0)
		r = -errno;
	return r;
}

int target_write(const struct sync_target *target, const char *name, const char *text,
	size_t length, struct error *err)
{
	int r = replace(target, name, text, length);

	return r < 0 ? describe(r, target, name, "write", err) : 0;
}

/* Directories of `name` upwards, as long as they are empty. */
static void remove_empty(const struct sync_target *target, const char *name)
{
	AUTO_FREE char *copy = strdup(name);
	char *slash;

	while (copy && (slash = strrchr(copy, '/'))) {
		AUTO_CLOSE int directory = -1;
		const char *last;

		*slash = '\0';
		if (open_parent(target, copy, false, &directory, &last) < 0 ||
			unlinkat(directory, last, AT_REMOVEDIR) < 0)
			return;
	}
}

int target_remove(const struct sync_target *target, const char *name, struct error *err)
{
	AUTO_CLOSE int directory = -1;
	const char *last;
	int r = open_parent(target, name, false, &directory, &last);

	if (r == 0 && (unlinkat(directory, last, 0) < 0 || fsync(directory) < 0))
		r = -errno;
	if (r < 0)
		return describe(r, target, name, "remove", err);
	remove_empty(target, name);
	return 0;
}
