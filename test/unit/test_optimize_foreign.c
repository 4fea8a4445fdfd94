/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters in the shapes in which other programs build them, written from their documentation and
 * from what their output looks like, not copied: each becomes smaller, and means the same.
 */
#include "stacks.h"

#include <errno.h>
#include <linux/audit.h>
#include <sys/syscall.h>

#if defined(__x86_64__)

UNIT_SUITE(optimize_foreign);

enum { NR = 0, ARCH = 4, ARG0 = 16, MOST = 512 };

static const verdict eperm = SECCOMP_RET_ERRNO | EPERM;

/* A program that is written one instruction after the other. */
struct writer {
	struct sock_filter code[MOST];
	struct program program;
};

static void put(struct writer *writer, struct sock_filter instruction)
{
	cr_assert_lt(writer->program.length, MOST);
	writer->program.code = writer->code;
	writer->code[writer->program.length++] = instruction;
}

static void put_load(struct writer *writer, uint32_t offset)
{
	put(writer, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static void put_jump(struct writer *writer, uint16_t test, uint32_t k, uint8_t jt, uint8_t jf)
{
	put(writer, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | test | BPF_K), k, jt, jf));
}

static void put_return(struct writer *writer, verdict value)
{
	put(writer, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value));
}

static struct program check(const char *what, const struct writer *writer)
{
	struct program result = must_optimize(what, &writer->program, 1, ARCH_X86_64, 200000);

	cr_assert_lt(result.length, writer->program.length, "%s: %zu instructions from %zu", what,
		result.length, writer->program.length);
	return result;
}

static verdict answer(
	const struct program *program, uint32_t arch, uint32_t number, uint64_t argument)
{
	struct seccomp_data call = {.nr = (int)number, .arch = arch, .args = {argument}};
	verdict value;

	cr_assert_eq(simulate_program(program, &call, &value, NULL), 0);
	return value;
}

/* systemd: libseccomp denies the calls of a group one after the other, each with a jump of its own
 * and a load of the number again where a group ends; another architecture passes. */
