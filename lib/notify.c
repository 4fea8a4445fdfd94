/* SPDX-License-Identifier: Apache-2.0 */
#include "notify.h"

#include "cleanup.h"
#include "io.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

/* The first release of runtime-spec that has the container process state. */
#define OCI_VERSION "1.1.0"

static int make_address(const char *path, struct sockaddr_un *ret, struct error *err)
{
	size_t length = strlen(path);

	if (path[0] != '/')
		return error_set(err, -EINVAL, "listenerPath \"%s\" is not an absolute path", path);
	if (length >= sizeof(ret->sun_path))
		return error_set(err, -ENAMETOOLONG,
			"listenerPath \"%s\" has %zu bytes; the path of a socket has at most %zu",
			path, length, sizeof(ret->sun_path) - 1);
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret->sun_path, path, length);
	return 0;
}

static int connect_failed(const char *path, int code, struct error *err)
{
	switch (code) {
	case -ENOENT:
	case -ECONNREFUSED:
		return error_set(err, code,
			"no agent listens at listenerPath \"%s\": %s; start the agent before the "
			"container",
			path, strerror(-code));
	case -EAGAIN:
		return error_set(err, -ETIMEDOUT,
			"the agent at listenerPath \"%s\" accepted no connection within %d "
			"seconds; does it hang?",
			path, NOTIFY_SECONDS);
	default:
		return error_set_errno(
			err, code, "cannot connect to the agent at listenerPath \"%s\"", path);
	}
}

int notify_connect(const char *path, int *ret_fd, struct error *err)
{
	const struct timeval limit = {.tv_sec = NOTIFY_SECONDS};
	struct sockaddr_un address;
	AUTO_CLOSE int fd = -1;
	int r = make_address(path, &address, err);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* It bounds connect(2) too, which waits while the agent's queue is full. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return error_set_errno(err, -errno, "cannot make a socket for the agent");
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return connect_failed(path, -errno, err);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

char *notify_text(const struct state *state, const char *metadata)
{
	const struct json *root = state->document.root;
	const struct json *status = json_member(root, "status");
	const char *bytes = state->document.text;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	bool failed;

	if (!out)
		return NULL;
	fprintf(out, "{\"ociVersion\":\"" OCI_VERSION "\",\"fds\":[\"seccompFd\"],\"pid\":%d",
		state->pid);
	if (metadata) {
		fputs(",\"metadata\":", out);
		text_write_json(out, metadata);
	}
	fputs(",\"state\":", out);
	fwrite(bytes + root->start, 1, status->start - root->start, out);
	fputs("\"creating\"", out);
	fwrite(bytes + status->end, 1, root->end - status->end, out);
	fputs("}", out);
	failed = ferror(out);
	if (fclose(out) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

/* Until the agent has read some of what it got. */
static int wait_writable(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	int r;

	do
		r = poll(&ready, 1, NOTIFY_SECONDS * 1000);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return r == 0 ? -ETIMEDOUT : 0;
}

int notify_send(int fd, const char *text, int listener, struct error *err)
{
	size_t length = strlen(text), done = 0;

	while (done < length) {
		ssize_t n = io_send(
			fd, text + done, length - done, done == 0 ? listener : -1, MSG_DONTWAIT);

		if (n == -EAGAIN)
			n = wait_writable(fd);
		if (n == -ETIMEDOUT)
			return error_set(err, -ETIMEDOUT,
				"the agent read nothing for %d seconds; does it hang?",
				NOTIFY_SECONDS);
		if (n < 0)
			return error_set_errno(
				err, (int)n, "cannot send the listener to the agent");
		done += (size_t)n;
	}
	return 0;
}
