/* SPDX-License-Identifier: Apache-2.0 */
#include "load_internal.h"

#include "cleanup.h"
#include "clock.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/*
 * Making another process perform system calls.
 *
 * The main thread is interrupted and then let run to the *entry* of a system call. When it was
 * blocked in one, as a waiting container process is, the kernel itself restarts that call, so this
 * entry comes at once and is the blocked call's own. There the call is replaced by one of ours; at
 * the exit of ours the registers are put back and the pc is stepped back onto the system call
 * instruction, so that the thread enters the next of our calls and, after the last, its own again:
 *
 *     read(3, ...)      blocked                               interrupted: -ERESTARTSYS
 *     read(3, ...)      entry stop  -> mmap(...)  exit stop   pc back
 *     seccomp(...)      entry stop                exit stop   pc back
 *     read(3, ...)                                            blocks again
 *
 * So no code is written into the process, its own stack is not used (a goroutine's is too small),
 * and restarts stay the kernel's business: -ERESTART_RESTARTBLOCK (nanosleep, poll) arrives here
 * as the entry of restart_syscall and leaves as that. All signals are blocked meanwhile; one that
 * comes is pending when the thread goes on and has the effect it would have had.
 */

#define SYSCALL_STOP (SIGTRAP | 0x80)

/* While a filter is loaded the next stop is some microseconds away, which is less than it takes to
 * fall asleep and be woken. As waitpid with WNOHANG. */
static pid_t wait_awake(int *ret_status)
{
	enum { TRIES = 200 };
	pid_t tid = 0;

	for (int i = 0; tid == 0 && i < TRIES; i++) {
		if (i > 0)
			sched_yield();
		tid = waitpid(-1, ret_status, __WALL | WNOHANG);
	}
	return tid;
}

/* The main thread's next change of state; the others' are dealt with meanwhile. */
static int wait_main(struct loader *loader, const char *step, int *ret_status, struct error *err)
{
	for (;;) {
		pid_t tid = clock_monotonic() < loader->deadline ? wait_awake(ret_status) : 0;
		int r = tid > 0 ? 0 : follow_wait(loader->deadline, &tid, ret_status);

		if (r == -ETIMEDOUT)
			return error_set(err, r,
				"%s: process %d enters no system call and cannot be stopped", step,
				loader->pid);
		if (r < 0)
			return error_set_errno(err, r, "%s: wait", step);
		if (tid != loader->pid) {
			follow_event(loader, tid, *ret_status);
			continue;
		}
		if (!WIFSTOPPED(*ret_status))
			return error_set(err, -ESRCH, "%s: process %d ended", step, tid);
		if (*ret_status >> 16 == PTRACE_EVENT_EXEC)
			return error_set(err, -EINVAL,
				"%s: process %d executed a program; it does not wait for its hooks",
				step, tid);
		if (*ret_status >> 16 == PTRACE_EVENT_STOP)
			loader->in_group_stop = WSTOPSIG(*ret_status) != SIGTRAP;
		return 0;
	}
}

static int resume(
	const struct loader *loader, int how, int status, const char *step, struct error *err)
{
	int signal = status >> 16 != 0 || WSTOPSIG(status) == SYSCALL_STOP ? 0 : WSTOPSIG(status);

	if (ptrace((enum __ptrace_request)how, loader->pid, NULL, (void *)(long)signal) < 0)
		return error_set_errno(
			err, -errno, "%s: cannot resume process %d", step, loader->pid);
	return 0;
}

/* Stops the main thread and blocks its signals. */
static int interrupt(struct borrowed *thread, struct error *err)
{
	static const char step[] = "interrupt";
	struct loader *loader = thread->loader;
	uint64_t all = ~UINT64_C(0);
	int status, r;

	for (;;) {
		/* Any other stop, as that of a fork, takes the request with it. */
		if (ptrace(PTRACE_INTERRUPT, loader->pid, NULL, NULL) < 0)
			return error_set_errno(err, -errno, "%s process %d", step, loader->pid);
		r = wait_main(loader, step, &status, err);
		if (r < 0)
			return r;
		if (status >> 16 == PTRACE_EVENT_STOP)
			break;
		r = resume(loader, PTRACE_CONT, status, step, err);
		if (r < 0)
			return r;
	}
	if (ptrace(PTRACE_GETSIGMASK, loader->pid, (void *)sizeof(all), &thread->signal_mask) < 0 ||
		ptrace(PTRACE_SETSIGMASK, loader->pid, (void *)sizeof(all), &all) < 0)
		return error_set_errno(err, -errno, "%s: cannot block the signals of process %d",
			step, loader->pid);
	return 0;
}

/* Runs the stopped main thread to its next system call entry or exit. */
static int run_to(struct loader *loader, uint8_t where, const char *step,
	struct __ptrace_syscall_info *ret_info, struct error *err)
{
	int status = PTRACE_EVENT_STOP << 16, r;

	for (;;) {
		r = resume(loader, PTRACE_SYSCALL, status, step, err);
		if (r == 0)
			r = wait_main(loader, step, &status, err);
		if (r < 0)
			return r;
		if (WSTOPSIG(status) != SYSCALL_STOP)
			continue;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, loader->pid, (void *)sizeof(*ret_info),
			    ret_info) < 0)
			return error_set_errno(err, errno == EIO ? -EOPNOTSUPP : -errno,
				"%s: PTRACE_GET_SYSCALL_INFO (Linux 5.3)", step);
		if (ret_info->op == where)
			return 0;
	}
}

