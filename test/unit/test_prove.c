/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of short programs and what they are to each other. */
#include "proofs.h"

UNIT_SUITE(prove);

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define IF(test, value, yes, no) BPF_JUMP(BPF_JMP | BPF_##test | BPF_K, value, yes, no)
#define IF_X(test, yes, no) BPF_JUMP(BPF_JMP | BPF_##test | BPF_X, 0, yes, no)
#define ALU(operation, value) BPF_STMT(BPF_ALU | BPF_##operation | BPF_K, value)
#define ALU_X(operation) BPF_STMT(BPF_ALU | BPF_##operation | BPF_X, 0)
#define IMM(value) BPF_STMT(BPF_LD | BPF_IMM, value)
#define IMM_X(value) BPF_STMT(BPF_LDX | BPF_IMM, value)
#define TAX BPF_STMT(BPF_MISC | BPF_TAX, 0)
#define TXA BPF_STMT(BPF_MISC | BPF_TXA, 0)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define RETURN_A BPF_STMT(BPF_RET | BPF_A, 0)
#define DENY RETURN(SECCOMP_RET_ERRNO | EPERM)
#define ALLOW RETURN(SECCOMP_RET_ALLOW)
#define ANSWER ALLOW, DENY

enum { MOST_CODE = 12 };

/* A program is as long as up to its last return. */
static struct program program_of(const struct sock_filter *code)
{
	struct program program = {(struct sock_filter *)code, MOST_CODE};

	while (BPF_CLASS(code[program.length - 1].code) != BPF_RET)
		program.length--;
	return program;
}

static const struct {
	const char *what;
	struct sock_filter a[MOST_CODE], b[MOST_CODE];
	enum relation relation;
} pairs[] = {
	{"themselves", {ALLOW}, {ALLOW}, RELATION_SAME},
	{"another verdict", {DENY}, {ALLOW}, RELATION_STRICTER},
	{"the other way", {ALLOW}, {DENY}, RELATION_LAXER},
	{"another errno", {RETURN(SECCOMP_RET_ERRNO | 1)}, {RETURN(SECCOMP_RET_ERRNO | 2)},
		RELATION_DIFFERENT},
	{"two numbers, each", {LOAD(0), IF(JEQ, 5, 0, 1), ANSWER},
		{LOAD(0), IF(JEQ, 6, 0, 1), ANSWER}, RELATION_DIFFERENT},
	{"one number more", {LOAD(0), IF(JEQ, 5, 0, 1), ANSWER},
		{LOAD(0), IF(JEQ, 5, 1, 0), IF(JEQ, 6, 0, 1), ANSWER}, RELATION_STRICTER},
	{"turned jumps", {LOAD(0), IF(JEQ, 5, 0, 1), ANSWER},
		{LOAD(0), IF(JEQ, 5, 1, 0), DENY, ALLOW}, RELATION_SAME},
	{"at least 5 and above 4", {LOAD(0), IF(JGE, 5, 0, 1), ANSWER},
		{LOAD(0), IF(JGT, 4, 0, 1), ANSWER}, RELATION_SAME},
	{"at least 5 and above 5", {LOAD(0), IF(JGE, 5, 0, 1), ANSWER},
		{LOAD(0), IF(JGT, 5, 0, 1), ANSWER}, RELATION_LAXER},
	{"above all", {LOAD(0), IF(JGT, UINT32_MAX, 0, 1), ANSWER}, {DENY}, RELATION_SAME},
	{"a bit and a limit", {LOAD(0), IF(JSET, 0x80000000, 0, 1), ANSWER},
		{LOAD(0), IF(JGE, 0x80000000, 0, 1), ANSWER}, RELATION_SAME},
	{"one of two bits is not both", {LOAD(0), IF(JSET, 3, 0, 1), ANSWER},
		{LOAD(0), ALU(AND, 3), IF(JEQ, 3, 0, 1), ANSWER}, RELATION_LAXER},
	{"no bit", {LOAD(0), IF(JSET, 0, 0, 1), ANSWER}, {DENY}, RELATION_SAME},
	{"a mask and shifts", {LOAD(16), ALU(AND, 0xff00), IF(JEQ, 0x500, 0, 1), ANSWER},
		{LOAD(16), ALU(LSH, 16), ALU(RSH, 24), IF(JEQ, 5, 0, 1), ANSWER}, RELATION_SAME},
	{"a mask too large", {LOAD(16), ALU(AND, 0x1ff00), IF(JEQ, 0x500, 0, 1), ANSWER},
		{LOAD(16), ALU(LSH, 16), ALU(RSH, 24), IF(JEQ, 5, 0, 1), ANSWER},
		RELATION_STRICTER},
	{"bits set and flipped", {LOAD(0), ALU(OR, 6), ALU(XOR, 5), IF(JEQ, 3, 0, 1), ANSWER},
		{LOAD(0), ALU(AND, ~6U), IF(JEQ, 0, 0, 1), ANSWER}, RELATION_SAME},
	{"a flipped order", {LOAD(0), ALU(XOR, UINT32_MAX), IF(JGT, 9, 0, 1), ANSWER},
		{LOAD(0), IF(JGE, UINT32_MAX - 9, 1, 0), ANSWER}, RELATION_SAME},
	{"all bits shifted out", {LOAD(0), ALU(LSH, 31), ALU(LSH, 1), IF(JEQ, 0, 0, 1), ANSWER},
		{ALLOW}, RELATION_SAME},
	{"64 bits by halves, high or low first",
		{LOAD(20), IF(JEQ, 1, 0, 3), LOAD(16), IF(JEQ, 2, 0, 1), ANSWER},
		{LOAD(16), IF(JEQ, 2, 0, 3), LOAD(20), IF(JEQ, 1, 0, 1), ANSWER}, RELATION_SAME},
	{"64 bits, and the low half alone",
		{LOAD(20), IF(JEQ, 0, 0, 3), LOAD(16), IF(JEQ, 2, 0, 1), ANSWER},
		{LOAD(16), IF(JEQ, 2, 0, 1), ANSWER}, RELATION_STRICTER},
	{"last argument, high half", {LOAD(60), IF(JEQ, 1, 0, 1), ANSWER},
		{LOAD(56), IF(JEQ, 1, 0, 1), ANSWER}, RELATION_DIFFERENT},
	{"instruction pointer", {LOAD(8), IF(JEQ, 1, 0, 1), ANSWER}, {DENY}, RELATION_LAXER},
	{"architecture", {LOAD(4), IF(JEQ, AUDIT_ARCH_ARM, 0, 1), ANSWER}, {DENY}, RELATION_LAXER},
	{"length", {BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), IF(JEQ, 64, 0, 1), ANSWER}, {ALLOW},
		RELATION_SAME},
	{"length in x", {BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), TXA, IF(JEQ, 64, 0, 1), ANSWER},
		{ALLOW}, RELATION_SAME},
	{"what registers start with", {IF(JEQ, 0, 0, 2), IF_X(JEQ, 0, 1), ANSWER}, {ALLOW},
		RELATION_SAME},
	{"by way of x", {LOAD(0), TAX, IMM(7), TXA, IF(JEQ, 5, 0, 1), ANSWER},
		{LOAD(0), IF(JEQ, 5, 0, 1), ANSWER}, RELATION_SAME},
	{"by way of memory",
		{LOAD(0), BPF_STMT(BPF_ST, 15), LOAD(4), BPF_STMT(BPF_LDX | BPF_MEM, 15),
			BPF_STMT(BPF_STX, 0), BPF_STMT(BPF_LD | BPF_MEM, 0), IF(JEQ, 5, 0, 1),
			ANSWER},
		{LOAD(0), IF(JEQ, 5, 0, 1), ANSWER}, RELATION_SAME},
	{"against x", {LOAD(0), IMM_X(5), IF_X(JGE, 0, 1), ANSWER},
		{LOAD(0), IF(JGE, 5, 0, 1), ANSWER}, RELATION_SAME},
	{"a constant above x", {LOAD(0), TAX, IMM(5), IF_X(JGT, 0, 1), ANSWER},
		{LOAD(0), IF(JGE, 5, 1, 0), ANSWER}, RELATION_SAME},
	{"a constant not below x", {LOAD(0), TAX, IMM(5), IF_X(JGE, 0, 1), ANSWER},
		{LOAD(0), IF(JGT, 5, 1, 0), ANSWER}, RELATION_SAME},
	{"a constant equal to x", {LOAD(0), TAX, IMM(5), IF_X(JEQ, 0, 1), ANSWER},
		{LOAD(0), IF(JEQ, 5, 0, 1), ANSWER}, RELATION_SAME},
	{"a constant and the bits of x", {LOAD(0), TAX, IMM(5), IF_X(JSET, 0, 1), ANSWER},
		{LOAD(0), IF(JSET, 5, 0, 1), ANSWER}, RELATION_SAME},
	{"a constant masked by x", {LOAD(0), TAX, IMM(5), ALU_X(AND), IF(JEQ, 4, 0, 1), ANSWER},
		{LOAD(0), ALU(AND, 5), IF(JEQ, 4, 0, 1), ANSWER}, RELATION_SAME},
	{"shifted by x", {LOAD(0), IMM_X(33), ALU_X(RSH), IF(JEQ, 4, 0, 1), ANSWER},
		{LOAD(0), ALU(RSH, 1), IF(JEQ, 4, 0, 1), ANSWER}, RELATION_SAME},
	{"arithmetic of constants",
		{IMM(7), ALU(ADD, 5), ALU(MUL, 3), ALU(SUB, 1), ALU(DIV, 5), ALU(NEG, 0),
			ALU(LSH, 1), IF(JEQ, -14U, 0, 1), ANSWER},
		{ALLOW}, RELATION_SAME},
	{"division by zero in x", {LOAD(0), ALU_X(DIV), ANSWER}, {RETURN(SECCOMP_RET_KILL_THREAD)},
		RELATION_SAME},
	{"what can never be", {LOAD(0), IF(JEQ, 5, 0, 2), IF(JEQ, 6, 0, 1), ANSWER}, {DENY},
		RELATION_SAME},
	{"returned a", {IMM(SECCOMP_RET_ALLOW), RETURN_A}, {ALLOW}, RELATION_SAME},
	{"returned bits of the call",
		{LOAD(0), ALU(AND, 1), ALU(OR, SECCOMP_RET_ERRNO | 2), RETURN_A},
		{LOAD(0), IF(JSET, 1, 0, 1), RETURN(SECCOMP_RET_ERRNO | 3),
			RETURN(SECCOMP_RET_ERRNO | 2)},
		RELATION_SAME},
	{"data that the kernel does not use", {RETURN(SECCOMP_RET_ALLOW | 7)}, {ALLOW},
		RELATION_SAME},
	{"data of a log", {RETURN(SECCOMP_RET_LOG | 7)}, {RETURN(SECCOMP_RET_LOG)}, RELATION_SAME},
	{"data of a kill", {RETURN(SECCOMP_RET_KILL_THREAD | 7)}, {RETURN(0)}, RELATION_SAME},
	{"data of a notification", {RETURN(SECCOMP_RET_USER_NOTIF | 7)},
		{RETURN(SECCOMP_RET_USER_NOTIF)}, RELATION_SAME},
	{"data of a trap", {RETURN(SECCOMP_RET_TRAP | 7)}, {RETURN(SECCOMP_RET_TRAP)},
		RELATION_DIFFERENT},
	{"data of a trace", {RETURN(SECCOMP_RET_TRACE | 7)}, {RETURN(SECCOMP_RET_TRACE)},
		RELATION_DIFFERENT},
	{"the largest errno", {RETURN(SECCOMP_RET_ERRNO | 4096)},
		{RETURN(SECCOMP_RET_ERRNO | 4095)}, RELATION_SAME},
	{"an errno below it", {RETURN(SECCOMP_RET_ERRNO | 4095)},
		{RETURN(SECCOMP_RET_ERRNO | 4094)}, RELATION_DIFFERENT},
	{"an unknown action kills", {RETURN(0x00040000)}, {RETURN(SECCOMP_RET_KILL_PROCESS)},
		RELATION_SAME},
};

