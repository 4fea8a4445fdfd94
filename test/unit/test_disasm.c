/* SPDX-License-Identifier: Apache-2.0 */
/* Programs in words: by a table, assembled again, and what is said of registers by running them. */
#include "disasm.h"

#include "decode.h"
#include "peer.h"
#include "stacks.h"

UNIT_SUITE(disasm);

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define EQUAL(k, jt, jf) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, jt, jf)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define ALLOW RETURN(SECCOMP_RET_ALLOW)

static const enum arch amd64 = ARCH_X86_64;

static struct disasm must_take(const struct program *program, const enum arch *native)
{
	struct error err = ERROR_INIT;
	struct disasm disasm;

	cr_assert_eq(disasm_init(&disasm, program, native, &err), 0, "%s", error_message(&err));
	return disasm;
}

/* `INSTRUCTION|MEANING` of one instruction. */
static void assert_words(const struct sock_filter *code, size_t length, const enum arch *native,
	size_t position, const char *expected)
{
	struct program program = {(struct sock_filter *)code, length};
	struct disasm disasm = must_take(&program, native);
	struct words instruction, meaning;
	AUTO_FREE char *got = NULL;

	disasm_instruction(&disasm, position, &instruction);
	disasm_meaning(&disasm, position, &meaning);
	got = format_text("%s|%s", instruction.text, meaning.text);
	cr_assert_str_eq(got, expected);
	disasm_finish(&disasm);
}

#define WORDS(native, position, expected, ...)                                                     \
	assert_words((const struct sock_filter[]){__VA_ARGS__},                                    \
		sizeof((const struct sock_filter[]){__VA_ARGS__}) / sizeof(struct sock_filter),    \
		native, position, expected)

