/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"
#include "probe_machine.h"

#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <linux/time_types.h>
#include <stdint.h>

enum {
	AF_INET = 2,
	AF_ALG = 38,
	AF_VSOCK = 40,
	SOCK_STREAM = 1,
	SOCK_SEQPACKET = 5,
	PR_GET_SECCOMP = 21,
	TCGETS = 0x5401,
	SIGCHLD = 17,
	THREADS = 4,
};

static uint64_t number_of(const char *text)
{
	uint64_t value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (uint64_t)(*text - '0');
	return value;
}

static long probe_ptrace(const char *argument)
{
	(void)argument;
	return call(__NR_ptrace, 0 /* PTRACE_TRACEME */, 0, 0, 0, 0);
}

static long probe_chmod(const char *argument)
{
	(void)argument;
#ifdef __NR_chmod
	return call(__NR_chmod, (long)"/tmp", 01777, 0, 0, 0);
#else
	return call(__NR_fchmodat, AT_FDCWD, (long)"/tmp", 01777, 0, 0);
#endif
}

static long probe_fchmod(const char *argument)
{
	long fd = call(__NR_openat, AT_FDCWD, (long)"/tmp", O_RDONLY | O_DIRECTORY, 0, 0);
	long r = fd;

	(void)argument;
	if (fd >= 0) {
		r = call(__NR_fchmod, fd, 01777, 0, 0, 0);
		call(__NR_close, fd, 0, 0, 0, 0);
	}
	return r;
}

static long probe_fchmodat(const char *argument)
{
	(void)argument;
	return call(__NR_fchmodat, AT_FDCWD, (long)"/tmp", 01777, 0, 0);
}

/* Put it last: where it works, what follows runs in a user namespace of its own. */
static long probe_unshare(const char *argument)
{
	(void)argument;
	return call(__NR_unshare, CLONE_NEWUSER, 0, 0, 0, 0);
}

/* The kernel looks the target up before it asks for CAP_SYS_ADMIN: ENOENT is its own answer, EPERM
 * is the filter's, whoever asks. The same in umount2. */
static long probe_mount(const char *argument)
{
	(void)argument;
	return call(__NR_mount, (long)"none", (long)"/no-such-place", (long)"tmpfs", 0, 0);
}

static long probe_umount2(const char *argument)
{
	(void)argument;
	return call(__NR_umount2, (long)"/no-such-place", 0, 0, 0, 0);
}

static long probe_pivot_root(const char *argument)
{
	(void)argument;
	return call(__NR_pivot_root, (long)"/no-such-place", (long)"/no-such-place", 0, 0, 0);
}

static long probe_keyctl(const char *argument)
{
	(void)argument;
	return call(__NR_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 0, 0, 0);
}

static long probe_personality(const char *argument)
{
	return call(__NR_personality, argument ? (long)number_of(argument) : 0x0040000, 0, 0, 0, 0);
}

static long probe_socket_vsock(const char *argument)
{
	(void)argument;
	return call(__NR_socket, AF_VSOCK, SOCK_STREAM, 0, 0, 0);
}

static long probe_socket_vsock_bit32(const char *argument)
{
	(void)argument;
	return call(__NR_socket, AF_VSOCK | 1L << 32, SOCK_STREAM, 0, 0, 0);
}

static long probe_socket_alg(const char *argument)
{
	(void)argument;
	return call(__NR_socket, AF_ALG, SOCK_SEQPACKET, 0, 0, 0);
}

static long probe_socket_alg_bit32(const char *argument)
{
	(void)argument;
	return call(__NR_socket, AF_ALG | 1L << 32, SOCK_SEQPACKET, 0, 0, 0);
}

static long probe_socket_inet(const char *argument)
{
	(void)argument;
	return call(__NR_socket, AF_INET, SOCK_STREAM, 0, 0, 0);
}

static long probe_umask(const char *argument)
{
	return call(__NR_umask, argument ? (long)number_of(argument) : 022, 0, 0, 0, 0);
}

static long probe_file(const char *argument)
{
	static const char path[] = "/tmp/probe-file", text[] = "plain file work";
	long fd = call(__NR_openat, AT_FDCWD, (long)path, O_RDWR | O_CREAT | O_TRUNC, 0600, 0);
	char back[sizeof(text)];
	long r;

	(void)argument;
	if (fd < 0)
		return fd;
	r = call(__NR_write, fd, (long)text, sizeof(text), 0, 0);
	if (r >= 0)
		r = call(__NR_lseek, fd, 0, 0, 0, 0);
	if (r >= 0)
		r = call(__NR_read, fd, (long)back, sizeof(back), 0, 0);
	if (r == sizeof(text) && !probe_is_word(text, sizeof(text) - 1, back))
		r = -EIO;
	call(__NR_close, fd, 0, 0, 0, 0);
	if (r >= 0)
		r = call(__NR_unlinkat, AT_FDCWD, (long)path, 0, 0, 0);
	return r;
}

static long probe_exists(const char *argument)
{
	return call(__NR_faccessat, AT_FDCWD, (long)argument, 0, 0, 0);
}

