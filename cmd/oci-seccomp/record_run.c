/* SPDX-License-Identifier: Apache-2.0 */
/* What is recorded, from its begin to its end. */
#include "record_verb.h"

#include "cleanup.h"
#include "clock.h"
#include "container.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOK_MILLISECONDS = 200,   /* between two looks at what was seen */
	GRACE_MILLISECONDS = 5000, /* from SIGTERM to SIGKILL */
};

/* One recording while it goes on. */
struct watch {
	const struct record_request *request;
	struct recorder *recorder;
	int64_t begun, changed; /* when; the latter: a call came that was not seen before */
	size_t count;
	sigset_t former; /* mask of signals */
	int signals;	 /* signalfd of SIGCHLD, SIGINT, SIGTERM */
	bool interrupted, terminal;
};

static int watch_init(struct watch *watch, const struct record_request *request,
	struct recorder *recorder, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	*watch = (struct watch){.request = request,
		.recorder = recorder,
		.begun = clock_monotonic(),
		/* Not in between what the command shows there. */
		.terminal = isatty(STDERR_FILENO) && !(request->command && isatty(STDOUT_FILENO))};
	watch->changed = watch->begun;
	sigprocmask(SIG_BLOCK, &set, &watch->former);
	watch->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return watch->signals < 0 ? error_set_errno(err, -errno, "signalfd") : 0;
}

static void watch_finish(struct watch *watch)
{
	if (watch->terminal)
		fputs("\r\033[K", stderr);
	close_descriptor(&watch->signals);
	sigprocmask(SIG_SETMASK, &watch->former, NULL);
}

static void read_signals(struct watch *watch)
{
	struct signalfd_siginfo info;

	while (read(watch->signals, &info, sizeof(info)) == sizeof(info))
		watch->interrupted |= info.ssi_signo != SIGCHLD;
}

static void look(struct watch *watch)
{
	size_t count = recorder_count(watch->recorder);
	int64_t now = clock_monotonic();

	if (count != watch->count) {
		watch->count = count;
		watch->changed = now;
	}
	if (watch->terminal)
		fprintf(stderr, "\r\033[K%zu system calls, the last new one %lld s ago", count,
			(long long)(now - watch->changed) / 1000);
}

/* Whether the recording is to end before what is recorded does. */
static bool is_over(const struct watch *watch, enum record_end *ret)
{
	const struct record_request *request = watch->request;
	int64_t now = clock_monotonic();

	if (watch->interrupted)
		*ret = RECORD_INTERRUPTED;
	else if (request->duration && now - watch->begun >= request->duration)
		*ret = RECORD_TIME;
	else if (request->quiet && now - watch->changed >= request->quiet)
		*ret = RECORD_QUIET;
	else
		return false;
	return true;
}

/* Until a signal or `fd` (-1: none) has something to tell, or for a moment. */
static bool wait_a_moment(struct watch *watch, int fd)
{
	struct pollfd ready[] = {{watch->signals, POLLIN, 0}, {fd, POLLIN, 0}};

	poll(ready, 2, LOOK_MILLISECONDS);
	read_signals(watch);
	look(watch);
	return ready[1].revents != 0;
}

/* The child waits until it is recorded, then executes the command; why that failed goes to `report`. */
static _Noreturn void execute(char **command, const sigset_t *mask, int go, int report)
{
	char byte;
	int code;

	sigprocmask(SIG_SETMASK, mask, NULL);
	if (read(go, &byte, 1) == 1) {
		execvp(command[0], command);
		code = errno;
		if (write(report, &code, sizeof(code)) < 0)
			_exit(126);
	}
	_exit(127);
}

static int start(struct watch *watch, pid_t *ret_child, struct error *err)
{
	char **command = watch->request->command;
	int go[2], report[2], code = 0, r;
	pid_t child;

	if (pipe2(go, O_CLOEXEC) < 0)
		return error_set_errno(err, -errno, "pipe");
	if (pipe2(report, O_CLOEXEC) < 0) {
		r = error_set_errno(err, -errno, "pipe");
		close(go[0]);
		close(go[1]);
		return r;
	}
	child = fork();
	if (child == 0) {
		close(go[1]); /* else it would never see that nobody tells it to go */
		close(report[0]);
		execute(command, &watch->former, go[0], report[1]);
	}
	close(go[0]);
	close(report[1]);
	r = child < 0 ? error_set_errno(err, -errno, "fork")
		      : recorder_add(watch->recorder, child, true, err);
	if (r == 0 && write(go[1], "", 1) == 1 && read(report[0], &code, sizeof(code)) > 0)
		r = error_set_errno(err, -code, "%s: cannot execute", command[0]);
	close(go[1]); /* a child that was not told to go ends now */
	close(report[0]);
	if (r < 0 && child > 0)
		waitpid(child, NULL, 0);
	*ret_child = child;
	return r;
}

/* Takes the ends of children, this one's status among them. False: there are none left. */
static bool reap(pid_t child, int *status)
{
	int word;
	pid_t pid;

	while ((pid = waitpid(-1, &word, WNOHANG)) > 0)
		if (pid == child)
			*status = WIFEXITED(word) ? WEXITSTATUS(word) : 128 + WTERMSIG(word);
	return pid == 0;
}

