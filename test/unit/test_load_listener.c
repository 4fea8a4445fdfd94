/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup.h"
#include "victim.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Filters that notify: their listener comes to the caller, and nobody else has it. */

TestSuite(load_listener, .init = require_loader, .timeout = 60);

static size_t count_files(pid_t pid)
{
	char path[64];
	size_t count = 0;
	DIR *files;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	files = opendir(path);
	cr_assert_not_null(files);
	while (readdir(files))
		count++;
	closedir(files);
	return count;
}

/* A filter that asks about the system call `number` and allows the rest. */
static void notify_one(struct sock_filter code[FILTER_LENGTH], long number)
{
	deny_one(code, number, 0);
	code[2].k = SECCOMP_RET_USER_NOTIF;
}

/* Loads notify_one for getppid; `flags` beside NEW_LISTENER. */
static int load_listener(pid_t pid, uint32_t flags, int *ret_listener, struct error *err)
{
	struct sock_filter code[FILTER_LENGTH];
	struct load_filter filter = {
		{code, FILTER_LENGTH}, SECCOMP_FILTER_FLAG_NEW_LISTENER | flags};
	struct load_request request = {
		pid, &filter, 1, "test_load", "test_load", NULL, false, NULL, NULL};

	notify_one(code, SYS_getppid);
	return load_into_container(&request, ret_listener, err);
}

/* Answers until the listener's processes are gone: getppid with `error` or `value`, every other
 * call by letting it happen. Takes the listener over. */
static pid_t start_agent(int listener, int error, long value)
{
	pid_t agent = fork();

	while (agent == 0) {
		struct seccomp_notif asked = {0};
		struct seccomp_notif_resp answer = {0};

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
			_exit(errno == ENOENT ? 0 : 1);
		answer.id = asked.id;
		if (asked.data.nr == SYS_getppid) {
			answer.error = -error;
			answer.val = value;
		} else {
			answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		}
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
	close(listener);
	return agent;
}

static void stop_agent(pid_t agent)
{
	kill(agent, SIGKILL);
	cr_expect_eq(waitpid(agent, NULL, 0), agent);
}

Test(load_listener, agent_decides)
{
	static const struct {
		int error;
		long value;
		uint32_t flags;
		const char *output;
	} cases[] = {
		{STRANGE_ERRNO, 0, 0, "-1 777\n"},
		{0, 4711, SECCOMP_FILTER_FLAG_SPEC_ALLOW, "4711 0\n"},
		{0, 4712, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC, "4712 0\n"},
		{0, 4713, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, "4713 0\n"},
	};
	size_t before = count_files(getpid());

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct victim victim;
		struct error err = ERROR_INIT;
		char output[64];
		int listener = -1;
		size_t files;
		pid_t agent;

		if (!load_flags_supported(cases[i].flags | SECCOMP_FILTER_FLAG_NEW_LISTENER |
					  SECCOMP_FILTER_FLAG_TSYNC_ESRCH))
			continue;
		victim = victim_start(victim_read);
		files = count_files(victim.pid);
		cr_assert_eq(load_listener(victim.pid, cases[i].flags, &listener, &err), 0,
			"case %zu: %s", i, error_message(&err));
		cr_assert_geq(listener, 0);
		cr_expect_eq(count_files(victim.pid), files, "it is left in the process");
		agent = start_agent(listener, cases[i].error, cases[i].value);
		cr_expect_eq(victim_finish(&victim, output, sizeof(output)), 0);
		cr_expect_str_eq(output, cases[i].output);
		stop_agent(agent);
	}
	cr_expect_eq(count_files(getpid()), before);
}

Test(load_listener, nobody_else_holds_it)
{
	struct victim victim = victim_start(victim_read);
	struct error err = ERROR_INIT;
	char output[64];
	int listener = -1;

	cr_assert_eq(load_listener(victim.pid, 0, &listener, &err), 0, "%s", error_message(&err));
	usleep(20000);
	expect_loader_holds_nothing_of_ours(wait_for_tracer(victim.pid));
	close(listener);
	cr_expect_eq(victim_finish(&victim, output, sizeof(output)), 0);
	cr_expect_str_eq(output, "-1 38\n"); /* ENOSYS */
}

