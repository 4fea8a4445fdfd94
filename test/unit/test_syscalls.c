/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls.h"

#include "support.h"

#include <seccomp.h>

UNIT_SUITE(syscalls);

/* lib/data/syscalls.csv, read once more and in another way. */
struct row {
	char *name;
	int numbers[ARCH_TABLED]; /* as a filter sees them */
};

struct table {
	struct row rows[1024];
	size_t count;
};

static void read_row(struct table *table, char *line)
{
	struct row *row = &table->rows[table->count++];
	int column = -1;
	char *field;

	cr_assert_leq(table->count, ARRAY_LENGTH(table->rows));
	line[strcspn(line, "\r\n")] = '\0';
	while ((field = strsep(&line, ","))) {
		cr_assert_lt(column, (int)ARCH_TABLED);
		if (column < 0)
			row->name = strdup(field);
		else
			row->numbers[column] = field[0] ? atoi(field) : SYSCALL_NONE;
		if (column == ARCH_X32 && field[0])
			row->numbers[column] |= (int)X32_SYSCALL_BIT;
		column++;
	}
	cr_assert_eq(column, (int)ARCH_TABLED, "%s", row->name);
}

static struct table *read_table(void)
{
	static struct table table;
	AUTO_FREE char *path = source_path("lib/data/syscalls.csv");
	AUTO_FCLOSE FILE *stream = fopen(path, "re");
	AUTO_FREE char *line = NULL;
	size_t size = 0;
	bool header = true;

	cr_assert_not_null(stream, "%s", path);
	while (getline(&line, &size, stream) > 0) {
		if (line[0] == '#')
			continue;
		if (!header)
			read_row(&table, line);
		else
			cr_assert_str_eq(
				line, "syscall,x86_64,x32,x86,aarch64,arm,riscv64,s390x,ppc64\n");
		header = false;
	}
	cr_assert_gt(table.count, 450);
	return &table;
}

static void free_table(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->rows[i].name);
}

Test(syscalls, names_are_unique)
{
	struct table *table = read_table();

	for (size_t i = 0; i < table->count; i++)
		for (size_t j = 0; j < i; j++)
			cr_assert_str_neq(table->rows[i].name, table->rows[j].name);
	free_table(table);
}

/* The look-up halves the table: where that is not sorted, some name is not found. */
Test(syscalls, every_name_is_found)
{
	struct table *table = read_table();

	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];

		cr_expect(syscall_known(row->name), "%s", row->name);
		for (int arch = 0; arch < ARCH_TABLED; arch++)
			cr_expect_eq(syscall_number((enum arch)arch, row->name), row->numbers[arch],
				"%s, %s", row->name, architectures[arch].name);
		cr_expect_eq(syscall_number(ARCH_PPC64LE, row->name), row->numbers[ARCH_PPC64]);
	}
	free_table(table);
}

Test(syscalls, every_number_has_a_name)
{
	struct table *table = read_table();

	for (size_t i = 0; i < table->count; i++) {
		for (int arch = 0; arch < ARCH_TABLED; arch++) {
			int number = table->rows[i].numbers[arch];
			const char *name;

			if (number == SYSCALL_NONE)
				continue;
			name = syscall_name((enum arch)arch, (uint32_t)number);
			cr_assert_not_null(
				name, "%s, %s", table->rows[i].name, architectures[arch].name);
			/* Two names of one number are possible, then it is the other. */
			cr_expect_eq(syscall_number((enum arch)arch, name), number, "%s", name);
		}
	}
	free_table(table);
}

