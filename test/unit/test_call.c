/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include "support.h"

UNIT_SUITE(call);

struct reading {
	const char *text;
	uint64_t arguments[3];
	unsigned open;
};

static void check(const struct reading *wanted)
{
	struct error err = ERROR_INIT;
	struct call call;

	cr_assert_eq(
		call_parse(wanted->text, ARCH_X86_64, &call, &err), 0, "%s", error_message(&err));
	for (size_t i = 0; i < ARRAY_LENGTH(wanted->arguments); i++)
		cr_expect_eq(call.data.args[i], wanted->arguments[i], "%s: argument %zu is %#llx",
			wanted->text, i, call.data.args[i]);
	cr_expect_eq(call.open, wanted->open, "%s: open %#x", wanted->text, call.open);
}

Test(call, numbers_and_names)
{
	static const struct reading cases[] = {
		{"getpid", {0}, 0},
		{"getpid()", {0}, 0},
		{"getpid( )", {0}, 0},
		{"socket(40,1,0)", {40, 1, 0}, 0},
		{"socket( 0x28 , 01 )", {40, 1, 0}, 0},
		{"socket(AF_ALG)", {38, 0, 0}, 0},
		{"socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 6)", {2, 02000001, 6}, 0},
		{"socket(type=SOCK_DGRAM)", {0, 2, 0}, 0},
		{"socket(type=2, family=AF_UNIX)", {1, 2, 0}, 0},
		{"clone(CLONE_NEWUSER|SIGCHLD|0x20000)", {0x10020011, 0, 0}, 0},
		{"personality(-1)", {UINT64_MAX, 0, 0}, 0},
		{"close(-1) = -1 EBADF (Bad file descriptor)", {UINT64_MAX, 0, 0}, 0},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		check(&cases[i]);
}

/* Lines of strace 6.1. */
Test(call, strace)
{
	static const struct reading cases[] = {
		{"openat(AT_FDCWD, \"/etc/ld.so.cache\", O_RDONLY|O_CLOEXEC) = 3",
			{(uint64_t)-100, 0, 02000000}, 1U << 1},
		{"openat(AT_FDCWD, \"a\\\"b,c)d\", O_RDONLY|O_NOFOLLOW) = -1 ENOENT (No such file)",
			{(uint64_t)-100, 0, 0}, 3U << 1},
		{"execve(\"/bin/true\", [\"true\", \"x\"], 0x7ffdc6d7e0a8 /* 24 vars */) = 0",
			{0, 0, 0x7ffdc6d7e0a8}, 3U},
		{"clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, "
		 "child_tidptr=0x7f2b8e5a2a10) = 4242",
			{0x01200011, 0, 0}, 0},
		{"fstat(3</etc/a,b>, {st_mode=S_IFREG|0644, st_size=[1, 2], ...}) = 0", {3, 0, 0},
			1U << 1},
		{"mknodat(AT_FDCWD, \"n\", S_IFCHR|0666, makedev(0x1, 0x3)) = 0",
			{(uint64_t)-100, 0, 020666}, 1U << 1 | 1U << 3},
		{"rt_sigprocmask(SIG_BLOCK, ~[RTMIN RT_1], NULL, 8) = 0", {0}, 3U},
		{"mmap(NULL, 1<<12, PROT_READ, ...)", {0, 0, 1}, 0x3a},
		{"ioctl(...)", {0}, 0x3f},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		check(&cases[i]);
}

/* Whatever is missing at the end, nothing is read beyond it. */
Test(call, cut_short)
{
	static const char text[] =
		"clone(child_stack=NULL, flags=CLONE_VM|0x11, {a=\"b\\\"\", c=[1]}, "
		"5</dev/x>, -1 /* y */) = 7";

	for (size_t length = strlen(text) - strlen(") = 7"); length > strlen("clone"); length--) {
		AUTO_FREE char *part = strndup(text, length);
		struct error err = ERROR_INIT;
		struct call call;

		cr_expect_eq(call_parse(part, ARCH_X86_64, &call, &err), -EINVAL, "%s", part);
		error_finish(&err);
	}
}

Test(call, names_that_are_not_known_are_kept)
{
	struct error err = ERROR_INIT;
	struct call call;

	cr_assert_eq(call_parse("socket(AF_INETT, \"x\")", ARCH_X86_64, &call, &err), 0);
	cr_expect_eq(call.open, 3U);
	cr_expect_str_eq(call.words[0], "AF_INETT");
	cr_expect_str_eq(call.words[1], "");
	cr_expect_str_eq(call.name, "socket");
}

Test(call, refused)
{
	static const char expected[] =
		"after the name its arguments are expected in parentheses, as strace prints them: "
		"socket(AF_INET, SOCK_STREAM, 0)";
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"", "unknown syscall \"\""},
		{"sokcet(1)", "unknown syscall \"sokcet\"; did you mean socket?"},
		{"chown32(1)", "SCMP_ARCH_X86_64 has no syscall chown32"},
		{"socket(", expected},
		{"socket(1", expected},
		{"socket(1,", expected},
		{"socket(1,)", expected},
		{"socket(,1)", expected},
		{"socket(family=)", expected},
		{"socket(1)1", expected},
		{"socket(\"1)", expected},
		{"socket((1)", expected},
		{"socket(1,2,3,4,5,6,7)", "a system call has at most 6 arguments"},
		{"socket(((((((((((((((((((1)))))))))))))))))))", expected},
		{"socket(domain=1)",
			"socket has no argument domain; it has family, type, protocol"},
		{"socket(1, family=1)", "argument 0 is given twice"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;
		struct call call;

		cr_assert_eq(call_parse(cases[i].text, ARCH_X86_64, &call, &err), -EINVAL, "%s",
			cases[i].text);
		cr_expect(contains(error_message(&err), cases[i].message), "%s: %s", cases[i].text,
			error_message(&err));
		error_finish(&err);
	}
}

Test(call, s390_has_clones_flags_second)
{
	struct error err = ERROR_INIT;
	struct call call;

	cr_assert_eq(call_parse("clone(flags=CLONE_NEWNS)", ARCH_S390X, &call, &err), 0);
	cr_expect_eq(call.data.args[0], 0);
	cr_expect_eq(call.data.args[1], 0x20000);
}
