/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup.h"
#include "load.h"
#include "process.h"
#include "victim.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

TestSuite(load, .init = require_loader, .timeout = 60);

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Ways to wait. Each must end as if nobody had interfered. */

static int wait_poll(int go, int out)
{
	struct pollfd ready = {.fd = go, .events = POLLIN};

	victim_ready(out);
	return poll(&ready, 1, 5000) == 1 && victim_wait(go) ? victim_execute_getppid(out) : 1;
}

static int wait_ppoll(int go, int out)
{
	struct pollfd ready = {.fd = go, .events = POLLIN};
	sigset_t all;

	sigfillset(&all);
	victim_ready(out);
	return ppoll(&ready, 1, NULL, &all) == 1 && victim_wait(go) ? victim_execute_getppid(out)
								    : 1;
}

static int wait_epoll(int go, int out)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC), r;

	epoll_ctl(epoll, EPOLL_CTL_ADD, go, &event);
	victim_ready(out);
	/* The one call that the kernel ends with EINTR whatever stops it. */
	while ((r = epoll_wait(epoll, &event, 1, -1)) < 0 && errno == EINTR)
		;
	return r == 1 && victim_wait(go) ? victim_execute_getppid(out) : 1;
}

/* Interrupted in the middle it must neither end early nor start anew. */
static int wait_nanosleep(int go, int out)
{
	const struct timespec second = {1, 0};
	int64_t start = milliseconds(), took;

	victim_ready(out);
	if (syscall(SYS_nanosleep, &second, NULL) != 0)
		return 1;
	took = milliseconds() - start;
	if (took < 1000 || took > 1400)
		return 2;
	return victim_wait(go) ? victim_execute_getppid(out) : 1;
}

static int wait_futex(int go, int out)
{
	const struct timespec limit = {0, 800000000};
	uint32_t word = 0;

	victim_ready(out);
	if (syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0) != -1 ||
		errno != ETIMEDOUT)
		return 1;
	return victim_wait(go) ? victim_execute_getppid(out) : 1;
}

static atomic_int signals_seen;

static void count_signal(int signal)
{
	(void)signal;
	signals_seen++;
}

static int wait_sigsuspend(int go, int out)
{
	sigset_t blocked, none;

	(void)go;
	signal(SIGUSR1, count_signal);
	sigemptyset(&none);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	victim_ready(out);
	if (sigsuspend(&none) != -1 || errno != EINTR)
		return 1;
	/* The mask that sigsuspend put aside is back. */
	if (sigprocmask(SIG_BLOCK, NULL, &none) < 0 || !sigismember(&none, SIGUSR1))
		return 2;
	return victim_execute_getppid(out);
}

Test(load, victim_goes_on_and_its_program_is_confined)
{
	static const struct {
		const char *name;
		victim_body *body;
		unsigned delay; /* microseconds before the load */
		int signal;	/* to send after it */
	} ways[] = {
		{"read", victim_read, 0, 0},
		{"poll with a timeout", wait_poll, 0, 0},
		{"ppoll", wait_ppoll, 0, 0},
		{"epoll_wait", wait_epoll, 0, 0},
		{"nanosleep", wait_nanosleep, 500000, 0},
		{"futex", wait_futex, 0, 0},
		{"sigsuspend", wait_sigsuspend, 0, SIGUSR1},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
		struct victim victim = victim_start(ways[i].body);

		cr_log_info("waits in %s", ways[i].name);
		usleep(ways[i].delay);
		load_or_fail(victim.pid);
		cr_expect_eq(status_number(victim.pid, "Seccomp"), 2, "%s", ways[i].name);
		cr_expect_eq(status_number(victim.pid, "NoNewPrivs"), 0);
		if (ways[i].signal)
			kill(victim.pid, ways[i].signal);
		expect_confined(&victim);
	}
}

Test(load, profile_need_not_allow_execve)
{
	static const long allowed[] = {
		SYS_write,
		SYS_exit_group,
		SYS_brk,
		SYS_mprotect,
#ifdef SYS_arch_prctl
		SYS_arch_prctl,
#endif
	};
	struct sock_filter code[2 * ARRAY_LENGTH(allowed) + 2];
	struct load_filter filter = {{code, ARRAY_LENGTH(code)}, SECCOMP_FILTER_FLAG_SPEC_ALLOW};
	struct victim victim = victim_start(victim_read);
	struct load_request request = {
		victim.pid, &filter, 1, "test_load", "test_load", NULL, false, NULL, NULL};
	struct error err = ERROR_INIT;
	size_t n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (size_t i = 0; i < ARRAY_LENGTH(allowed); i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i], 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[n++] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | STRANGE_ERRNO);
	cr_assert_eq(load_into_container(&request, NULL, &err), 0, "%s", error_message(&err));
	expect_confined(&victim);
}