Test(syscalls, numbers_without_a_name)
{
	static const struct {
		enum arch arch;
		uint32_t number;
	} cases[] = {
		{ARCH_X86_64, 100000}, {ARCH_X86_64, X32_SYSCALL_BIT}, {ARCH_X86_64, UINT32_MAX},
		{ARCH_X32, 0}, {ARCH_X32, UINT32_MAX}, {ARCH_X86, UINT32_MAX},
		{ARCH_LOONGARCH64, 0}, /* not tabled */
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		cr_expect_null(syscall_name(cases[i].arch, cases[i].number), "case %zu", i);
	cr_expect_str_eq(syscall_name(ARCH_X86_64, 0), "read");
	cr_expect_str_eq(syscall_name(ARCH_X32, X32_SYSCALL_BIT), "read");
	cr_expect_str_eq(syscall_name(ARCH_X86, 3), "read");
	cr_expect_str_eq(syscall_name(ARCH_AARCH64, 63), "read");
	cr_expect_str_eq(syscall_name(ARCH_PPC64LE, 3), "read");
}

Test(syscalls, numbers_agree_with_libseccomp)
{
	static const uint32_t tokens[ARCH_TABLED] = {
		[ARCH_X86_64] = SCMP_ARCH_X86_64,
		[ARCH_X32] = SCMP_ARCH_X32,
		[ARCH_X86] = SCMP_ARCH_X86,
		[ARCH_AARCH64] = SCMP_ARCH_AARCH64,
		[ARCH_ARM] = SCMP_ARCH_ARM,
		[ARCH_RISCV64] = SCMP_ARCH_RISCV64,
		[ARCH_S390X] = SCMP_ARCH_S390X,
		[ARCH_PPC64] = SCMP_ARCH_PPC64,
	};
	struct table *table = read_table();
	unsigned compared = 0;

	for (size_t i = 0; i < table->count; i++) {
		const char *name = table->rows[i].name;

		for (int arch = 0; arch < ARCH_TABLED; arch++) {
			int known = seccomp_syscall_resolve_name_arch(tokens[arch], name);

			/* Negative: unknown to it, or a number of its own making. */
			if (known < 0)
				continue;
			/* Debian's 2.5.4 has a number where Linux has no such call. */
			if (arch == ARCH_X32 && !strcmp(name, "map_shadow_stack"))
				continue;
			compared++;
			cr_expect_eq(syscall_number((enum arch)arch, name), known, "%s, %s: %d",
				name, architectures[arch].name, known);
		}
	}
	cr_expect_gt(compared, 2500);
	free_table(table);
}

Test(syscalls, names_that_nobody_has)
{
	static const char *const names[] = {"", "no_such_call", "READ", "read ", "sys_read"};

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		cr_expect_not(syscall_known(names[i]), "\"%s\"", names[i]);
		for (int arch = 0; arch < ARCH_COUNT; arch++)
			cr_expect_eq(syscall_number((enum arch)arch, names[i]), SYSCALL_NONE);
	}
}

Test(syscalls, numbers)
{
	static const struct {
		enum arch arch;
		const char *name;
		int number;
	} cases[] = {
		{ARCH_X86_64, "execve", 59},
		{ARCH_X32, "execve", 520 | (int)X32_SYSCALL_BIT},
		{ARCH_X32, "read", (int)X32_SYSCALL_BIT},
		{ARCH_X86, "execve", 11},
		{ARCH_X86, "socket", 359},
		{ARCH_X86, "accept", SYSCALL_NONE},
		{ARCH_X86_64, "socketcall", SYSCALL_NONE},
		{ARCH_AARCH64, "open", SYSCALL_NONE},
		{ARCH_ARM, "cacheflush", 983042},
		{ARCH_S390X, "s390_pci_mmio_read", 353},
		{ARCH_RISCV64, "riscv_flush_icache", 259},
		/* newer than libseccomp 2.5.4 */
		{ARCH_X86_64, "fchmodat2", 452},
		{ARCH_X86_64, "mseal", 462},
		{ARCH_X86, "cachestat", 451},
		{ARCH_AARCH64, "setxattrat", 463},
		{ARCH_PPC64LE, "statmount", 457},
		/* not tabled: libseccomp answers */
		{ARCH_MIPS64, "read", 5000},
		{ARCH_MIPS, "read", 4003},
		{ARCH_PPC, "read", 3},
		{ARCH_S390, "read", 3},
		{ARCH_PARISC, "read", 3},
		/* nor does it know these yet: the numbers are common to all */
		{ARCH_S390, "mseal", 462},
		{ARCH_PPC, "fchmodat2", 452},
		{ARCH_MIPS, "mseal", 4462},
		{ARCH_MIPS64, "listns", 5470},
		{ARCH_MIPS64N32, "mseal", 6462},
		{ARCH_S390, "uretprobe", SYSCALL_NONE},
		/* its numbers for multiplexed calls are not the kernel's */
		{ARCH_PPC, "no_such_call", SYSCALL_NONE},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		int number = syscall_number(cases[i].arch, cases[i].name);

		cr_expect_eq(number, cases[i].number, "%s, %s: %d", cases[i].name,
			architectures[cases[i].arch].name, number);
	}
	for (int arch = 0; arch < ARCH_COUNT; arch++)
		cr_expect_geq(syscall_number((enum arch)arch, "shmget"), SYSCALL_NONE);
}

