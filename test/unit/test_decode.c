/* SPDX-License-Identifier: Apache-2.0 */
/* Which programs seccomp(2) takes: by a table, and by asking the kernel. */
#include "decode.h"

#include "calls.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

UNIT_SUITE(decode);

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

Test(decode, faults)
{
	static const struct {
		struct sock_filter code[5];
		size_t length;
		const char *message; /* NULL: none */
	} cases[] = {
		{{RETURN(0)}, 1, NULL},
		{{RETURN(0)}, 0, "0 instructions; the kernel takes 1 to 4096"},
		{{LOAD(60), RETURN(0)}, 2, NULL},
		{{LOAD(64), RETURN(0)}, 2,
			"instruction 0 (code 0x20, k 0x40) loads from an offset that is no "
			"multiple of 4 below 64"},
		{{LOAD(2), RETURN(0)}, 2, "no multiple of 4"},
		{{BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), RETURN(0)}, 2,
			"is none that seccomp allows"},
		{{BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 2), RETURN(0)}, 2,
			"is none that seccomp allows"},
		{{BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RETURN(0)}, 2, "divides by zero"},
		{{BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), RETURN(0)}, 2, NULL},
		{{BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 31), RETURN(0)}, 2, NULL},
		{{BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 32), RETURN(0)}, 2,
			"shifts by more than 31 bits"},
		{{LOAD(0)}, 1, "is the last and no return"},
		{{BPF_STMT(BPF_RET | BPF_X, 0)}, 1, "is none that seccomp allows"},
		{{BPF_STMT(BPF_JMP | BPF_JA, 0), RETURN(0)}, 2, NULL},
		{{BPF_STMT(BPF_JMP | BPF_JA, 1), RETURN(0)}, 2, "jumps beyond the end"},
		{{BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX), RETURN(0)}, 2, "jumps beyond the end"},
		{{BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), RETURN(0)}, 2,
			"instruction 0 (code 0x15, k 0x0) jumps beyond the end"},
		{{BPF_JUMP(BPF_JMP | BPF_JSET | BPF_X, 0, 0, 1), RETURN(0)}, 2,
			"jumps beyond the end"},
		{{BPF_STMT(BPF_ST, 16), RETURN(0)}, 2, "uses a memory word above 15"},
		{{BPF_STMT(BPF_LD | BPF_MEM, 0), RETURN(0)}, 2,
			"loads a memory word that is not written on every way"},
		{{BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LDX | BPF_MEM, 3), RETURN(0)}, 3, NULL},
		{{BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), BPF_STMT(BPF_STX, 3),
			 BPF_STMT(BPF_LD | BPF_MEM, 3), RETURN(0)},
			4, "instruction 2 (code 0x60, k 0x3) loads a memory word"},
		{{BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_JMP | BPF_JA, 0), BPF_STMT(BPF_LD | BPF_MEM, 3),
			 RETURN(0)},
			4, NULL},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct program program = {(struct sock_filter *)cases[i].code, cases[i].length};
		struct error err = ERROR_INIT;
		int r = program_check(&program, &err);

		cr_assert_eq(
			r, cases[i].message ? -EINVAL : 0, "case %zu: %s", i, error_message(&err));
		if (cases[i].message)
			cr_assert(contains(error_message(&err), cases[i].message), "case %zu: %s",
				i, error_message(&err));
		error_finish(&err);
	}
}

Test(decode, raw_files)
{
	static const struct sock_filter code[] = {LOAD(4), RETURN(SECCOMP_RET_ALLOW)};
	struct error err = ERROR_INIT;
	struct program program, again;
	int fd = memfd_create("program", MFD_CLOEXEC);
	char *text;
	size_t length;

	cr_assert_eq(program_read("a.bpf", code, sizeof(code), &program, &err), 0);
	cr_assert_eq(program.length, 2);
	cr_assert_eq(io_write_all(fd, program.code, program.length * sizeof(*program.code)), 0);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	cr_assert_eq(io_read(fd, "memfd", PROGRAM_SIZE_LIMIT, &text, &length, &err), 0);
	cr_assert_eq(program_read("b.bpf", text, length, &again, &err), 0);
	cr_assert_arr_eq(again.code, code, sizeof(code));
	free(text);
	close(fd);
	program_finish(&program);
	program_finish(&again);

	cr_assert_eq(program_read("a.bpf", code, 15, &program, &err), -EINVAL);
	cr_assert_str_eq(error_message(&err),
		"a.bpf: 15 bytes are no raw BPF program: instructions have 8 bytes");
	cr_assert_eq(program_read("a.bpf", code, 0, &program, &err), -EINVAL);
	cr_assert_eq(program_read("a.bpf", code, 8, &program, &err), -EINVAL);
	cr_assert_str_eq(error_message(&err),
		"a.bpf: instruction 0 (code 0x20, k 0x4) is the last and no return");
	error_finish(&err);
}

