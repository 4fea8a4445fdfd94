/* SPDX-License-Identifier: Apache-2.0 */
#include "recording.h"

#include "cleanup.h"
#include "clock.h"
#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY "io.oci-seccomp.record"
#define TRACE_KEY "io.containers.trace-syscall"

enum { NAME_LIMIT = 100, ID_LENGTH = 128, SAID_LIMIT = 4096, START_MILLISECONDS = 10000 };

void recording_finish(struct recording *recording)
{
	free(recording->output);
	free(recording->base);
	free(recording->label);
	*recording = (struct recording){0};
}

/* It becomes part of the name of a file. */
static bool is_name(const char *text)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return *text && *text != '.' && *text != '-' && text[strspn(text, letters)] == '\0' &&
	       strlen(text) <= NAME_LIMIT;
}

static int ask_by_name(const char *key, const char *name, const struct node_config *config,
	const char *id, struct recording *ret, struct error *err)
{
	if (!is_name(name))
		return error_set(err, -EINVAL,
			"annotation %s=\"%s\": a recording is called by letters, digits, \".\", "
			"\"_\" and \"-\", at most %d, the first one a letter or digit",
			key, name, NAME_LIMIT);
	if (!config->record_dir)
		return error_set(err, -EPERM,
			"annotation %s=\"%s\": the node configuration (%s) names no \"recordDir\", "
			"where recordings go",
			key, name, config->file ? config->file : NODE_CONFIG_FILE);
	if (asprintf(&ret->output, "%s/%s-%.*s.json", config->record_dir, name, ID_LENGTH, id) <
		0) {
		ret->output = NULL;
		return error_memory(err);
	}
	ret->by_name = true;
	return 0;
}

/* One part of the value: `of:/PATH` or `if:/PATH`, with blanks around the path. */
static int take_part(const char *value, const char *part, size_t length, struct recording *ret,
	struct error *err)
{
	char **place = length < 3		  ? NULL
		       : !strncmp(part, "of:", 3) ? &ret->output
		       : !strncmp(part, "if:", 3) ? &ret->base
						  : NULL;

	if (!place || *place)
		return error_set(err, -EINVAL,
			"annotation " TRACE_KEY
			"=\"%s\": of:/FILE or of:/FILE;if:/BASE is expected",
			value);
	part += 3;
	length -= 3;
	for (; length > 0 && (*part == ' ' || *part == '\t'); part++)
		length--;
	while (length > 0 && (part[length - 1] == ' ' || part[length - 1] == '\t'))
		length--;
	if (length == 0 || *part != '/')
		return error_set(err, -EINVAL,
			"annotation " TRACE_KEY "=\"%s\": the path \"%.*s\" is not absolute", value,
			(int)length, part);
	*place = strndup(part, length);
	return *place ? 0 : error_memory(err);
}

static int ask_by_path(const char *value, struct recording *ret, struct error *err)
{
	size_t first = strcspn(value, ";");
	const char *second = value[first] ? value + first + 1 : NULL;
	int r = take_part(value, value, first, ret, err);

	if (r == 0 && second && strchr(second, ';'))
		r = error_set(err, -EINVAL,
			"annotation " TRACE_KEY "=\"%s\": there is more than one \";\"", value);
	if (r == 0 && second)
		r = take_part(value, second, strlen(second), ret, err);
	if (r == 0 && !ret->output)
		r = error_set(err, -EINVAL,
			"annotation " TRACE_KEY "=\"%s\": there is no of:/FILE for the profile",
			value);
	return r;
}

/* What the profile says that it is of. */
static int make_label(const struct bundle *bundle, const char *container, const char *id,
	char **ret, struct error *err)
{
	/* containerd, CRI-O, podman */
	static const char *const keys[] = {"io.kubernetes.cri.image-name",
		"io.kubernetes.cri-o.ImageName", "io.podman.annotations.image"};
	const char *image = NULL;
	int r = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(keys) && !image && r == 0; i++)
		r = bundle_annotation(bundle, keys[i], &image, err);
	if (r < 0)
		return r;
	if (asprintf(ret, "container %s%s%s%s%s", container ? container : "", container ? " " : "",
		    id, image ? ", image " : "", image ? image : "") >= 0)
		return 0;
	*ret = NULL;
	return error_memory(err);
}

int recording_ask(const struct bundle *bundle, const struct node_config *config, const char *id,
	struct recording *ret, struct error *err)
{
	AUTO(recording_finish) struct recording recording = {0};
	AUTO_FREE char *key = NULL;
	const char *container, *name = NULL, *trace = NULL;
	bool sandbox;
	int r = resolve_identify(bundle, &container, &sandbox, err);

