/* SPDX-License-Identifier: Apache-2.0 */
#include "simulate.h"

#include "calls.h"

#include <errno.h>
#include <linux/audit.h>

UNIT_SUITE(simulate);

#define RETURN_A BPF_STMT(BPF_RET | BPF_A, 0)

/* Every opcode that the kernel's seccomp_check_filter takes, and the verdict of a short program. */
Test(simulate, opcodes)
{
	static const struct {
		const char *what;
		struct sock_filter code[6];
		verdict value;
	} cases[] = {
		{"nr", {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), RETURN_A}, 7},
		{"arch", {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4), RETURN_A}, 0xc000003e},
		{"instruction pointer", {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 8), RETURN_A},
			0x89abcdef},
		{"last argument, high", {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 60), RETURN_A}, 6},
		{"length", {BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), RETURN_A}, 64},
		{"imm", {BPF_STMT(BPF_LD | BPF_IMM, 5), RETURN_A}, 5},
		{"memory",
			{BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_ST, 3),
				BPF_STMT(BPF_LD | BPF_IMM, 6), BPF_STMT(BPF_LD | BPF_MEM, 3),
				RETURN_A},
			5},
		{"stx and ldx",
			{BPF_STMT(BPF_LDX | BPF_IMM, 9), BPF_STMT(BPF_STX, 15),
				BPF_STMT(BPF_LDX | BPF_MEM, 15), BPF_STMT(BPF_MISC | BPF_TXA, 0),
				RETURN_A},
			9},
		{"ldx length",
			{BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0),
				RETURN_A},
			64},
		{"tax and add x",
			{BPF_STMT(BPF_LD | BPF_IMM, 4), BPF_STMT(BPF_MISC | BPF_TAX, 0),
				BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), RETURN_A},
			8},
		{"sub",
			{BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 2),
				RETURN_A},
			0xffffffff},
		{"mul",
			{BPF_STMT(BPF_LD | BPF_IMM, 6), BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 7),
				RETURN_A},
			42},
		{"div",
			{BPF_STMT(BPF_LD | BPF_IMM, 43), BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 6),
				RETURN_A},
			7},
		{"div by x, which is 0",
			{BPF_STMT(BPF_LD | BPF_IMM, 43), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
				BPF_STMT(BPF_RET | BPF_K, 5)},
			0},
		{"and",
			{BPF_STMT(BPF_LD | BPF_IMM, 0xff),
				BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x3c), RETURN_A},
			0x3c},
		{"or",
			{BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 2),
				RETURN_A},
			3},
		{"xor",
			{BPF_STMT(BPF_LD | BPF_IMM, 3), BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 2),
				RETURN_A},
			1},
		{"lsh",
			{BPF_STMT(BPF_LD | BPF_IMM, 3), BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 4),
				RETURN_A},
			48},
		{"rsh",
			{BPF_STMT(BPF_LD | BPF_IMM, 48), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
				RETURN_A},
			3},
		{"neg", {BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_ALU | BPF_NEG, 0), RETURN_A},
			0xffffffff},
		{"ja",
			{BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 1),
				BPF_STMT(BPF_RET | BPF_K, 2)},
			2},
		{"jeq",
			{BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_RET | BPF_K, 1),
				BPF_STMT(BPF_RET | BPF_K, 2)},
			2},
		{"jgt",
			{BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 0, 1, 0), BPF_STMT(BPF_RET | BPF_K, 1),
				BPF_STMT(BPF_RET | BPF_K, 2)},
			1},
		{"jge with x",
			{BPF_JUMP(BPF_JMP | BPF_JGE | BPF_X, 0, 1, 0), BPF_STMT(BPF_RET | BPF_K, 1),
				BPF_STMT(BPF_RET | BPF_K, 2)},
			2},
		{"jset",
			{BPF_STMT(BPF_LD | BPF_IMM, 6),
				BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 2, 1, 0),
				BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 2)},
			2},
	};
	struct seccomp_data call = {.nr = 7,
		.arch = AUDIT_ARCH_X86_64,
		.instruction_pointer = UINT64_C(0x0123456789abcdef),
		.args = {0, 0, 0, 0, 0, UINT64_C(6) << 32}};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct program program = {(struct sock_filter *)cases[i].code, 6};
		verdict value = 0xdead;

		cr_assert_eq(
			simulate_program(&program, &call, &value, NULL), 0, "%s", cases[i].what);
		cr_assert_eq(value, cases[i].value, "%s: %#x", cases[i].what, value);
	}
}

