/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kernel's opinion, on x86_64. The verdict of every return of a program is replaced by ERRNO with a
 * number of its own, so that the kernel decides as with the original and no call is ever carried out.
 * A child loads that, makes every call and notes the answers in shared memory.
 */
#include "calls.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { FIRST_ERRNO = 1000, MOST_CALLS = 60000 };

/* Which verdict an errno of the child stands for. */
struct marks {
	verdict values[64];
	size_t count;
};

static inline uint32_t mark(struct marks *marks, verdict value)
{
	size_t i = 0;

	while (i < marks->count && marks->values[i] != value)
		i++;
	if (i == marks->count) {
		cr_assert_lt(marks->count, ARRAY_LENGTH(marks->values));
		marks->values[marks->count++] = value;
	}
	return SECCOMP_RET_ERRNO | (FIRST_ERRNO + (uint32_t)i);
}

static inline long call_64(const struct seccomp_data *call)
{
	register long r10 __asm__("r10") = (long)call->args[3];
	register long r8 __asm__("r8") = (long)call->args[4];
	register long r9 __asm__("r9") = (long)call->args[5];
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"((long)(unsigned)call->nr), "D"(call->args[0]), "S"(call->args[1]),
			 "d"(call->args[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* The 32-bit entry, which a 64-bit process may use as well. It takes the low halves. */
static inline long call_32(const struct seccomp_data *call)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(call->nr), "b"(call->args[0]), "c"(call->args[1]),
			 "d"(call->args[2]), "S"(call->args[3]), "D"(call->args[4])
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)result;
}

struct trial {
	size_t count;
	struct seccomp_data calls[MOST_CALLS];
	int answers[MOST_CALLS];
};

/* Never returns: without system calls a child can only end by a fault. */
static inline void run_child(struct trial *trial, const struct program *program)
{
	struct sock_fprog code = {(unsigned short)program->length, program->code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &code) == 0) {
		for (size_t i = 0; i < trial->count; i++) {
			const struct seccomp_data *call = &trial->calls[i];

			trial->answers[i] = -(
				int)(call->arch == AUDIT_ARCH_I386 ? call_32(call) : call_64(call));
		}
	}
	__builtin_trap();
}

static inline void add_call(
	struct trial *trial, uint32_t arch, uint32_t number, const uint64_t *arguments)
{
	struct seccomp_data *call = &trial->calls[trial->count];

	/* The kernel does not show its own uprobe trampolines' calls to filters (Linux 6.14). */
	if (trial->count == MOST_CALLS || (arch == AUDIT_ARCH_I386 && !has_32_bit_calls()) ||
		(arch == AUDIT_ARCH_X86_64 && (number == 335 || number == 336)))
		return;
	memset(call, 0, sizeof(*call));
	call->arch = arch;
	call->nr = (int)number;
	if (arguments)
		memcpy(call->args, arguments, sizeof(call->args));
	/* The 32-bit entry has the low halves; its sixth argument is in a register that the test's
	 * own code needs. */
	for (size_t i = 0; arch == AUDIT_ARCH_I386 && i < SYSCALL_ARGUMENTS; i++)
		call->args[i] = i == 5 ? 0 : (uint32_t)call->args[i];
	trial->count++;
}

/* What the kernel says to each call of the trial. */
static inline verdict answer_of(
	const struct trial *trial, size_t i, const struct marks *marks, const char *name)
{
	int index = trial->answers[i] - FIRST_ERRNO;

	cr_assert(index >= 0 && (size_t)index < marks->count,
		"%s: arch %#x nr %#x: the kernel answered %d", name, trial->calls[i].arch,
		(unsigned)trial->calls[i].nr, trial->answers[i]);
	return marks->values[index];
}

static inline void assert_equal(
	const struct seccomp_data *call, verdict value, verdict expected, const char *name)
{
	char words[2][32];

	cr_assert_eq(value, expected,
		"%s: arch %#x nr %#x args %#llx %#llx: the kernel says %s, not %s", name,
		call->arch, (unsigned)call->nr, (unsigned long long)call->args[0],
		(unsigned long long)call->args[1],
		verdict_format(value, words[0], sizeof(words[0])),
		verdict_format(expected, words[1], sizeof(words[1])));
}

/* To be filled by add_call, asked, and unmapped by finish_trial. */
static inline struct trial *new_trial(void)
{
	struct trial *trial = mmap(
		NULL, sizeof(*trial), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(trial, MAP_FAILED);
	return trial;
}

static inline void finish_trial(struct trial *trial)
{
	munmap(trial, sizeof(*trial));
}

/* Makes the calls of the trial under the program, whose verdicts become marks. */
static inline void ask_kernel(struct trial *trial, struct program *program, struct marks *marks)
{
	static const int deadly[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGSEGV};
	pid_t child;
	int status;

	for (size_t i = 0; i < program->length; i++)
		if (BPF_CLASS(program->code[i].code) == BPF_RET)
			program->code[i].k = mark(marks, program->code[i].k);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		/* A sanitizer's handler could not end the child without system calls. */
		for (size_t i = 0; i < ARRAY_LENGTH(deadly); i++)
			signal(deadly[i], SIG_DFL);
		alarm(120); /* nor could a child that hangs */
		run_child(trial, program);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSIGNALED(status));
}