Test(disasm, words)
{
	const uint32_t x86_64 = 0xc000003e, i386 = 0x40000003, unknown = 0x12345678;

	WORDS(NULL, 0, "ld [4]|A = arch", LOAD(4), ALLOW);
	WORDS(&amd64, 0, "ld [20]|A = args[0].high", LOAD(20), ALLOW);
	WORDS(&amd64, 0, "ld [8]|A = instruction_pointer.low", LOAD(8), ALLOW);
	WORDS(&(enum arch){ARCH_S390X}, 0, "ld [16]|A = args[0].high", LOAD(16), ALLOW);
	WORDS(NULL, 0, "ld #len|A = 64", BPF_STMT(BPF_LD | BPF_LEN, 0), ALLOW);
	WORDS(NULL, 1, "and #0xff|A = (nr & 0xff)", LOAD(0), BPF_STMT(BPF_ALU | BPF_AND, 255),
		ALLOW);
	WORDS(NULL, 1, "lsh #0x4|A = 112", BPF_STMT(BPF_LD | BPF_IMM, 7),
		BPF_STMT(BPF_ALU | BPF_LSH, 4), ALLOW);
	WORDS(NULL, 0, "neg|A = 0", BPF_STMT(BPF_ALU | BPF_NEG, 0), ALLOW);
	WORDS(NULL, 1, "add #0x1|", LOAD(0), BPF_STMT(BPF_ALU | BPF_ADD, 1), ALLOW);
	WORDS(NULL, 0, "ret #0x50026|ERRNO(ENOSYS)", RETURN(0x50026));
	WORDS(NULL, 1, "ret a|nr", LOAD(0), BPF_STMT(BPF_RET | BPF_A, 0));
	WORDS(NULL, 0, "tax|unused: jt 1 jf 2 k 0x3", {BPF_MISC | BPF_TAX, 1, 2, 3}, ALLOW);
	/* Jumps: what is said holds where the first label is next. */
	WORDS(NULL, 1, "jeq #0xc000003e, L3|arch == x86_64", LOAD(4), EQUAL(x86_64, 1, 0), ALLOW,
		ALLOW);
	WORDS(NULL, 1, "jne #0x12345678, L3|arch != 0x12345678", LOAD(4), EQUAL(unknown, 0, 1),
		ALLOW, ALLOW);
	WORDS(NULL, 2, "jeq #0x5, L3|A == 5", LOAD(0), BPF_STMT(BPF_ALU | BPF_ADD, 1),
		EQUAL(5, 0, 0), ALLOW);
	WORDS(NULL, 1, "jeq #0x5, L3|5 == 5", BPF_STMT(BPF_LD | BPF_IMM, 5), EQUAL(5, 1, 0), ALLOW,
		ALLOW);
	WORDS(NULL, 2, "ret #0x7fff0000|ALLOW; never reached", BPF_STMT(BPF_LD | BPF_IMM, 5),
		EQUAL(5, 1, 0), ALLOW, ALLOW);
	WORDS(NULL, 4, "ld [16]|A = args[0].low, family of socket", LOAD(4), EQUAL(x86_64, 0, 3),
		LOAD(0), EQUAL(41, 0, 1), LOAD(16), ALLOW);
	/* Between jumps by order one number remains, and none. */
	WORDS(&(enum arch){ARCH_RISCV64}, 3, "ld [24]|A = args[1].low, mode of fchmod", LOAD(0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 52, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 52, 0, 2), LOAD(24), ALLOW, ALLOW);
	WORDS(&(enum arch){ARCH_RISCV64}, 5, "ld [24]|A = args[1].low, mode of fchmod", LOAD(0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 53, 5, 0), EQUAL(53, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 51, 0, 3), EQUAL(51, 2, 0), LOAD(24), ALLOW,
		ALLOW);
	WORDS(NULL, 3, "ld [24]|A = args[1].low; never reached", LOAD(0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 52, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 51, 0, 2), LOAD(24), ALLOW, ALLOW);
	WORDS(NULL, 1, "jset #0x8, L2, L3|nr & 0x8", LOAD(0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 8, 0, 1), ALLOW, ALLOW);
	WORDS(NULL, 1, "jlt x, L3|nr < 0", LOAD(0), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_X, 0, 0, 1),
		ALLOW, ALLOW);
	/* Names of calls need the architecture. */
	WORDS(NULL, 1, "jne #0x3b, L3|nr != 59", LOAD(0), EQUAL(59, 0, 1), ALLOW, ALLOW);
	WORDS(&amd64, 1, "jne #0x3b, L3|nr != 59", LOAD(0), EQUAL(59, 0, 1), ALLOW, ALLOW);
	WORDS(NULL, 3, "jne #0x3b, L5|nr != execve", LOAD(4), EQUAL(x86_64, 0, 2), LOAD(0),
		EQUAL(59, 0, 1), ALLOW, ALLOW);
	WORDS(NULL, 3, "jne #0xb, L5|nr != execve", LOAD(4), EQUAL(i386, 0, 2), LOAD(0),
		EQUAL(11, 0, 1), ALLOW, ALLOW);
	WORDS(NULL, 3, "jne #0x40000001, L5|nr != x32 write", LOAD(4), EQUAL(x86_64, 0, 2), LOAD(0),
		EQUAL(0x40000001, 0, 1), ALLOW, ALLOW);
	WORDS(&amd64, 1, "jle #0xa7, L3|nr <= 167", LOAD(0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 167, 0, 1) /* swapon, query_module */, ALLOW,
		ALLOW);
}

/* A valid program of any instructions, with bits set in fields that mean nothing. Owned by the
 * caller. */
static struct program make_program(uint64_t *seed)
{
	static const uint16_t codes[] = {0x20, 0x20, 0x20, 0x00, 0x01, 0x60, 0x61, 0x80, 0x81, 0x02,
		0x03, 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x54, 0x5c,
		0x64, 0x6c, 0x74, 0x7c, 0x84, 0xa4, 0xac, 0x05, 0x15, 0x15, 0x15, 0x1d, 0x25, 0x2d,
		0x35, 0x3d, 0x45, 0x4d, 0x06, 0x16, 0x07, 0x87};
	static const uint32_t constants[] = {
		0, 1, 4, 8, 0xc000003e, 0x40000003, 0x40000001, 59, 11, UINT32_MAX, 0x50001};
	size_t length = 2 + next_random(seed) % 24;
	struct program program = {calloc(length, sizeof(struct sock_filter)), length};

