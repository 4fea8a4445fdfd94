/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime_calls.h"

#include "cleanup.h"

#include <string.h>

/* runc 1.1 and 1.4, crun 1.8 */
static const char *const runc_calls[] = {"capget", "capset", "chdir", "close", "epoll_ctl",
	"epoll_pwait", "execve", "faccessat2", "fcntl", "fstat", "fstatfs", "futex", "getcwd",
	"getdents64", "getpid", "getppid", "mmap", "nanosleep", "newfstatat", "openat", "prctl",
	"read", "rt_sigreturn", "setgid", "setgroups", "setuid", "sigaltstack", "tgkill", "write",
	NULL};
static const char *const crun_calls[] = {"capset", "close", "execve", "prctl", "rt_sigaction",
	"rt_sigprocmask", "setresgid", "setresuid", "write", NULL};

const char *const *runtime_calls(const char *runtime)
{
	if (!strcmp(runtime, "runc"))
		return runc_calls;
	return !strcmp(runtime, "crun") ? crun_calls : NULL;
}
