/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include "cleanup.h"
#include "clock.h"
#include "io.h"
#include "load_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/*
 * Loading a filter into a process that is not ours.
 *
 * seccomp(2) affects its caller only, so the container process has to call it; and it has to call
 * it early, while it waits for the runtime's hooks, when the runtime itself still has much to do in
 * it: pivot_root, mount, sethostname, setuid, execve. A container's filter denies these. The way
 * out is PTRACE_O_SUSPEND_SECCOMP: the kernel keeps a traced process's filters and does not consult
 * them.
 *
 *   runtime        hook (the caller)      loader                     container process (runc init)
 *   creates ---------------------------------------------------------> waits: read(pipe)
 *   runs hook ---> load_into_container
 *                  forks ---------------> seizes every thread          (seccomp is suspended now)
 *                                         interrupts; at the entry of
 *                                         read(pipe) makes it call     mmap, seccomp
 *                                         reads the filter back        read(pipe) again
 *                  returns 0 <- report - follows
 *   goes on <----- exits
 *   ------------------------------------------------------------------> pivot_root, setuid, ...
 *                                                                      execve of the program
 *                                         PTRACE_EVENT_EXEC: detaches, so that the filter is in
 *                                         force before the program's first instruction;
 *                                         syslog, exits
 *
 * The loader is a child of the caller and keeps none of its descriptors: the runtime waits for
 * whoever holds the hook's stdout and stderr. Copying a process by fork is dear, so where the caller
 * ends with the loader's success the loader works in the caller's memory (ends_caller).
 * PTRACE_O_EXITKILL binds the container's life to the loader's until the filter is in force: whatever
 * happens to the loader, the container is confined or dead. The report is told in load_report.c.
 *
 * Of a filter that notifies, seccomp(2) returns the listener, a descriptor of the container process:
 * the loader takes a copy out with pidfd_getfd, makes the process close its own, and hands the copy
 * to the caller with the report. Suspended as it is the filter asks nobody yet, so an agent need
 * not know the calls of the runtime.
 *
 * Being traced at execve costs a set-user-ID program nothing here: the tracer has CAP_SYS_PTRACE in
 * the initial user namespace, which the kernel accepts.
 */

#define LOADER_MILLISECONDS 8000 /* the loader gives up itself and tells at which step */
#define CALLER_END_MILLISECONDS 100
#define COMMAND_LINE_LIMIT (2 << 20)
#define STACK_SIZE ((size_t)256 * 1024)
#define GUARD_SIZE ((size_t)64 * 1024)

uint32_t load_flags(const struct load_filter *filter)
{
	uint32_t flags = filter->flags | SECCOMP_FILTER_FLAG_TSYNC;

	/* A listener is a number, and so is the thread that stands in TSYNC's way. */
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	return flags;
}

int load_root(pid_t pid, struct root *ret)
{
	struct statx status;
	char path[64] = "/";

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/root", pid);
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_INO | STATX_MNT_ID, &status) < 0)
		return -errno;
	*ret = (struct root){status.stx_dev_major, status.stx_dev_minor, status.stx_ino,
		status.stx_mask & STATX_MNT_ID ? status.stx_mnt_id : 0};
	return 0;
}

bool load_same_place(const struct root *a, const struct root *b)
{
	return a->device_major == b->device_major && a->device_minor == b->device_minor &&
	       a->inode == b->inode;
}

/* The loader's side */

/* A container process that waits for its createRuntime hooks has a mount namespace of its own and
 * has not left the host's root yet. A VM runtime's process, or a stranger's, is not like that. */
static int check_waiting(struct loader *loader, struct error *err)
{
	struct stat theirs, ours;
	struct root host;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", loader->pid);
	r = load_root(loader->pid, &loader->root);
	if (r == 0 && stat(path, &theirs) < 0)
		r = -errno;
	if (r < 0)
		return error_set_errno(
			err, r == -ENOENT ? -ESRCH : r, "cannot inspect process %d", loader->pid);
	r = load_root(0, &host);
	if (r == 0 && stat("/proc/self/ns/mnt", &ours) < 0)
		r = -errno;
	if (r < 0)
		return error_set_errno(err, r, "cannot inspect the host's root");
	if (theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino)
		return error_set(err, -EINVAL,
			"process %d has no mount namespace of its own, so it is not a container "
			"process that waits for its hooks (a VM runtime?); " LOAD_OTHER_WAY,
			loader->pid);
	if (!load_same_place(&loader->root, &host))
		return error_set(err, -EINVAL,
			"process %d has left the host's root already, so it is not a container "
			"process that waits for its createRuntime hooks; " LOAD_OTHER_WAY,
			loader->pid);
	return 0;
}

bool load_flags_supported(uint32_t flags)
{
	/* Without a program, flags that are known get as far as reading it. */
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 && errno == EFAULT;
}

