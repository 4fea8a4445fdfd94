/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"
#include "victim.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the loader leaves behind, in the end and when it is killed. */

TestSuite(load_left, .init = require_loader, .timeout = 60);

static size_t count_descriptors(void)
{
	DIR *fds = opendir("/proc/self/fd");
	size_t count = 0;

	while (readdir(fds))
		count++;
	closedir(fds);
	return count;
}

Test(load_left, no_descriptor_and_no_process_is_left)
{
	size_t before = count_descriptors();
	struct victim victim = victim_start(victim_read);
	pid_t loader;
	int status;

	load_or_fail(victim.pid);
	loader = wait_for_tracer(victim.pid);
	cr_assert_gt(loader, 0);
	usleep(20000); /* it closes the pipe after its report */
	expect_loader_holds_nothing_of_ours(loader);
	cr_expect_neq(getsid(loader), getsid(0));
	expect_confined(&victim);
	cr_expect_eq(waitpid(loader, &status, 0), loader);
	cr_expect_eq(status, 0);
	cr_expect_eq(count_descriptors(), before);
	cr_expect(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "a child is left");
}

/* A caller whose stdio is closed: the loader's own descriptors then get these numbers. */
Test(load_left, caller_without_descriptors)
{
	struct victim victim = victim_start(victim_read);
	pid_t caller = fork(), loader;
	int status;

	if (caller == 0) {
		close_range(0, ~0U, 0);
		_exit(load_strange_getppid(victim.pid, NULL) == 0 ? 0 : 1);
	}
	cr_assert_eq(waitpid(caller, &status, 0), caller);
	cr_assert_eq(status, 0);
	loader = wait_for_tracer(victim.pid);
	cr_assert_gt(loader, 0);
	usleep(20000);
	expect_loader_holds_nothing_of_ours(loader);
	expect_confined(&victim);
}

/* The log line */

/* A /dev with a syslog socket, for this test's process and what it forks. */
static int listen_to_syslog(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	int log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(unshare(CLONE_NEWNS), 0);
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cr_assert_eq(mount("dev", "/dev", "tmpfs", 0, NULL), 0);
	cr_assert_eq(mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3)), 0);
	cr_assert_eq(bind(log, (struct sockaddr *)&address, sizeof(address)), 0);
	return log;
}

static void expect_logged(int log, const char *text)
{
	struct pollfd ready = {.fd = log, .events = POLLIN};
	char line[256] = "";

	cr_expect(poll(&ready, 1, 5000) == 1 && recv(log, line, sizeof(line) - 1, 0) > 0);
	cr_expect(strstr(line, "test_load[") && strstr(line, text), "%s", line);
}

Test(load_left, outcome_is_logged)
{
	int log = listen_to_syslog();
	struct victim victim = victim_start(victim_read);

	load_or_fail(victim.pid);
	expect_confined(&victim);
	expect_logged(log, "<86>");

	victim = victim_start(victim_read);
	load_or_fail(victim.pid);
	kill(victim.pid, SIGKILL);
	cr_expect_eq(waitpid(victim.pid, NULL, 0), victim.pid);
	close(victim.go);
	close(victim.out);
	expect_logged(log, "ended before its program");
	close(log);
}

/* The container is confined or dead, whenever the loader or its caller is killed. */

Test(load_left, loader_is_killed_after_its_report)
{
	struct victim victim = victim_start(victim_read);
	struct error err = ERROR_INIT;

	cr_assert_eq(load_strange_getppid(victim.pid, &err), 0, "%s", error_message(&err));
	kill(wait_for_tracer(victim.pid), SIGKILL);
	usleep(50000);
	expect_dead(&victim);
}

Test(load_left, loader_is_killed_at_any_moment)
{
	for (unsigned i = 0; i < 40; i++) {
		struct victim victim = victim_start(victim_read);
		pid_t killer = start_loader_killer(victim.pid, i * 20);
		struct error err = ERROR_INIT;
		int status;

		(void)load_strange_getppid(victim.pid, &err);
		error_finish(&err);
		cr_assert_eq(waitpid(killer, &status, 0), killer);
		cr_expect_eq(status, 0, "moment %u", i);
		usleep(5000);
		expect_dead(&victim);
	}
}

