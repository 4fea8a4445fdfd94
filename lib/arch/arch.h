/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

/*
 * What the loader must know of a processor: how a thread that is stopped at the entry of a system
 * call is made to perform another one. meson builds the one file that defines `arch`.
 *
 * All functions take a ptrace-stopped thread and return 0 or a negative errno.
 */

struct arch_state {
	struct user_regs_struct registers; /* as at the entry stop */
	long number;			   /* of the call that the thread entered */
};

struct arch_call {
	long number;
	unsigned long arguments[6];
};

struct arch {
	const char *name;
	uint32_t audit;		   /* AUDIT_ARCH_* of the only calling convention we inject into */
	size_t instruction_length; /* of the system call instruction, in bytes */

	/* Whether these `instruction_length` bytes are that instruction. */
	bool (*is_instruction)(const uint8_t *bytes);

	/* At the entry stop: what restores the thread later. */
	int (*save)(pid_t tid, struct arch_state *ret);

	/* At the entry stop described by `state`: turns the call into this one. */
	int (*replace)(pid_t tid, const struct arch_state *state, const struct arch_call *call);

	/* At the exit stop of a call of ours: its result, a negative errno when it failed. */
	int (*result)(pid_t tid, long *ret);

	/* At the exit stop of a call of ours: when resumed, the thread executes the instruction
	 * again and enters `call` (NULL: its own, the one described by `state`). */
	int (*rewind)(pid_t tid, const struct arch_state *state, const struct arch_call *call);
};

extern const struct arch arch;

/* The general registers of a stopped thread. -EOPNOTSUPP: a 32-bit thread. */
int arch_get_registers(pid_t tid, struct user_regs_struct *ret);
int arch_set_registers(pid_t tid, struct user_regs_struct *registers);
