/* SPDX-License-Identifier: Apache-2.0 */
#include "victim.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A filter for the caller itself, and for what it executes. */

TestSuite(load_self, .timeout = 60);

static int load_strange(int (*load)(const struct load_filter *filter, struct error *err))
{
	struct sock_filter code[FILTER_LENGTH];
	struct load_filter filter = {{code, FILTER_LENGTH}, 0};

	deny_one(code, SYS_getppid, STRANGE_ERRNO);
	return load(&filter, NULL);
}

static int wait_and_execute(int go, int out)
{
	if (load_strange(load_into_self) < 0 || status_number(getpid(), "NoNewPrivs") != 0)
		return 101;
	/* It has no child, so that nobody has to wait for the loader. */
	if (waitpid(-1, NULL, 0) != -1 || errno != ECHILD)
		return 102;
	victim_ready(out);
	if (!victim_wait(go))
		return 103;
	execl("/nowhere", "nowhere", (char *)NULL); /* changes nothing */
	return victim_execute_getppid(out);
}

Test(load_self, suspended_until_a_program_is_executed, .init = require_loader)
{
	struct victim victim = victim_start_bare(wait_and_execute);

	cr_expect_eq(status_number(victim.pid, "Seccomp"), 2);
	expect_confined(&victim);
}

Test(load_self, dies_with_its_loader, .init = require_loader)
{
	struct victim victim = victim_start_bare(wait_and_execute);
	pid_t loader = wait_for_tracer(victim.pid);

	cr_assert_gt(loader, 0);
	expect_loader_holds_nothing_of_ours(loader);
	cr_assert_eq(kill(loader, SIGKILL), 0);
	expect_dead(&victim);
}

static int at_once(int go, int out)
{
	if (load_strange(load_without_privilege) < 0)
		return 101;
	if (status_number(getpid(), "NoNewPrivs") != 1)
		return 102;
	if (syscall(SYS_getppid) != -1 || errno != STRANGE_ERRNO)
		return 103;
	victim_ready(out);
	return victim_wait(go) ? 0 : 104;
}

Test(load_self, without_privilege_at_once)
{
	struct victim victim = victim_start_bare(at_once);
	char output[64];

	cr_expect_eq(victim_finish(&victim, output, sizeof(output)), 0);
}

/* The kernel lets nobody suspend another one's filters who has one. */
static int confined_already(int go, int out)
{
	if (load_strange(load_without_privilege) < 0)
		return 101;
	if (load_strange(load_into_self) != -EPERM)
		return 102;
	if (status_number(getpid(), "Seccomp_filters") > 1)
		return 103;
	victim_ready(out);
	return victim_wait(go) ? 0 : 104;
}

Test(load_self, not_below_a_filter)
{
	struct victim victim = victim_start_bare(confined_already);
	char output[64];

	cr_expect_eq(victim_finish(&victim, output, sizeof(output)), 0);
}

Test(load_self, a_length_that_is_none)
{
	struct load_filter filter = {{NULL, 0}, 0};
	struct error err = ERROR_INIT;

	cr_expect_eq(load_without_privilege(&filter, &err), -E2BIG);
	error_finish(&err);
}