Test(load_left, caller_is_killed_at_any_moment)
{
	for (unsigned i = 0; i < 40; i++) {
		struct victim victim = victim_start(victim_read);
		pid_t caller = fork();
		char output[64];
		int status;

		if (caller == 0) {
			(void)load_strange_getppid(victim.pid, NULL);
			for (;;)
				pause();
		}
		cr_assert_gt(wait_for_tracer(victim.pid), 0);
		usleep(i * 20);
		kill(caller, SIGKILL);
		cr_assert_eq(waitpid(caller, NULL, 0), caller);
		usleep(5000);
		status = victim_finish(&victim, output, sizeof(output));
		cr_expect((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !*output) ||
				  (status == 0 && strcmp(output, "-1 777\n") == 0),
			"moment %u: %#x %s", i, status, output);
	}
}

static void note_release(void *data)
{
	((pid_t *)data)[0] = getpid();
}

static void note_start(void *data)
{
	((pid_t *)data)[1] = getpid();
}

/* The caller goes on with what it has. */
Test(load_left, the_loader_alone_releases_and_tells_of_the_start)
{
	pid_t *told = mmap(
		NULL, 2 * sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sock_filter code[FILTER_LENGTH];
	struct load_filter filter = {{code, FILTER_LENGTH}, 0};
	struct victim victim = victim_start(victim_read);
	struct load_request request = {victim.pid, &filter, 1, "test_load", "test_load",
		note_release, false, note_start, told};
	struct error err = ERROR_INIT;
	pid_t loader;

	cr_assert_neq(told, MAP_FAILED);
	deny_one(code, SYS_getppid, STRANGE_ERRNO);
	cr_assert_eq(load_into_container(&request, NULL, &err), 0, "%s", error_message(&err));
	loader = wait_for_tracer(victim.pid);
	cr_assert_gt(loader, 0);
	cr_assert_eq(told[1], 0);
	expect_confined(&victim);
	cr_assert_eq(told[0], loader, "released by %d", told[0]);
	while (kill(loader, 0) == 0 && told[1] == 0)
		usleep(1000);
	cr_assert_eq(told[1], loader, "started by %d", told[1]);
}

/* What the hook does: it ends with the loader's success, and the loader lives on in its memory. */
Test(load_left, a_caller_that_ends_with_success)
{
	struct sock_filter code[FILTER_LENGTH];
	struct load_filter filter = {{code, FILTER_LENGTH}, 0};
	struct victim victim = victim_start(victim_read);
	pid_t *told = mmap(
		NULL, 2 * sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct load_request request = {victim.pid, &filter, 1, "test_load", "test_load",
		note_release, true, note_start, told};
	struct error err = ERROR_INIT;
	pid_t caller;
	int status;

	cr_assert_neq(told, MAP_FAILED);
	deny_one(code, SYS_getppid, STRANGE_ERRNO);
	caller = fork();
	if (caller == 0) {
		(void)!load_into_container(&request, NULL, &err);
		_exit(1); /* it has returned */
	}
	cr_assert_eq(waitpid(caller, &status, 0), caller);
	cr_assert_eq(status, 0);
	cr_assert_gt(wait_for_tracer(victim.pid), 0);
	expect_confined(&victim);
	while (told[1] == 0)
		usleep(1000);
	cr_expect(told[0] == told[1] && told[0] != caller);
}

/* A failure is told as ever, and the caller goes on. */
Test(load_left, a_caller_that_ends_with_success_has_none)
{
	struct sock_filter code[FILTER_LENGTH];
	struct load_filter filter = {{code, FILTER_LENGTH}, 0};
	struct load_request request = {
		getpid(), &filter, 1, "test_load", "test_load", NULL, true, NULL, NULL};
	struct error err = ERROR_INIT;

	deny_one(code, SYS_getppid, STRANGE_ERRNO);
	cr_expect_eq(load_into_container(&request, NULL, &err), -EINVAL, "%s", error_message(&err));
	cr_expect(strstr(error_message(&err), "mount namespace"), "%s", error_message(&err));
	error_finish(&err);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "no child is left");
}
