/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Syscalls by architecture: numbers and arguments. Our own table (lib/data, Linux 7.1) answers for
 * the architectures it has; libseccomp's answers for the rest. libseccomp alone would not do: it
 * knows no syscall newer than itself, and gives socket calls and System V IPC of architectures with
 * a multiplexer negative numbers of its own in place of the kernel's.
 */
enum { SYSCALL_ARGUMENTS = 6, SYSCALL_NONE = -1 };

/* Whether any architecture has a syscall of that name. */
bool syscall_known(const char *name);

/* The table's own copy of a name, the same pointer for the same name; NULL: not in it. */
const char *syscall_known_name(const char *name);

/* Whether the libseccomp here knows the name. A runtime skips the rules for names that its libseccomp
 * does not know; it may be linked with another one. */
bool syscall_known_to_libseccomp(const char *name);

/* The same for one architecture: it learns of a call on one before the other. */
bool syscall_numbered_by_libseccomp(enum arch arch, const char *name);

/* The version of the libseccomp here. */
struct libseccomp_version {
	unsigned major, minor, micro;
};
struct libseccomp_version syscalls_libseccomp_version(void);

/* The number that a filter sees (x32: with X32_SYSCALL_BIT); SYSCALL_NONE where `arch` has no such
 * call. */
int syscall_number(enum arch arch, const char *name);

/* The name of a number, of the tabled architectures; NULL where there is none. Static. */
const char *syscall_name(enum arch arch, uint32_t number);

/* The numbers of a tabled architecture, one after the other, in no order. `*cursor` starts at 0.
 * False: there are no more. */
bool syscall_each(enum arch arch, size_t *cursor, uint32_t *ret);

/* How many low bits of argument `index` (0 to 5) the kernel uses: 16, 32 or 64, and never more than
 * the architecture's registers have. 64 for what is not known. */
unsigned syscall_argument_bits(enum arch arch, const char *name, unsigned index);

/* Whether the call takes one pointer to its arguments, where a filter cannot look (the oldest forms of
 * mmap and select). */
bool syscall_arguments_in_memory(enum arch arch, const char *name);

/* Where other architectures have what is argument `index` here: s390's clone has the stack before the
 * flags. It is its own inverse. */
unsigned syscall_argument_index(enum arch arch, const char *name, unsigned index);

/* The kernel's name of the argument, by syscall_argument_index; NULL where it is not known. Static. */
const char *syscall_argument_name(const char *name, unsigned index);

/* Writes `; did you mean X?` or the empty string into `buffer` and returns it. */
const char *syscall_hint(const char *name, char *buffer, size_t buffer_size);

/* Some 32-bit architectures also reach a call through a multiplexer, socketcall(2) or ipc(2): then
 * its first argument, cut to `mask`, is `call`. */
struct multiplexed {
	int number;    /* of the multiplexer */
	uint32_t call; /* which of its calls */
	uint32_t mask; /* ipc: the upper half of the word is a version */
};

bool syscall_multiplexed(enum arch arch, const char *name, struct multiplexed *ret);

/* Numbers beside the common sequence say nothing of a call's age: x32's own entries (512 to 547)
 * and ARM's private calls. `*ret_last` is the last number up to which the answer stays the same. */
bool syscall_beside_sequence(enum arch arch, uint32_t number, uint32_t *ret_last);
