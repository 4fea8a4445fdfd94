/* SPDX-License-Identifier: Apache-2.0 */
#include "denial_source.h"

#include "denial_group.h"
#include "support.h"

#include <linux/seccomp.h>

UNIT_SUITE(denial_source);

/* All lines of a file of these bytes, each with `|` behind it. Owned by the caller. */
static char *lines_of(const void *data, size_t length)
{
	char *directory = temp_dir(), *result = strdup("");
	AUTO_FREE char *path = format_text("%s/log", directory);
	struct denial_source source;
	struct error err = ERROR_INIT;

	write_bytes(directory, "log", data, length, 0644);
	cr_assert_eq(denial_source_file(path, false, &source, &err), 0);
	for (;;) {
		enum denial_next next;
		const char *line;
		size_t size;
		char *longer;

		cr_assert_eq(denial_source_next(&source, &next, &line, &size, &err), 0);
		if (next == NEXT_END)
			break;
		cr_assert_eq(next, NEXT_LINE);
		longer = format_text("%s%.*s|", result, (int)size, line);
		free(result);
		result = longer;
	}
	denial_source_finish(&source);
	remove_tree(directory);
	return result;
}

static void expect_lines(const char *text, size_t length, const char *wanted)
{
	AUTO_FREE char *got = lines_of(text, length);

	cr_expect_str_eq(got, wanted, "got:    %.200s\nwanted: %.200s", got, wanted);
}

Test(denial_source, lines)
{
	expect_lines("", 0, "");
	expect_lines("a\n\nb\n", 5, "a||b|");
	expect_lines("a\nb", 3, "a|b|");
}

Test(denial_source, lines_that_are_too_long)
{
	size_t length = 3 * DENIAL_LINE_SIZE;
	AUTO_FREE char *text = malloc(length);

	memset(text, 'x', length);
	expect_lines(text, length, "");
	memcpy(text, "a\n", 2);
	memcpy(text + length - 3, "\nb\n", 3);
	expect_lines(text, length, "a|b|");
}

/* The kernel's message, the audit transport's, and what is neither: a user's, one that was written to
 * /dev/kmsg, and a message that is no text and looks like fields. */
Test(denial_source, journal)
{
	static const char text[] = "__CURSOR=a\n__REALTIME_TIMESTAMP=1716909872114000\n"
				   "_TRANSPORT=kernel\nSYSLOG_FACILITY=0\nMESSAGE=audit: one\n\n"
				   "__CURSOR=b\n__REALTIME_TIMESTAMP=1716909872200000\n"
				   "_SOURCE_REALTIME_TIMESTAMP=1716909872114999\n_AUDIT_ID=50\n"
				   "_TRANSPORT=audit\nMESSAGE=SECCOMP auid=1\n\n"
				   "_TRANSPORT=syslog\nSYSLOG_FACILITY=0\nMESSAGE=audit: two\n\n"
				   "_TRANSPORT=kernel\nSYSLOG_FACILITY=1\nMESSAGE=audit: three\n\n"
				   "_TRANSPORT=kernel\nMESSAGE\n"
				   "\x14\0\0\0\0\0\0\0x\n\nMESSAGE=audit: no\n\n\n"
				   "_TRANSPORT=audit\nMESSAGE=LOGIN x\n\n"
				   "_TRANSPORT=kernel\nMESSAGE=last\n";

	expect_lines(text, sizeof(text) - 1,
		"audit: one|type=SECCOMP msg=audit(1716909872.114:50): auid=1|last|");
}

Test(denial_source, errors)
{
	struct error err = ERROR_INIT;
	struct denial_source source;
	enum denial_next next;
	const char *line;
	size_t length;

	cr_expect_eq(denial_source_file("/nonexistent", false, &source, &err), -ENOENT);
	cr_assert_eq(denial_source_file("/", false, &source, &err), 0);
	cr_expect_eq(denial_source_next(&source, &next, &line, &length, &err), -EISDIR);
	cr_expect_str_eq(error_message(&err), "/: cannot read: Is a directory");
	denial_source_finish(&source);
	error_finish(&err);
}

