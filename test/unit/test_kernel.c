/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's opinion. The verdict of every return of a program is replaced by ERRNO with a number
 * of its own, so that the kernel decides as with the original and no call is ever carried out. A
 * child loads that, makes every call and notes the answers in shared memory; the parent compares
 * them with the evaluator, or with those to another program.
 */
#include "optimize.h"
#include "peer.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

UNIT_SUITE(kernel);

#if defined(__x86_64__)

enum { FIRST_ERRNO = 1000, MOST_CALLS = 60000 };

/* Which verdict an errno of the child stands for. */
struct marks {
	verdict values[64];
	size_t count;
};

static uint32_t mark(struct marks *marks, verdict value)
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

static long call_64(const struct seccomp_data *call)
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
static long call_32(const struct seccomp_data *call)
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
static void run_child(struct trial *trial, const struct program *program)
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

static void add_call(struct trial *trial, uint32_t arch, uint32_t number, const uint64_t *arguments)
{
	struct seccomp_data *call = &trial->calls[trial->count];

	/* The kernel does not show its own uprobe trampolines' calls to filters (Linux 6.14). */
	if (trial->count == MOST_CALLS ||
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

static void add_random_calls(
	struct trial *trial, const struct policy *policy, const struct clause *clause)
{
	static struct values values;
	uint32_t arch = architectures[clause->arch].audit;
	uint64_t seed = clause->number + 1;

	if (clause->condition_count == 0 && !clause->call_mask)
		return;
	collect_values(policy->profile, &values);
	for (int i = 0; i < 150; i++) {
		uint64_t arguments[SYSCALL_ARGUMENTS];

		for (size_t j = 0; j < SYSCALL_ARGUMENTS; j++)
			arguments[j] = values.items[next_random(&seed) % values.count];
		add_call(trial, arch, clause->number, arguments);
	}
}

static void collect_calls(struct trial *trial, const struct policy *policy)
{
	static uint32_t numbers[2200];
	size_t count = collect_numbers(numbers);

	trial->count = 0;
	for (size_t i = 0; i < count; i++) {
		add_call(trial, AUDIT_ARCH_X86_64, numbers[i], NULL);
		add_call(trial, AUDIT_ARCH_I386, numbers[i], NULL);
	}
	for (size_t i = 0; i < policy->clause_count; i++)
		add_random_calls(trial, policy, &policy->clauses[i]);
}

/* What the kernel says to each call of the trial. */
static verdict answer_of(
	const struct trial *trial, size_t i, const struct marks *marks, const char *name)
{
	int index = trial->answers[i] - FIRST_ERRNO;

	cr_assert(index >= 0 && (size_t)index < marks->count,
		"%s: arch %#x nr %#x: the kernel answered %d", name, trial->calls[i].arch,
		(unsigned)trial->calls[i].nr, trial->answers[i]);
	return marks->values[index];
}

static void assert_equal(
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

/* Makes the calls under the program, whose verdicts are marked. To be unmapped by the caller. */
static struct trial *ask_kernel(
	const struct policy *policy, struct program *program, struct marks *marks)
{
	static const int deadly[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGSEGV};
	struct trial *trial = mmap(
		NULL, sizeof(*trial), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;
	int status;

	cr_assert_neq(trial, MAP_FAILED);
	collect_calls(trial, policy);
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
	return trial;
}

static void compare_with_kernel(const struct profile *profile, uint64_t capabilities)
{
	struct target target = {ARCH_X86_64, {6, 12}, capabilities};
	struct policy policy = must_select(profile, &target);
	struct program program = must_build(&policy);
	struct marks marks = {.count = 0};
	struct trial *trial = ask_kernel(&policy, &program, &marks);

	for (size_t i = 0; i < trial->count; i++)
		assert_equal(&trial->calls[i], answer_of(trial, i, &marks, profile->name),
			simulate_policy(&policy, &trial->calls[i], NULL), profile->name);
	munmap(trial, sizeof(*trial));
	program_finish(&program);
	policy_finish(&policy);
}

/* A program and what optimize makes of it: frees the program. */
static void compare_optimized(const char *name, const struct policy *policy, struct program program)
{
	struct optimize_options options = {.native = ARCH_X86_64};
	struct marks marks[2] = {{.count = 0}, {.count = 0}};
	struct error err = ERROR_INIT;
	struct program optimized;
	struct trial *trials[2];

	cr_assert_eq(optimize(&program, 1, &options, &optimized, &err), 0, "%s: %s", name,
		error_message(&err));
	trials[0] = ask_kernel(policy, &program, &marks[0]);
	trials[1] = ask_kernel(policy, &optimized, &marks[1]);
	for (size_t i = 0; i < trials[0]->count; i++)
		assert_equal(&trials[0]->calls[i], answer_of(trials[1], i, &marks[1], name),
			answer_of(trials[0], i, &marks[0], name), name);
	munmap(trials[0], sizeof(*trials[0]));
	munmap(trials[1], sizeof(*trials[1]));
	program_finish(&program);
	program_finish(&optimized);
}

static void compare_without_capabilities(const struct profile *profile)
{
	compare_with_kernel(profile, 0);
}

Test(kernel, agrees_on_every_profile_of_test_data)
{
	for_each_profile(compare_without_capabilities);
}

Test(kernel, agrees_on_runtime_default)
{
	struct error err = ERROR_INIT;
	struct profile profile;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	compare_with_kernel(&profile, 0);
	compare_with_kernel(&profile, UINT64_C(0xa80425fb));
	compare_with_kernel(&profile, UINT64_MAX);
	profile_finish(&profile);
}

Test(kernel, agrees_on_optimized_programs)
{
	struct target target = {ARCH_X86_64, {6, 12}, UINT64_C(0xa80425fb)};
	struct error err = ERROR_INIT;
	struct profile profile;
	struct policy policy;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	policy = must_select(&profile, &target);
	compare_optimized("ours", &policy, must_build(&policy));
	compare_optimized("libseccomp, by priority", &policy, peer_build(&policy));
	compare_optimized("libseccomp, binary tree", &policy, peer_build_at(&policy, 2));
	policy_finish(&policy);
	profile_finish(&profile);
}

#endif