Test(prove, pairs)
{
	for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
		struct program a = program_of(pairs[i].a), b = program_of(pairs[i].b);
		struct stack left = STACK(PROGRAM(&a)), right = STACK(PROGRAM(&b));
		struct error err = ERROR_INIT;
		struct proof proof;
		int r = prove_stacks(ARCH_X86_64, &left, &right, &proof, &err);

		cr_assert_eq(r, 0, "%s: %s", pairs[i].what, error_message(&err));
		cr_assert_eq(proof.relation, pairs[i].relation, "%s: relation %d", pairs[i].what,
			proof.relation);
		check_proof(pairs[i].what, &proof, left, right);
	}
}

Test(prove, what_cannot_be_told)
{
	static const struct {
		struct sock_filter code[MOST_CODE];
		int code_of_error;
		const char *message;
	} cases[] = {
		{{LOAD(0), ALU(ADD, 1), IF(JEQ, 5, 0, 1), ANSWER}, -EOPNOTSUPP,
			"instruction 1 (code 0x04) computes with words of the call"},
		{{LOAD(0), ALU(NEG, 0), IF(JEQ, 5, 0, 1), ANSWER}, -EOPNOTSUPP, "instruction 1"},
		{{LOAD(0), TAX, LOAD(4), ALU_X(XOR), IF(JEQ, 5, 0, 1), ANSWER}, -EOPNOTSUPP,
			"instruction 3"},
		{{LOAD(0), TAX, IMM(1), ALU_X(LSH), IF(JEQ, 5, 0, 1), ANSWER}, -EOPNOTSUPP,
			"instruction 3"},
		{{LOAD(0), TAX, LOAD(4), IF_X(JEQ, 0, 1), ANSWER}, -EOPNOTSUPP, "instruction 3"},
		{{LOAD(0), RETURN_A}, -EOPNOTSUPP, "instruction 1 (code 0x16)"},
		{{LOAD(0)}, -EINVAL, "instruction"},
	};
	struct program simple = program_of((struct sock_filter[MOST_CODE]){ALLOW});

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct program program = {(struct sock_filter *)cases[i].code, MOST_CODE};
		struct error err = ERROR_INIT;
		struct proof proof;
		int r;

		if (cases[i].code_of_error != -EINVAL)
			program = program_of(cases[i].code);
		r = prove_stacks(ARCH_X86_64, &STACK(PROGRAM(&simple)), &STACK(PROGRAM(&program)),
			&proof, &err);
		cr_assert_eq(r, cases[i].code_of_error, "case %zu: %d", i, r);
		cr_assert_eq(prove_cannot_tell(r), r != -EINVAL);
		cr_assert(contains(error_message(&err), cases[i].message), "case %zu: %s", i,
			error_message(&err));
		error_finish(&err);
	}
}

