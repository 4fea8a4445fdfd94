/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls.h"

#include "cleanup.h"
#include "suggest.h"

#include <seccomp.h>
#include <stdio.h>
#include <string.h>

struct argument {
	uint16_t name; /* as of pool_text; 0: not known */
	unsigned char bits;
	bool is_id; /* a user's or group's */
};

struct syscall {
	uint16_t name; /* as of pool_text */
	int numbers[ARCH_TABLED];
	struct argument arguments[SYSCALL_ARGUMENTS];
};

#include "syscall-table.inc" /* syscalls, pool */

static const char *pool_text(uint16_t offset)
{
	return pool + offset;
}

static const struct syscall *find_syscall(const char *name)
{
	size_t low = 0, high = ARRAY_LENGTH(syscalls);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, pool_text(syscalls[middle].name));

		if (order == 0)
			return &syscalls[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* SYS_* of <linux/net.h> and the calls of <linux/ipc.h>. */
static const struct name socketcalls[] = {
	{"socket", 1},
	{"bind", 2},
	{"connect", 3},
	{"listen", 4},
	{"accept", 5},
	{"getsockname", 6},
	{"getpeername", 7},
	{"socketpair", 8},
	{"send", 9},
	{"recv", 10},
	{"sendto", 11},
	{"recvfrom", 12},
	{"shutdown", 13},
	{"setsockopt", 14},
	{"getsockopt", 15},
	{"sendmsg", 16},
	{"recvmsg", 17},
	{"accept4", 18},
	{"recvmmsg", 19},
	{"sendmmsg", 20},
};
static const struct name ipccalls[] = {
	{"semop", 1},
	{"semget", 2},
	{"semctl", 3},
	{"semtimedop", 4},
	{"msgsnd", 11},
	{"msgrcv", 12},
	{"msgget", 13},
	{"msgctl", 14},
	{"shmat", 21},
	{"shmdt", 22},
	{"shmget", 23},
	{"shmctl", 24},
};
static const struct {
	const char *name;
	struct name_table calls;
	uint32_t mask;
} multiplexers[] = {
	{"socketcall", {"", socketcalls, ARRAY_LENGTH(socketcalls), NULL}, UINT32_MAX},
	{"ipc", {"", ipccalls, ARRAY_LENGTH(ipccalls), NULL}, UINT16_MAX},
};

static bool is_multiplexed(const char *name)
{
	uint32_t call;

	for (size_t i = 0; i < ARRAY_LENGTH(multiplexers); i++)
		if (name_lookup(&multiplexers[i].calls, name, &call))
			return true;
	return false;
}

bool syscall_known_to_libseccomp(const char *name)
{
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

bool syscall_numbered_by_libseccomp(enum arch arch, const char *name)
{
	uint32_t token = arch == ARCH_X32 ? SCMP_ARCH_X32 : architectures[arch].audit;

	int number = seccomp_syscall_resolve_name_arch(token, name);

	/* The kernel's number, or one of its own for what a multiplexer reaches. */
	return number >= 0 || (number != __NR_SCMP_ERROR && is_multiplexed(name));
}

struct libseccomp_version syscalls_libseccomp_version(void)
{
	const struct scmp_version *version = seccomp_version();

	return (struct libseccomp_version){version->major, version->minor, version->micro};
}

const char *syscall_known_name(const char *name)
{
	const struct syscall *known = find_syscall(name);

	return known ? pool_text(known->name) : NULL;
}

bool syscall_known(const char *name)
{
	return find_syscall(name) || syscall_known_to_libseccomp(name);
}

/* From pidfd_send_signal on, a new call gets the same number on every architecture, counted from the
 * first one of that architecture: this is for the calls that are newer than libseccomp. */
static int common_number(enum arch arch, const struct syscall *known)
{
	enum { FIRST_COMMON = 424 };
	int own_first =
		seccomp_syscall_resolve_name_arch(architectures[arch].audit, "pidfd_send_signal");
	int number = known->numbers[ARCH_X86_64];

	return number >= FIRST_COMMON && own_first >= FIRST_COMMON
		       ? number - FIRST_COMMON + own_first
		       : SYSCALL_NONE;
}

int syscall_number(enum arch arch, const char *name)
{
	const struct syscall *known;
	int number;

	if (arch == ARCH_PPC64LE) /* the same table as ppc64's */
		arch = ARCH_PPC64;
	known = find_syscall(name);
	if (known && arch < ARCH_TABLED)
		return known->numbers[arch];
	/* s390 and ppc number multiplexed calls as their 64-bit forms do; libseccomp does not say. */
	if (known && (arch == ARCH_S390 || arch == ARCH_PPC) && is_multiplexed(name))
		return known->numbers[arch == ARCH_S390 ? ARCH_S390X : ARCH_PPC64];
	number = seccomp_syscall_resolve_name_arch(
		arch == ARCH_X32 ? SCMP_ARCH_X32 : architectures[arch].audit, name);
	if (number == __NR_SCMP_ERROR && known)
		number = common_number(arch, known);
	if (number < 0)
		return SYSCALL_NONE;
	return arch == ARCH_X32 ? (int)((uint32_t)number | X32_SYSCALL_BIT) : number;
}

const char *syscall_name(enum arch arch, uint32_t number)
{
	if (arch == ARCH_PPC64LE)
		arch = ARCH_PPC64;
	if (arch >= ARCH_TABLED)
		return NULL;
	for (size_t i = 0; i < ARRAY_LENGTH(syscalls); i++)
		if (syscalls[i].numbers[arch] >= 0 && (uint32_t)syscalls[i].numbers[arch] == number)
			return pool_text(syscalls[i].name);
	return NULL;
}

bool syscall_each(enum arch arch, size_t *cursor, uint32_t *ret)
{
	if (arch == ARCH_PPC64LE)
		arch = ARCH_PPC64;
	while (arch < ARCH_TABLED && *cursor < ARRAY_LENGTH(syscalls)) {
		int number = syscalls[(*cursor)++].numbers[arch];

		if (number == SYSCALL_NONE)
			continue;
		*ret = (uint32_t)number;
		return true;
	}
	return false;
}

/*
 * From 512 on, x32 numbers are calls with an entry of their own. Most take compat types there (a
 * long has 32 bits); these are the native ones, or take 64-bit offsets (syscall_64.tbl).
 */
static bool x32_takes_native_types(int number)
{
	switch ((uint32_t)number & ~X32_SYSCALL_BIT) {
	case 515: /* readv */
	case 516: /* writev */
	case 532: /* vmsplice */
	case 533: /* move_pages */
	case 534: /* preadv */
	case 535: /* pwritev */
	case 539: /* process_vm_readv */
	case 540: /* process_vm_writev */
	case 541: /* setsockopt */
	case 542: /* getsockopt */
	case 546: /* preadv2 */
	case 547: /* pwritev2 */
		return true;
	default:
		return ((uint32_t)number & ~X32_SYSCALL_BIT) < 512;
	}
}

/* Where a call has a younger twin with 32 in its name, the old one takes 16-bit ids. */
static bool takes_short_ids(enum arch arch, const char *name)
{
	char twin[64];

	snprintf(twin, sizeof(twin), "%s32", name);
	return syscall_number(arch, twin) != SYSCALL_NONE;
}

unsigned syscall_argument_index(enum arch arch, const char *name, unsigned index)
{
	bool swapped = (arch == ARCH_S390X || arch == ARCH_S390) && !strcmp(name, "clone");

	return swapped && index < 2 ? 1 - index : index;
}

unsigned syscall_argument_bits(enum arch arch, const char *name, unsigned index)
{
	const struct syscall *known = find_syscall(name);
	unsigned most = architectures[arch].bits, bits;

	index = syscall_argument_index(arch, name, index);
	bits = known ? known->arguments[index].bits : 0;
	if (arch == ARCH_X32 && known && !x32_takes_native_types(known->numbers[ARCH_X32]))
		most = 32;
	if (known && known->arguments[index].is_id && takes_short_ids(arch, name))
		most = 16;
	return bits == 0 || bits > most ? most : bits;
}

bool syscall_arguments_in_memory(enum arch arch, const char *name)
{
	switch (arch) {
	case ARCH_X86:
		return !strcmp(name, "mmap") || !strcmp(name, "select");
	case ARCH_S390:
	case ARCH_S390X:
		return !strcmp(name, "mmap");
	default:
		return false;
	}
}

const char *syscall_argument_name(const char *name, unsigned index)
{
	const struct syscall *known = find_syscall(name);

	uint16_t argument = known ? known->arguments[index].name : 0;

	return argument ? pool_text(argument) : NULL;
}

const char *syscall_hint(const char *name, char *buffer, size_t buffer_size)
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (size_t i = 0; i < ARRAY_LENGTH(syscalls); i++)
		suggestion_consider(&suggestion, pool_text(syscalls[i].name));
	return suggestion_format(&suggestion, buffer, buffer_size);
}

bool syscall_multiplexed(enum arch arch, const char *name, struct multiplexed *ret)
{
	for (size_t i = 0; i < ARRAY_LENGTH(multiplexers); i++) {
		if (!name_lookup(&multiplexers[i].calls, name, &ret->call))
			continue;
		ret->number = syscall_number(arch, multiplexers[i].name);
		ret->mask = multiplexers[i].mask;
		return ret->number != SYSCALL_NONE;
	}
	return false;
}

bool syscall_beside_sequence(enum arch arch, uint32_t number, uint32_t *ret_last)
{
	uint32_t first, last;

	if (arch == ARCH_X32) {
		first = X32_SYSCALL_BIT | 512;
		last = X32_SYSCALL_BIT | 547;
	} else if (arch == ARCH_ARM) {
		first = 0x0f0000; /* __ARM_NR_BASE of <asm/unistd.h> */
		last = 0x0fffff;
	} else {
		*ret_last = UINT32_MAX;
		return false;
	}
	*ret_last = number < first ? first - 1 : number <= last ? last : UINT32_MAX;
	return number >= first && number <= last;
}
