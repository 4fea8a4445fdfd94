/* SPDX-License-Identifier: Apache-2.0 */
#include "splice.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The new file until it has its name: `.NAME.oci-seccomp`, or without the lock one that is nobody
 * else's. Owned by the caller. */
static char *temporary_name(const char *name, bool locked)
{
	char *temporary, own[24] = "";

	if (!locked)
		snprintf(own, sizeof(own), ".%d", getpid());
	return asprintf(&temporary, ".%s.oci-seccomp%s", name, own) < 0 ? NULL : temporary;
}

/* `old` is NULL for a file that is new. */
static int fill(int fd, const char *text, size_t length, const struct stat *old)
{
	int r = io_write_all(fd, text, length);
	struct stat status;

	if (r < 0)
		return r;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (old && (status.st_uid != old->st_uid || status.st_gid != old->st_gid) &&
		fchown(fd, old->st_uid, old->st_gid) < 0)
		return -errno;
	return fchmod(fd, old ? old->st_mode & 07777 : 0644) < 0 ? -errno : 0;
}

static int write_and_rename(int directory, const char *name, const char *temporary,
	const char *text, size_t length, const struct stat *old, bool sync)
{
	AUTO_CLOSE int fd = -1;
	int r;

	if (unlinkat(directory, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(
		directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fill(fd, text, length, old);
	if (r == 0 && sync && fsync(fd) < 0)
		r = -errno;
	if (r == 0 &&
		renameat2(directory, temporary, directory, name, old ? 0 : RENAME_NOREPLACE) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(directory, temporary, 0);
	return r;
}

/*
 * The lock on the directory lets one caller at a time have the temporary file, so that its name can
 * be fixed: whoever holds the lock knows that a file of this name is a killed caller's, and removes
 * it. The kernel drops the lock of a killed process. Everybody who can read a directory can lock it: so
 * who does not get the lock soon goes on without it.
 */
static int open_locked(int at, const char *path, bool *ret_locked)
{
	static const struct timespec pause = {.tv_nsec = 1000000};
	AUTO_CLOSE int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (tries == 100) {
			*ret_locked = false;
			return TAKE_FD(fd);
		}
		nanosleep(&pause, NULL);
	}
	*ret_locked = true;
	return TAKE_FD(fd);
}

/* No fsync: a kill, against which this guards, does not lose what is written, and after a crash of
 * the host there is no container whose bundle this could be. */
static int replace(const char *directory, const char *name, const char *text, size_t length)
{
	bool locked = false;
	AUTO_CLOSE int fd = open_locked(AT_FDCWD, directory, &locked);
	AUTO_FREE char *temporary = temporary_name(name, locked);
	struct stat old;

	if (!temporary)
		return -ENOMEM;
	if (fd < 0)
		return fd;
	if (fstatat(fd, name, &old, 0) < 0)
		return -errno;
	return write_and_rename(fd, name, temporary, text, length, &old, false);
}

int splice_replace_path(const char *path, const char *text, size_t length, struct error *err)
{
	AUTO_FREE char *directory = strdup(path);
	AUTO_FREE char *name = strdup(path);
	int r;

	if (!directory || !name)
		return error_memory(err);
	r = replace(dirname(directory), basename(name), text, length);
	return r < 0 ? error_set_errno(err, r, "%s: cannot replace", path) : 0;
}

int splice_write_at(int directory, const char *name, const char *text, size_t length)
{
	bool locked = false, there;
	AUTO_CLOSE int fd = open_locked(directory, ".", &locked);
	AUTO_FREE char *temporary = temporary_name(name, locked);
	struct stat status;
	int r;

	if (!temporary)
		return -ENOMEM;
	if (fd < 0)
		return fd;
	there = fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
	if (!there && errno != ENOENT)
		return -errno;
	if (there && !S_ISREG(status.st_mode))
		return -EEXIST;
	r = write_and_rename(fd, name, temporary, text, length, there ? &status : NULL, true);
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}