	if (r == 0 && container && asprintf(&key, KEY "/%s", container) < 0) {
		key = NULL;
		r = error_memory(err);
	}
	if (r == 0 && key)
		r = bundle_annotation(bundle, key, &name, err);
	if (r == 0 && name)
		r = ask_by_name(key, name, config, id, &recording, err);
	else if (r == 0)
		r = bundle_annotation(bundle, KEY, &name, err);
	if (r == 0 && name && !recording.output && !sandbox)
		r = ask_by_name(KEY, name, config, id, &recording, err);
	if (r == 0 && !recording.output && config->trace_syscall)
		r = bundle_annotation(bundle, TRACE_KEY, &trace, err);
	if (r == 0 && trace)
		r = ask_by_path(trace, &recording, err);
	if (r == 0 && recording.output)
		r = make_label(bundle, container, id, &recording.label, err);
	if (r < 0)
		return r;
	*ret = recording;
	recording = (struct recording){0};
	return 0;
}

/* A lock that the recorder holds as long as it lives, by a descriptor that it inherits: each recording
 * costs every system call of the host, and annotations ask for it. -EBUSY: all are taken. */
static int take_slot(const char *directory, int *ret_fd, struct error *err)
{
	for (unsigned i = 0; i < RECORDINGS_LIMIT; i++) {
		AUTO_FREE char *path = NULL;
		AUTO_CLOSE int fd = -1;

		if (asprintf(&path, "%s/.recording-%u", directory, i) < 0) {
			path = NULL;
			return error_memory(err);
		}
		fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return error_set_errno(err, -errno, "recordDir: %s: cannot open", path);
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			*ret_fd = TAKE_FD(fd);
			return 0;
		}
	}
	return error_set(err, -EBUSY,
		"%d containers are recorded already, and no more at once; wait for one to end",
		RECORDINGS_LIMIT);
}

/* Reads what the recorder says until nobody can say more. False: it takes too long. */
static bool listen_to(int fd, char said[SAID_LIMIT])
{
	int64_t deadline = clock_monotonic() + START_MILLISECONDS;
	struct pollfd ready = {fd, POLLIN, 0};
	size_t length = 0;
	ssize_t n = 1;

	while (n > 0 && length < SAID_LIMIT - 1) {
		int64_t left = deadline - clock_monotonic();

		if (left <= 0 || poll(&ready, 1, (int)left) == 0)
			break;
		n = read(fd, said + length, SAID_LIMIT - 1 - length);
		n = n < 0 && errno == EINTR ? 1 : n;
		length += n > 0 ? (size_t)n : 0;
	}
	said[length] = '\0';
	said[strcspn(said, "\n")] = '\0';
	return n <= 0 || length == SAID_LIMIT - 1;
}

static int spawn(const char *path, const char *const *arguments, int slot, int said, pid_t *ret)
{
	static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
	if (slot >= 0)
		posix_spawn_file_actions_adddup2(&actions, slot, 3);
	posix_spawn_file_actions_addclosefrom_np(&actions, slot >= 0 ? 4 : 3);
	/* A group of its own, which can be ended together. */
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	r = -posix_spawn(ret, path, &actions, &attributes, (char *const *)arguments,
		(char *const *)environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

/* Runs the recorder until it has begun, or failed; what it says goes to `said`. A negative errno, or its
 * wait status. */
static int run(const char *path, const char *const *arguments, int slot, char said[SAID_LIMIT])
{
	int ends[2], status = 0, r;
	pid_t child;
	bool heard;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	/* Out of the way of the numbers that the recorder gets. */
	r = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
	close(ends[1]);
	ends[1] = r;
	r = r < 0 ? -errno : spawn(path, arguments, slot, ends[1], &child);
	if (ends[1] >= 0)
		close(ends[1]);
	heard = r == 0 && listen_to(ends[0], said);
	close(ends[0]);
	if (r < 0)
		return r;
	if (!heard)
		kill(-child, SIGKILL);
	if (waitpid(child, &status, 0) < 0)
		return -errno;
	return heard ? status : -ETIMEDOUT;
}

int recording_start(const struct recording *recording, const struct node_config *config, pid_t pid,
	struct error *err)
{
	const char *path = config->recorder ? config->recorder : COMMAND_PATH;
	AUTO_CLOSE int slot = -1;
	char number[16], said[SAID_LIMIT];
	const char *arguments[] = {"oci-seccomp", "record", "--background", "--container-pid",
		number, "--label", recording->label, "-o", recording->output,
		recording->base ? "--base" : NULL, recording->base, NULL};
	int r = 0;

	snprintf(number, sizeof(number), "%d", pid);
	if (recording->by_name && mkdir(config->record_dir, 0700) < 0 && errno != EEXIST)
		return error_set_errno(
			err, -errno, "recordDir %s: cannot make", config->record_dir);
	if (recording->by_name)
		r = take_slot(config->record_dir, &slot, err);
	if (r < 0)
		return r;
	r = run(path, arguments, slot, said);
	if (r == -ETIMEDOUT)
		return error_set(err, r, "the recorder %s did not begin within %d seconds", path,
			START_MILLISECONDS / 1000);
	if (r < 0)
		return error_set_errno(err, r, "the recorder %s: cannot start", path);
	if (r > 0)
		return error_set(err, -EIO, "the recorder cannot record: %s",
			said[0] ? said : "it ended by a signal");
	return 0;
}