Test(optimize_foreign, a_list_of_denied_calls)
{
	static const uint32_t denied[] = {SYS_mount, SYS_umount2, SYS_pivot_root, SYS_swapon,
		SYS_swapoff, SYS_reboot, SYS_kexec_load, SYS_kexec_file_load, SYS_init_module,
		SYS_finit_module, SYS_delete_module, SYS_ptrace, SYS_bpf, SYS_perf_event_open,
		SYS_open_by_handle_at, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime};
	struct writer writer = {0};
	struct program result;

	put_load(&writer, ARCH);
	put_jump(&writer, BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
	put_return(&writer, SECCOMP_RET_ALLOW);
	put_load(&writer, NR);
	put_jump(&writer, BPF_JGE, X32_SYSCALL_BIT, 0, 1);
	put_jump(&writer, BPF_JEQ, UINT32_MAX, 0, (uint8_t)(3 * ARRAY_LENGTH(denied)));
	for (size_t i = 0; i < ARRAY_LENGTH(denied); i++) {
		put_load(&writer, NR);
		put_jump(&writer, BPF_JEQ, denied[i], 0, 1);
		put_return(&writer, eperm);
	}
	put_return(&writer, SECCOMP_RET_ALLOW);
	result = check("systemd", &writer);
	cr_assert_eq(answer(&result, AUDIT_ARCH_X86_64, SYS_reboot, 0), eperm);
	cr_assert_eq(answer(&result, AUDIT_ARCH_X86_64, SYS_read, 0), SECCOMP_RET_ALLOW);
	cr_assert_eq(answer(&result, AUDIT_ARCH_I386, SYS_reboot, 0), SECCOMP_RET_ALLOW);
	/* Two kinds of tests that cannot be saved: one a call, one for every second one. */
	cr_assert_leq(result.length, 2 + 1 + ARRAY_LENGTH(denied) * 3 / 2 + 3);
	program_finish(&result);
}

/* Chromium: a tree of JGE over the numbers behind a test of the x32 bit; arguments by JSET, and the
 * upper half of each must be zeros or the sign of the lower. */
Test(optimize_foreign, a_tree_with_bits_of_arguments)
{
	struct writer writer = {0};
	struct program result;

	put_load(&writer, ARCH);
	put_jump(&writer, BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
	put_return(&writer, SECCOMP_RET_TRAP | 1);
	put_load(&writer, NR);
	put_jump(&writer, BPF_JSET, X32_SYSCALL_BIT, 0, 1);
	put_return(&writer, SECCOMP_RET_TRAP | 2);
	put_jump(&writer, BPF_JGE, SYS_clone + 1, 5, 0); /* -> B */
	put_jump(&writer, BPF_JGE, SYS_clone, 6, 0);	 /* -> C */
	put_jump(&writer, BPF_JGE, SYS_mprotect + 1, 1, 0);
	put_jump(&writer, BPF_JGE, SYS_mprotect, 2, 1);
	put_return(&writer, SECCOMP_RET_ALLOW);
	put_return(&writer, SECCOMP_RET_ALLOW);
	put_jump(&writer, BPF_JGE, SYS_ptrace, 18, 19); /* B */
	put_return(&writer, eperm);
	/* C: clone's flags without CLONE_NEWUSER and the like */
	put_load(&writer, ARG0 + 4);
	put_jump(&writer, BPF_JEQ, 0, 5, 0);
	put_jump(&writer, BPF_JEQ, UINT32_MAX, 1, 0);
	put_return(&writer, SECCOMP_RET_TRAP | 3);
	put_load(&writer, ARG0);
	put_jump(&writer, BPF_JSET, 0x80000000, 1, 0);
	put_return(&writer, SECCOMP_RET_TRAP | 3);
	put_load(&writer, ARG0);
	put_jump(&writer, BPF_JSET, 0x7e020000, 0, 1);
	put_return(&writer, eperm);
	put_load(&writer, ARG0);
	put(&writer, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x100));
	put_jump(&writer, BPF_JEQ, 0x100, 0, 1);
	put_return(&writer, SECCOMP_RET_ALLOW);
	put_load(&writer, ARG0);
	put_jump(&writer, BPF_JSET, 0x200, 0, 1);
	put_return(&writer, SECCOMP_RET_ALLOW);
	put_return(&writer, eperm);
	put_return(&writer, SECCOMP_RET_ALLOW);
	result = check("chromium", &writer);
	cr_assert_eq(answer(&result, AUDIT_ARCH_X86_64, SYS_clone, 0x100), SECCOMP_RET_ALLOW);
	cr_assert_eq(answer(&result, AUDIT_ARCH_X86_64, SYS_clone, 0x10000100), eperm);
	cr_assert_eq(
		answer(&result, AUDIT_ARCH_X86_64, SYS_clone, 0x100000100), SECCOMP_RET_TRAP | 3);
	program_finish(&result);
}

/* minijail: a chain of comparisons that jump to a block a call; a block looks at the low and high
 * word of an argument, alternatives one behind the other. */
Test(optimize_foreign, blocks_of_alternatives)
{
	static const uint32_t allowed[] = {SYS_read, SYS_write, SYS_close, SYS_exit, SYS_exit_group,
		SYS_futex, SYS_brk, SYS_rt_sigreturn, SYS_restart_syscall, SYS_gettid};
	static const uint32_t commands[] = {0x5401, 0x5413, 0x541b, 0x5421};
	struct writer writer = {0};
	struct program result;

	put_load(&writer, ARCH);
	put_jump(&writer, BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
	put_return(&writer, SECCOMP_RET_KILL_PROCESS);
	put_load(&writer, NR);
	for (size_t i = 0; i < ARRAY_LENGTH(allowed); i++) {
		put_jump(&writer, BPF_JEQ, allowed[i], 0, 1);
		put_return(&writer, SECCOMP_RET_ALLOW);
	}
	put_jump(&writer, BPF_JEQ, SYS_ioctl, 1, 0);
	put_return(&writer, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
		put_load(&writer, ARG0 + 8 + 4);
		put_jump(&writer, BPF_JEQ, 0, 0, 3);
		put_load(&writer, ARG0 + 8);
		put_jump(&writer, BPF_JEQ, commands[i], 0, 1);
		put_return(&writer, SECCOMP_RET_ALLOW);
	}
	put_return(&writer, SECCOMP_RET_KILL_PROCESS);
	result = check("minijail", &writer);
	/* The upper word of the argument is asked for once. */
	for (size_t i = 0, loads = 0; i < result.length; i++) {
		loads += result.code[i].code == (BPF_LD | BPF_W | BPF_ABS) &&
			 result.code[i].k == ARG0 + 8 + 4;
		cr_assert_leq(loads, 1);
	}
	program_finish(&result);
}

/* firejail: the 32-bit calls first, a negative or x32 number is killed by order, a list with returns
 * of its own for each call, and memory that nobody reads. */
Test(optimize_foreign, order_and_dead_stores)
{
	static const uint32_t denied[] = {SYS_mount, SYS_ptrace, SYS_kexec_load, SYS_add_key,
		SYS_request_key, SYS_keyctl, SYS_io_setup, SYS_userfaultfd};
	struct writer writer = {0};
	struct program result;

	put_load(&writer, ARCH);
	put(&writer, (struct sock_filter)BPF_STMT(BPF_ST, 0));
	put_jump(&writer, BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
	put_return(&writer, SECCOMP_RET_ALLOW);
	put_load(&writer, NR);
	put(&writer, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0));
	put_jump(&writer, BPF_JGE, X32_SYSCALL_BIT, 1, 0);
	put_jump(&writer, BPF_JGE, 0, 1, 0); /* always */
	put_return(&writer, eperm);
	for (size_t i = 0; i < ARRAY_LENGTH(denied); i++) {
		put_jump(&writer, BPF_JEQ, denied[i], 0, 1);
		put_return(&writer, i % 2 ? eperm : SECCOMP_RET_KILL_PROCESS);
		put(&writer, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TXA, 0));
	}
	put_return(&writer, SECCOMP_RET_ALLOW);
	result = check("firejail", &writer);
	program_finish(&result);
}

/* A user of bubblewrap, as flatpak: ioctl's TIOCSTI by masked equality of the low word, personality,
 * socket families by order, for two architectures. */
Test(optimize_foreign, two_architectures_by_arguments)
{
	static const struct {
		uint32_t arch, ioctl, personality, socket;
	} tables[] = {
		{AUDIT_ARCH_X86_64, SYS_ioctl, SYS_personality, SYS_socket},
		{AUDIT_ARCH_I386, 54, 136, 359},
	};
	struct writer writer = {0};
	struct program result;

	for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
		put_load(&writer, ARCH);
		put_jump(&writer, BPF_JEQ, tables[i].arch, 0, 20);
		put_load(&writer, NR);
		put_jump(&writer, BPF_JEQ, tables[i].ioctl, 0, 4);
		put_load(&writer, ARG0 + 8);
		put(&writer, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, UINT32_MAX));
		put_jump(&writer, BPF_JEQ, 0x5412, 1, 0);
		put_return(&writer, SECCOMP_RET_ALLOW);
		put_load(&writer, NR);
		put_jump(&writer, BPF_JEQ, tables[i].ioctl, 10, 0);
		put_jump(&writer, BPF_JEQ, tables[i].personality, 0, 3);
		put_load(&writer, ARG0);
		put_jump(&writer, BPF_JEQ, 0, 0, 7);
		put_return(&writer, SECCOMP_RET_ALLOW);
		put_load(&writer, NR);
		put_jump(&writer, BPF_JEQ, tables[i].socket, 0, 5);
		put_load(&writer, ARG0);
		put_jump(&writer, BPF_JGT, 16, 2, 0);
		put_jump(&writer, BPF_JEQ, 3, 1, 0);
		put_return(&writer, SECCOMP_RET_ALLOW);
		put_return(&writer, eperm);
		put_return(&writer, SECCOMP_RET_ALLOW);
	}
	put_return(&writer, SECCOMP_RET_KILL_THREAD);
	result = check("flatpak", &writer);
	cr_assert_eq(answer(&result, AUDIT_ARCH_I386, 359, 3), eperm);
	cr_assert_eq(answer(&result, AUDIT_ARCH_I386, 359, 2), SECCOMP_RET_ALLOW);
	cr_assert_eq(answer(&result, AUDIT_ARCH_AARCH64, 359, 2), SECCOMP_RET_KILL_THREAD);
	program_finish(&result);
}