/* The stricter action wins, of equals the newest filter's; no filter allows. Actions that the kernel
 * does not know are ordered as they are, and kill when they win. */
Test(prove, stacks)
{
	static const verdict values[] = {SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW | 7, SECCOMP_RET_LOG,
		SECCOMP_RET_TRACE | 1, SECCOMP_RET_TRACE | 2, SECCOMP_RET_ERRNO | 1,
		SECCOMP_RET_ERRNO | 2, SECCOMP_RET_ERRNO | 5000, SECCOMP_RET_TRAP,
		SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_USER_NOTIF,
		0x00010000, 0x00040000, 0x90000000, 0x7fff0000 | 1};
	enum { COUNT = ARRAY_LENGTH(values) };

	for (size_t i = 0; i < COUNT * COUNT * COUNT; i++) {
		struct sock_filter code[4] = {RETURN(values[i % COUNT]),
			RETURN(values[i / COUNT % COUNT]), RETURN(values[i / COUNT / COUNT])};
		struct program parts[] = {{&code[0], 1}, {&code[1], 1}, {&code[2], 1}};
		struct program whole = {&code[3], 1};
		struct seccomp_data call = {0};
		verdict value;

		cr_assert_eq(simulate_stack(parts, 3, &call, &value), 0);
		code[3] = (struct sock_filter)RETURN(value);
		assert_relation("three", ARCH_X86_64,
			STACK(PROGRAM(&parts[0]), PROGRAM(&parts[1]), PROGRAM(&parts[2])),
			STACK(PROGRAM(&whole)), RELATION_SAME);
	}
}