/* The code at an address, by whole words that are aligned: none reaches into a page behind it. */
static int read_code(pid_t pid, uint64_t address, uint8_t *ret, size_t length)
{
	long word = 0;

	for (size_t i = 0; i < length; i++, address++) {
		size_t offset = address % sizeof(word);

		if (i == 0 || offset == 0) {
			errno = 0;
			word = ptrace(PTRACE_PEEKTEXT, pid, address - offset, NULL);
			if (errno != 0)
				return -errno;
		}
		ret[i] = ((const uint8_t *)&word)[offset];
	}
	return 0;
}

int load_borrow(struct borrowed *thread, struct error *err)
{
	uint8_t instruction[sizeof(long)]; /* enough for each processor's */
	pid_t pid = thread->loader->pid;
	struct __ptrace_syscall_info info;
	int r = interrupt(thread, err);

	if (r == 0)
		r = run_to(thread->loader, PTRACE_SYSCALL_INFO_ENTRY, "borrow", &info, err);
	if (r < 0)
		return r;
	if (info.arch != arch.audit)
		return error_set(err, -EOPNOTSUPP,
			"process %d is a 32-bit process or of another architecture (audit "
			"architecture %#x), not %s; " LOAD_OTHER_WAY,
			pid, info.arch, arch.name);
	r = read_code(pid, info.instruction_pointer - arch.instruction_length, instruction,
		arch.instruction_length);
	if (r < 0)
		return error_set_errno(err, r, "cannot read the code of process %d", pid);
	if (!arch.is_instruction(instruction))
		return error_set(err, -EOPNOTSUPP,
			"process %d entered a system call by an unknown instruction", pid);
	thread->pc = info.instruction_pointer;
	r = arch.save(pid, &thread->state);
	if (r < 0)
		return error_set_errno(err, r, "cannot read the registers of process %d", pid);
	return 0;
}

/* At the exit of a call of ours: the thread will execute `call` (NULL: its own). */
static int step_back(const struct borrowed *thread, const char *name, const struct arch_call *call,
	struct error *err)
{
	int r = arch.rewind(thread->loader->pid, &thread->state, call);

	return r < 0 ? error_set_errno(err, r, "%s: set registers", name) : 0;
}

/* From the exit of a call of ours to the entry of `call` (NULL: of the thread's own). */
static int enter(const struct borrowed *thread, const char *name, const struct arch_call *call,
	struct error *err)
{
	long number = call ? call->number : thread->state.number;
	pid_t pid = thread->loader->pid;
	struct __ptrace_syscall_info info;
	int r = step_back(thread, name, call, err);

	if (r == 0)
		r = run_to(thread->loader, PTRACE_SYSCALL_INFO_ENTRY, name, &info, err);
	if (r < 0)
		return r;
	if (info.instruction_pointer != thread->pc || info.entry.nr != (uint64_t)number)
		return error_set(err, -EIO, "%s: process %d entered another system call: %llu",
			name, pid, (unsigned long long)info.entry.nr);
	return 0;
}

int load_call(struct borrowed *thread, const char *name, const struct arch_call *call, long *ret,
	struct error *err)
{
	pid_t pid = thread->loader->pid;
	struct __ptrace_syscall_info info;
	int r;

	if (thread->has_called) {
		r = enter(thread, name, call, err);
	} else {
		r = arch.replace(pid, &thread->state, call);
		if (r < 0)
			error_set_errno(err, r, "%s: set registers", name);
	}
	if (r == 0)
		r = run_to(thread->loader, PTRACE_SYSCALL_INFO_EXIT, name, &info, err);
	if (r < 0)
		return error_prefix(err, r, "inject");
	thread->has_called = true;
	r = arch.result(pid, ret);
	return r < 0 ? error_set_errno(err, r, "inject %s: registers", name) : 0;
}

/* Whether a signal waits to be delivered to the thread; also when that cannot be told. */
static bool has_pending_signal(pid_t pid)
{
	static const uint32_t queues[] = {0, PTRACE_PEEKSIGINFO_SHARED};

	for (size_t i = 0; i < ARRAY_LENGTH(queues); i++) {
		struct __ptrace_peeksiginfo_args first = {.flags = queues[i], .nr = 1};
		siginfo_t info;

		if (ptrace(PTRACE_PEEKSIGINFO, pid, &first, &info) != 0)
			return true;
	}
	return false;
}

/* A signal that came meanwhile has to interrupt the thread's own call: it is let through to the
 * entry of that call first. Without one, that the call is executed again comes to the same. */
static int go_back(const struct borrowed *thread, struct error *err)
{
	static const char step[] = "give back";

	return has_pending_signal(thread->loader->pid) ? enter(thread, step, NULL, err)
						       : step_back(thread, step, NULL, err);
}

int load_give_back(const struct borrowed *thread, struct error *err)
{
	pid_t pid = thread->loader->pid;
	uint64_t mask = thread->signal_mask;
	int r = thread->has_called ? go_back(thread, err) : 0;

	if (r < 0)
		return r;
	if (ptrace(PTRACE_SETSIGMASK, pid, (void *)sizeof(mask), &mask) < 0)
		return error_set_errno(
			err, -errno, "cannot restore the signal mask of process %d", pid);
	/* A stop by SIGSTOP was interrupted; with a trap pending it is taken up again. */
	if (thread->loader->in_group_stop)
		ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	return resume(thread->loader, PTRACE_CONT, 0, "give back", err);
}