/* A test of the architecture that could be spared at the price of a test of an argument: the kernel's
 * bitmap follows the one and not the other. */
Test(optimize_foreign, what_keeps_calls_in_the_bitmap_stays)
{
	static const uint16_t tests[] = {BPF_JSET, BPF_JGE};

	for (size_t i = 0; i < ARRAY_LENGTH(tests); i++) {
		struct writer writer = {0};
		struct program result;

		put_load(&writer, ARCH);
		put_jump(&writer, tests[i], 0x80000000, 8, 0);
		put_load(&writer, ARG0);
		put_jump(&writer, BPF_JEQ, 1, 0, 3);
		put_load(&writer, ARCH);
		put_jump(&writer, tests[i], 0x80000000, 4, 0);
		put_return(&writer, SECCOMP_RET_ERRNO | 1);
		put_load(&writer, ARCH);
		put_jump(&writer, tests[i], 0x80000000, 1, 0);
		put_return(&writer, SECCOMP_RET_ERRNO | 2);
		put_return(&writer, SECCOMP_RET_ALLOW);
		result = must_optimize("architecture", &writer.program, 1, ARCH_X86_64, 1000);
		cr_expect(simulate_constant_allow(&result, AUDIT_ARCH_X86_64, 0));
		program_finish(&result);
	}
}