Test(simulate, what_the_kernel_refuses)
{
	static const struct {
		const char *what;
		struct sock_filter code[2];
	} cases[] = {
		{"no return", {BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_LD | BPF_IMM, 1)}},
		{"jump over the end", {BPF_STMT(BPF_JMP | BPF_JA, 5), RETURN_A}},
		{"load past the data", {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), RETURN_A}},
		{"unaligned load", {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RETURN_A}},
		{"byte load", {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), RETURN_A}},
		{"indirect load", {BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), RETURN_A}},
		{"memory word 16", {BPF_STMT(BPF_ST, 16), RETURN_A}},
		{"division by constant 0", {BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RETURN_A}},
		{"shift by 32", {BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RETURN_A}},
		{"modulo", {BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), RETURN_A}},
	};
	struct seccomp_data call = {0};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct program program = {(struct sock_filter *)cases[i].code, 2};
		verdict value;

		cr_assert_eq(simulate_program(&program, &call, &value, NULL), -EINVAL, "%s",
			cases[i].what);
	}
}

Test(simulate, steps_are_counted)
{
	struct sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 1), BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 2)};
	struct program program = {code, ARRAY_LENGTH(code)};
	struct seccomp_data call = {.nr = 3};
	verdict value;
	size_t steps;

	cr_assert_eq(simulate_program(&program, &call, &value, &steps), 0);
	cr_assert_eq(steps, 3);
}

Test(simulate, a_stack_takes_the_strictest_and_of_equals_the_newest)
{
	static const struct {
		verdict older, newer, together;
	} cases[] = {
		{SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 1},
		{SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1},
		{SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 2, SECCOMP_RET_ERRNO | 2},
		{SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_PROCESS},
		{SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS},
		{SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO | 1, SECCOMP_RET_TRAP},
		{SECCOMP_RET_LOG, SECCOMP_RET_TRACE | 5, SECCOMP_RET_TRACE | 5},
		{SECCOMP_RET_USER_NOTIF, SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF},
		{SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW},
	};
	struct seccomp_data call = {0};
	verdict value;

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct sock_filter older = BPF_STMT(BPF_RET | BPF_K, cases[i].older);
		struct sock_filter newer = BPF_STMT(BPF_RET | BPF_K, cases[i].newer);
		struct program stack[] = {{&older, 1}, {&newer, 1}};

		cr_assert_eq(simulate_stack(stack, 2, &call, &value), 0);
		cr_assert_eq(value, cases[i].together, "case %zu: %#x", i, value);
	}
	cr_assert_eq(simulate_stack(NULL, 0, &call, &value), 0);
	cr_assert_eq(value, SECCOMP_RET_ALLOW);
}

/* The definition itself, as a table: a profile, a call, its verdict. */

#define RULES(rules)                                                                               \
	"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86\"], "         \
	"\"syscalls\": [" rules "]}"
#define OPEN_RULES(rules)                                                                          \
	"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_X86\"], "         \
	"\"syscalls\": [" rules "]}"
#define RULE(name, action) "{\"names\": [\"" name "\"], \"action\": \"SCMP_ACT_" action "\"}"
#define RULE_IF(name, action, index, op, value)                                                    \
	"{\"names\": [\"" name "\"], \"action\": \"SCMP_ACT_" action                               \
	"\", \"args\": [{\"index\": " index ", \"op\": \"SCMP_CMP_" op "\", \"value\": " value     \
	"}]}"
#define EPERM_VERDICT (SECCOMP_RET_ERRNO | EPERM)
#define ENOSYS_VERDICT (SECCOMP_RET_ERRNO | ENOSYS)

