/* SPDX-License-Identifier: Apache-2.0 */
#include "load_internal.h"

#include "cleanup.h"
#include "clock.h"
#include "io.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * What the loader tells its caller, through a pair of sockets:
 *
 *     struct report    the outcome; a listener, if there is one, is attached to it
 *     text             the message of a failure
 *
 * A stream that ends earlier is a loader that was killed.
 */

#define CALLER_MILLISECONDS 10000 /* the caller gives up on the loader */
#define MESSAGE_LIMIT 4000	  /* what a socket takes at once, so the loader does not wait */

struct report {
	int32_t code; /* 0 or a negative errno */
	uint32_t message_length;
};

int load_send_report(int fd, int code, int listener, const struct error *err)
{
	const char *message = code < 0 ? error_message(err) : "";
	size_t length = strlen(message);
	struct report report = {code, (uint32_t)(length < MESSAGE_LIMIT ? length : MESSAGE_LIMIT)};
	ssize_t n = io_send(fd, &report, sizeof(report), listener, 0);

	if (n < 0)
		return (int)n;
	return n == sizeof(report) ? io_write_all(fd, message, report.message_length) : -EIO;
}

/* A descriptor that arrives, with the first byte of what it was attached to, goes to
 * `*descriptor`. */
static ssize_t receive(int fd, void *data, size_t length, int *descriptor)
{
	union {
		struct cmsghdr head; /* for its alignment */
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {data, length};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *head = n < 0 ? NULL : CMSG_FIRSTHDR(&message);

	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
		memcpy(descriptor, CMSG_DATA(head), sizeof(*descriptor));
	return n;
}

/* As io_read_exact, until `deadline`. */
static int read_until(int fd, void *data, size_t length, int64_t deadline, int *descriptor)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	char *next = data;

	while (length > 0) {
		int64_t left = deadline - clock_monotonic();
		ssize_t n;
		int r = poll(&ready, 1, left > 0 ? (int)left : 0);

		if (r == 0 && left <= 0)
			return -ETIMEDOUT;
		if (r <= 0 && (r == 0 || errno == EINTR))
			continue;
		n = r < 0 ? -1 : receive(fd, next, length, descriptor);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -EPIPE;
		next += n > 0 ? n : 0;
		length -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* So that it runs no more, be it that it hangs: its memory may be the caller's. */
static void end_loader(pid_t loader)
{
	kill(loader, SIGKILL);
	for (int tries = 100; tries > 0 && waitpid(loader, NULL, WNOHANG) == 0; tries--)
		usleep(10000);
}

int load_read_report(pid_t loader, int fd, int *ret_listener, struct error *err)
{
	int64_t deadline = clock_monotonic() + CALLER_MILLISECONDS;
	AUTO_CLOSE int listener = -1;
	char message[MESSAGE_LIMIT + 1];
	struct report report;
	int r;

	r = read_until(fd, &report, sizeof(report), deadline, &listener);
	if (r == 0 && report.message_length > MESSAGE_LIMIT)
		r = -EPROTO;
	if (r == 0)
		r = read_until(fd, message, report.message_length, deadline, &listener);
	if (loader > 0 && (r < 0 || report.code < 0))
		end_loader(loader);
	if (r == -EPIPE)
		return error_set(err, -ECHILD, "the loader ended without a report (killed?)");
	if (r == -ETIMEDOUT)
		return error_set(err, r, "the loader gave no report within %d seconds",
			CALLER_MILLISECONDS / 1000);
	if (r < 0)
		return error_set_errno(err, r, "cannot read the loader's report");
	message[report.message_length] = '\0';
	if (report.code < 0)
		return error_set(err, report.code, "%s", message);
	*ret_listener = TAKE_FD(listener);
	return 0;
}