Test(load, two_programs_are_stacked_in_order)
{
	struct sock_filter older[FILTER_LENGTH], newer[FILTER_LENGTH];
	struct load_filter filters[] = {{{older, FILTER_LENGTH}, 0}, {{newer, FILTER_LENGTH}, 0}};
	struct victim victim = victim_start(victim_read);
	struct load_request request = {
		victim.pid, filters, 2, "test_load", "test_load", NULL, false, NULL, NULL};
	struct error err = ERROR_INIT;
	char output[64];

	/* Of two that give an errno the newer one's counts. */
	deny_one(older, SYS_getppid, 778);
	deny_one(newer, SYS_getppid, STRANGE_ERRNO);
	cr_assert_eq(load_into_container(&request, NULL, &err), 0, "%s", error_message(&err));
	cr_expect_eq(status_number(victim.pid, "Seccomp_filters"), 2);
	cr_expect_eq(victim_finish(&victim, output, sizeof(output)), 0);
	cr_expect_str_eq(output, "-1 777\n");
}

/* Threads */

static int thread_go, thread_out;

static void *execute_from_thread(void *unused)
{
	(void)unused;
	_exit(victim_wait(thread_go) ? victim_execute_getppid(thread_out) : 1);
}

static void *wait_for_ever(void *unused)
{
	while (pause() < 0)
		;
	return unused;
}

static void *do_nothing(void *unused)
{
	return unused;
}

static void *start_threads_for_ever(void *unused)
{
	pthread_t thread;

	while (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
		pthread_join(thread, NULL);
	return unused;
}

static int wait_threads(int go, int out)
{
	pthread_t threads[4];

	thread_go = go;
	thread_out = out;
	if (pthread_create(&threads[0], NULL, wait_for_ever, NULL) != 0 ||
		pthread_create(&threads[1], NULL, wait_for_ever, NULL) != 0 ||
		pthread_create(&threads[2], NULL, start_threads_for_ever, NULL) != 0 ||
		pthread_create(&threads[3], NULL, execute_from_thread, NULL) != 0)
		return 1;
	victim_ready(out);
	pthread_join(threads[3], NULL);
	return 1;
}

static bool has_ended(pid_t tid)
{
	struct process process;

	return process_read(tid, &process, NULL) < 0 || process.dead;
}

Test(load, every_thread_has_the_filter_and_a_thread_may_execute)
{
	struct victim victim = victim_start(wait_threads);
	char path[64];
	struct dirent *entry;
	size_t seen = 0;
	DIR *threads;

	load_or_fail(victim.pid);
	snprintf(path, sizeof(path), "/proc/%d/task", victim.pid);
	threads = opendir(path);
	while ((entry = readdir(threads))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		long mode = status_number(tid, "Seccomp");

		/* One that ends while the others get the filter need not get it. */
		if (entry->d_name[0] == '.' || mode < 0 || has_ended(tid))
			continue;
		cr_expect_eq(mode, 2, "thread %s", entry->d_name);
		seen++;
	}
	closedir(threads);
	cr_expect_geq(seen, 4);
	expect_confined(&victim);
}

static int start_threads_until_told(int go, int out)
{
	struct pollfd ready = {.fd = go, .events = POLLIN};
	pthread_t thread;

	victim_ready(out);
	while (poll(&ready, 1, 0) == 0 && pthread_create(&thread, NULL, do_nothing, NULL) == 0)
		pthread_join(thread, NULL);
	return victim_wait(go) ? victim_execute_getppid(out) : 1;
}

/* What stops it is not always what the loader asked for, and a thread may end while it is seized. */
Test(load, a_main_thread_that_starts_threads)
{
	for (int i = 0; i < 100; i++) {
		struct victim victim = victim_start(start_threads_until_told);

		load_or_fail(victim.pid);
		expect_confined(&victim);
	}
}

/* read(2) as the last bytes of a page that nothing follows. */
static const uint8_t read_code[] = {
#if defined(__x86_64__)
	0xb8, SYS_read, 0, 0, 0, /* mov eax, SYS_read */
	0x0f, 0x05, 0xc3	 /* syscall, ret */
#elif defined(__aarch64__)
	0xe8, 0x07, 0x80, 0xd2, /* mov x8, 63 */
	0x01, 0x00, 0x00, 0xd4, /* svc 0 */
	0xc0, 0x03, 0x5f, 0xd6	/* ret */
#endif
};

static int read_at_the_end_of_a_page(int go, int out)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char byte = 0, *code = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	union {
		char *code;
		long (*call)(int, void *, size_t);
	} end = {code + page - sizeof(read_code)};

	memcpy(end.code, read_code, sizeof(read_code));
	if (mprotect(code, page, PROT_READ | PROT_EXEC) < 0 || munmap(code + page, page) < 0)
		return 104;
	__builtin___clear_cache(code, code + page);
	victim_ready(out);
	return end.call(go, &byte, 1) == 1 && byte == 'x' ? victim_execute_getppid(out) : 1;
}