/* Container hosts must know their calls whatever libseccomp is there. LoongArch's come from
 * libseccomp 2.6; before that policy_select refuses. */
Test(syscalls, every_machine_has_numbers)
{
	static const char *const machines[] = {
		"x86_64", "i686", "aarch64", "armv7l", "riscv64", "s390x", "ppc64", "ppc64le"};

	for (size_t i = 0; i < ARRAY_LENGTH(machines); i++) {
		enum arch arch;

		cr_assert(arch_lookup_machine(machines[i], &arch));
		cr_expect_neq(syscall_number(arch, "execve"), SYSCALL_NONE, "%s", machines[i]);
	}
}

Test(syscalls, argument_widths)
{
	static const struct {
		enum arch arch;
		const char *name;
		unsigned index, bits;
	} cases[] = {
		{ARCH_X86_64, "chmod", 0, 64},
		{ARCH_X86_64, "chmod", 1, 16},
		{ARCH_X86_64, "fchmodat", 2, 16},
		{ARCH_X86_64, "socket", 0, 32},
		{ARCH_X86_64, "socket", 2, 32},
		{ARCH_X86_64, "clone", 0, 32},
		{ARCH_X86_64, "personality", 0, 32},
		{ARCH_X86_64, "mmap", 0, 64},
		{ARCH_X86_64, "mmap", 1, 64},
		{ARCH_X86_64, "ioctl", 1, 32},
		{ARCH_X86_64, "ioctl", 2, 64},
		{ARCH_AARCH64, "socket", 0, 32},
		{ARCH_AARCH64, "mmap", 1, 64},
		{ARCH_X86, "chmod", 1, 16},
		{ARCH_X86, "mmap", 1, 32},
		{ARCH_X86, "ioctl", 2, 32},
		{ARCH_ARM, "socket", 0, 32},
		/* x32: an entry of its own takes compat types, unless it is a native one */
		{ARCH_X32, "ioctl", 2, 32},
		{ARCH_X32, "mmap", 1, 64},
		{ARCH_X32, "chmod", 1, 16},
		{ARCH_X32, "socket", 0, 32},
		{ARCH_X32, "preadv", 1, 64},
		/* what is not known */
		{ARCH_X86_64, "no_such_call", 0, 64},
		{ARCH_X86, "no_such_call", 5, 32},
		{ARCH_X86_64, "getpid", 3, 64},
		{ARCH_LOONGARCH64, "mmap", 1, 64},
		{ARCH_PPC, "mmap", 1, 32},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		unsigned bits = syscall_argument_bits(cases[i].arch, cases[i].name, cases[i].index);

		cr_expect_eq(bits, cases[i].bits, "%s, argument %u of %s: %u",
			architectures[cases[i].arch].name, cases[i].index, cases[i].name, bits);
	}
}

Test(syscalls, widths_are_possible)
{
	struct table *table = read_table();

	for (size_t i = 0; i < table->count; i++) {
		for (int arch = 0; arch < ARCH_COUNT; arch++) {
			for (unsigned index = 0; index < SYSCALL_ARGUMENTS; index++) {
				unsigned bits = syscall_argument_bits(
					(enum arch)arch, table->rows[i].name, index);

				cr_expect(bits == 16 || bits == 32 || bits == 64, "%s: %u",
					table->rows[i].name, bits);
				cr_expect_leq(bits, architectures[arch].bits, "%s, %s",
					table->rows[i].name, architectures[arch].name);
			}
		}
	}
	free_table(table);
}

