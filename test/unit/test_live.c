/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include "live_threads.h"
#include "process.h"
#include "support.h"
#include "victim.h"

#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

TestSuite(live, .init = require_root, .fini = check_leaks, .timeout = 60);

static void load_own(long number, unsigned errnumber, unsigned flags)
{
	struct sock_filter code[FILTER_LENGTH];
	struct sock_fprog program = {FILTER_LENGTH, code};

	deny_one(code, number, errnumber);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0)
		_exit(110);
}

static int two_filters(int go, int out)
{
	load_own(SYS_getppid, STRANGE_ERRNO, SECCOMP_FILTER_FLAG_LOG);
	load_own(SYS_getsid, 5, 0);
	victim_ready(out);
	return victim_wait(go) ? 0 : 1;
}

static int no_filter(int go, int out)
{
	victim_ready(out);
	return victim_wait(go) ? 0 : 1;
}

static void finish_well(struct victim *victim)
{
	char output[64];

	cr_expect_eq(victim_finish(victim, output, sizeof(output)), 0);
}

static void read_well(pid_t pid, struct live_programs *programs, struct live_stack *stack)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(live_read(pid, pid, programs, stack, &err), 0, "%s", error_message(&err));
	cr_expect_eq(status_number(pid, "TracerPid"), 0);
}

static void expect_program(const struct program *program, long number, unsigned errnumber)
{
	struct sock_filter code[FILTER_LENGTH];

	deny_one(code, number, errnumber);
	cr_assert_eq(program->length, FILTER_LENGTH);
	cr_expect_arr_eq(program->code, code, sizeof(code));
}

Test(live, filters_oldest_first)
{
	struct victim victims[2] = {victim_start_bare(two_filters), victim_start_bare(two_filters)};
	struct live_programs programs = {0};
	struct live_stack stacks[2];

	for (int i = 0; i < 2; i++)
		read_well(victims[i].pid, &programs, &stacks[i]);
	cr_assert_eq(programs.count, 2, "programs are known again");
	cr_assert_eq(stacks[0].count, 2);
	expect_program(&programs.items[stacks[0].filters[0].program], SYS_getppid, STRANGE_ERRNO);
	expect_program(&programs.items[stacks[0].filters[1].program], SYS_getsid, 5);
	cr_expect(stacks[0].filters[0].log);
	cr_expect_not(stacks[0].filters[1].log);
	cr_expect(live_stack_equal(&stacks[0], &stacks[1]));
	for (int i = 0; i < 2; i++) {
		live_stack_finish(&stacks[i]);
		finish_well(&victims[i]);
	}
	live_programs_finish(&programs);
}

Test(live, no_filter_at_all)
{
	struct victim victim = victim_start_bare(no_filter);
	struct live_programs programs = {0};
	struct live_stack stack;

	read_well(victim.pid, &programs, &stack);
	cr_expect_eq(stack.count, 0);
	live_stack_finish(&stack);
	live_programs_finish(&programs);
	finish_well(&victim);
}

static void *confine_itself(void *unused)
{
	load_own(SYS_getsid, 7, 0);
	pause();
	return unused;
}

static int two_threads(int go, int out)
{
	pthread_t thread;

	load_own(SYS_getppid, STRANGE_ERRNO, 0);
	if (pthread_create(&thread, NULL, confine_itself, NULL) != 0)
		return 2;
	usleep(100000);
	victim_ready(out);
	return victim_wait(go) ? 0 : 1;
}

Test(live, threads_that_differ)
{
	struct victim victim = victim_start_bare(two_threads);
	struct error err = ERROR_INIT;
	struct live_threads threads;

	cr_assert_eq(
		live_threads_of_process(victim.pid, &threads, &err), 0, "%s", error_message(&err));
	cr_assert_eq(threads.group_count, 2);
	cr_expect_eq(threads.groups[0].first.pid, victim.pid);
	cr_expect_eq(threads.groups[0].stack.count, 1);
	cr_expect_eq(threads.groups[1].stack.count, 2);
	cr_expect_eq(threads.seen_count, 2);
	live_threads_finish(&threads);
	finish_well(&victim);
}

static void expect_failure(pid_t pid, int code, const char *text)
{
	struct live_programs programs = {0};
	struct error err = ERROR_INIT;
	struct live_stack stack;

	cr_expect_eq(live_read(pid, pid, &programs, &stack, &err), code);
	cr_expect(contains(error_message(&err), text), "%s", error_message(&err));
	error_finish(&err);
}

Test(live, one_that_is_traced_is_left_alone)
{
	struct victim victim = victim_start_bare(two_filters);

	cr_assert_eq(ptrace(PTRACE_SEIZE, victim.pid, NULL, NULL), 0);
	expect_failure(victim.pid, -EBUSY, "is traced by process");
	cr_expect_eq(status_number(victim.pid, "TracerPid"), getpid());
	finish_well(&victim);
}

Test(live, one_that_has_ended)
{
	pid_t child = fork();
	siginfo_t info;

	if (child == 0)
		_exit(0);
	cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	expect_failure(child, -ESRCH, "has ended"); /* a zombie */
	cr_assert_eq(waitpid(child, NULL, 0), child);
	expect_failure(child, -ESRCH, "");
}

static char state_of(pid_t pid)
{
	AUTO_FREE char *text = NULL;
	size_t length;

	cr_assert_eq(process_file(pid, "stat", &text, &length, NULL), 0);
	return strrchr(text, ')')[2];
}

Test(live, one_that_is_stopped_stays_so)
{
	struct victim victim = victim_start_bare(two_filters);
	struct live_programs programs = {0};
	struct live_stack stack;

	kill(victim.pid, SIGSTOP);
	cr_assert_eq(waitpid(victim.pid, NULL, WUNTRACED), victim.pid);
	read_well(victim.pid, &programs, &stack);
	usleep(50000);
	cr_expect_eq(state_of(victim.pid), 'T');
	kill(victim.pid, SIGCONT);
	live_stack_finish(&stack);
	live_programs_finish(&programs);
	finish_well(&victim);
}

static volatile sig_atomic_t received;

static void count_signal(int signal)
{
	(void)signal;
	received++;
}

enum { SIGNALS = 300 };

static int counts_signals(int go, int out)
{
	struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_RESTART};

	sigaction(SIGRTMIN, &action, NULL);
	victim_ready(out);
	if (!victim_wait(go))
		return 1;
	return received == SIGNALS ? 0 : 2;
}

/* A thread that stops for a signal gets it when it goes on. */
Test(live, signals_are_not_lost)
{
	struct victim victim = victim_start_bare(counts_signals);
	struct live_programs programs = {0};

	for (int i = 0; i < SIGNALS; i++) {
		struct live_stack stack;

		cr_assert_eq(kill(victim.pid, SIGRTMIN), 0);
		read_well(victim.pid, &programs, &stack);
		live_stack_finish(&stack);
	}
	live_programs_finish(&programs);
	finish_well(&victim);
}

static int waits_for_vfork(int go, int out)
{
	load_own(SYS_getppid, STRANGE_ERRNO, 0);
	victim_ready(out);
	if (vfork() == 0) {
		char byte;

		_exit(read(go, &byte, 1) == 1 ? 0 : 1);
	}
	return 0;
}

Test(live, one_that_does_not_stop)
{
	struct victim victim = victim_start_bare(waits_for_vfork);

	expect_failure(victim.pid, -ETIMEDOUT, "does not stop");
	cr_assert_eq(kill(victim.pid, SIGKILL), 0);
	close(victim.go);
	close(victim.out);
}
