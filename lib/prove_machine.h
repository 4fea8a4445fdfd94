/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "diagram.h"

#include <linux/filter.h>

/*
 * The machine of classic BPF, run for all calls at once: each slot holds a constant or bits of one
 * word of the call. Instructions are those that program_check lets pass. -EOPNOTSUPP: the result
 * would be neither.
 */
enum { SLOT_A, SLOT_X, SLOT_MEMORY, SLOT_COUNT = SLOT_MEMORY + BPF_MEMWORDS };

struct machine {
	struct diagram_bits slots[SLOT_COUNT];
};

/* Bit N: slot N is read, or written. */
uint32_t machine_reads(const struct sock_filter *code);
uint32_t machine_writes(const struct sock_filter *code);

/* An instruction that is neither jump nor return. `*ret_ends`: a division by zero, at which the
 * kernel ends the program with the verdict 0. */
int machine_run(struct machine *machine, const struct sock_filter *code, bool big_endian,
	bool *ret_ends) __attribute__((warn_unused_result));

/* Where a conditional jump is taken. */
int machine_test(const struct machine *machine, const struct sock_filter *code,
	struct diagrams *diagrams, diagram_id *ret) __attribute__((warn_unused_result));

/* What a return gives for each call. */
int machine_return(const struct machine *machine, const struct sock_filter *code,
	struct diagrams *diagrams, diagram_id *ret) __attribute__((warn_unused_result));
