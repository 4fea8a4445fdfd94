/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "program.h"

/*
 * Programs from elsewhere: which the kernel takes, and files of them. A raw file is the array of
 * struct sock_filter in the host's byte order, as seccomp_export_bpf(3) writes it and as bubblewrap
 * and crun take it.
 */

/* Largest raw file. */
enum { PROGRAM_SIZE_LIMIT = BPF_MAXINSNS * (int)sizeof(struct sock_filter) };

/* Whether seccomp(2) takes the program, by the rules of bpf_check_classic (net/core/filter.c) and
 * seccomp_check_filter (kernel/seccomp.c). -EINVAL: it does not; the message has the instruction,
 * counted from 0. What passes always ends with a verdict; see simulate_program. */
int program_check(const struct program *program, struct error *err)
	__attribute__((warn_unused_result));

/* The program in the raw file `text` of `length` bytes, checked. `name` is what messages call it. */
int program_read(const char *name, const void *text, size_t length, struct program *ret,
	struct error *err) __attribute__((warn_unused_result));