Test(prove, no_filter_allows)
{
	struct program allow = program_of((struct sock_filter[MOST_CODE]){ALLOW});
	struct program deny = program_of((struct sock_filter[MOST_CODE]){DENY});
	struct stack none = {0};

	assert_relation("allow", ARCH_X86_64, none, STACK(PROGRAM(&allow)), RELATION_SAME);
	assert_relation("deny", ARCH_X86_64, none, STACK(PROGRAM(&deny)), RELATION_LAXER);
	assert_relation("none", ARCH_X86_64, none, none, RELATION_SAME);
}

Test(prove, names_the_filter_of_a_stack)
{
	struct program allow = program_of((struct sock_filter[MOST_CODE]){ALLOW});
	struct program odd = program_of((struct sock_filter[MOST_CODE]){LOAD(0), RETURN_A});
	struct stack stack = STACK(PROGRAM(&allow), PROGRAM(&odd));
	struct error err = ERROR_INIT;
	struct proof proof;

	cr_assert_eq(prove_stacks(ARCH_X86_64, &stack, &stack, &proof, &err), -EOPNOTSUPP);
	cr_assert(contains(error_message(&err), "filter 2 of 2: instruction 1"), "%s",
		error_message(&err));
	error_finish(&err);
}

/* An example is a call that has a name if there is one, and as plain as can be. */
Test(prove, examples)
{
	static const struct {
		const char *what;
		struct sock_filter code[MOST_CODE]; /* beside a program that denies all */
		struct seccomp_data call;
		uint32_t words;
	} cases[] = {
		{"any call", {ALLOW}, {.nr = 0, .arch = AUDIT_ARCH_X86_64}, 3},
		{"a number", {LOAD(0), IF(JEQ, 59, 0, 1), ANSWER},
			{.nr = 59, .arch = AUDIT_ARCH_X86_64}, 3},
		{"a limit", {LOAD(0), IF(JGT, 330, 0, 1), ANSWER},
			{.nr = 331, .arch = AUDIT_ARCH_X86_64}, 3},
		{"no call has that number", {LOAD(0), IF(JEQ, 0x2000, 0, 1), ANSWER},
			{.nr = 0x2000}, 1U << WORD_NR},
		{"a number of x32", {LOAD(0), IF(JEQ, X32_SYSCALL_BIT | 9, 0, 1), ANSWER},
			{.nr = (int)(X32_SYSCALL_BIT | 9), .arch = AUDIT_ARCH_X86_64}, 3},
		{"an architecture", {LOAD(4), IF(JEQ, AUDIT_ARCH_ARM, 0, 1), ANSWER},
			{.nr = 0, .arch = AUDIT_ARCH_ARM}, 3},
		{"an unknown architecture", {LOAD(4), IF(JEQ, 0x12345, 0, 1), ANSWER},
			{.arch = 0x12345}, 1U << WORD_ARCH},
		{"an argument", {LOAD(28), IF(JGE, 5, 0, 1), ANSWER},
			{.arch = AUDIT_ARCH_X86_64, .args = {0, UINT64_C(5) << 32}},
			3 | 1U << (WORD_ARGUMENTS + 2)},
		{"a low half", {LOAD(24), IF(JGE, 5, 0, 1), ANSWER},
			{.arch = AUDIT_ARCH_X86_64, .args = {0, 5}},
			3 | 1U << (WORD_ARGUMENTS + 3)},
		{"instruction pointer", {LOAD(12), IF(JSET, 6, 0, 1), ANSWER},
			{.arch = AUDIT_ARCH_X86_64, .instruction_pointer = UINT64_C(2) << 32},
			3 | 1U << WORD_POINTER},
	};
	struct program deny = program_of((struct sock_filter[MOST_CODE]){DENY});

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct program program = program_of(cases[i].code);
		struct error err = ERROR_INIT;
		const struct example *example;
		struct proof proof;

		cr_assert_eq(prove_stacks(ARCH_X86_64, &STACK(PROGRAM(&program)),
				     &STACK(PROGRAM(&deny)), &proof, &err),
			0, "%s: %s", cases[i].what, error_message(&err));
		example = &proof.examples[RELATION_LAXER];
		cr_assert(example->found);
		cr_assert(!memcmp(&example->call, &cases[i].call, sizeof(example->call)),
			"%s: arch %#x nr %#x args %#llx %#llx", cases[i].what, example->call.arch,
			(unsigned)example->call.nr, (unsigned long long)example->call.args[0],
			(unsigned long long)example->call.args[1]);
		cr_assert_eq(
			example->words, cases[i].words, "%s: %#x", cases[i].what, example->words);
		cr_assert_eq(example->a, SECCOMP_RET_ALLOW);
		cr_assert_eq(example->b, SECCOMP_RET_ERRNO | EPERM);
	}
}

