/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup.h"
#include "load.h"
#include "support.h"
#include "victim.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the loader refuses. */

TestSuite(load_refused, .init = require_loader, .timeout = 60);

static void expect_refused(pid_t pid, int code, const char *word)
{
	struct error err = ERROR_INIT;

	cr_expect_eq(
		load_strange_getppid(pid, &err), code, "%d: %s", err.code, error_message(&err));
	cr_expect(strstr(error_message(&err), word), "\"%s\" in: %s", word, error_message(&err));
	error_finish(&err);
}

/* It was not touched: its program runs as if there were no loader. */
static void expect_free(struct victim *victim)
{
	char output[64];

	cr_expect_eq(victim_finish(victim, output, sizeof(output)), 0);
	cr_expect(strstr(output, " 0\n") && output[0] != '-', "%s", output);
}

Test(load_refused, process_is_gone)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	cr_assert_eq(waitpid(child, NULL, 0), child);
	expect_refused(child, -ESRCH, "cannot open process");
	expect_refused(0, -ESRCH, "no process");
}

Test(load_refused, process_without_mount_namespace)
{
	struct victim victim = victim_start_bare(victim_read);

	expect_refused(victim.pid, -EINVAL, "no mount namespace of its own");
	expect_free(&victim);
}

static int wait_in_chroot(int go, int out)
{
	if (chroot("/proc") < 0)
		return 1;
	victim_ready(out);
	return victim_wait(go) ? 42 : 1;
}

Test(load_refused, process_that_left_the_root)
{
	struct victim victim = victim_start(wait_in_chroot);
	char output[64];
	int status;

	expect_refused(victim.pid, -EINVAL, "left the host's root");
	status = victim_finish(&victim, output, sizeof(output));
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 42, "wait status %#x", status);
}

Test(load_refused, process_that_is_traced)
{
	struct victim victim = victim_start(victim_read);

	cr_assert_eq(ptrace(PTRACE_SEIZE, victim.pid, NULL, NULL), 0);
	expect_refused(victim.pid, -EPERM, "already traces it");
	ptrace(PTRACE_INTERRUPT, victim.pid, NULL, NULL);
	waitpid(victim.pid, NULL, __WALL);
	ptrace(PTRACE_DETACH, victim.pid, NULL, NULL);
	expect_free(&victim);
}

Test(load_refused, requests_that_make_no_sense)
{
	static struct sock_filter code[FILTER_LENGTH];
	struct load_filter good = {{code, FILTER_LENGTH}, 0}, empty = {{code, 0}, 0},
			   long_one = {{code, 4097}, 0},
			   killable = {{code, FILTER_LENGTH},
				   SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
			   strange = {{code, FILTER_LENGTH}, 1U << 31};
	const struct load_filter listening[] = {
		{{code, FILTER_LENGTH}, SECCOMP_FILTER_FLAG_NEW_LISTENER},
		{{code, FILTER_LENGTH}, SECCOMP_FILTER_FLAG_NEW_LISTENER},
	};
	struct victim victim = victim_start(victim_read);
	const struct {
		struct load_request request;
		int code;
	} cases[] = {
		{{victim.pid, &good, 0, "test", "test", NULL, false, NULL, NULL}, -EINVAL},
		{{victim.pid, &empty, 1, "test", "test", NULL, false, NULL, NULL}, -E2BIG},
		{{victim.pid, &long_one, 1, "test", "test", NULL, false, NULL, NULL}, -E2BIG},
		{{victim.pid, &killable, 1, "test", "test", NULL, false, NULL, NULL}, -EOPNOTSUPP},
		{{victim.pid, listening, 2, "test", "test", NULL, false, NULL, NULL}, -EINVAL},
		{{victim.pid, &strange, 1, "test", "test", NULL, false, NULL, NULL}, -EOPNOTSUPP},
	};

	deny_one(code, SYS_getppid, STRANGE_ERRNO);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;

		cr_expect_eq(load_into_container(&cases[i].request, NULL, &err), cases[i].code,
			"case %zu: %s", i, error_message(&err));
		error_finish(&err);
	}
	expect_free(&victim);
}

Test(load_refused, program_that_the_kernel_refuses)
{
	struct sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 1)};
	struct load_filter filter = {{code, 1}, 0};
	struct victim victim = victim_start(victim_read);
	struct load_request request = {
		victim.pid, &filter, 1, "test", "test", NULL, false, NULL, NULL};
	struct error err = ERROR_INIT;

	cr_expect_eq(load_into_container(&request, NULL, &err), -EINVAL, "%s", error_message(&err));
	cr_expect(strstr(error_message(&err), "inject seccomp"), "%s", error_message(&err));
	error_finish(&err);
	expect_dead(&victim);
}

/* vfork's parent sleeps where no tracer can stop it. */
static int wait_in_vfork(int go, int out)
{
	victim_ready(out);
	if (vfork() == 0)
		_exit(victim_wait(go));
	return 1;
}

Test(load_refused, process_that_cannot_be_stopped)
{
	struct victim victim = victim_start(wait_in_vfork);

	expect_refused(victim.pid, -ETIMEDOUT, "interrupt");
	expect_dead(&victim);
}

#ifdef __x86_64__
/* What a 32-bit process does: the same numbers mean other calls. */
static int wait_32_bit(int go, int out)
{
	int number = 29; /* pause */

	(void)go;
	victim_ready(out);
	__asm__ volatile("int $0x80" : "+a"(number) : : "memory", "r8", "r9", "r10", "r11");
	return 1;
}

Test(load_refused, process_of_another_architecture)
{
	struct victim victim;

	if (!has_32_bit_calls())
		cr_skip_test("this kernel has no 32-bit calls");
	victim = victim_start(wait_32_bit);
	expect_refused(victim.pid, -EOPNOTSUPP, "32-bit");
	expect_dead(&victim);
}
#endif

/* In a child, since neither can be undone. */
static int possible_after(int (*change)(void), const char *word)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct error err = ERROR_INIT;

		if (change() < 0)
			_exit(2);
		_exit(load_possible(&err) == -EPERM && strstr(error_message(&err), word) ? 0 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	return status;
}

static int enter_user_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static int take_filter(void)
{
	struct sock_filter code[FILTER_LENGTH];
	struct sock_fprog program = {FILTER_LENGTH, code};

	deny_one(code, SYS_getppid, STRANGE_ERRNO);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2] = {{0}};

	return (int)syscall(SYS_capset, &head, none);
}

Test(load_refused, callers_that_cannot_load)
{
	cr_expect_eq(possible_after(enter_user_namespace, "user namespace"), 0);
	cr_expect_eq(possible_after(take_filter, "seccomp filter itself"), 0);
	cr_expect_eq(possible_after(drop_capabilities, "CAP_SYS_ADMIN"), 0);
}