/* What the process itself does before its program asks nobody. */
Test(load_listener, every_call_may_notify)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	struct load_filter filter = {{&code, 1}, SECCOMP_FILTER_FLAG_NEW_LISTENER};
	struct victim victim = victim_start(victim_read);
	struct load_request request = {
		victim.pid, &filter, 1, "test_load", "test_load", NULL, false, NULL, NULL};
	struct error err = ERROR_INIT;
	char output[64];
	int listener = -1;
	pid_t agent;

	cr_assert_eq(load_into_container(&request, &listener, &err), 0, "%s", error_message(&err));
	agent = start_agent(listener, STRANGE_ERRNO, 0);
	cr_expect_eq(victim_finish(&victim, output, sizeof(output)), 0);
	cr_expect_str_eq(output, "-1 777\n");
	stop_agent(agent);
}

Test(load_listener, it_may_stand_beside_another_filter)
{
	for (size_t first = 0; first < 2; first++) {
		struct sock_filter asking[FILTER_LENGTH], denying[FILTER_LENGTH];
		struct load_filter filters[2];
		struct victim victim = victim_start(victim_read);
		struct load_request request = {
			victim.pid, filters, 2, "test_load", "test_load", NULL, false, NULL, NULL};
		struct error err = ERROR_INIT;
		char output[64];
		int listener = -1;

		notify_one(asking, SYS_getppid);
		deny_one(denying, SYS_getppid, STRANGE_ERRNO);
		filters[first] = (struct load_filter){
			{asking, FILTER_LENGTH}, SECCOMP_FILTER_FLAG_NEW_LISTENER};
		filters[1 - first] = (struct load_filter){{denying, FILTER_LENGTH}, 0};
		cr_assert_eq(load_into_container(&request, &listener, &err), 0, "%s",
			error_message(&err));
		cr_expect_geq(listener, 0);
		cr_expect_eq(victim_finish(&victim, output, sizeof(output)), 0);
		cr_expect_str_eq(output, "-1 777\n"); /* the stricter one */
		close(listener);
	}
}

/* Refused */

static int take_filter(uint32_t flags)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {1, &code};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static int wait_with_listener(int go, int out)
{
	return take_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER) < 0 ? 1 : victim_read(go, out);
}

static void *keep_filter(void *ready)
{
	take_filter(0);
	pthread_barrier_wait(ready);
	while (pause() < 0)
		;
	return NULL;
}

static int wait_beside_filter(int go, int out)
{
	pthread_barrier_t ready;
	pthread_t thread;

	pthread_barrier_init(&ready, NULL, 2);
	if (pthread_create(&thread, NULL, keep_filter, &ready) != 0)
		return 1;
	pthread_barrier_wait(&ready);
	return victim_read(go, out);
}

static int wait_with_full_table(int go, int out)
{
	struct rlimit full = {0, 0};

	return setrlimit(RLIMIT_NOFILE, &full) < 0 ? 1 : victim_read(go, out);
}

Test(load_listener, processes_that_cannot_have_one)
{
	static const struct {
		victim_body *body;
		int code;
		const char *words;
	} cases[] = {
		{wait_with_listener, -EBUSY, "has a listener already"},
		{wait_beside_filter, -EBUSY, "has filters of its own"},
		{wait_with_full_table, -EMFILE, "inject seccomp"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct victim victim = victim_start(cases[i].body);
		struct error err = ERROR_INIT;
		int listener = -1;

		cr_expect_eq(load_listener(victim.pid, 0, &listener, &err), cases[i].code,
			"case %zu: %d", i, err.code);
		cr_expect(strstr(error_message(&err), cases[i].words), "case %zu: %s", i,
			error_message(&err));
		cr_expect_eq(listener, -1);
		error_finish(&err);
		expect_dead(&victim);
	}
}

Test(load_listener, loader_is_killed_at_any_moment)
{
	size_t before = count_files(getpid());

	for (unsigned i = 0; i < 40; i++) {
		struct victim victim = victim_start(victim_read);
		pid_t killer = start_loader_killer(victim.pid, i * 20);
		int listener = -1, status;
		int r = load_listener(victim.pid, 0, &listener, NULL);

		cr_expect(r == 0 ? listener >= 0 : listener == -1, "moment %u: %d", i, r);
		cr_assert_eq(waitpid(killer, &status, 0), killer);
		cr_expect_eq(status, 0, "moment %u", i);
		if (r == 0)
			close(listener);
		usleep(5000);
		expect_dead(&victim);
	}
	cr_expect_eq(count_files(getpid()), before);
}