/* A filter of a big-endian kernel has the high half of an argument at the lower offset. */
Test(prove, byte_order)
{
	static const struct {
		struct sock_filter code[MOST_CODE];
		struct seccomp_data call; /* of s390x, all of it as a number */
	} cases[] = {
		{{LOAD(24), IF(JEQ, 5, 0, 1), ANSWER}, {.args = {0, UINT64_C(5) << 32}}},
		{{LOAD(28), IF(JEQ, 5, 0, 1), ANSWER}, {.args = {0, 5}}},
		{{LOAD(8), IF(JEQ, 5, 0, 1), ANSWER}, {.instruction_pointer = UINT64_C(5) << 32}},
		{{LOAD(12), IF(JEQ, 5, 0, 1), ANSWER}, {.instruction_pointer = 5}},
	};
	struct program deny = program_of((struct sock_filter[MOST_CODE]){DENY});

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct program program = program_of(cases[i].code);
		struct error err = ERROR_INIT;
		const struct seccomp_data *call;
		struct proof proof;

		cr_assert_eq(prove_stacks(ARCH_S390X, &STACK(PROGRAM(&program)),
				     &STACK(PROGRAM(&deny)), &proof, &err),
			0, "case %zu: %s", i, error_message(&err));
		call = &proof.examples[RELATION_LAXER].call;
		cr_assert_eq(call->arch, AUDIT_ARCH_S390X);
		cr_assert_eq(call->args[1], cases[i].call.args[1], "case %zu", i);
		cr_assert_eq(call->instruction_pointer, cases[i].call.instruction_pointer);
	}
}

