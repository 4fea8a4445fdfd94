/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include "support.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/utsname.h>

UNIT_SUITE(names);

/* The kernel's actions, the strictest first (include/uapi/linux/seccomp.h). */
static const struct {
	verdict value;
	const char *name, *format;
} kernel_actions[] = {
	{SECCOMP_RET_KILL_PROCESS, "SCMP_ACT_KILL_PROCESS", "KILL_PROCESS"},
	{SECCOMP_RET_KILL_THREAD, "SCMP_ACT_KILL_THREAD", "KILL_THREAD"},
	{SECCOMP_RET_TRAP, "SCMP_ACT_TRAP", "TRAP"},
	{SECCOMP_RET_ERRNO, "SCMP_ACT_ERRNO", "ERRNO(0)"},
	{SECCOMP_RET_USER_NOTIF, "SCMP_ACT_NOTIFY", "NOTIFY"},
	{SECCOMP_RET_TRACE, "SCMP_ACT_TRACE", "TRACE"},
	{SECCOMP_RET_LOG, "SCMP_ACT_LOG", "LOG"},
	{SECCOMP_RET_ALLOW, "SCMP_ACT_ALLOW", "ALLOW"},
};

static void expect_names(
	const struct name_table *table, const struct name *wanted, size_t count, const char *prefix)
{
	cr_expect_eq(table->count, count, "%s: %zu", prefix, table->count);
	for (size_t i = 0; i < table->count; i++)
		cr_expect_eq(strncmp(table->names[i].name, table->prefix, strlen(table->prefix)), 0,
			"%s", table->names[i].name);
	for (size_t i = 0; i < count; i++) {
		uint32_t value = 4711;

		cr_expect(name_lookup(table, wanted[i].name, &value), "%s", wanted[i].name);
		cr_expect_eq(value, wanted[i].value, "%s: %u", wanted[i].name, value);
	}
	for (size_t i = 0; i < table->count; i++)
		cr_expect(!strncmp(table->names[i].name, prefix, strlen(prefix)));
	for (size_t i = 0; i < table->count; i++)
		for (size_t j = 0; j < i; j++)
			cr_expect_str_neq(table->names[i].name, table->names[j].name);
}

Test(names, every_action_has_a_name)
{
	cr_expect_eq(names_actions.count, ARRAY_LENGTH(kernel_actions) + 1);
	for (size_t i = 0; i < ARRAY_LENGTH(kernel_actions); i++) {
		uint32_t value = 4711;

		cr_expect_str_eq(
			name_of(&names_actions, kernel_actions[i].value), kernel_actions[i].name);
		cr_expect(name_lookup(&names_actions, kernel_actions[i].name, &value));
		cr_expect_eq(value, kernel_actions[i].value);
	}
}

Test(names, kill_is_kill_thread)
{
	uint32_t value = 4711;

	cr_expect(name_lookup(&names_actions, "SCMP_ACT_KILL", &value));
	cr_expect_eq(value, SECCOMP_RET_KILL_THREAD);
}

Test(names, operators)
{
	static const struct name wanted[] = {
		{"SCMP_CMP_NE", OP_NOT_EQUAL},
		{"SCMP_CMP_LT", OP_LESS},
		{"SCMP_CMP_LE", OP_LESS_EQUAL},
		{"SCMP_CMP_EQ", OP_EQUAL},
		{"SCMP_CMP_GE", OP_GREATER_EQUAL},
		{"SCMP_CMP_GT", OP_GREATER},
		{"SCMP_CMP_MASKED_EQ", OP_MASKED_EQUAL},
	};

	expect_names(&names_operators, wanted, ARRAY_LENGTH(wanted), "SCMP_CMP_");
	for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++)
		cr_expect_str_eq(name_of(&names_operators, (uint32_t)i), wanted[i].name);
}