	cr_assert(program.code);
	for (size_t i = 0; i + 1 < length; i++) {
		struct program alone = {&program.code[i], length - i};
		struct error err = ERROR_INIT;
		int r;

		do { /* until it is right beside the returns that follow */
			for (size_t j = i + 1; j < length; j++)
				program.code[j] = (struct sock_filter)ALLOW;
			program.code[i] = (struct sock_filter){
				codes[next_random(seed) % ARRAY_LENGTH(codes)],
				(uint8_t)(next_random(seed) % 6), (uint8_t)(next_random(seed) % 6),
				constants[next_random(seed) % ARRAY_LENGTH(constants)]};
			if (program.code[i].code == 0x20)
				program.code[i].k = (uint32_t)(next_random(seed) % 16 * 4);
			if (BPF_MODE(program.code[i].code) == BPF_MEM &&
				BPF_CLASS(program.code[i].code) < BPF_ST)
				alone = program;
			r = program_check(&alone, &err);
			error_finish(&err);
			alone = (struct program){&program.code[i], length - i};
		} while (r < 0);
	}
	return program;
}

/* What an instruction does with the call: `*ret_a` is A before it. False: it is not reached. */
static bool try_call(
	struct program *program, size_t position, const struct seccomp_data *call, uint32_t *ret_a)
{
	const struct sock_filter saved = program->code[position];
	verdict value[2];

	for (uint32_t i = 0; i < 2; i++) {
		program->code[position] = (struct sock_filter)RETURN(0xdead0000 + i);
		cr_assert_eq(simulate_program(program, call, &value[i], NULL), 0);
	}
	program->code[position] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	cr_assert_eq(simulate_program(program, call, ret_a, NULL), 0);
	program->code[position] = saved;
	return value[0] != value[1];
}

static enum arch arch_of(const struct seccomp_data *call)
{
	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if (architectures[arch].audit == call->arch)
			return (enum arch)arch;
	return ARCH_COUNT;
}

static void assert_fact(const struct fact *fact, const struct seccomp_data *call, uint32_t a)
{
	uint32_t word;

	cr_assert(fact->reached);
	cr_assert(fact->architectures & UINT32_C(1) << arch_of(call), "arch %#x", call->arch);
	cr_assert((uint32_t)call->nr >= fact->first && (uint32_t)call->nr <= fact->last);
	if (fact->a.kind == HELD_CONSTANT)
		cr_assert_eq(a, fact->a.value);
	if (fact->a.kind == HELD_WORD) {
		memcpy(&word, (const char *)call + fact->a.offset, sizeof(word));
		cr_assert_eq(a, word & fact->a.value);
	}
}

/* Returns how many places were reached of those tried. */
static size_t try_facts(struct program *program, size_t rounds, uint64_t *seed)
{
	static struct constants constants;
	struct disasm disasm = must_take(program, NULL);
	size_t reached = 0;

	collect_constants(program, 1, &constants);
	for (size_t round = 0; round < rounds; round++) {
		size_t position = next_random(seed) % program->length;
		struct seccomp_data call;
		uint32_t words[sizeof(call) / sizeof(uint32_t)], a;

		for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
			words[i] = pick_constant(&constants, seed);
		memcpy(&call, words, sizeof(call));
		if (!try_call(program, position, &call, &a))
			continue;
		assert_fact(&disasm.facts[position], &call, a);
		reached++;
	}
	disasm_finish(&disasm);
	return reached;
}

Test(disasm, facts_hold, .timeout = 120)
{
	uint64_t seed = 0xfac7;
	size_t reached = 0;

	for (size_t i = 0; i < 3000; i++) {
		struct program program = make_program(&seed);

		reached += try_facts(&program, 100, &seed);
		program_finish(&program);
	}
	cr_assert_gt(reached, 50000, "%zu", reached);
}

