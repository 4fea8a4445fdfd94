/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first process of an emulated AArch64 machine, whose root run.sh makes: container processes that
 * wait for their hooks, each in another way, get their filter from /hook and then execute this program
 * as their own; and `oci-seccomp record`, whose BPF program is one for the processor. Prints a line for
 * each and "passed" or "failed" at last.
 *
 * What a runtime does beside that is tested on the real ones, on the host's processor. Here it is about
 * what differs: registers, the system call instruction, restarts.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DENIED_ERRNO 99 /* what run.sh's profile answers to personality */

static void fail(const char *what)
{
	printf("  %s: %s\n", what, strerror(errno));
	_exit(1);
}

static long ask_personality(void)
{
	return syscall(SYS_personality, 0xffffffffUL);
}

/* As a runtime: the filter is suspended, and its last call is an execve. */
static void go_on(int go)
{
	char byte;

	if (read(go, &byte, 1) != 1)
		fail("read");
	if (ask_personality() < 0)
		fail("bound before the execve");
	execl("/init", "init", "check", NULL);
	fail("execve");
}

static void wait_in_read(int go)
{
	go_on(go);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The kernel restarts it by restart_syscall: it neither ends early nor starts anew. */
static void wait_in_nanosleep(int go)
{
	const struct timespec time = {4, 0};
	double start = seconds(), took;

	if (syscall(SYS_nanosleep, &time, NULL) != 0)
		fail("nanosleep");
	took = seconds() - start;
	if (took < 4 || took > 4.5)
		fail("nanosleep's time");
	go_on(go);
}

static void wait_in_ppoll(int go)
{
	struct pollfd ready = {.fd = go, .events = POLLIN};

	if (poll(&ready, 1, 60000) != 1)
		fail("poll");
	go_on(go);
}

static volatile sig_atomic_t signals;

static void count(int signal)
{
	(void)signal;
	signals++;
}

/* It is pending while the filter is loaded. */
static void wait_for_signal(int go)
{
	struct sigaction action = {.sa_handler = count};
	char byte;

	sigaction(SIGUSR1, &action, NULL);
	if (read(go, &byte, 1) != -1 || errno != EINTR || signals != 1)
		fail("the signal did not interrupt read");
	go_on(go);
}

static void *sleep_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void wait_with_threads(int go)
{
	pthread_t thread;

	for (int i = 0; i < 4; i++)
		if (pthread_create(&thread, NULL, sleep_for_ever, NULL) != 0)
			fail("pthread_create");
	go_on(go);
}

static const struct way {
	const char *name;
	void (*wait)(int go);
	bool stopped; /* by SIGSTOP, with SIGUSR1 pending */
} ways[] = {
	{"read", wait_in_read, false},
	{"nanosleep", wait_in_nanosleep, false},
	{"ppoll", wait_in_ppoll, false},
	{"a pending signal", wait_for_signal, true},
	{"threads", wait_with_threads, false},
};

static int run_hook(pid_t pid)
{
	int input[2], status = -1;
	pid_t hook;

	if (pipe(input) < 0)
		return -1;
	dprintf(input[1],
		"{\"ociVersion\": \"1.0.2\", \"id\": \"guest\", \"status\": \"creating\", "
		"\"pid\": %d, \"bundle\": \"/bundle\"}",
		pid);
	close(input[1]);
	hook = fork();
	if (hook == 0) {
		dup2(input[0], 0);
		execl("/hook", "hook", "--config", "/node.json", NULL);
		_exit(127);
	}
	close(input[0]);
	waitpid(hook, &status, 0);
	return status;
}

static int seccomp_mode(pid_t pid)
{
	char path[64], line[256];
	int mode = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && mode < 0 && fgets(line, sizeof(line), file))
		sscanf(line, "Seccomp: %d", &mode);
	if (file)
		fclose(file);
	return mode;
}

static bool try_way(const struct way *way)
{
	int go[2], hook, mode, status = -1;
	pid_t pid;

	if (pipe(go) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0)
			fail("unshare");
		way->wait(go[0]);
	}
	sleep(1); /* it waits */
	if (way->stopped) {
		kill(pid, SIGSTOP);
		waitpid(pid, NULL, WUNTRACED);
		kill(pid, SIGUSR1);
	}
	hook = run_hook(pid);
	mode = seccomp_mode(pid);
	if (way->stopped) {
		kill(pid, SIGCONT);
		sleep(1);
	}
	if (write(go[1], "x", 1) != 1 || waitpid(pid, &status, 0) != pid)
		status = -1;
	close(go[0]);
	close(go[1]);
	printf("%s - %s: hook %#x, seccomp mode %d, program %#x\n",
		hook == 0 && mode == 2 && status == 0 ? "ok" : "not ok", way->name, hook, mode,
		status);
	return hook == 0 && mode == 2 && status == 0;
}

/* The same program, recorded: its one call that not every program makes must be there. */
static bool try_record(void)
{
	static const char output[] = "/recorded.json";
	pid_t recorder = fork();
	bool found = false;
	int status = -1;
	char line[256];
	FILE *file;

	if (recorder == 0) {
		execl("/oci-seccomp", "oci-seccomp", "record", "-o", output, "--", "/init", "check",
			NULL);
		_exit(127);
	}
	waitpid(recorder, &status, 0);
	file = fopen(output, "re");
	while (file && fgets(line, sizeof(line), file))
		found = found || strstr(line, "\"personality\"");
	if (file)
		fclose(file);
	printf("%s - record: status %#x\n", found ? "ok" : "not ok", status);
	return found;
}

int main(int argc, char **argv)
{
	bool passed = true;

	if (argc > 1 && strcmp(argv[1], "check") == 0)
		return ask_personality() == -1 && errno == DENIED_ERRNO ? EXIT_SUCCESS
									: EXIT_FAILURE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (mount("proc", "/proc", "proc", 0, NULL) < 0 ||
		mount("sysfs", "/sys", "sysfs", 0, NULL) < 0 ||
		mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3)) < 0)
		passed = false;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		passed = try_way(&ways[i]) && passed;
	passed = try_record() && passed;
	puts(passed ? "passed" : "failed");
	reboot(RB_POWER_OFF);
	return EXIT_FAILURE;
}