Test(names, flags)
{
	static const struct name wanted[] = {
		{"SECCOMP_FILTER_FLAG_TSYNC", 1 << 0},
		{"SECCOMP_FILTER_FLAG_LOG", 1 << 1},
		{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", 1 << 2},
		{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 1 << 5},
	};

	expect_names(&names_flags, wanted, ARRAY_LENGTH(wanted), "SECCOMP_FILTER_FLAG_");
}

Test(names, what_is_in_no_table)
{
	static const char *const words[] = {"", "SCMP_ACT_", "scmp_act_allow", "SCMP_ACT_ALLOW ",
		"ALLOW", "SCMP_ACT_ALLOWED", "SCMP_ACT_USER_NOTIF"};
	uint32_t value = 4711;

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		cr_expect_not(name_lookup(&names_actions, words[i], &value), "%s", words[i]);
	cr_expect_eq(value, 4711);
	cr_expect_null(name_of(&names_actions, 0x12340000));
	cr_expect_null(name_of(&names_operators, 7));
	cr_expect_null(name_of(&names_flags, 1 << 20));
}

static const char *hint_of(int table, const char *word, char *buffer, size_t size)
{
	switch (table) {
	case 0:
		return name_hint(&names_actions, word, buffer, size);
	case 1:
		return name_hint(&names_operators, word, buffer, size);
	case 2:
		return name_hint(&names_flags, word, buffer, size);
	case 3:
		return arch_hint(word, buffer, size);
	default:
		return arch_hint_go(word, buffer, size);
	}
}

Test(names, hints)
{
	static const struct {
		int table;
		const char *word, *hint;
	} cases[] = {
		{0, "SCMP_ACT_ALOW", "; did you mean SCMP_ACT_ALLOW?"},
		{0, "SCMP_ACT_KILLPROCESS", "; did you mean SCMP_ACT_KILL_PROCESS?"},
		{0, "scmp_act_errno", "; did you mean SCMP_ACT_ERRNO?"},
		{0, "nothing like it", ""},
		{1, "SCMP_CMP_MASK_EQ", "; did you mean SCMP_CMP_MASKED_EQ?"},
		{1, "whatever", ""},
		{2, "SECCOMP_FILTER_FLAG_TSYNK", "; did you mean SECCOMP_FILTER_FLAG_TSYNC?"},
		{3, "SCMP_ARCH_X86-64", "; did you mean SCMP_ARCH_X86_64?"},
		{3, "SCMP_ARCH_ARCH64", "; did you mean SCMP_ARCH_AARCH64?"},
		{3, "q", ""},
		{4, "amd46", "; did you mean amd64?"},
		{4, "riscv46", "; did you mean riscv64?"},
		{4, "sparc9000", ""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char buffer[128];
		const char *hint = hint_of(cases[i].table, cases[i].word, buffer, sizeof(buffer));

		cr_expect_eq(hint, buffer);
		cr_expect_str_eq(hint, cases[i].hint, "%s: \"%s\"", cases[i].word, hint);
	}
}

Test(names, errors)
{
	static const struct {
		const char *name;
		bool known;
		uint32_t number;
	} cases[] = {
		{"EPERM", true, 1},
		{"ENOENT", true, 2},
		{"EAGAIN", true, 11},
		{"EWOULDBLOCK", true, 11},
		{"EACCES", true, 13},
		{"EINVAL", true, 22},
		{"EDEADLK", true, EDEADLK},
		{"EDEADLOCK", true, EDEADLOCK},
		{"ENOSYS", true, 38},
		{"EOPNOTSUPP", true, 95},
		{"ENOTSUP", true, ENOTSUP},
		{"ENOTRECOVERABLE", true, 131},
		{"EHWPOISON", true, EHWPOISON},
		{"1", true, 1},
		{"38", true, 38},
		{"4095", true, 4095},
		{"4096", false, 0},
		{"65536", false, 0},
		{"99999999999999999999", false, 0},
		{"-1", false, 0},
		{"+1", false, 0},
		{" 1", false, 0},
		{"1 ", false, 0},
		{"0x1", false, 0},
		{"1.0", false, 0},
		{"", false, 0},
		{"eperm", false, 0},
		{"EPERM ", false, 0},
		{"PERM", false, 0},
		{"EFOO", false, 0},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint32_t number = 4711;

		cr_expect_eq(names_errno(cases[i].name, &number), cases[i].known, "\"%s\"",
			cases[i].name);
		cr_expect_eq(number, cases[i].known ? cases[i].number : 4711, "\"%s\": %u",
			cases[i].name, number);
	}
}

Test(names, error_names)
{
	unsigned named = 0;

	cr_expect_str_eq(names_errno_name(1), "EPERM");
	cr_expect_str_eq(names_errno_name(38), "ENOSYS");
	cr_expect_null(names_errno_name(0));
	cr_expect_null(names_errno_name(4095));
	cr_expect_null(names_errno_name(UINT32_MAX));
	for (uint32_t number = 0; number < 5000; number++) {
		const char *name = names_errno_name(number);
		uint32_t back = 0;

		if (!name)
			continue;
		named++;
		cr_expect(names_errno(name, &back) && back == number, "%s", name);
	}
	cr_expect_geq(named, 130);
}

Test(names, strictness_is_the_kernels)
{
	static const verdict data[] = {0, 1, 0xffff};

	for (size_t a = 0; a < ARRAY_LENGTH(kernel_actions); a++)
		for (size_t b = 0; b < ARRAY_LENGTH(kernel_actions); b++)
			for (size_t i = 0; i < ARRAY_LENGTH(data); i++)
				cr_expect_eq(verdict_stricter(kernel_actions[a].value | data[i],
						     kernel_actions[b].value |
							     data[ARRAY_LENGTH(data) - 1 - i]),
					a < b, "%s, %s", kernel_actions[a].name,
					kernel_actions[b].name);
}

Test(names, verdicts_as_text)
{
	static const struct {
		verdict value;
		const char *text;
	} cases[] = {
		{SECCOMP_RET_ERRNO | 1, "ERRNO(EPERM)"},
		{SECCOMP_RET_ERRNO | 38, "ERRNO(ENOSYS)"},
		{SECCOMP_RET_ERRNO | 131, "ERRNO(ENOTRECOVERABLE)"},
		{SECCOMP_RET_ERRNO | 4095, "ERRNO(4095)"},
		{SECCOMP_RET_TRACE | 7, "TRACE(7)"},
		{SECCOMP_RET_TRACE | 1, "TRACE(1)"},
		{SECCOMP_RET_TRAP | 5, "TRAP(5)"},
		{SECCOMP_RET_KILL_PROCESS | 0xffff, "KILL_PROCESS(65535)"},
		{0x12345678, "0x12345678"},
	};
	char buffer[32];

	for (size_t i = 0; i < ARRAY_LENGTH(kernel_actions); i++)
		cr_expect_str_eq(verdict_format(kernel_actions[i].value, buffer, sizeof(buffer)),
			kernel_actions[i].format);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *text = verdict_format(cases[i].value, buffer, sizeof(buffer));

		cr_expect_eq(text, buffer);
		cr_expect_str_eq(text, cases[i].text, "%s", text);
	}
}

/* 32 bytes suffice for every verdict. */
Test(names, verdicts_fit)
{
	for (size_t i = 0; i < ARRAY_LENGTH(kernel_actions); i++) {
		for (verdict data = 0; data <= SECCOMP_RET_DATA; data++) {
			char buffer[64];

			verdict_format(kernel_actions[i].value | data, buffer, sizeof(buffer));
			cr_assert_lt(strlen(buffer), 32, "%s", buffer);
		}
	}
}

/* runtime-spec config-linux.md, and the names of libseccomp-golang. */
static const struct {
	enum arch arch;
	const char *name, *go_name;
	uint32_t audit;
} oci_architectures[] = {
	{ARCH_X86, "SCMP_ARCH_X86", "x86", AUDIT_ARCH_I386},
	{ARCH_X86_64, "SCMP_ARCH_X86_64", "amd64", AUDIT_ARCH_X86_64},
	{ARCH_X32, "SCMP_ARCH_X32", "x32", AUDIT_ARCH_X86_64},
	{ARCH_ARM, "SCMP_ARCH_ARM", "arm", AUDIT_ARCH_ARM},
	{ARCH_AARCH64, "SCMP_ARCH_AARCH64", "arm64", AUDIT_ARCH_AARCH64},
	{ARCH_LOONGARCH64, "SCMP_ARCH_LOONGARCH64", "loong64", 0xc0000102},
	{ARCH_M68K, "SCMP_ARCH_M68K", "m68k", AUDIT_ARCH_M68K},
	{ARCH_MIPS, "SCMP_ARCH_MIPS", "mips", AUDIT_ARCH_MIPS},
	{ARCH_MIPS64, "SCMP_ARCH_MIPS64", "mips64", AUDIT_ARCH_MIPS64},
	{ARCH_MIPS64N32, "SCMP_ARCH_MIPS64N32", "mips64n32", AUDIT_ARCH_MIPS64N32},
	{ARCH_MIPSEL, "SCMP_ARCH_MIPSEL", "mipsel", AUDIT_ARCH_MIPSEL},
	{ARCH_MIPSEL64, "SCMP_ARCH_MIPSEL64", "mipsel64", AUDIT_ARCH_MIPSEL64},
	{ARCH_MIPSEL64N32, "SCMP_ARCH_MIPSEL64N32", "mipsel64n32", AUDIT_ARCH_MIPSEL64N32},
	{ARCH_PPC, "SCMP_ARCH_PPC", "ppc", AUDIT_ARCH_PPC},
	{ARCH_PPC64, "SCMP_ARCH_PPC64", "ppc64", AUDIT_ARCH_PPC64},
	{ARCH_PPC64LE, "SCMP_ARCH_PPC64LE", "ppc64le", AUDIT_ARCH_PPC64LE},
	{ARCH_S390, "SCMP_ARCH_S390", "s390", AUDIT_ARCH_S390},
	{ARCH_S390X, "SCMP_ARCH_S390X", "s390x", AUDIT_ARCH_S390X},
	{ARCH_SH, "SCMP_ARCH_SH", "sh", AUDIT_ARCH_SHEL},
	{ARCH_SHEB, "SCMP_ARCH_SHEB", "sheb", AUDIT_ARCH_SH},
	{ARCH_PARISC, "SCMP_ARCH_PARISC", "parisc", AUDIT_ARCH_PARISC},
	{ARCH_PARISC64, "SCMP_ARCH_PARISC64", "parisc64", AUDIT_ARCH_PARISC64},
	{ARCH_RISCV64, "SCMP_ARCH_RISCV64", "riscv64", AUDIT_ARCH_RISCV64},
};

Test(names, every_oci_architecture)
{
	cr_assert_eq(ARRAY_LENGTH(oci_architectures), 23);
	cr_expect_eq(ARCH_COUNT, 23);
	for (size_t i = 0; i < ARRAY_LENGTH(oci_architectures); i++) {
		const struct architecture *found = &architectures[oci_architectures[i].arch];
		enum arch arch = ARCH_COUNT;

		cr_expect_str_eq(found->name, oci_architectures[i].name);
		cr_expect_str_eq(found->go_name, oci_architectures[i].go_name);
		cr_expect_eq(found->audit, oci_architectures[i].audit, "%s", found->name);
		cr_expect(arch_lookup(found->name, &arch) && arch == oci_architectures[i].arch);
		arch = ARCH_COUNT;
		cr_expect(
			arch_lookup_go(found->go_name, &arch) && arch == oci_architectures[i].arch);
	}
}

/* The audit value says how wide the registers are and in which order bytes stand. */
Test(names, architectures_agree_with_their_audit_values)
{
	for (int i = 0; i < ARCH_COUNT; i++) {
		const struct architecture *arch = &architectures[i];

		cr_expect_eq(
			arch->bits, arch->audit & __AUDIT_ARCH_64BIT ? 64 : 32, "%s", arch->name);
		cr_expect_eq(arch->big_endian, !(arch->audit & __AUDIT_ARCH_LE), "%s", arch->name);
		for (int j = 0; j < i; j++)
			cr_expect(arch->audit != architectures[j].audit || i == ARCH_X32, "%s, %s",
				arch->name, architectures[j].name);
	}
}

Test(names, architectures_agree_with_libseccomp)
{
	static const struct {
		enum arch arch;
		uint32_t token;
	} cases[] = {
		{ARCH_X86_64, SCMP_ARCH_X86_64},
		{ARCH_X86, SCMP_ARCH_X86},
		{ARCH_AARCH64, SCMP_ARCH_AARCH64},
		{ARCH_ARM, SCMP_ARCH_ARM},
		{ARCH_RISCV64, SCMP_ARCH_RISCV64},
		{ARCH_S390X, SCMP_ARCH_S390X},
		{ARCH_S390, SCMP_ARCH_S390},
		{ARCH_PPC64LE, SCMP_ARCH_PPC64LE},
		{ARCH_PPC64, SCMP_ARCH_PPC64},
		{ARCH_PPC, SCMP_ARCH_PPC},
		{ARCH_MIPS, SCMP_ARCH_MIPS},
		{ARCH_MIPS64, SCMP_ARCH_MIPS64},
		{ARCH_MIPS64N32, SCMP_ARCH_MIPS64N32},
		{ARCH_MIPSEL, SCMP_ARCH_MIPSEL},
		{ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64},
		{ARCH_MIPSEL64N32, SCMP_ARCH_MIPSEL64N32},
		{ARCH_PARISC, SCMP_ARCH_PARISC},
		{ARCH_PARISC64, SCMP_ARCH_PARISC64},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		cr_expect_eq(architectures[cases[i].arch].audit, cases[i].token, "%s",
			architectures[cases[i].arch].name);
}

Test(names, unknown_architectures)
{
	static const char *const words[] = {
		"", "SCMP_ARCH_", "SCMP_ARCH_NATIVE", "x86_64", "scmp_arch_x86", "SCMP_ARCH_X86 "};
	static const char *const go_words[] = {"", "x86_64", "AMD64", "SCMP_ARCH_X86", "all"};
	enum arch arch = ARCH_COUNT;

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		cr_expect_not(arch_lookup(words[i], &arch), "%s", words[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(go_words); i++)
		cr_expect_not(arch_lookup_go(go_words[i], &arch), "%s", go_words[i]);
	cr_expect_eq(arch, ARCH_COUNT);
}

Test(names, machines)
{
	static const struct {
		const char *machine;
		enum arch arch; /* ARCH_COUNT: unknown */
	} cases[] = {
		{"x86_64", ARCH_X86_64},
		{"i686", ARCH_X86},
		{"aarch64", ARCH_AARCH64},
		{"armv7l", ARCH_ARM},
		{"riscv64", ARCH_RISCV64},
		{"s390x", ARCH_S390X},
		{"ppc64", ARCH_PPC64},
		{"ppc64le", ARCH_PPC64LE},
		{"loongarch64", ARCH_LOONGARCH64},
		{"vax", ARCH_COUNT},
		{"amd64", ARCH_COUNT},
		{"", ARCH_COUNT},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		enum arch arch = ARCH_COUNT;

		cr_expect_eq(arch_lookup_machine(cases[i].machine, &arch),
			cases[i].arch != ARCH_COUNT, "%s", cases[i].machine);
		cr_expect_eq(arch, cases[i].arch, "%s", cases[i].machine);
	}
}

/* What a kernel runs beside its own architecture. */
Test(names, what_a_kernel_runs)
{
	static const struct {
		enum arch native, other;
	} pairs[] = {
		{ARCH_X86_64, ARCH_X86},
		{ARCH_X86_64, ARCH_X32},
		{ARCH_AARCH64, ARCH_ARM},
		{ARCH_PPC64, ARCH_PPC},
		{ARCH_S390X, ARCH_S390},
		{ARCH_MIPS64, ARCH_MIPS},
		{ARCH_MIPS64, ARCH_MIPS64N32},
		{ARCH_MIPSEL64, ARCH_MIPSEL},
		{ARCH_MIPSEL64, ARCH_MIPSEL64N32},
		{ARCH_PARISC64, ARCH_PARISC},
	};

	for (int native = 0; native < ARCH_COUNT; native++) {
		for (int arch = 0; arch < ARCH_COUNT; arch++) {
			bool wanted = native == arch;

			for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++)
				wanted = wanted || ((int)pairs[i].native == native &&
							   (int)pairs[i].other == arch);
			cr_expect_eq(arch_runs_on((enum arch)arch, (enum arch)native), wanted,
				"%s on %s", architectures[arch].name, architectures[native].name);
		}
	}
}
