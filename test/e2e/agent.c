/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An example of an agent for SCMP_ACT_NOTIFY.
 *
 *   agent [--die-after N] SOCKET [CALL=errno:N|CALL=value:N|CALL=continue]...
 *
 * listens at SOCKET, the listenerPath of a profile, and answers for every container whose listener it
 * is sent: the call fails with an errno, returns a value without having been made, or is made by the
 * kernel. What is not named is continued. Of each container one line is printed, the container
 * process state. With --die-after it answers N calls and ends when the next one comes.
 *
 * "continue" is no permission that depends on the arguments: what a pointer points to can be changed
 * by another thread after the agent has looked. An agent that decides by arguments must make the call
 * itself, or answer for numbers alone. Each answer here is for the call's number.
 */
#include <errno.h>
#include <poll.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PEERS = 64, RULES = 64, STATE_LIMIT = 8 << 20 };

struct rule {
	int number;
	enum { FAIL, RETURN, CONTINUE } what;
	int value;
};

/* Who is polled: a connection until the state is whole, then the listener that came over it. */
struct peer {
	bool answers; /* `fd` is a listener */
	int listener; /* of a connection; -1: not there yet */
	char *text;   /* of a connection */
	size_t length;
};

static struct rule rules[RULES];
static size_t rule_count;
static long answers_left = -1;		/* -1: no limit */
static struct pollfd polled[1 + PEERS]; /* the first one is the socket */
static struct peer peers[1 + PEERS];
static size_t count = 1;

static void add_rule(char *word)
{
	struct rule *rule = &rules[rule_count++];
	char *answer = strchr(word, '=');

	if (!answer || rule_count == RULES)
		goto wrong;
	*answer++ = '\0';
	rule->number = seccomp_syscall_resolve_name(word);
	if (rule->number == __NR_SCMP_ERROR)
		goto wrong;
	rule->what = CONTINUE;
	if (sscanf(answer, "errno:%d", &rule->value) == 1)
		rule->what = FAIL;
	else if (sscanf(answer, "value:%d", &rule->value) == 1)
		rule->what = RETURN;
	else if (strcmp(answer, "continue") != 0)
		goto wrong;
	return;
wrong:
	fprintf(stderr, "agent: \"%s\" is no rule\n", word);
	exit(2);
}

static void forget(size_t i)
{
	close(polled[i].fd);
	free(peers[i].text);
	polled[i] = polled[--count];
	peers[i] = peers[count];
}

static void decide(const struct seccomp_notif *asked, struct seccomp_notif_resp *answer)
{
	answer->id = asked->id;
	answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	for (size_t i = 0; i < rule_count; i++) {
		if (rules[i].number != asked->data.nr || rules[i].what == CONTINUE)
			continue;
		answer->flags = 0;
		if (rules[i].what == FAIL)
			answer->error = -rules[i].value;
		else
			answer->val = rules[i].value;
	}
}

/* The listener is readable while a process waits for an answer, and hangs up with the last process
 * that has the filter. */
static void answer(size_t i)
{
	struct seccomp_notif *asked;
	struct seccomp_notif_resp *response;

	if (!(polled[i].revents & POLLIN)) {
		forget(i);
		return;
	}
	/* As large as this kernel has them. */
	if (seccomp_notify_alloc(&asked, &response) < 0)
		exit(1);
	/* Between poll and here the process may have been killed. */
	if (seccomp_notify_receive(polled[i].fd, asked) == 0) {
		if (answers_left == 0)
			exit(0);
		answers_left -= answers_left > 0;
		decide(asked, response);
		seccomp_notify_respond(polled[i].fd, response);
	}
	seccomp_notify_free(asked, response);
}

/* Whether the brace that it starts with is closed. Its end is no sign: runc leaves the connection open,
 * and its own calls may be the first ones that ask. */
static bool is_whole(const char *text, size_t length)
{
	bool quoted = false;
	int depth = 0;

	for (size_t i = 0; i < length; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && text[i] == '{')
			depth++;
		else if (!quoted && text[i] == '}' && --depth == 0)
			return true;
	}
	return false;
}

static void begin(size_t i)
{
	struct peer *peer = &peers[i];

	for (size_t j = 0; j < peer->length; j++)
		putchar(peer->text[j] == '\n' ? ' ' : peer->text[j]);
	putchar('\n');
	fflush(stdout);
	if (peer->listener < 0) {
		forget(i);
		return;
	}
	close(polled[i].fd);
	polled[i].fd = peer->listener;
	peer->answers = true;
}

/* Connections may stand open for long (crun connects at create, and sends at start), so none is
 * waited for. */
static void receive(size_t i)
{
	struct peer *peer = &peers[i];
	union {
		struct cmsghdr head; /* for its alignment */
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {peer->text + peer->length, STATE_LIMIT - peer->length};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(polled[i].fd, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *head = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;

	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
		memcpy(&peer->listener, CMSG_DATA(head), sizeof(int));
	if (n > 0)
		peer->length += (size_t)n;
	if (n <= 0)
		forget(i);
	else if (is_whole(peer->text, peer->length))
		begin(i);
}

static void welcome(void)
{
	int fd = accept4(polled[0].fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	polled[count] = (struct pollfd){.fd = fd, .events = POLLIN};
	peers[count] = (struct peer){.listener = -1, .text = malloc(STATE_LIMIT)};
	count++;
	if (!peers[count - 1].text || count == 1 + PEERS)
		forget(count - 1);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int next = 1;

	if (next + 1 < argc && strcmp(argv[next], "--die-after") == 0) {
		answers_left = strtol(argv[next + 1], NULL, 10);
		next += 2;
	}
	if (next >= argc || strlen(argv[next]) >= sizeof(address.sun_path)) {
		fprintf(stderr, "Usage: agent [--die-after N] SOCKET [CALL=ANSWER]...\n");
		return 2;
	}
	strcpy(address.sun_path, argv[next]);
	while (++next < argc)
		add_rule(argv[next]);
	unlink(address.sun_path); /* of an agent before this one */
	polled[0] = (struct pollfd){socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), POLLIN, 0};
	if (bind(polled[0].fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(polled[0].fd, PEERS) < 0) {
		perror("agent: listen");
		return 1;
	}
	for (;;) {
		if (poll(polled, count, -1) < 0 && errno != EINTR)
			return 1;
		/* From the last one on: what is forgotten is replaced by the last one. */
		for (size_t i = count - 1; i > 0; i--) {
			if (polled[i].revents && peers[i].answers)
				answer(i);
			else if (polled[i].revents)
				receive(i);
		}
		if (polled[0].revents)
			welcome();
	}
}
