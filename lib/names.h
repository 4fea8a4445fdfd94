/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The words of seccomp profiles and the kernel's numbers for them: actions, operators, flags,
 * architectures, errors. Sources: runtime-spec config-linux.md (words), <linux/seccomp.h>,
 * <linux/audit.h> and <errno.h> (numbers).
 */
struct name {
	const char *name;
	uint32_t value;
};

/* What people write for a name, and the name. */
struct synonym {
	const char *spelling, *name;
};

struct name_table {
	const char *prefix; /* of every name; for hints */
	const struct name *names;
	size_t count;
	const struct synonym *synonyms; /* for hints; ends with {NULL, NULL}; NULL: none */
};

/* Operators of argument conditions. */
enum comparison {
	OP_NOT_EQUAL,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_EQUAL,
	OP_GREATER_EQUAL,
	OP_GREATER,
	OP_MASKED_EQUAL,
};

/* A verdict is what a filter returns to the kernel: SECCOMP_RET_ACTION_FULL | SECCOMP_RET_DATA. */
typedef uint32_t verdict;

extern const struct name_table names_actions;	/* SCMP_ACT_* to SECCOMP_RET_*, without data */
extern const struct name_table names_operators; /* SCMP_CMP_* to enum comparison */
extern const struct name_table names_flags;	/* SECCOMP_FILTER_FLAG_* to the flag bit */

bool name_lookup(const struct name_table *table, const char *name, uint32_t *ret);
/* The (first) name of a value; NULL where there is none. */
const char *name_of(const struct name_table *table, uint32_t value);
/* Writes `; did you mean X?` or the empty string into `buffer` and returns it. */
const char *name_hint(
	const struct name_table *table, const char *name, char *buffer, size_t buffer_size);

/* `EPERM` or a decimal string ("1"), at most MAX_ERRNO (4095). */
bool names_errno(const char *name, uint32_t *ret);
/* "EPERM"; NULL for a number that has no name. */
const char *names_errno_name(uint32_t number);

/* True when the kernel prefers `a` over `b` when two filters differ: include/linux/seccomp.h orders
 * actions as signed numbers, the smallest is the strictest. Data does not count. */
bool verdict_stricter(verdict a, verdict b);
/* Writes `ALLOW`, `ERRNO(EPERM)`, `TRACE(7)`, ... into `buffer` and returns it. 32 bytes suffice.
 */
const char *verdict_format(verdict value, char *buffer, size_t buffer_size);

/*
 * Architectures: the values of the enum index the table. The first ARCH_TABLED have their syscall
 * numbers in lib/data/syscalls.csv, in the order of its columns.
 */
enum arch {
	ARCH_X86_64,
	ARCH_X32,
	ARCH_X86,
	ARCH_AARCH64,
	ARCH_ARM,
	ARCH_RISCV64,
	ARCH_S390X,
	ARCH_PPC64,
	ARCH_TABLED,
	ARCH_PPC64LE = ARCH_TABLED,
	ARCH_PPC,
	ARCH_S390,
	ARCH_LOONGARCH64,
	ARCH_M68K,
	ARCH_MIPS,
	ARCH_MIPS64,
	ARCH_MIPS64N32,
	ARCH_MIPSEL,
	ARCH_MIPSEL64,
	ARCH_MIPSEL64N32,
	ARCH_PARISC,
	ARCH_PARISC64,
	ARCH_SH,
	ARCH_SHEB,
	ARCH_COUNT,
};

struct architecture {
	const char *name;    /* SCMP_ARCH_X86_64 */
	const char *go_name; /* of includes.arches and excludes.arches: amd64 */
	uint32_t audit;	     /* AUDIT_ARCH_*, what a filter sees; x32 shares x86_64's */
	unsigned bits;	     /* of a register as a filter sees it: 32 or 64 */
	bool big_endian;
	enum arch kernel; /* the architecture of the kernel that runs it beside its own */
};

extern const struct architecture architectures[ARCH_COUNT];

/* Bit 30 marks x32 numbers, __X32_SYSCALL_BIT of <asm/unistd.h>. */
#define X32_SYSCALL_BIT UINT32_C(0x40000000)

/* `SCMP_ARCH_X86_64`. */
bool arch_lookup(const char *name, enum arch *ret);
const char *arch_hint(const char *name, char *buffer, size_t buffer_size);
/* `amd64`, the names of libseccomp-golang. */
bool arch_lookup_go(const char *name, enum arch *ret);
const char *arch_hint_go(const char *name, char *buffer, size_t buffer_size);
/* The architecture of a machine field of uname(2), `x86_64`, `aarch64`, ... */
bool arch_lookup_machine(const char *machine, enum arch *ret);
/* That of a call, as a filter sees it: `audit` is an AUDIT_ARCH_*. Number -1 is never x32's: a tracer sets
 * it to skip a call. ARCH_COUNT: none that is known. */
enum arch arch_of_call(uint32_t audit, uint32_t number);
/* Whether a kernel of the architecture `native` runs calls of `arch`. */
bool arch_runs_on(enum arch arch, enum arch native);