/*
 * The kernel's opinion. Every program starts with a test that no call passes, so what follows it is
 * checked and never run, and a child can load many of them.
 */
enum { A_CHILD = 512, LONGEST = 16 };

struct opinions {
	bool taken[A_CHILD];
};

static void ask_kernel(const struct program *programs, size_t count, struct opinions *opinions)
{
	int status;
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			_exit(1);
		for (size_t i = 0; i < count; i++) {
			struct sock_fprog code = {
				(unsigned short)programs[i].length, programs[i].code};

			opinions->taken[i] =
				syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &code) == 0;
			if (!opinions->taken[i] && errno != EINVAL)
				_exit(2);
		}
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "the child ends with %#x", status);
}

static void compare_with_kernel(struct program (*make)(uint64_t *seed, size_t i), size_t count)
{
	struct opinions *opinions = mmap(
		NULL, sizeof(*opinions), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct program programs[A_CHILD];
	uint64_t seed = 0xdec0de;
	size_t taken = 0;

	cr_assert_neq(opinions, MAP_FAILED);
	for (size_t i = 0; i < count; i += A_CHILD) {
		for (size_t j = 0; j < A_CHILD; j++)
			programs[j] = make(&seed, i + j);
		ask_kernel(programs, A_CHILD, opinions);
		for (size_t j = 0; j < A_CHILD; j++) {
			struct error err = ERROR_INIT;
			int r = program_check(&programs[j], &err);

			cr_assert_eq(r == 0, opinions->taken[j], "program %zu: ours \"%s\"", i + j,
				r < 0 ? error_message(&err) : "taken");
			taken += r == 0;
			error_finish(&err);
			program_finish(&programs[j]);
		}
	}
	cr_assert(taken > 0 && taken < count, "%zu of %zu taken", taken, count);
	munmap(opinions, sizeof(*opinions));
}

static struct program frame(size_t inside)
{
	struct program program = {calloc(inside + 3, sizeof(struct sock_filter)), inside + 3};

	cr_assert(program.code);
	program.code[0] = (struct sock_filter)LOAD(4);
	program.code[1] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, 0xdeadbeef, 0, (uint8_t)inside);
	program.code[inside + 2] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	return program;
}

static struct program make_opcode(uint64_t *seed, size_t i)
{
	struct program program = frame(2);

	(void)seed;
	program.code[2] = (struct sock_filter){BPF_ST, 0, 0, 4};
	program.code[3] = (struct sock_filter){(uint16_t)i, 0, 0, i >> 16 ? 4 : 0};
	return program;
}

Test(decode, kernel_agrees_on_every_opcode, .timeout = 120)
{
	compare_with_kernel(make_opcode, 2 * 65536);
}

static struct program make_random(uint64_t *seed, size_t i)
{
	static const uint16_t codes[] = {BPF_ST, BPF_STX, BPF_ST, BPF_LD | BPF_MEM,
		BPF_LDX | BPF_MEM, BPF_JMP | BPF_JA, BPF_JMP | BPF_JEQ | BPF_K,
		BPF_JMP | BPF_JSET | BPF_X, BPF_JMP | BPF_JGT | BPF_K, BPF_RET | BPF_A,
		BPF_ALU | BPF_LSH | BPF_K, BPF_LD | BPF_IMM};
	size_t inside = 1 + next_random(seed) % LONGEST;
	struct program program = frame(inside);

	(void)i;
	for (size_t j = 0; j < inside; j++)
		program.code[2 + j] =
			(struct sock_filter){codes[next_random(seed) % ARRAY_LENGTH(codes)],
				(uint8_t)(next_random(seed) % (inside - j + 1)),
				(uint8_t)(next_random(seed) % (inside - j + 1)),
				(uint32_t)(next_random(seed) % 3)};
	return program;
}

Test(decode, kernel_agrees_on_jumps_and_memory, .timeout = 120)
{
	compare_with_kernel(make_random, 200 * A_CHILD);
}