Test(load, a_call_at_the_end_of_the_code)
{
	struct victim victim = victim_start(read_at_the_end_of_a_page);

	load_or_fail(victim.pid);
	expect_confined(&victim);
}

/* Signals */

static int wait_under_signals(int go, int out)
{
	struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_RESTART};

	sigaction(SIGUSR1, &action, NULL);
	victim_ready(out);
	return victim_wait(go) && signals_seen > 0 ? victim_execute_getppid(out) : 1;
}

Test(load, signals_are_delivered)
{
	struct victim victim = victim_start(wait_under_signals);
	pid_t sender = fork();

	if (sender == 0) {
		for (int i = 0; i < 20000; i++)
			kill(victim.pid, SIGUSR1);
		_exit(0);
	}
	load_or_fail(victim.pid);
	cr_assert_eq(waitpid(sender, NULL, 0), sender);
	expect_confined(&victim);
}

static int wait_to_be_interrupted(int go, int out)
{
	struct sigaction action = {.sa_handler = count_signal};

	sigaction(SIGUSR1, &action, NULL);
	victim_ready(out);
	if (victim_wait(go) || errno != EINTR || signals_seen != 1)
		return 1;
	return victim_wait(go) ? victim_execute_getppid(out) : 1;
}

/* It waits all the time that the thread is borrowed, and has to end the thread's own call then. */
Test(load, a_pending_signal_interrupts_the_call)
{
	struct victim victim = victim_start(wait_to_be_interrupted);
	int status;

	usleep(20000); /* it reads */
	kill(victim.pid, SIGSTOP);
	cr_assert_eq(waitpid(victim.pid, &status, WUNTRACED), victim.pid);
	kill(victim.pid, SIGUSR1);
	load_or_fail(victim.pid);
	kill(victim.pid, SIGCONT);
	usleep(20000);
	expect_confined(&victim);
}

Test(load, stop_and_continue_work)
{
	struct victim victim = victim_start(victim_read);
	int status;

	/* Stopped while it is loaded into, and stopped still when that is done. */
	kill(victim.pid, SIGSTOP);
	cr_assert_eq(waitpid(victim.pid, &status, WUNTRACED), victim.pid);
	load_or_fail(victim.pid);
	cr_assert_eq(write(victim.go, "x", 1), 1);
	usleep(50000);
	cr_expect_eq(waitpid(victim.pid, &status, WNOHANG), 0, "it runs although it is stopped");
	kill(victim.pid, SIGCONT);
	expect_confined(&victim);

	victim = victim_start(victim_read);
	load_or_fail(victim.pid);
	kill(victim.pid, SIGSTOP);
	cr_assert_eq(waitpid(victim.pid, &status, WUNTRACED), victim.pid);
	cr_expect(WIFSTOPPED(status));
	kill(victim.pid, SIGCONT);
	expect_confined(&victim);
}

/* Children */

static int child_tries_getppid(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(syscall(SYS_getppid) > 0 ? 1 : errno == STRANGE_ERRNO ? 2 : 3);
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int wait_and_fork(int go, int out)
{
	victim_ready(out);
	if (!victim_wait(go))
		return 1;
	if (child_tries_getppid() != 1)
		return 2; /* a createContainer hook is bound already */
	if (chroot("/proc") < 0 || getppid() <= 0)
		return 3;
	if (child_tries_getppid() != 2)
		return 4; /* a startContainer hook is not bound */
	if (child_tries_getppid() != 2 || getppid() <= 0)
		return 5;
	return 42;
}

Test(load, children_are_bound_once_the_root_is_left)
{
	struct victim victim = victim_start(wait_and_fork);
	char output[64];
	int status;

	load_or_fail(victim.pid);
	status = victim_finish(&victim, output, sizeof(output));
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 42, "wait status %#x", status);
}

/* A child that outlives the execve of its parent. */
static int wait_and_leave_child(int go, int out)
{
	int order[2];
	char byte;

	victim_ready(out);
	if (!victim_wait(go) || pipe(order) < 0)
		return 1;
	if (fork() == 0) {
		close(order[1]); /* the program ends, then read() does */
		if (read(order[0], &byte, 1) != 0)
			_exit(1);
		usleep(50000);
		if (syscall(SYS_getppid) < 0 && errno == STRANGE_ERRNO &&
			write(out, "bound", 5) == 5)
			_exit(0);
		_exit(1);
	}
	close(order[0]);
	return victim_execute(out, "exit", "42");
}

Test(load, left_children_are_bound_at_the_execve)
{
	struct victim victim = victim_start(wait_and_leave_child);
	char output[64];
	int status;

	load_or_fail(victim.pid);
	status = victim_finish(&victim, output, sizeof(output));
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 42, "wait status %#x", status);
	cr_expect_str_eq(output, "bound");
}
