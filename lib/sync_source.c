/* SPDX-License-Identifier: Apache-2.0 */
#include "sync_internal.h"

#include "cleanup.h"
#include "io.h"
#include "profile.h"
#include "sync.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

/* The directories that lead to the one being read: a link back to one of them would never end. */
struct level {
	const struct level *above;
	dev_t device;
	ino_t inode;
};

struct walk {
	int root;
	const char *path; /* of the root */
	const struct source_visitor *visitor;
	unsigned files;
};

int source_open(const char *path, int *ret_fd, struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set_errno(err, -errno, "source directory %s: cannot open", path);
	*ret_fd = fd;
	return 0;
}

bool source_is_profile(const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t length = strlen(slash ? slash + 1 : name);

	return length > strlen(".json") &&
	       strcmp(name + strlen(name) - strlen(".json"), ".json") == 0;
}

int source_check_name(const char *name, struct error *err)
{
	AUTO_FREE char *printable = text_printable(name);

	if (!printable)
		return error_memory(err);
	if (strcmp(printable, name) != 0 || strchr(name, '\\'))
		return error_set(err, -EINVAL,
			"a name with a backslash, a control character or bytes that are not UTF-8; "
			"rename the file");
	return 0;
}

static int describe_failure(int code, const char *file, const char *root, struct error *err)
{
	switch (code) {
	case -EXDEV:
		return error_set(err, code,
			"%s: a symbolic link leads out of %s; copy the profile into it", file,
			root);
	case -ENXIO:
		return error_set(err, -EINVAL, "%s: is a socket, not a regular file", file);
	default:
		return error_set_errno(err, code, "%s: cannot open", file);
	}
}

int source_read(int root, const char *path, const char *name, char **ret_file, char **ret_text,
	size_t *ret_length, struct error *err)
{
	AUTO_FREE char *file = NULL;
	AUTO_CLOSE int fd = -1;
	int r;

	if (asprintf(&file, "%s/%s", path, name) < 0) {
		file = NULL;
		return error_memory(err);
	}
	fd = io_open_beneath(root, name, 0);
	if (fd < 0)
		return describe_failure(fd, file, path, err);
	r = io_read_regular(fd, file, PROFILE_SIZE_LIMIT, ret_text, ret_length, err);
	if (r < 0)
		return r;
	*ret_file = TAKE_PTR(file);
	return 0;
}

/* A directory that cannot be read. Without the root there is nothing to walk through. */
static int report_failure(const struct walk *walk, const char *name, int code, struct error *err)
{
	AUTO_FREE char *file = NULL;
	struct error why = ERROR_INIT;
	int r = 0;

	if (name[0] == '\0')
		return error_set_errno(err, code, "source directory %s: cannot read", walk->path);
	if (asprintf(&file, "%s/%s", walk->path, name) < 0) {
		file = NULL;
		return error_memory(err);
	}
	if (code == -ELOOP)
		error_set(&why, code, "%s: links lead back to it; remove the link", file);
	else
		describe_failure(code, file, walk->path, &why);
	if (walk->visitor->failure)
		r = walk->visitor->failure(name, &why, walk->visitor->context, err);
	error_finish(&why);
	return r;
}

static int walk_directory(
	struct walk *walk, const char *name, int fd, const struct level *above, struct error *err);

static int walk_below(
	struct walk *walk, const char *name, const struct level *above, struct error *err)
{
	int fd = io_open_beneath(walk->root, name, O_DIRECTORY);

	if (fd < 0)
		return report_failure(walk, name, fd, err);
	return walk_directory(walk, name, fd, above, err);
}

static int visit(struct walk *walk, const char *directory, int fd, const char *entry,
	const struct level *above, struct error *err)
{
	AUTO_FREE char *name = NULL;
	struct stat status;

	if (asprintf(&name, "%s%s%s", directory, directory[0] ? "/" : "", entry) < 0) {
		name = NULL;
		return error_memory(err);
	}
	/* What leads nowhere is a file; reading it will tell. */
	if (fstatat(fd, entry, &status, 0) == 0 && S_ISDIR(status.st_mode))
		return walk_below(walk, name, above, err);
	if (++walk->files > SYNC_FILE_LIMIT)
		return error_set(err, -E2BIG,
			"source directory %s: more than %d files; name a directory of profiles",
			walk->path, SYNC_FILE_LIMIT);
	return walk->visitor->file ? walk->visitor->file(name, walk->visitor->context, err) : 0;
}

static int read_entries(struct walk *walk, const char *name, DIR *stream, const struct level *level,
	struct error *err)
{
	for (;;) {
		const struct dirent *entry;
		int r;

		errno = 0;
		entry = readdir(stream);
		if (!entry)
			return errno == 0 ? 0 : report_failure(walk, name, -errno, err);
		if (entry->d_name[0] == '.')
			continue;
		r = visit(walk, name, dirfd(stream), entry->d_name, level, err);
		if (r < 0)
			return r;
	}
}

/* Takes `fd` over. `name` is empty for the root. */
static int walk_directory(
	struct walk *walk, const char *name, int fd, const struct level *above, struct error *err)
{
	AUTO_CLOSEDIR DIR *stream = fdopendir(fd);
	struct level level = {.above = above};
	struct stat status;
	int r = stream && fstat(fd, &status) == 0 ? 0 : -errno;

	if (!stream)
		close(fd);
	if (r < 0)
		return report_failure(walk, name, r, err);
	level.device = status.st_dev;
	level.inode = status.st_ino;
	for (const struct level *i = above; i; i = i->above)
		if (i->device == level.device && i->inode == level.inode)
			return report_failure(walk, name, -ELOOP, err);
	if (walk->visitor->directory)
		r = walk->visitor->directory(name, fd, walk->visitor->context, err);
	return r < 0 ? r : read_entries(walk, name, stream, &level, err);
}

int source_walk(int root, const char *path, const struct source_visitor *visitor, struct error *err)
{
	struct walk walk = {.root = root, .path = path, .visitor = visitor};
	int fd = io_open_beneath(root, ".", O_DIRECTORY); /* with a position of its own */

	if (fd < 0)
		return error_set_errno(err, fd, "source directory %s: cannot open", path);
	return walk_directory(&walk, "", fd, NULL, err);
}

static int watch_directory(const char *name, int fd, void *context, struct error *err)
{
	const int *inotify = context;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (inotify_add_watch(*inotify, path,
		    IN_ATTRIB | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_DELETE_SELF |
			    IN_MOVE_SELF | IN_MOVED_FROM | IN_MOVED_TO) < 0)
		return error_set_errno(err, -errno, "source directory: cannot watch \"%s\"", name);
	return 0;
}

int sync_watch(const char *source, int *ret_fd, struct error *err)
{
	AUTO_CLOSE int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	AUTO_CLOSE int root = -1;
	struct source_visitor visitor = {.directory = watch_directory, .context = &inotify};
	int r;

	if (inotify < 0)
		return error_set_errno(err, -errno, "source directory %s: cannot watch", source);
	r = source_open(source, &root, err);
	if (r == 0)
		r = source_walk(root, source, &visitor, err);
	if (r == 0)
		*ret_fd = TAKE_FD(inotify);
	return r;
}