static const struct {
	const char *what;
	const char *profile;
	uint32_t audit;
	int number;
	uint64_t argument;
	verdict value;
} meanings[] = {
	{"a rule", RULES(RULE("getpid", "ALLOW")), AUDIT_ARCH_X86_64, 39, 0, SECCOMP_RET_ALLOW},
	{"the default", RULES(RULE("getpid", "ALLOW")), AUDIT_ARCH_X86_64, 38, 0, EPERM_VERDICT},
	{"newer than every name", RULES(RULE("getpid", "ALLOW")), AUDIT_ARCH_X86_64, 40, 0,
		ENOSYS_VERDICT},
	{"newer, but the default allows", OPEN_RULES(RULE("getpid", "TRAP")), AUDIT_ARCH_X86_64, 40,
		0, SECCOMP_RET_ALLOW},
	{"another number on i386", RULES(RULE("getpid", "ALLOW")), AUDIT_ARCH_I386, 20, 0,
		SECCOMP_RET_ALLOW},
	{"a foreign architecture", OPEN_RULES(RULE("getpid", "TRAP")), AUDIT_ARCH_AARCH64, 39, 0,
		SECCOMP_RET_KILL_THREAD},
	{"x32 without x32", OPEN_RULES(RULE("getpid", "TRAP")), AUDIT_ARCH_X86_64, 0x40000027, 0,
		SECCOMP_RET_KILL_THREAD},
	{"number -1 is no x32 number", OPEN_RULES(RULE("getpid", "TRAP")), AUDIT_ARCH_X86_64, -1, 0,
		SECCOMP_RET_ALLOW},
	{"the strictest of two, first",
		OPEN_RULES(RULE("getpid", "TRAP") "," RULE("getpid", "ERRNO")), AUDIT_ARCH_X86_64,
		39, 0, SECCOMP_RET_TRAP},
	{"the strictest of two, last",
		OPEN_RULES(RULE("getpid", "ERRNO") "," RULE("getpid", "TRAP")), AUDIT_ARCH_X86_64,
		39, 0, SECCOMP_RET_TRAP},
	{"a condition that holds beside a laxer rule",
		OPEN_RULES(RULE("kill", "LOG") "," RULE_IF("kill", "TRAP", "1", "EQ", "0")),
		AUDIT_ARCH_X86_64, 62, 5, SECCOMP_RET_TRAP},
	{"a condition that does not",
		OPEN_RULES(RULE("kill", "LOG") "," RULE_IF("kill", "TRAP", "0", "EQ", "0")),
		AUDIT_ARCH_X86_64, 62, 5, SECCOMP_RET_LOG},
	{"the upper half of an int", OPEN_RULES(RULE_IF("socket", "ERRNO", "0", "EQ", "40")),
		AUDIT_ARCH_X86_64, 41, UINT64_C(0x100000028), EPERM_VERDICT},
	{"the upper bits of a mode", OPEN_RULES(RULE_IF("fchmod", "ERRNO", "1", "EQ", "0")),
		AUDIT_ARCH_X86_64, 91, 0, EPERM_VERDICT},
	{"the upper half of a size", OPEN_RULES(RULE_IF("brk", "ERRNO", "0", "EQ", "40")),
		AUDIT_ARCH_X86_64, 12, UINT64_C(0x100000028), SECCOMP_RET_ALLOW},
	{"socketcall, unconditional deny of a call", OPEN_RULES(RULE("socket", "ERRNO")),
		AUDIT_ARCH_I386, 102, 1, EPERM_VERDICT},
	{"socketcall, another call", OPEN_RULES(RULE("socket", "ERRNO")), AUDIT_ARCH_I386, 102, 2,
		SECCOMP_RET_ALLOW},
	{"socketcall, conditional deny", OPEN_RULES(RULE_IF("socket", "ERRNO", "0", "EQ", "40")),
		AUDIT_ARCH_I386, 102, 1, EPERM_VERDICT},
	{"socketcall, conditional allow", RULES(RULE_IF("socket", "ALLOW", "0", "EQ", "2")),
		AUDIT_ARCH_I386, 102, 1, EPERM_VERDICT},
	{"socketcall, unconditional allow", RULES(RULE("socket", "ALLOW")), AUDIT_ARCH_I386, 102, 1,
		SECCOMP_RET_ALLOW},
	{"socketcall, deny beside an allow of all",
		RULES(RULE("socketcall", "ALLOW") "," RULE("socket", "TRAP")), AUDIT_ARCH_I386, 102,
		1, SECCOMP_RET_TRAP},
	{"an old call with 16-bit ids", OPEN_RULES(RULE_IF("setuid", "ERRNO", "0", "EQ", "0")),
		AUDIT_ARCH_I386, 23, 0x10000, EPERM_VERDICT},
	{"its younger twin", OPEN_RULES(RULE_IF("setuid32", "ERRNO", "0", "EQ", "0")),
		AUDIT_ARCH_I386, 213, 0x10000, SECCOMP_RET_ALLOW},
	{"arguments in memory, conditional deny",
		OPEN_RULES(RULE_IF("mmap", "ERRNO", "2", "EQ", "4")), AUDIT_ARCH_I386, 90, 0,
		EPERM_VERDICT},
	{"arguments in memory, conditional allow", RULES(RULE_IF("mmap", "ALLOW", "2", "EQ", "0")),
		AUDIT_ARCH_I386, 90, 0, EPERM_VERDICT},
	{"ipc has a version in its upper half", OPEN_RULES(RULE("shmget", "ERRNO")),
		AUDIT_ARCH_I386, 117, 23 | 1 << 16, EPERM_VERDICT},
};

