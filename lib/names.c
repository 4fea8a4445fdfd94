/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include "cleanup.h"
#include "suggest.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* Linux 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif
#ifndef AUDIT_ARCH_LOONGARCH64
#define AUDIT_ARCH_LOONGARCH64 (EM_LOONGARCH | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE)
#endif

enum { LARGEST_ERRNO = 4095 }; /* MAX_ERRNO of the kernel's include/linux/err.h */

#define TABLE(prefix, names, synonyms)                                                             \
	{                                                                                          \
		prefix, names, ARRAY_LENGTH(names), synonyms                                       \
	}

/* KILL is an old name of KILL_THREAD; name_of prefers the first. */
static const struct name actions[] = {
	{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
	{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
	{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO},
	{"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF},
	{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE},
	{"SCMP_ACT_LOG", SECCOMP_RET_LOG},
	{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
};

static const struct name operators[] = {
	{"SCMP_CMP_NE", OP_NOT_EQUAL},
	{"SCMP_CMP_LT", OP_LESS},
	{"SCMP_CMP_LE", OP_LESS_EQUAL},
	{"SCMP_CMP_EQ", OP_EQUAL},
	{"SCMP_CMP_GE", OP_GREATER_EQUAL},
	{"SCMP_CMP_GT", OP_GREATER},
	{"SCMP_CMP_MASKED_EQ", OP_MASKED_EQUAL},
};

static const struct name flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
};

static const struct synonym action_synonyms[] = {
	{"SCMP_ACT_DENY", "SCMP_ACT_ERRNO"},
	{"SCMP_ACT_BLOCK", "SCMP_ACT_ERRNO"},
	{"SCMP_ACT_REJECT", "SCMP_ACT_ERRNO"},
	{"SCMP_ACT_EPERM", "SCMP_ACT_ERRNO"},
	{"SECCOMP_RET_ERRNO", "SCMP_ACT_ERRNO"},
	{"SCMP_ACT_PERMIT", "SCMP_ACT_ALLOW"},
	{"SECCOMP_RET_ALLOW", "SCMP_ACT_ALLOW"},
	{"SCMP_ACT_AUDIT", "SCMP_ACT_LOG"},
	{"SECCOMP_RET_LOG", "SCMP_ACT_LOG"},
	{"SECCOMP_RET_USER_NOTIF", "SCMP_ACT_NOTIFY"},
	{NULL, NULL},
};

const struct name_table names_actions = TABLE("SCMP_ACT_", actions, action_synonyms);
const struct name_table names_operators = TABLE("SCMP_CMP_", operators, NULL);
const struct name_table names_flags = TABLE("SECCOMP_FILTER_FLAG_", flags, NULL);

#define LE false
#define BE true
const struct architecture architectures[ARCH_COUNT] = {
	[ARCH_X86_64] = {"SCMP_ARCH_X86_64", "amd64", AUDIT_ARCH_X86_64, 64, LE, ARCH_X86_64},
	[ARCH_X32] = {"SCMP_ARCH_X32", "x32", AUDIT_ARCH_X86_64, 64, LE, ARCH_X86_64},
	[ARCH_X86] = {"SCMP_ARCH_X86", "x86", AUDIT_ARCH_I386, 32, LE, ARCH_X86_64},
	[ARCH_AARCH64] = {"SCMP_ARCH_AARCH64", "arm64", AUDIT_ARCH_AARCH64, 64, LE, ARCH_AARCH64},
	[ARCH_ARM] = {"SCMP_ARCH_ARM", "arm", AUDIT_ARCH_ARM, 32, LE, ARCH_AARCH64},
	[ARCH_RISCV64] = {"SCMP_ARCH_RISCV64", "riscv64", AUDIT_ARCH_RISCV64, 64, LE, ARCH_RISCV64},
	[ARCH_S390X] = {"SCMP_ARCH_S390X", "s390x", AUDIT_ARCH_S390X, 64, BE, ARCH_S390X},
	[ARCH_PPC64] = {"SCMP_ARCH_PPC64", "ppc64", AUDIT_ARCH_PPC64, 64, BE, ARCH_PPC64},
	[ARCH_PPC64LE] = {"SCMP_ARCH_PPC64LE", "ppc64le", AUDIT_ARCH_PPC64LE, 64, LE, ARCH_PPC64LE},
	[ARCH_PPC] = {"SCMP_ARCH_PPC", "ppc", AUDIT_ARCH_PPC, 32, BE, ARCH_PPC64},
	[ARCH_S390] = {"SCMP_ARCH_S390", "s390", AUDIT_ARCH_S390, 32, BE, ARCH_S390X},
	[ARCH_LOONGARCH64] = {"SCMP_ARCH_LOONGARCH64", "loong64", AUDIT_ARCH_LOONGARCH64, 64, LE,
		ARCH_LOONGARCH64},
	[ARCH_M68K] = {"SCMP_ARCH_M68K", "m68k", AUDIT_ARCH_M68K, 32, BE, ARCH_M68K},
	[ARCH_MIPS] = {"SCMP_ARCH_MIPS", "mips", AUDIT_ARCH_MIPS, 32, BE, ARCH_MIPS64},
	[ARCH_MIPS64] = {"SCMP_ARCH_MIPS64", "mips64", AUDIT_ARCH_MIPS64, 64, BE, ARCH_MIPS64},
	[ARCH_MIPS64N32] = {"SCMP_ARCH_MIPS64N32", "mips64n32", AUDIT_ARCH_MIPS64N32, 64, BE,
		ARCH_MIPS64},
	[ARCH_MIPSEL] = {"SCMP_ARCH_MIPSEL", "mipsel", AUDIT_ARCH_MIPSEL, 32, LE, ARCH_MIPSEL64},
	[ARCH_MIPSEL64] = {"SCMP_ARCH_MIPSEL64", "mipsel64", AUDIT_ARCH_MIPSEL64, 64, LE,
		ARCH_MIPSEL64},
	[ARCH_MIPSEL64N32] = {"SCMP_ARCH_MIPSEL64N32", "mipsel64n32", AUDIT_ARCH_MIPSEL64N32, 64,
		LE, ARCH_MIPSEL64},
	[ARCH_PARISC] = {"SCMP_ARCH_PARISC", "parisc", AUDIT_ARCH_PARISC, 32, BE, ARCH_PARISC64},
	[ARCH_PARISC64] = {"SCMP_ARCH_PARISC64", "parisc64", AUDIT_ARCH_PARISC64, 64, BE,
		ARCH_PARISC64},
	[ARCH_SH] = {"SCMP_ARCH_SH", "sh", AUDIT_ARCH_SHEL, 32, LE, ARCH_SH},
	[ARCH_SHEB] = {"SCMP_ARCH_SHEB", "sheb", AUDIT_ARCH_SH, 32, BE, ARCH_SHEB},
};

bool name_lookup(const struct name_table *table, const char *name, uint32_t *ret)
{
	for (size_t i = 0; i < table->count; i++) {
		const char *candidate = table->names[i].name;

		/* Most differ in their first letter, and a call costs more than that look. */
		if (candidate[0] != name[0] || strcmp(candidate, name) != 0)
			continue;
		*ret = table->names[i].value;
		return true;
	}
	return false;
}

const char *name_of(const struct name_table *table, uint32_t value)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->names[i].value == value)
			return table->names[i].name;
	return NULL;
}

const char *name_hint(
	const struct name_table *table, const char *name, char *buffer, size_t buffer_size)
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (size_t i = 0; i < table->count; i++) {
		const char *known = table->names[i].name;

		suggestion_consider(&suggestion, known);
		suggestion_consider_as(&suggestion, known + strlen(table->prefix), known);
	}
	for (const struct synonym *s = table->synonyms; s && s->spelling; s++) {
		suggestion_consider_as(&suggestion, s->spelling, s->name);
		if (!strncmp(s->spelling, table->prefix, strlen(table->prefix)))
			suggestion_consider_as(
				&suggestion, s->spelling + strlen(table->prefix), s->name);
	}
	return suggestion_format(&suggestion, buffer, buffer_size);
}

