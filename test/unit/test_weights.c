/* SPDX-License-Identifier: Apache-2.0 */
#include "weights.h"

#include "support.h"
#include "syscalls.h"

UNIT_SUITE(weights);

static int read_text(const char *text, struct weights *ret, struct error *err)
{
	return weights_read("w.txt", text, strlen(text), ret, err);
}

Test(weights, lines)
{
	struct error err = ERROR_INIT;
	struct weights weights;

	cr_assert_eq(read_text("# a table\n"
			       "read 100\n"
			       "\n"
			       "  write\t50 # often\r\n"
			       "amd64:read 7\n"
			       "x86:openat 0\n"
			       "aarch64:openat 1000000000",
			     &weights, &err),
		0, "%s", error_message(&err));
	cr_assert_eq(weights_get(&weights, ARCH_X86_64, 0), 7); /* its own line */
	cr_assert_eq(weights_get(&weights, ARCH_X86, 3), 100);
	cr_assert_eq(weights_get(&weights, ARCH_AARCH64, 63), 100);
	cr_assert_eq(weights_get(&weights, ARCH_X32, X32_SYSCALL_BIT | 1), 50);
	cr_assert_eq(weights_get(&weights, ARCH_X86, 295), 0);
	cr_assert_eq(weights_get(&weights, ARCH_AARCH64, 56), 1000000000);
	cr_assert_eq(weights_get(&weights, ARCH_X86_64, 257), 0); /* no line */
	weights_finish(&weights);
}

Test(weights, nothing)
{
	struct weights weights;

	cr_assert_eq(read_text("", &weights, NULL), 0);
	cr_assert_eq(weights_get(&weights, ARCH_X86_64, 0), 0);
	weights_finish(&weights);
}

Test(weights, errors)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"read 1\nreed 2\n", "w.txt:2: unknown syscall \"reed\"; did you mean read?"},
		{"amd46:read 1\n", "w.txt:1: unknown architecture \"amd46\"; did you mean amd64?"},
		{"arm64:open 1\n", "w.txt:1: SCMP_ARCH_AARCH64 has no syscall open"},
		{"\nread\n", "w.txt:2: expected SYSCALL WEIGHT"},
		{"read 1 2\n", "w.txt:1: expected SYSCALL WEIGHT"},
		{"read -1\n", "w.txt:1: expected SYSCALL WEIGHT"},
		{"read 1.5\n", "w.txt:1: expected SYSCALL WEIGHT"},
		{"read 1000000001\n", "w.txt:1: expected SYSCALL WEIGHT"},
		{"read 99999999999999999999\n", "w.txt:1: expected SYSCALL WEIGHT"},
		{":read 1\n", "w.txt:1: unknown architecture \"\""},
		{"read 1\nwrite 2\nread 3\n", "w.txt:3: the call has a weight already, in line 1"},
		{"amd64:read 1\nx86_64:read 1\n",
			"w.txt:2: the call has a weight already, in line 1"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;
		struct weights weights;

		cr_assert_eq(
			read_text(cases[i].text, &weights, &err), -EINVAL, "%s", cases[i].text);
		cr_assert_eq(
			strncmp(error_message(&err), cases[i].message, strlen(cases[i].message)), 0,
			"%s, not %s", error_message(&err), cases[i].message);
		error_finish(&err);
	}
}

Test(weights, no_text)
{
	struct error err = ERROR_INIT;
	struct weights weights;

	cr_assert_eq(weights_read("w.txt", "read 1\0", 7, &weights, &err), -EINVAL);
	error_finish(&err);
}
