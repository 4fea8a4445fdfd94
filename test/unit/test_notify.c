/* SPDX-License-Identifier: Apache-2.0 */
#include "notify.h"

#include "support.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

UNIT_SUITE(notify);

static int listen_at(const char *path, int type, int backlog)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		cr_assert_eq(listen(fd, backlog), 0);
	return fd;
}

static void expect_refused(const char *path, int code, const char *words)
{
	struct error err = ERROR_INIT;
	int fd = -1;

	cr_expect_eq(notify_connect(path, &fd, &err), code, "%s: %d", path, err.code);
	cr_expect(contains(error_message(&err), words), "%s", error_message(&err));
	cr_expect(contains(error_message(&err), path), "%s", error_message(&err));
	cr_expect_eq(fd, -1);
	error_finish(&err);
}

Test(notify, agents_that_are_not_there)
{
	unsigned before = count_descriptors();
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/agent", directory);
	char longest[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];

	expect_refused("", -EINVAL, "not an absolute path");
	expect_refused("run/agent", -EINVAL, "not an absolute path");
	expect_refused("@agent", -EINVAL, "not an absolute path");
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	expect_refused(
		longest, -ENAMETOOLONG, "has 108 bytes; the path of a socket has at most 107");
	longest[sizeof(longest) - 2] = '\0';
	expect_refused(longest, -ENOENT, "start the agent before the container");
	expect_refused(path, -ENOENT, "start the agent before the container");
	close(listen_at(path, SOCK_STREAM, 1)); /* killed: its socket is left */
	expect_refused(path, -ECONNREFUSED, "start the agent before the container");
	write_file(directory, "file", "");
	{
		AUTO_FREE char *file = format_text("%s/file", directory);
		AUTO_FREE char *below = format_text("%s/file/agent", directory);

		expect_refused(file, -ECONNREFUSED, "no agent listens");
		expect_refused(below, -ENOTDIR, "cannot connect to the agent");
	}
	remove_tree(directory);
	cr_expect_eq(count_descriptors(), before);
}

Test(notify, agent_of_another_kind)
{
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/agent", directory);
	int agent = listen_at(path, SOCK_DGRAM, 0);

	expect_refused(path, -EPROTOTYPE, "cannot connect to the agent");
	close(agent);
	remove_tree(directory);
}

Test(notify, agent_that_accepts_nothing, .timeout = 30)
{
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/agent", directory);
	int agent = listen_at(path, SOCK_STREAM, 0), fd = -1;
	struct error err = ERROR_INIT;
	time_t start;

	/* The queue of a listener takes one more than its backlog. */
	cr_assert_eq(notify_connect(path, &fd, &err), 0, "%s", error_message(&err));
	start = time(NULL);
	expect_refused(path, -ETIMEDOUT, "accepted no connection within 5 seconds");
	cr_expect_leq(time(NULL) - start, NOTIFY_SECONDS + 2);
	close(fd);
	close(agent);
	remove_tree(directory);
}

static struct state parse_state(const char *source)
{
	struct sample sample = sample_make(source);
	struct error err = ERROR_INIT;
	struct state state;

	cr_assert_eq(state_parse(sample.text, sample.length, &state, &err), 0, "%s",
		error_message(&err));
	return state;
}