/* crun also takes a handler that runs the container without execve from the name it is started by,
 * krun or crun-HANDLER. The container process still has the runtime's command line. */
static int check_runtime(const struct loader *loader, struct error *err)
{
	AUTO_FREE char *line = NULL;
	const char *name;
	char path[64];
	size_t length;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", loader->pid);
	r = io_read_file(AT_FDCWD, path, path, COMMAND_LINE_LIMIT, &line, &length, err);
	if (r < 0)
		return r;
	name = strrchr(line, '/') ? strrchr(line, '/') + 1 : line;
	if (strncmp(name, "krun", 4) == 0 || strncmp(name, "crun-", 5) == 0)
		return error_set(err, -EOPNOTSUPP,
			"the runtime was started as \"%s\" and may run this container without "
			"execve, so a hook cannot confine it; use the oci-seccomp-runtime shim",
			name);
	return 0;
}

/* Asks the kernel about the flags while a refusal still costs nothing. */
static int check_flags(const struct load_request *request, struct error *err)
{
	for (size_t i = 0; i < request->count; i++) {
		uint32_t flags = load_flags(&request->filters[i]);

		if (!load_flags_supported(flags))
			return error_set(err, -EOPNOTSUPP,
				"the kernel does not take the filter flags %#x", flags);
	}
	return 0;
}

/* Once it is seized it cannot execute anything unseen; before, it was not bound to wait. */
static int check_still_waiting(const struct loader *loader, struct error *err)
{
	struct root root;
	int r = load_root(loader->pid, &root);

	if (r < 0)
		return error_set_errno(
			err, r == -ENOENT ? -ESRCH : r, "cannot inspect process %d", loader->pid);
	if (!load_same_place(&root, &loader->root) || root.mount != loader->root.mount)
		return error_set(err, -EINVAL,
			"process %d went on to another root while it was seized; it does not wait "
			"for its hooks",
			loader->pid);
	return 0;
}

static int run_loader(struct loader *loader, struct error *err)
{
	int r;

	loader->pidfd = pidfd_open(loader->pid, 0);
	if (loader->pidfd < 0)
		return error_set_errno(err, errno == ENOSYS ? -EOPNOTSUPP : -errno,
			"cannot open process %d", loader->pid);
	r = check_waiting(loader, err);
	if (r == 0)
		r = check_runtime(loader, err);
	if (r == 0)
		r = check_flags(loader->request, err);
	if (r == 0)
		r = load_seize(loader, err);
	if (r == 0)
		r = check_still_waiting(loader, err);
	if (r == 0)
		r = load_inject(loader, err);
	/* It would die with us; that it is dead when the caller hears of the failure is simpler. */
	if (r < 0 && loader->attached)
		pidfd_send_signal(loader->pidfd, SIGKILL, NULL, 0);
	return r;
}

void load_reset_signals(void)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};

	for (int signal = 1; signal < NSIG; signal++)
		sigaction(signal, &standard, NULL);
}

int load_isolate(int *report_fd, struct error *err)
{
	sigset_t blocked;
	int null, socket_end;

	signal(SIGCHLD, SIG_DFL); /* where it is ignored the kernel reaps for us */
	/* When the caller is gone, writing the report fails, and the loader ends by itself. */
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD); /* follow_wait takes it */
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	prctl(PR_SET_NAME, "seccomp-loader");
	closelog();
	if (setsid() < 0 || chdir("/") < 0)
		return error_set_errno(err, -errno, "loader: cannot leave the caller's session");
	/* In this order, since the caller may have any of these descriptors closed: the socket out
	 * of the way, stdio, the socket to its place. */
	socket_end = fcntl(*report_fd, F_DUPFD_CLOEXEC, 3);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (socket_end < 0 || null < 0)
		return error_set_errno(err, -errno, "loader: cannot open /dev/null");
	*report_fd = socket_end;
	for (int fd = 0; fd < 3; fd++) {
		if (fd != null && dup2(null, fd) < 0)
			return error_set_errno(err, -errno, "loader: dup2");
	}
	if (socket_end != 3 && dup3(socket_end, 3, O_CLOEXEC) < 0)
		return error_set_errno(err, -errno, "loader: dup3");
	*report_fd = 3;
	if (close_range(4, ~0U, 0) < 0)
		return error_set_errno(err, errno == ENOSYS ? -EOPNOTSUPP : -errno,
			"loader: close_range (Linux 5.9)");
	return 0;
}

/* The runtime waits for the caller, so that comes before anything else that is to be done. */
static void let_caller_end(int report_fd)
{
	struct pollfd caller = {.fd = report_fd, .events = POLLIN};

	poll(&caller, 1, CALLER_END_MILLISECONDS);
	close(report_fd);
}