Test(simulate, meanings)
{
	struct target target = {ARCH_X86_64, {6, 12}, 0};

	for (size_t i = 0; i < ARRAY_LENGTH(meanings); i++) {
		struct seccomp_data call = {.nr = meanings[i].number,
			.arch = meanings[i].audit,
			.args = {meanings[i].argument}};
		struct profile profile = parse_profile(meanings[i].profile);
		struct policy policy = must_select(&profile, &target);
		verdict value = simulate_policy(&policy, &call, NULL);
		char words[2][32];

		cr_assert_eq(value, meanings[i].value, "%s: %s, not %s", meanings[i].what,
			verdict_format(value, words[0], sizeof(words[0])),
			verdict_format(meanings[i].value, words[1], sizeof(words[1])));
		policy_finish(&policy);
		profile_finish(&profile);
	}
}

Test(simulate, says_which_rule_decides)
{
	struct target target = {ARCH_X86_64, {6, 12}, 0};
	struct seccomp_data call = {.nr = 39, .arch = AUDIT_ARCH_X86_64};
	struct profile profile =
		parse_profile(OPEN_RULES(RULE("getpid", "LOG") ",\n" RULE("getpid", "TRAP")));
	struct policy policy = must_select(&profile, &target);
	const struct clause *clause;

	cr_assert_eq(simulate_policy(&policy, &call, &clause), SECCOMP_RET_TRAP);
	cr_assert(clause);
	cr_assert_eq(clause->rule->line, 2);
	call.nr = 38;
	cr_assert_eq(simulate_policy(&policy, &call, &clause), SECCOMP_RET_ALLOW);
	cr_assert_null(clause);
	policy_finish(&policy);
	profile_finish(&profile);
}

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

/* What the kernel's bitmap holds of number 7. */
Test(simulate, constant_allows)
{
	static const struct {
		const char *what;
		struct sock_filter code[6];
		bool allows;
	} cases[] = {
		{"everything", {RETURN(SECCOMP_RET_ALLOW)}, true},
		{"with data", {RETURN(SECCOMP_RET_ALLOW | 1)}, false},
		{"denied", {RETURN(SECCOMP_RET_ERRNO | 1)}, false},
		{"nr",
			{LOAD(0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 1),
				RETURN(SECCOMP_RET_ALLOW), RETURN(SECCOMP_RET_TRAP)},
			true},
		{"a masked arch",
			{LOAD(4), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
				BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x3e, 0, 1),
				RETURN(SECCOMP_RET_ALLOW), RETURN(SECCOMP_RET_TRAP)},
			true},
		{"an argument, whatever it is", {LOAD(16), RETURN(SECCOMP_RET_ALLOW)}, false},
		{"an operation that the kernel does not look into",
			{LOAD(0), BPF_STMT(BPF_MISC | BPF_TAX, 0), RETURN(SECCOMP_RET_ALLOW)},
			false},
		{"jumps",
			{LOAD(0), BPF_STMT(BPF_JMP | BPF_JA, 1), RETURN(SECCOMP_RET_TRAP),
				BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 4, 0, 1),
				RETURN(SECCOMP_RET_ALLOW), RETURN(SECCOMP_RET_TRAP)},
			true},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct sock_filter code[6];
		struct program program = {code, ARRAY_LENGTH(code)};

		memcpy(code, cases[i].code, sizeof(code));
		cr_assert_eq(simulate_constant_allow(&program, AUDIT_ARCH_X86_64, 7),
			cases[i].allows, "%s", cases[i].what);
	}
}