Test(notify, state_is_passed_on_as_it_is)
{
	static const struct {
		const char *state, *metadata, *text;
	} cases[] = {
		{" {'id':'c','pid':7, 'status':'creating',\n'bundle':'/b'}\n", NULL,
			"{'ociVersion':'1.1.0','fds':['seccompFd'],'pid':7,'state':"
			"{'id':'c','pid':7, 'status':'creating',\n'bundle':'/b'}}"},
		{"{'ociVersion':'1.0','id':'c','pid':2147483647,'status':'created','bundle':'/b',"
		 "'annotations':{'k\\u0041':'\\/'},'root':[1e400,18446744073709551616]}",
			"",
			"{'ociVersion':'1.1.0','fds':['seccompFd'],'pid':2147483647,'metadata':'',"
			"'state':{'ociVersion':'1.0','id':'c','pid':2147483647,'status':'creating',"
			"'bundle':'/b','annotations':{'k\\u0041':'\\/'},"
			"'root':[1e400,18446744073709551616]}}"},
		{"{'id':'c','pid':7,'status':'creating','bundle':'/b'}", "a\\b\n\x7f\xc3\xa4",
			"{'ociVersion':'1.1.0','fds':['seccompFd'],'pid':7,"
			"'metadata':'a\\\\b\\u000a\\u007f\xc3\xa4','state':"
			"{'id':'c','pid':7,'status':'creating','bundle':'/b'}}"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct state state = parse_state(cases[i].state);
		struct sample wanted = sample_make(cases[i].text);
		AUTO_FREE char *text = notify_text(&state, cases[i].metadata);

		cr_expect_str_eq(text, wanted.text, "case %zu: %s", i, text);
		free(wanted.text);
		state_finish(&state);
	}
}

/* The two ends of a connection to an agent. */
static void connect_pair(int ends[2])
{
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
}

/* What the agent reads up to the end; `*ret_descriptor` is what came with its first byte. */
static char *receive_all(int fd, int *ret_descriptor)
{
	char control[CMSG_SPACE(2 * sizeof(int))] __attribute__((aligned(8)));
	size_t length = 0, room = 8 << 20;
	char *text = malloc(room);
	ssize_t n;

	*ret_descriptor = -1;
	do {
		struct iovec part = {text + length, length == 0 ? 1 : room - length - 1};
		struct msghdr message = {
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		const struct cmsghdr *head;

		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
		cr_assert_geq(n, 0);
		head = CMSG_FIRSTHDR(&message);
		if (head) {
			cr_expect_eq(length, 0, "a descriptor came late, or twice");
			cr_expect_eq(head->cmsg_len, CMSG_LEN(sizeof(int)));
			memcpy(ret_descriptor, CMSG_DATA(head), sizeof(int));
		}
		length += (size_t)n;
	} while (n > 0);
	text[length] = '\0';
	return text;
}

/* A text of that length that does not repeat itself at a power of two. */
static char *long_text(size_t length)
{
	char *text = malloc(length + 1);

	for (size_t i = 0; i < length; i++)
		text[i] = (char)('a' + i % 23);
	text[length] = '\0';
	return text;
}

Test(notify, text_and_listener_arrive)
{
	static const size_t lengths[] = {1, 300, 5 << 20};
	unsigned before = count_descriptors();

	for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
		AUTO_FREE char *text = long_text(lengths[i]), *received = NULL;
		struct error err = ERROR_INIT;
		int ends[2], pipe_ends[2], listener;
		struct stat sent, got;
		pid_t sender;
		int status;

		connect_pair(ends);
		cr_assert_eq(pipe2(pipe_ends, O_CLOEXEC), 0);
		sender = fork();
		if (sender == 0)
			_exit(notify_send(ends[0], text, pipe_ends[0], &err) == 0 ? 0 : 1);
		close(ends[0]);
		received = receive_all(ends[1], &listener);
		cr_assert_eq(waitpid(sender, &status, 0), sender);
		cr_expect_eq(status, 0);
		cr_expect(strcmp(received, text) == 0, "%zu bytes differ", lengths[i]);
		cr_expect(fstat(pipe_ends[0], &sent) == 0 && fstat(listener, &got) == 0 &&
			  sent.st_ino == got.st_ino);
		close(listener);
		close(ends[1]);
		close(pipe_ends[0]);
		close(pipe_ends[1]);
	}
	cr_expect_eq(count_descriptors(), before);
}

Test(notify, agents_that_do_not_read, .timeout = 30)
{
	AUTO_FREE char *text = long_text(5 << 20);
	struct error err = ERROR_INIT;
	int ends[2];

	connect_pair(ends);
	cr_expect_eq(notify_send(ends[0], text, STDIN_FILENO, &err), -ETIMEDOUT);
	cr_expect(contains(error_message(&err), "read nothing for 5 seconds"), "%s",
		error_message(&err));
	close(ends[1]); /* it hangs up, and no signal comes */
	cr_expect_eq(notify_send(ends[0], text, STDIN_FILENO, &err), -EPIPE);
	cr_expect(contains(error_message(&err), "cannot send the listener"), "%s",
		error_message(&err));
	error_finish(&err);
	close(ends[0]);
}
