/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>
#include <stdlib.h>

/* One seccomp BPF program, as seccomp(2) takes it. */
struct program {
	struct sock_filter *code; /* owned */
	size_t length;		  /* instructions, 1 to BPF_MAXINSNS (4096) */
};

static inline void program_finish(struct program *program)
{
	free(program->code);
	program->code = NULL;
	program->length = 0;
}