static long probe_access(const char *argument)
{
	(void)argument;
#ifdef __NR_access
	return call(__NR_access, (long)"/tmp", 0, 0, 0, 0);
#else
	return call(__NR_faccessat, AT_FDCWD, (long)"/tmp", 0, 0, 0);
#endif
}

static long probe_getpid(const char *argument)
{
	(void)argument;
	return call(__NR_getpid, 0, 0, 0, 0, 0);
}

static long probe_getppid(const char *argument)
{
	(void)argument;
	return call(__NR_getppid, 0, 0, 0, 0, 0);
}

static long probe_getuid(const char *argument)
{
	(void)argument;
	return call(__NR_getuid, 0, 0, 0, 0, 0);
}

static long probe_seccomp(const char *argument)
{
	(void)argument;
	return call(__NR_prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
}

static long probe_terminal(const char *argument)
{
	char settings[256];

	(void)argument;
	return call(__NR_ioctl, 0, TCGETS, (long)settings, 0, 0);
}

static long probe_read_stdin(const char *argument)
{
	char buffer[4096];
	long n, total = 0;

	(void)argument;
	while ((n = call(__NR_read, 0, (long)buffer, sizeof(buffer), 0, 0)) > 0)
		total += n;
	return n < 0 ? n : total;
}

static long probe_sleep(const char *argument)
{
	struct __kernel_timespec pause = {.tv_sec = (long long)number_of(argument)};

	return call(__NR_nanosleep, (long)&pause, 0, 0, 0, 0);
}

static long probe_ready(const char *argument)
{
	(void)argument;
	return 0;
}

static long probe_exit(const char *argument)
{
	probe_finish((int)number_of(argument));
}

/* A fault ends even the first process of a pid namespace, which a signal of its own does not. */
static long probe_crash(const char *argument)
{
	(void)argument;
	__builtin_trap();
}

static long probe_execve(const char *argument)
{
	char *environment[] = {NULL};

	(void)argument;
	probe_arguments[0] = (char *)probe_executed;
	return call(__NR_execve, (long)"/probe", (long)probe_arguments, (long)environment, 0, 0);
}

static long probe_fork(const char *argument)
{
	long child = call(__NR_clone, SIGCHLD, 0, 0, 0, 0);

	(void)argument;
	if (child == 0)
		probe_finish(0);
	return child < 0 ? child : call(__NR_wait4, child, 0, 0, 0, 0);
}

/* Each thread asks by itself, so that one that the filter does not bind shows. */
static long thread_results[THREADS];

void thread_main(long index);
void thread_main(long index)
{
	thread_results[index] = call(__NR_getppid, 0, 0, 0, 0, 0);
	call(__NR_exit, 0, 0, 0, 0, 0);
	__builtin_trap();
}

static long probe_threads(const char *argument)
{
	static long stacks[THREADS][2048] __attribute__((aligned(16)));
	static volatile int alive[THREADS];
	const long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			   CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	long r = 0;

	(void)argument;
	for (long i = 0; i < THREADS; i++) {
		thread_results[i] = -EAGAIN;
		r = start_thread(flags, &stacks[i][LENGTH(stacks[i])], i, &alive[i]);
		if (r < 0)
			return r;
	}
	for (long i = 0; i < THREADS; i++) {
		int value;

		while ((value = alive[i]) != 0)
			call(__NR_futex, (long)&alive[i], FUTEX_WAIT, value, 0, 0);
		if (thread_results[i] != thread_results[0])
			return -EDOM;
	}
	return thread_results[0];
}

const struct probe probes[] = {
	{"access", probe_access, false},
	{"chmod", probe_chmod, false},
	{"crash", probe_crash, false},
	{"execve", probe_execve, false},
	{"exists", probe_exists, false},
	{"exit", probe_exit, false},
	{"fchmod", probe_fchmod, false},
	{"fchmodat", probe_fchmodat, false},
	{"file", probe_file, false},
	{"fork", probe_fork, false},
	{"getpid", probe_getpid, true},
	{"getppid", probe_getppid, true},
	{"getuid", probe_getuid, true},
	{"keyctl", probe_keyctl, false},
	{"mount", probe_mount, false},
	{"personality", probe_personality, false},
	{"pivot_root", probe_pivot_root, false},
	{"ptrace", probe_ptrace, false},
	{"read-stdin", probe_read_stdin, true},
	{"ready", probe_ready, false},
	{"seccomp", probe_seccomp, true},
	{"sleep", probe_sleep, false},
	{"socket-alg", probe_socket_alg, false},
	{"socket-alg-bit32", probe_socket_alg_bit32, false},
	{"socket-inet", probe_socket_inet, false},
	{"socket-vsock", probe_socket_vsock, false},
	{"socket-vsock-bit32", probe_socket_vsock_bit32, false},
	{"terminal", probe_terminal, false},
	{"threads", probe_threads, false},
	{"umask", probe_umask, false},
	{"umount2", probe_umount2, false},
	{"unshare", probe_unshare, false},
};

const size_t probes_count = LENGTH(probes);
