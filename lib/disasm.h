/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "names.h"
#include "program.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A raw program in words: instructions in the syntax of the kernel's bpf_asm, each with its meaning
 * as far as it follows from the program itself. For that all ways through the program are followed at
 * once: before each instruction there is a fact, which holds for every call that arrives there.
 */

/* What a register or a word of memory holds. */
struct held {
	enum { HELD_ANYTHING, HELD_CONSTANT, HELD_WORD } kind;
	uint32_t value;	 /* of a constant; of a word the mask that was applied */
	uint32_t offset; /* HELD_WORD: of the word in struct seccomp_data */
};

enum { ARCHITECTURE_UNKNOWN = ARCH_COUNT };

struct fact {
	bool reached;		/* false: by no call, and nothing else counts */
	uint32_t architectures; /* bit N: a call may be of enum arch N; ARCHITECTURE_UNKNOWN: of
				 * none that names.h knows. x32 goes with x86_64. */
	uint32_t first, last;	/* between them are the numbers of the calls */
	const char *call; /* all calls are this one, be it by several numbers; NULL: not known */
	struct held a, x, memory[BPF_MEMWORDS];
};

struct disasm {
	const struct program *program; /* not owned; must outlive this */
	bool big_endian;
	struct fact *facts; /* owned; one an instruction */
	bool *is_target;    /* owned; whether a jump leads there */
};

/* Takes a program apart. `native` (NULL: not known) is the architecture of the kernel that loads it:
 * calls are of what runs on that, and words have its byte order, else the host's. -EINVAL: the kernel
 * takes no such program, see program_check; -ENOMEM. */
int disasm_init(struct disasm *disasm, const struct program *program, const enum arch *native,
	struct error *err) __attribute__((warn_unused_result));
void disasm_finish(struct disasm *disasm);

/* One printable line, cut where it is longer. */
struct words {
	char text[160];
	size_t length;
};

/* `jeq #0x3b, L7`. Of a jump with one label the other way is the next instruction. */
void disasm_instruction(const struct disasm *disasm, size_t position, struct words *ret);
/* `nr == execve`, of a jump what holds when its first label is next. Then what has no meaning but is
 * in the instruction: `unused: jt 1`. May be nothing. */
void disasm_meaning(const struct disasm *disasm, size_t position, struct words *ret);

/* The functions below leave it to the caller to look at ferror(out). */

/* A line an instruction: number, label, instruction, meaning. */
void disasm_write_text(const struct disasm *disasm, FILE *out);
/* A graph of its basic blocks for Graphviz. */
void disasm_write_dot(const struct disasm *disasm, FILE *out);
/* An array of C, `filter`. */
void disasm_write_c(const struct disasm *disasm, FILE *out);
