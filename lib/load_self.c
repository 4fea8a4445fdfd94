/* SPDX-License-Identifier: Apache-2.0 */
#include "load_internal.h"

#include "cleanup.h"
#include "clock.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A filter for the caller itself, and for what it is going to execute.
 *
 *   caller                          loader
 *   forks it, twice
 *   waits for the report            seizes the caller: its seccomp is suspended
 *   seccomp(2)                      follows
 *   execve of the command
 *                                   PTRACE_EVENT_EXEC: detaches, so that the filter is in force before
 *                                   the command's first instruction; exits
 *
 * It is the caller that becomes the command. So the command has its process id, its parent, its
 * terminal and its signals, and nobody has to stand between.
 */

static int install(const struct load_filter *filter, struct error *err)
{
	struct sock_fprog program = {
		.len = (unsigned short)filter->program.length, .filter = filter->program.code};

	if (filter->program.length == 0 || filter->program.length > BPF_MAXINSNS)
		return error_set(err, -E2BIG,
			"the filter has %zu instructions; the kernel takes 1 to %d",
			filter->program.length, BPF_MAXINSNS);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter->flags, &program) == 0)
		return 0;
	return error_set_errno(err, -errno, "seccomp: %zu instructions, flags %#x",
		filter->program.length, filter->flags);
}

static _Noreturn void loader_main(pid_t caller, int report_fd)
{
	enum { MILLISECONDS = 8000 };
	struct loader loader = {
		.pid = caller,
		.pidfd = -1,
		.listener = -1,
		.deadline = clock_monotonic() + MILLISECONDS,
	};
	enum follow_outcome outcome = FOLLOW_ON;
	struct error err = ERROR_INIT;
	int status, r;
	pid_t tid;

	load_reset_signals();
	r = load_isolate(&report_fd, &err);
	if (r == 0)
		loader.pidfd = pidfd_open(caller, 0);
	if (r == 0 && loader.pidfd < 0)
		r = error_set_errno(&err, -errno, "cannot open process %d", caller);
	if (r == 0)
		r = load_seize(&loader, &err);
	if (load_send_report(report_fd, r, -1, &err) < 0 || r < 0)
		_exit(1);
	close(report_fd);
	while (outcome == FOLLOW_ON && follow_wait(0, &tid, &status) == 0)
		outcome = follow_event(&loader, tid, status);
	if (outcome == FOLLOW_EXEC)
		ptrace(PTRACE_DETACH, tid, NULL, NULL);
	_exit(0);
}

/* By a child that ends at once: the command must not find a child that it does not know. */
static int start_loader(int *ret_fd, struct error *err)
{
	pid_t caller = getpid(), between;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set_errno(err, -errno, "cannot make sockets for the loader");
	between = fork();
	if (between == 0) {
		pid_t loader = fork();

		if (loader == 0) {
			close(ends[0]);
			loader_main(caller, ends[1]);
		}
		_exit(loader < 0);
	}
	close(ends[1]);
	if (between < 0) {
		close(ends[0]);
		return error_set_errno(err, -errno, "cannot fork the loader");
	}
	/* Where its fork failed nobody holds the other end, which the report tells. */
	while (waitpid(between, NULL, 0) < 0 && errno == EINTR)
		;
	*ret_fd = ends[0];
	return 0;
}

int load_into_self(const struct load_filter *filter, struct error *err)
{
	AUTO_CLOSE int fd = -1, listener = -1;
	int r = load_possible(err);

	if (r == 0)
		r = start_loader(&fd, err);
	if (r == 0)
		r = load_read_report(0, fd, &listener, err);
	return r < 0 ? r : install(filter, err);
}

int load_without_privilege(const struct load_filter *filter, struct error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set_errno(err, -errno, "cannot set no_new_privs");
	return install(filter, err);
}
