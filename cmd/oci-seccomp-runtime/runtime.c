/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A loop is found by device and inode where the runtime is this very program. A wrapper may lead
 * back here as well (a script, or a runtime that itself starts the first runc in PATH), and the
 * pid stays the same all the way; so a wrapper, and only a wrapper, gets a counter in its
 * environment.
 */
#define DEPTH_VARIABLE "OCI_SECCOMP_SHIM_DEPTH"
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum { DEEPEST = 3 }; /* hooks of a container may start one of their own */

static bool is_program(const char *path, struct stat *ret)
{
	return stat(path, ret) == 0 && S_ISREG(ret->st_mode) && access(path, X_OK) == 0;
}

static bool is_same(const struct stat *left, const struct stat *right)
{
	return left->st_dev == right->st_dev && left->st_ino == right->st_ino;
}

/* `name` in the directories of PATH, but not `self`; `*ret` NULL where there is none. An element
 * that depends on the working directory, which may be a bundle, is passed over. */
static int search_path(const char *name, const struct stat *self, char **ret, struct error *err)
{
	const char *next = getenv("PATH");

	if (!next || next[0] == '\0')
		next = DEFAULT_PATH;
	*ret = NULL;
	while (*next) {
		size_t length = strcspn(next, ":");
		struct stat status;
		char *path;

		if (next[0] == '/') {
			if (asprintf(&path, "%.*s/%s", (int)length, next, name) < 0)
				return error_memory(err);
			if (is_program(path, &status) && !is_same(&status, self)) {
				*ret = path;
				return 0;
			}
			free(path);
		}
		next += length + (next[length] == ':');
	}
	return 0;
}

/* A path that somebody named: `where` says who. */
static int check_path(
	const char *path, const char *where, const struct stat *self, char **ret, struct error *err)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return error_set_errno(
			err, -errno, "%s names the runtime \"%s\": cannot stat", where, path);
	if (is_same(&status, self))
		return error_set(err, -ELOOP,
			"%s names \"%s\", which is this shim; name runc or crun", where, path);
	*ret = strdup(path);
	return *ret ? 0 : error_memory(err);
}

static int find_by_name(const char *name, const struct stat *self, char **ret, struct error *err)
{
	int r = search_path(name, self, ret, err);

	if (r < 0 || *ret)
		return r;
	return error_set(err, -ENOENT,
		"$OCI_SECCOMP_RUNTIME names the runtime \"%s\", which is not in PATH", name);
}

static int find_default(const struct stat *self, char **ret, struct error *err)
{
	int r = search_path("runc", self, ret, err);

	if (r == 0 && !*ret)
		r = search_path("crun", self, ret, err);
	if (r < 0 || *ret)
		return r;
	return error_set(err, -ENOENT,
		"neither runc nor crun is in PATH; install one, or set \"runtime\" in the node "
		"configuration");
}

int runtime_find(const struct node_config *config, char **ret, struct error *err)
{
	const char *named = getenv("OCI_SECCOMP_RUNTIME");
	AUTO_FREE char *where = NULL;
	struct stat self;

	if (stat("/proc/self/exe", &self) < 0)
		return error_set_errno(err, -errno, "/proc/self/exe: cannot stat");
	if (config->runtime) {
		if (asprintf(&where, "node configuration %s", config->file) < 0) {
			where = NULL;
			return error_memory(err);
		}
		return check_path(config->runtime, where, &self, ret, err);
	}
	if (!named || named[0] == '\0')
		return find_default(&self, ret, err);
	if (!strchr(named, '/'))
		return find_by_name(named, &self, ret, err);
	return check_path(named, "$OCI_SECCOMP_RUNTIME", &self, ret, err);
}

/* A compiled runc or crun, which starts nothing else in its place. */
static bool is_last(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	AUTO_CLOSE int fd = -1;
	char magic[4];

	if (strcmp(name, "runc") != 0 && strcmp(name, "crun") != 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd >= 0 && read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
	       memcmp(magic, "\177ELF", sizeof(magic)) == 0;
}

static int count_depth(const char *path, struct error *err)
{
	const char *text = getenv(DEPTH_VARIABLE);
	long depth = text ? strtol(text, NULL, 10) : 0;
	char next[24];

	if (depth < 0 || depth >= DEEPEST)
		return error_set(err, -ELOOP,
			"the runtime %s leads back to this shim; name runc or crun itself as "
			"\"runtime\" in the node configuration",
			path);
	snprintf(next, sizeof(next), "%ld", depth + 1);
	return setenv(DEPTH_VARIABLE, next, 1) < 0 ? error_memory(err) : 0;
}

bool runtime_is_crun(const char *path)
{
	AUTO_FREE char *real = realpath(path, NULL);

	return real && strcmp(strrchr(real, '/') + 1, "crun") == 0;
}

int runtime_execute(char *path, char **argv, struct error *err)
{
	if (!is_last(path)) {
		int r = count_depth(path, err);

		if (r < 0)
			return r;
	}
	/* As when it is started by its path; crun chooses a handler by this name. */
	argv[0] = path;
	execv(path, argv);
	return error_set_errno(err, -errno, "%s: cannot execute", path);
}
