/* SPDX-License-Identifier: Apache-2.0 */
#include "root.h"

#include "cleanup.h"
#include "io.h"
#include "splice.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_in(const struct root *root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd, tries = 100;

	do
		fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN && --tries > 0); /* a rename crossed the look-up */
	return fd < 0 ? -errno : fd;
}

int root_open(const char *directory, struct root *ret, struct error *err)
{
	AUTO_FREE char *name = strdup(directory ? directory : "");
	AUTO_CLOSE int fd = -1;

	if (!name)
		return error_memory(err);
	for (size_t end = strlen(name); end > 0 && name[end - 1] == '/'; end--)
		name[end - 1] = '\0';
	fd = open(directory ? directory : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, -errno, "%s: cannot open", directory);
	ret->fd = TAKE_FD(fd);
	ret->name = TAKE_PTR(name);
	return 0;
}

void root_finish(struct root *root)
{
	close_descriptor(&root->fd);
	free(root->name);
	root->fd = -1;
	root->name = NULL;
}

int root_open_directory(const struct root *root, const char *path)
{
	return open_in(root, path, O_RDONLY | O_DIRECTORY);
}

char *root_file(const struct root *root, const char *path)
{
	char *file;

	return asprintf(&file, "%s%s", root->name, path) < 0 ? NULL : file;
}

static const char *last_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* The directory of `path`; what is missing is made. */
static int make_parent(const struct root *root, const char *path)
{
	AUTO_FREE char *prefix = strdup(path);
	int fd;

	if (!prefix)
		return -ENOMEM;
	fd = root_open_directory(root, "/");
	for (char *end = strchr(prefix + 1, '/'); end && fd >= 0; end = strchr(end + 1, '/')) {
		AUTO_CLOSE int parent = fd;

		*end = '\0';
		fd = root_open_directory(root, prefix);
		if (fd == -ENOENT)
			fd = mkdirat(parent, last_name(prefix), 0755) < 0
				     ? -errno
				     : root_open_directory(root, prefix);
		*end = '/';
	}
	return fd;
}

int root_read(const struct root *root, const char *path, char **ret_text, size_t *ret_length,
	struct error *err)
{
	AUTO_FREE char *file = root_file(root, path);
	AUTO_CLOSE int fd = open_in(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	*ret_text = NULL;
	*ret_length = 0;
	if (!file)
		return error_memory(err);
	if (fd == -ENOENT)
		return 0;
	if (fd == -ELOOP)
		return error_set(err, -EINVAL,
			"%s: is a symbolic link, and what it points to is somebody else's; put a "
			"file in its place",
			file);
	if (fd < 0)
		return error_set_errno(err, fd, "%s: cannot open", file);
	if (fstat(fd, &status) < 0)
		return error_set_errno(err, -errno, "%s: cannot stat", file);
	if (!S_ISREG(status.st_mode))
		return error_set(err, -EINVAL, "%s: is no regular file", file);
	return io_read(fd, file, ROOT_FILE_LIMIT, ret_text, ret_length, err);
}

int root_write(const struct root *root, const char *path, const char *text, size_t length,
	struct error *err)
{
	AUTO_CLOSE int directory = make_parent(root, path);
	int r = directory;

	if (r >= 0)
		r = splice_write_at(directory, last_name(path), text, length);
	return r < 0 ? error_set_errno(err, r, "%s%s: cannot write", root->name, path) : 0;
}

int root_remove(const struct root *root, const char *path, struct error *err)
{
	AUTO_FREE char *parent = strdup(path);
	AUTO_CLOSE int directory = -1;
	int r;

	if (!parent)
		return error_memory(err);
	r = directory = root_open_directory(root, dirname(parent));
	if (r >= 0)
		r = unlinkat(directory, last_name(path), 0) < 0 ? -errno : 0;
	return r < 0 ? error_set_errno(err, r, "%s%s: cannot remove", root->name, path) : 0;
}

int root_need_program(const struct root *root, const char *path, struct error *err)
{
	AUTO_CLOSE int fd = open_in(root, path, O_PATH);
	struct stat status;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return error_set(err, fd,
			"%s%s: there is no such program; install oci-seccomp there first, built "
			"with "
			"the prefix that it has there",
			root->name, path);
	if (fd < 0)
		return error_set_errno(err, fd, "%s%s: cannot open", root->name, path);
	if (fstat(fd, &status) < 0)
		return error_set_errno(err, -errno, "%s%s: cannot stat", root->name, path);
	if (!S_ISREG(status.st_mode) || !(status.st_mode & S_IXUSR))
		return error_set(err, -EACCES, "%s%s: is no program that root can execute",
			root->name, path);
	return 0;
}