static void signal_children(int signal)
{
	char path[64];
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1)
		kill(pid, signal);
	if (file)
		fclose(file);
}

/* The command is there to be recorded, so it ends with the recording: politely, then not. */
static void end_children(struct watch *watch, pid_t child, int *status)
{
	int64_t deadline = clock_monotonic() + GRACE_MILLISECONDS;

	signal_children(SIGTERM);
	while (reap(child, status)) {
		if (clock_monotonic() > deadline)
			signal_children(SIGKILL);
		wait_a_moment(watch, -1);
	}
}

int record_command(const struct record_request *request, struct recorder *recorder,
	struct record_outcome *ret, struct error *err)
{
	struct record_outcome outcome = {.end = RECORD_ENDED};
	struct watch watch;
	pid_t child = -1;
	int r;

	/* What the command leaves behind becomes a child of ours, so that we see its end. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return error_set_errno(err, -errno, "PR_SET_CHILD_SUBREAPER");
	r = watch_init(&watch, request, recorder, err);
	if (r == 0)
		r = start(&watch, &child, err);
	while (r == 0 && reap(child, &outcome.status)) {
		if (is_over(&watch, &outcome.end)) {
			end_children(&watch, child, &outcome.status);
			break;
		}
		wait_a_moment(&watch, -1);
	}
	outcome.milliseconds = clock_monotonic() - watch.begun;
	watch_finish(&watch);
	if (r == 0)
		*ret = outcome;
	return r;
}

/* Every process of the container, also what is forked meanwhile: until a look shows nothing new. */
static int add_container(const struct record_request *request, struct recorder *recorder,
	pid_t *ret_first, struct error *err)
{
	size_t former = 0, added = 0;
	int r;

	do {
		struct containers containers;
		const struct container *container;

		former = added;
		added = 0;
		r = containers_find(request->roots.items, &containers, err);
		if (r < 0)
			return r;
		r = containers_by_name(&containers, request->container, &container, err);
		if (r == 0)
			*ret_first = container->pid;
		for (size_t i = 0; r == 0 && i < containers.process_count; i++) {
			const struct process *process = &containers.processes[i];

			if (containers_of(&containers, process->pid) != container || process->dead)
				continue;
			r = recorder_add(recorder, process->pid, false, err);
			added += r == 0;
			r = r == -ESRCH ? 0 : r;
		}
		containers_finish(&containers);
	} while (r == 0 && added != former);
	return r < 0 ? r : recorder_add_namespaces(recorder, *ret_first, false, err);
}

int record_background(int *ret_ready, struct error *err)
{
	int ends[2], status;
	pid_t child;
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, -errno, "pipe");
	child = fork();
	if (child < 0)
		return error_set_errno(err, -errno, "fork");
	if (child == 0) {
		close(ends[0]);
		*ret_ready = ends[1];
		return 0;
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) == 1)
		_exit(EXIT_SUCCESS);
	_exit(waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status)
								       : EXIT_FAILURE);
}

/* Out of the caller's cgroups, which may be killed or removed with the container: into the root of the one
 * hierarchy, or of each. Where that may not be written it stays as it is. */
static void leave_cgroups(void)
{
	bool one = access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0;
	glob_t roots;

	if (glob(one ? "/sys/fs/cgroup/cgroup.procs" : "/sys/fs/cgroup/*/cgroup.procs", 0, NULL,
		    &roots) != 0)
		return;
	for (size_t i = 0; i < roots.gl_pathc; i++) {
		AUTO_CLOSE int fd = open(roots.gl_pathv[i], O_WRONLY | O_CLOEXEC);

		if (fd >= 0)
			(void)!write(fd, "0", 1);
	}
	globfree(&roots);
}

void record_detach(int ready)
{
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (ready < 0)
		return;
	leave_cgroups();
	setsid();
	(void)!chdir("/");
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	(void)!write(ready, "", 1);
	close(ready);
}

/* `*ret_fd` tells when the first process has ended. */
static int begin(const struct record_request *request, struct recorder *recorder, int *ret_fd,
	struct error *err)
{
	pid_t first = request->pid;
	int r = request->container ? add_container(request, recorder, &first, err)
				   : recorder_add(recorder, first, request->first, err);

	if (r == 0 && request->first)
		r = recorder_add_namespaces(recorder, first, true, err);
	if (r < 0)
		return r;
	*ret_fd = pidfd_open(first, 0);
	return *ret_fd < 0 ? error_set_errno(err, -errno, "cannot open process %d", first) : 0;
}

int record_running(const struct record_request *request, struct recorder *recorder, int ready,
	struct record_outcome *ret, struct error *err)
{
	struct record_outcome outcome = {.end = RECORD_ENDED};
	AUTO_CLOSE int fd = -1;
	struct watch watch;
	int r = watch_init(&watch, request, recorder, err);

	if (r == 0)
		r = begin(request, recorder, &fd, err);
	if (r == 0 && ready < 0)
		fputs("oci-seccomp record: recording; Ctrl-C ends it\n", stderr);
	if (r == 0)
		record_detach(ready);
	while (r == 0 && !is_over(&watch, &outcome.end) && !wait_a_moment(&watch, fd))
		continue;
	outcome.milliseconds = clock_monotonic() - watch.begun;
	watch_finish(&watch);
	if (r == 0)
		*ret = outcome;
	return r;
}