/* Programs and what is printed of them, to be assembled at once. */
struct round {
	char *directory; /* owned */
	FILE *text, *bytes;
	size_t count;
};

static FILE *create(const char *directory, const char *name)
{
	AUTO_FREE char *path = format_text("%s/%s", directory, name);
	FILE *stream = fopen(path, "we");

	cr_assert(stream);
	return stream;
}

static struct round start_round(void)
{
	struct round round = {.directory = temp_dir()};

	round.text = create(round.directory, "text");
	round.bytes = create(round.directory, "bytes");
	return round;
}

static void add_program(struct round *round, const struct program *program)
{
	struct disasm disasm = must_take(program, NULL);

	disasm_write_text(&disasm, round->text);
	putc('\n', round->text);
	disasm_finish(&disasm);
	cr_assert_eq(fwrite(program->code, sizeof(*program->code), program->length, round->bytes),
		program->length);
	round->count++;
}

static void end_round(struct round *round)
{
	AUTO_FREE char *assembler = source_path("test/unit/assemble.py");
	AUTO_FREE char *command = format_text(
		"cd %s && python3 %s <text >again && cmp bytes again", round->directory, assembler);

	cr_assert_eq(fclose(round->text), 0);
	cr_assert_eq(fclose(round->bytes), 0);
	cr_assert_eq(system(command), 0, "of %zu programs", round->count); /* NOLINT */
	remove_tree(round->directory);
}

Test(disasm, assembled_again, .timeout = 120)
{
	struct round round = start_round();
	uint64_t seed = 0xa55e;

	for (size_t i = 0; i < 2000; i++) {
		struct program program = make_program(&seed);

		add_program(&round, &program);
		program_finish(&program);
	}
	end_round(&round);
}

/* Each opcode that the kernel takes, in a program of its own. */
Test(disasm, every_opcode)
{
	struct round round = start_round();

	for (uint32_t code = 0; code <= UINT16_MAX; code++) {
		struct sock_filter instructions[] = {BPF_STMT(BPF_ST, 4), {(uint16_t)code, 1, 2, 4},
			ALLOW, ALLOW, ALLOW, ALLOW, ALLOW};
		struct program program = {instructions, ARRAY_LENGTH(instructions)};
		struct error err = ERROR_INIT;

		if (program_check(&program, &err) == 0)
			add_program(&round, &program);
		error_finish(&err);
	}
	cr_assert_eq(round.count, 41);
	end_round(&round);
}

static void add_peers(struct round *round, const struct policy *policy)
{
	uint64_t seed = 0x9ee5;

	for (uint32_t level = 0; level <= 2; level++) {
		struct program program = level ? peer_build_at(policy, level) : must_build(policy);

		add_program(round, &program);
		cr_assert_gt(try_facts(&program, 2000, &seed), 0);
		program_finish(&program);
	}
}

Test(disasm, runtime_default, .timeout = 120)
{
	const struct target target = {ARCH_X86_64, {6, 12}, UINT64_C(0xa80425fb)};
	struct round round = start_round();
	struct error err = ERROR_INIT;
	struct profile profile;
	struct policy policy;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0);
	policy = must_select(&profile, &target);
	add_peers(&round, &policy);
	policy_finish(&policy);
	profile_finish(&profile);
	end_round(&round);
}

Test(disasm, refused)
{
	struct program program = {(struct sock_filter[]){LOAD(64), ALLOW}, 2};
	struct error err = ERROR_INIT;
	struct disasm disasm;

	cr_assert_eq(disasm_init(&disasm, &program, NULL, &err), -EINVAL);
	cr_assert_str_eq(error_message(&err),
		"instruction 0 (code 0x20, k 0x40) loads from an offset "
		"that is no multiple of 4 below 64");
	error_finish(&err);
}