/* The kernel ends a program that divides by X = 0 and kills the thread. */
Test(optimize_foreign, division_by_zero)
{
	struct writer writer = {0};
	struct program result;

	put_load(&writer, NR);
	put(&writer, (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, 0));
	put_jump(&writer, BPF_JEQ, SYS_mount, 0, 1);
	put(&writer, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0));
	put_return(&writer, SECCOMP_RET_ALLOW);
	result = must_optimize("division", &writer.program, 1, ARCH_X86_64, 1000);
	cr_assert_eq(answer(&result, AUDIT_ARCH_X86_64, SYS_mount, 0), SECCOMP_RET_KILL_THREAD);
	cr_assert_eq(answer(&result, AUDIT_ARCH_X86_64, SYS_read, 0), SECCOMP_RET_ALLOW);
	program_finish(&result);
}

/* What cannot be expressed is refused, with its place; the caller keeps what it has. */
Test(optimize_foreign, refused)
{
	static const struct {
		const char *message;
		struct sock_filter code[5];
	} cases[] = {
		{"program 1 of 1, instruction 1 (opcode 0x4): computes",
			{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG0),
				BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 3),
				BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9, 0, 1),
				BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
				BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP)}},
		{"program 1 of 1, instruction 1 (opcode 0x16): returns",
			{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG0), BPF_STMT(BPF_RET | BPF_A, 0),
				BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 0),
				BPF_STMT(BPF_RET | BPF_K, 0)}},
		{"program 1 of 1, instruction 1 (opcode 0x45): parts",
			{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR),
				BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
				BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
				BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
				BPF_STMT(BPF_RET | BPF_K, 0)}},
	};
	struct optimize_options options = {.native = ARCH_X86_64};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct sock_filter code[5];
		struct program program = {code, ARRAY_LENGTH(code)}, result;
		struct error err = ERROR_INIT;

		memcpy(code, cases[i].code, sizeof(code));
		cr_assert_eq(optimize(&program, 1, &options, &result, &err), -EOPNOTSUPP);
		cr_assert_eq(
			strncmp(error_message(&err), cases[i].message, strlen(cases[i].message)), 0,
			"%s", error_message(&err));
		error_finish(&err);
	}
}

/* Each compares a word of its own with many values, and what either says may count: one program for
 * both is as large as their product. */
Test(optimize_foreign, a_stack_that_would_grow_is_refused)
{
	struct optimize_options options = {.native = ARCH_X86_64};
	struct error err = ERROR_INIT;
	struct writer *writers = calloc(2, sizeof(*writers));
	struct program programs[2], result;

	cr_assert(writers);
	for (uint32_t i = 0; i < 2; i++) {
		put_load(&writers[i], ARG0 + 8 * i);
		for (uint32_t k = 0; k < 60; k++) {
			put_jump(&writers[i], BPF_JEQ, 7 * k, 0, 1);
			put_return(&writers[i], i == 1	? SECCOMP_RET_TRACE | k
						: k % 2 ? SECCOMP_RET_ERRNO | k
							: SECCOMP_RET_LOG);
		}
		put_return(&writers[i], SECCOMP_RET_ALLOW);
		programs[i] = writers[i].program;
	}
	cr_assert_eq(optimize(programs, 2, &options, &result, &err), -E2BIG);
	cr_assert(strstr(error_message(&err), "more instructions than the 244 of all of them"),
		"%s", error_message(&err));
	error_finish(&err);
	free(writers);
}

#endif