static _Noreturn void loader_main(const struct load_request *request, int report_fd)
{
	struct loader loader = {
		.request = request,
		.pid = request->pid,
		.pidfd = -1,
		.listener = -1,
		.deadline = clock_monotonic() + LOADER_MILLISECONDS,
	};
	struct error err = ERROR_INIT;
	int r;

	r = load_isolate(&report_fd, &err);
	if (r == 0)
		r = run_loader(&loader, &err);
	if (load_send_report(report_fd, r, loader.listener, &err) < 0 || r < 0)
		_exit(1);
	/* Nobody but the agent may keep it: when the agent is gone, the calls must fail. */
	if (loader.listener >= 0)
		close(loader.listener);
	let_caller_end(report_fd);
	if (request->release)
		request->release(request->data);
	follow(&loader);
	_exit(0);
}

/* The caller's side */

static size_t count_listeners(const struct load_request *request)
{
	size_t count = 0;

	for (size_t i = 0; i < request->count; i++)
		count += (request->filters[i].flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
	return count;
}

static int check_request(const struct load_request *request, struct error *err)
{
	const uint32_t known = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
			       SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_NEW_LISTENER |
			       SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

	if (request->pid <= 0)
		return error_set(err, -ESRCH, "%d is no process", request->pid);
	if (request->count == 0)
		return error_set(err, -EINVAL, "there is no program to load");
	if (count_listeners(request) > 1)
		return error_set(err, -EINVAL,
			"more than one filter notifies, and the kernel takes one for a process");
	for (size_t i = 0; i < request->count; i++) {
		uint32_t strange = request->filters[i].flags & ~known;
		size_t length = request->filters[i].program.length;

		if (strange)
			return error_set(err, -EOPNOTSUPP,
				"the filter flags %#x cannot be used in a hook; " LOAD_OTHER_WAY,
				strange);
		if (length == 0 || length > BPF_MAXINSNS)
			return error_set(err, -E2BIG,
				"the filter has %zu instructions; the kernel takes 1 to %d", length,
				BPF_MAXINSNS);
	}
	return 0;
}

struct start {
	const struct load_request *request;
	int caller_end, loader_end;
};

static int start_loader_main(void *data)
{
	const struct start *start = data;

	close(start->caller_end);
	loader_main(start->request, start->loader_end);
}

/* A process of its own in the caller's memory, with a stack of its own. While it works the caller does
 * nothing but wait for its report, in which neither allocates; after a report of success the caller
 * ends, after one of failure the loader does. Returns as fork does, but never 0. */
static pid_t start_sharing(const struct start *start)
{
	struct start *theirs;
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack == MAP_FAILED || mprotect(stack, GUARD_SIZE, PROT_NONE) < 0)
		return -1;
	theirs = (struct start *)(stack + STACK_SIZE) - 1;
	*theirs = *start;
	return clone(start_loader_main, theirs, CLONE_VM | SIGCHLD, theirs);
}

static int start_loader(
	const struct load_request *request, pid_t *ret_loader, int *ret_fd, struct error *err)
{
	struct start start = {.request = request};
	int ends[2];
	pid_t loader;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set_errno(err, -errno, "cannot make sockets for the loader");
	start.caller_end = ends[0];
	start.loader_end = ends[1];
	loader = request->ends_caller ? start_sharing(&start) : fork();
	if (loader == 0) {
		load_reset_signals();
		start_loader_main(&start);
	}
	close(ends[1]);
	if (loader < 0) {
		close(ends[0]);
		return error_set_errno(err, -errno, "cannot fork the loader");
	}
	*ret_loader = loader;
	*ret_fd = ends[0];
	return 0;
}

/* Why the kernel refuses what needs privileges is asked only once it has. */
static int explain_refusal(int code, struct error *err)
{
	struct error reason = ERROR_INIT;
	int r = load_possible(&reason);

	if (r == 0)
		return code;
	error_finish(err);
	*err = reason;
	return r;
}

int load_into_container(const struct load_request *request, int *ret_listener, struct error *err)
{
	AUTO_CLOSE int fd = -1, listener = -1;
	pid_t loader = -1;
	int r = check_request(request, err);

	if (r == 0)
		r = load_permitted(err);
	if (r == 0)
		r = start_loader(request, &loader, &fd, err);
	if (r < 0)
		return r;
	r = load_read_report(loader, fd, &listener, err);
	if (r == -EPERM || r == -EACCES)
		r = explain_refusal(r, err);
	if (r < 0) /* the container dies with the loader */
		return error_prefix(err, r, "load into process %d", request->pid);
	if (count_listeners(request) > 0 && listener < 0)
		return error_set(err, -EMFILE,
			"the listener of process %d did not arrive; are too many files open?",
			request->pid);
	if (request->ends_caller)
		_exit(0);
	if (ret_listener)
		*ret_listener = TAKE_FD(listener);
	return 0;
}