/* Each test doubles what the register may hold. */
Test(prove, too_many_states)
{
	enum { TESTS = 12 };
	struct sock_filter code[3 * TESTS + 2];
	struct program program = {code, ARRAY_LENGTH(code)};
	struct program allow = program_of((struct sock_filter[MOST_CODE]){ALLOW});
	struct error err = ERROR_INIT;
	struct proof proof;

	for (uint32_t i = 0; i < TESTS; i++) {
		code[3 * i] = (struct sock_filter)TXA;
		code[3 * i + 1] = (struct sock_filter)IF(JSET, 1U << (i + 16), 0, 1);
		code[3 * i + 2] = (struct sock_filter)ALU(AND, ~(1U << i));
	}
	code[0] = (struct sock_filter)LOAD(0);
	for (uint32_t i = 1; i < TESTS; i++)
		code[3 * i] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0);
	code[3 * TESTS] = (struct sock_filter)ALU(AND, 3);
	code[3 * TESTS + 1] = (struct sock_filter)RETURN_A;
	cr_assert_eq(prove_stacks(ARCH_X86_64, &STACK(PROGRAM(&program)), &STACK(PROGRAM(&allow)),
			     &proof, &err),
		-E2BIG);
	cr_assert(contains(error_message(&err), "too many states"), "%s", error_message(&err));
	error_finish(&err);
}