Test(syscalls, argument_names)
{
	static const struct {
		const char *name;
		unsigned index;
		const char *argument;
	} cases[] = {
		{"chmod", 0, "filename"},
		{"chmod", 1, "mode"},
		{"chmod", 2, NULL},
		{"socket", 0, "family"},
		{"ioctl", 1, "cmd"},
		{"getpid", 0, NULL},
		{"no_such_call", 0, NULL},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *found = syscall_argument_name(cases[i].name, cases[i].index);

		if (cases[i].argument)
			cr_expect(found && !strcmp(found, cases[i].argument), "%s: %s",
				cases[i].name, found ? found : "none");
		else
			cr_expect_null(found, "%s", cases[i].name);
	}
}

Test(syscalls, hints)
{
	static const struct {
		const char *name, *hint;
	} cases[] = {
		{"opnat", "; did you mean openat?"},
		{"faccessat22", "; did you mean faccessat2?"},
		{"ptarce", "; did you mean ptrace?"},
		{"something_else_entirely", ""},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char buffer[128];
		const char *hint = syscall_hint(cases[i].name, buffer, sizeof(buffer));

		cr_expect_eq(hint, buffer);
		cr_expect_str_eq(hint, cases[i].hint, "%s: \"%s\"", cases[i].name, hint);
	}
}

Test(syscalls, multiplexed_calls)
{
	static const struct {
		enum arch arch;
		const char *name;
		int number; /* SYSCALL_NONE: the only way is its own number */
		uint32_t call, mask;
	} cases[] = {
		{ARCH_X86, "socket", 102, 1, UINT32_MAX},
		{ARCH_X86, "bind", 102, 2, UINT32_MAX},
		{ARCH_X86, "accept", 102, 5, UINT32_MAX},
		{ARCH_X86, "sendmsg", 102, 16, UINT32_MAX},
		{ARCH_X86, "accept4", 102, 18, UINT32_MAX},
		{ARCH_X86, "recvmmsg", 102, 19, UINT32_MAX},
		{ARCH_X86, "sendmmsg", 102, 20, UINT32_MAX},
		{ARCH_X86, "semop", 117, 1, 0xffff},
		{ARCH_X86, "semtimedop", 117, 4, 0xffff},
		{ARCH_X86, "msgget", 117, 13, 0xffff},
		{ARCH_X86, "shmat", 117, 21, 0xffff},
		{ARCH_X86, "shmget", 117, 23, 0xffff},
		{ARCH_X86, "shmctl", 117, 24, 0xffff},
		{ARCH_S390X, "socket", 102, 1, UINT32_MAX},
		{ARCH_S390X, "shmget", 117, 23, 0xffff},
		{ARCH_PPC64, "socket", 102, 1, UINT32_MAX},
		{ARCH_PPC64LE, "shmget", 117, 23, 0xffff},
		{ARCH_X86_64, "socket", SYSCALL_NONE, 0, 0},
		{ARCH_X86_64, "shmget", SYSCALL_NONE, 0, 0},
		{ARCH_X32, "socket", SYSCALL_NONE, 0, 0},
		{ARCH_AARCH64, "socket", SYSCALL_NONE, 0, 0},
		{ARCH_ARM, "socket", SYSCALL_NONE, 0, 0}, /* EABI */
		{ARCH_RISCV64, "shmget", SYSCALL_NONE, 0, 0},
		{ARCH_X86, "read", SYSCALL_NONE, 0, 0},
		{ARCH_X86, "socketcall", SYSCALL_NONE, 0, 0},
		{ARCH_X86, "ipc", SYSCALL_NONE, 0, 0},
		{ARCH_X86, "no_such_call", SYSCALL_NONE, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct multiplexed way = {0};
		bool found = syscall_multiplexed(cases[i].arch, cases[i].name, &way);

		cr_expect_eq(found, cases[i].number != SYSCALL_NONE, "%s, %s", cases[i].name,
			architectures[cases[i].arch].name);
		if (!found)
			continue;
		cr_expect_eq(way.number, cases[i].number, "%s: %d", cases[i].name, way.number);
		cr_expect_eq(way.call, cases[i].call, "%s: %u", cases[i].name, way.call);
		cr_expect_eq(way.mask, cases[i].mask, "%s: %x", cases[i].name, way.mask);
	}
}

/* libseccomp gives a call that only a multiplexer reaches a negative number: so our list is whole
 * where it names as many. */
Test(syscalls, multiplexed_calls_are_those_of_libseccomp)
{
	struct table *table = read_table();
	unsigned found = 0;

	for (size_t i = 0; i < table->count; i++) {
		const char *name = table->rows[i].name;
		int pseudo = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name);
		struct multiplexed way;

		/* -101 to -120: socketcall's; -201 to -224: ipc's (include/seccomp.h) */
		if (pseudo >= 0)
			pseudo = seccomp_syscall_resolve_name_arch(SCMP_ARCH_PARISC, name);
		if (syscall_multiplexed(ARCH_X86, name, &way))
			found++;
		if ((pseudo <= -101 && pseudo >= -120) || (pseudo <= -201 && pseudo >= -224))
			cr_expect(syscall_multiplexed(ARCH_X86, name, &way), "%s", name);
	}
	cr_expect_eq(found, 20 + 12, "%u", found);
	free_table(table);
}