Test(denial_source, follow)
{
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/log", directory);
	AUTO_FREE char *old = format_text("%s/log.1", directory);
	struct denial_source source;
	enum denial_next next;
	const char *line;
	size_t length;

	write_file(directory, "log", "a\npart");
	cr_assert_eq(denial_source_file(path, true, &source, NULL), 0);
	cr_assert_eq(denial_source_next(&source, &next, &line, &length, NULL), 0);
	cr_expect(next == NEXT_LINE && length == 1);
	cr_assert_eq(denial_source_next(&source, &next, &line, &length, NULL), 0);
	cr_expect_eq(next, NEXT_IDLE);
	cr_assert_eq(rename(path, old), 0);
	write_file(directory, "log", "ial\n"); /* rotated: the next file goes on */
	cr_assert_eq(denial_source_next(&source, &next, &line, &length, NULL), 0);
	cr_expect(next == NEXT_LINE && length == 7 && !memcmp(line, "partial", 7));
	denial_source_finish(&source);
	remove_tree(directory);
}

Test(denial_source, hidden_actions)
{
	AUTO_FREE char *none =
		denial_hidden_actions("kill_process kill_thread trap errno user_notif trace log");
	AUTO_FREE char *some =
		denial_hidden_actions("kill_process kill_thread trap user_notif trace");

	cr_expect_null(none);
	cr_expect_str_eq(some, "errno, log");
}

Test(denial_source, groups)
{
	struct denial denial = {.time = 5,
		.arch = ARCH_X86_64,
		.syscall = 1,
		.action = SECCOMP_RET_ERRNO,
		.command = "a",
		.executable = "/bin/a"};
	const struct container web = {.id = (char[]){"web"}};
	struct denial_groups groups = {0};

	cr_assert_eq(denial_groups_add(&groups, &denial, NULL, NULL), 0);
	strcpy(denial.command, "thread-2"); /* the program counts */
	denial.time = 3;
	cr_assert_eq(denial_groups_add(&groups, &denial, NULL, NULL), 0);
	cr_assert_eq(denial_groups_add(&groups, &denial, &web, NULL), 0);
	strcpy(denial.executable, "/bin/b"); /* in a container that does */
	denial.time = 9;
	cr_assert_eq(denial_groups_add(&groups, &denial, &web, NULL), 0);
	cr_assert_eq(denial_groups_add(&groups, &denial, &web, NULL), 0);
	strcpy(denial.executable, "/"); /* no program yet: its name counts */
	cr_assert_eq(denial_groups_add(&groups, &denial, NULL, NULL), 0);
	strcpy(denial.command, "c");
	cr_assert_eq(denial_groups_add(&groups, &denial, NULL, NULL), 0);
	denial_groups_sort(&groups);
	cr_assert_eq(groups.count, 4);
	cr_expect(groups.items[0].container == &web && groups.items[0].count == 3);
	cr_expect(groups.items[0].first == 3 && groups.items[0].latest == 9);
	cr_expect(groups.items[1].count == 2 && groups.items[1].first == 3 &&
		  groups.items[1].latest == 5);
	denial_groups_finish(&groups);
}

/* Names that somebody chooses without end do not take memory without end. */
Test(denial_source, groups_are_bounded)
{
	struct denial denial = {.arch = ARCH_X86_64, .syscall = 1, .action = SECCOMP_RET_ERRNO};
	struct denial_groups groups = {0};

	for (unsigned i = 0; i < 100000; i++) {
		snprintf(denial.executable, sizeof(denial.executable), "/%u", i);
		cr_assert_eq(denial_groups_add(&groups, &denial, NULL, NULL), 0);
	}
	cr_expect(groups.count < 50000 && groups.left_out == 100000 - groups.count);
	denial_groups_finish(&groups);
}