bool names_errno(const char *name, uint32_t *ret)
{
	static const struct name aliases[] = {
		{"EWOULDBLOCK", EWOULDBLOCK},
		{"EDEADLOCK", EDEADLOCK},
		{"ENOTSUP", ENOTSUP},
	};
	size_t length = strlen(name);
	unsigned long value;

	for (uint32_t i = 1; i <= LARGEST_ERRNO; i++) {
		const char *known = names_errno_name(i);

		if (known && !strcmp(known, name)) {
			*ret = i;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LENGTH(aliases); i++) {
		if (strcmp(aliases[i].name, name) != 0)
			continue;
		*ret = aliases[i].value;
		return true;
	}
	if (length == 0 || length > 4 || strspn(name, "0123456789") != length)
		return false;
	value = strtoul(name, NULL, 10);
	if (value > LARGEST_ERRNO)
		return false;
	*ret = (uint32_t)value;
	return true;
}

const char *names_errno_name(uint32_t number)
{
	return number > 0 && number <= LARGEST_ERRNO ? strerrorname_np((int)number) : NULL;
}

bool verdict_stricter(verdict a, verdict b)
{
	return (int32_t)(a & SECCOMP_RET_ACTION_FULL) < (int32_t)(b & SECCOMP_RET_ACTION_FULL);
}

const char *verdict_format(verdict value, char *buffer, size_t buffer_size)
{
	const char *action = name_of(&names_actions, value & SECCOMP_RET_ACTION_FULL);
	uint32_t data = value & SECCOMP_RET_DATA;
	const char *error = names_errno_name(data);

	if (!action) {
		snprintf(buffer, buffer_size, "0x%08x", value);
		return buffer;
	}
	action += strlen("SCMP_ACT_");
	if ((value & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO && error)
		snprintf(buffer, buffer_size, "%s(%s)", action, error);
	else if (data || (value & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
		snprintf(buffer, buffer_size, "%s(%u)", action, data);
	else
		snprintf(buffer, buffer_size, "%s", action);
	return buffer;
}

static const char *plain_name(const struct architecture *architecture)
{
	return architecture->name;
}

static const char *go_name(const struct architecture *architecture)
{
	return architecture->go_name;
}

static bool find_arch(
	const char *(*name_of_arch)(const struct architecture *), const char *name, enum arch *ret)
{
	for (int i = 0; i < ARCH_COUNT; i++) {
		if (strcmp(name_of_arch(&architectures[i]), name) != 0)
			continue;
		*ret = (enum arch)i;
		return true;
	}
	return false;
}

static const char *hint_arch(const char *(*name_of_arch)(const struct architecture *),
	const char *name, char *buffer, size_t buffer_size)
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (int i = 0; i < ARCH_COUNT; i++) {
		const struct architecture *known = &architectures[i];

		suggestion_consider(&suggestion, name_of_arch(known));
		suggestion_consider_as(
			&suggestion, known->name + strlen("SCMP_ARCH_"), name_of_arch(known));
		suggestion_consider_as(&suggestion, known->go_name, name_of_arch(known));
	}
	return suggestion_format(&suggestion, buffer, buffer_size);
}

bool arch_lookup(const char *name, enum arch *ret)
{
	return find_arch(plain_name, name, ret);
}

const char *arch_hint(const char *name, char *buffer, size_t buffer_size)
{
	return hint_arch(plain_name, name, buffer, buffer_size);
}

bool arch_lookup_go(const char *name, enum arch *ret)
{
	return find_arch(go_name, name, ret);
}

const char *arch_hint_go(const char *name, char *buffer, size_t buffer_size)
{
	return hint_arch(go_name, name, buffer, buffer_size);
}

enum arch arch_of_call(uint32_t audit, uint32_t number)
{
	bool x32 = audit == architectures[ARCH_X32].audit && number >= X32_SYSCALL_BIT &&
		   number != UINT32_MAX;

	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if (architectures[arch].audit == audit && x32 == (arch == ARCH_X32))
			return (enum arch)arch;
	return ARCH_COUNT;
}

bool arch_lookup_machine(const char *machine, enum arch *ret)
{
	/* The machine is the kernel's; a process of ours is of the kernel's own architecture. */
	static const struct name machines[] = {
		{"x86_64", ARCH_X86_64},
		{"i686", ARCH_X86},
		{"i586", ARCH_X86},
		{"aarch64", ARCH_AARCH64},
		{"armv7l", ARCH_ARM},
		{"armv8l", ARCH_ARM},
		{"riscv64", ARCH_RISCV64},
		{"s390x", ARCH_S390X},
		{"ppc64", ARCH_PPC64},
		{"ppc64le", ARCH_PPC64LE},
		{"loongarch64", ARCH_LOONGARCH64},
	};
	static const struct name_table table = TABLE("", machines, NULL);
	uint32_t value;

	if (!name_lookup(&table, machine, &value))
		return false;
	*ret = (enum arch)value;
	return true;
}

bool arch_runs_on(enum arch arch, enum arch native)
{
	return arch == native || architectures[arch].kernel == native;
}