Test(syscalls, numbers_beside_the_sequence)
{
	static const struct {
		enum arch arch;
		uint32_t number;
		bool beside;
		uint32_t last;
	} cases[] = {
		{ARCH_X86_64, 0, false, UINT32_MAX},
		{ARCH_X86_64, 520, false, UINT32_MAX},
		{ARCH_X86_64, UINT32_MAX, false, UINT32_MAX},
		{ARCH_AARCH64, 0x0f0002, false, UINT32_MAX},
		{ARCH_X32, X32_SYSCALL_BIT | 0, false, X32_SYSCALL_BIT | 511},
		{ARCH_X32, X32_SYSCALL_BIT | 511, false, X32_SYSCALL_BIT | 511},
		{ARCH_X32, X32_SYSCALL_BIT | 512, true, X32_SYSCALL_BIT | 547},
		{ARCH_X32, X32_SYSCALL_BIT | 520, true, X32_SYSCALL_BIT | 547},
		{ARCH_X32, X32_SYSCALL_BIT | 547, true, X32_SYSCALL_BIT | 547},
		{ARCH_X32, X32_SYSCALL_BIT | 548, false, UINT32_MAX},
		{ARCH_ARM, 0, false, 0x0effff},
		{ARCH_ARM, 0x0effff, false, 0x0effff},
		{ARCH_ARM, 0x0f0000, true, 0x0fffff},
		{ARCH_ARM, 983041, true, 0x0fffff},
		{ARCH_ARM, 983045, true, 0x0fffff},
		{ARCH_ARM, 0x100000, false, UINT32_MAX},
	};
	struct table *table = read_table();

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint32_t last = 0;
		bool beside = syscall_beside_sequence(cases[i].arch, cases[i].number, &last);

		cr_expect_eq(beside, cases[i].beside, "case %zu", i);
		cr_expect_eq(last, cases[i].last, "case %zu: %x", i, last);
	}
	/* No call of the common sequence is taken for one beside it, and the other way round. */
	for (size_t i = 0; i < table->count; i++) {
		int x32 = table->rows[i].numbers[ARCH_X32], arm = table->rows[i].numbers[ARCH_ARM];
		uint32_t last;

		if (x32 != SYSCALL_NONE)
			cr_expect_eq(syscall_beside_sequence(ARCH_X32, (uint32_t)x32, &last),
				((uint32_t)x32 & ~X32_SYSCALL_BIT) >= 512, "%s",
				table->rows[i].name);
		if (arm != SYSCALL_NONE)
			cr_expect_eq(syscall_beside_sequence(ARCH_ARM, (uint32_t)arm, &last),
				arm > 100000, "%s", table->rows[i].name);
	}
	free_table(table);
}
