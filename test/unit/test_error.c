/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include "support.h"

UNIT_SUITE(error);

Test(error, set_keeps_code_and_message)
{
	struct error err = ERROR_INIT;

	cr_expect_eq(error_set(&err, -EPERM, "%s:%d", "file", 7), -EPERM);
	cr_expect_eq(err.code, -EPERM);
	cr_expect_str_eq(error_message(&err), "file:7");
	error_finish(&err);
}

Test(error, set_without_an_object_returns_the_code)
{
	cr_expect_eq(error_set(NULL, -EPERM, "x"), -EPERM);
	cr_expect_eq(error_set_errno(NULL, -EIO, "x"), -EIO);
	cr_expect_eq(error_memory(NULL), -ENOMEM);
}

Test(error, set_replaces_what_was_there)
{
	struct error err = ERROR_INIT;

	error_set(&err, -EPERM, "first");
	cr_expect_eq(error_set(&err, -EIO, "second"), -EIO);
	cr_expect_eq(err.code, -EIO);
	cr_expect_str_eq(error_message(&err), "second");
	error_finish(&err);
}

Test(error, set_may_use_the_old_message)
{
	struct error err = ERROR_INIT;

	error_set(&err, -EPERM, "old");
	error_set(&err, -EIO, "new, was %s", error_message(&err));
	cr_expect_str_eq(error_message(&err), "new, was old");
	error_finish(&err);
}

Test(error, set_errno_appends_the_text_of_the_code)
{
	static const int codes[] = {EPERM, ENOENT, EINVAL, EACCES, ESRCH};

	for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
		AUTO_FREE char *wanted = format_text("open \"x\": %s", strerror(codes[i]));
		struct error err = ERROR_INIT;

		cr_expect_eq(error_set_errno(&err, -codes[i], "open \"%s\"", "x"), -codes[i]);
		cr_expect_eq(err.code, -codes[i]);
		cr_expect_str_eq(error_message(&err), wanted);
		error_finish(&err);
	}
}

Test(error, prefixes_stand_outermost_first)
{
	struct error err = ERROR_INIT;

	error_set(&err, -EPERM, "bottom");
	cr_expect_eq(error_prefix(&err, -EPERM, "middle %d", 1), -EPERM);
	cr_expect_eq(error_prefix(&err, -EPERM, "top"), -EPERM);
	cr_expect_eq(err.code, -EPERM);
	cr_expect_str_eq(error_message(&err), "top: middle 1: bottom");
	error_finish(&err);
}

Test(error, prefix_of_no_message_names_the_code)
{
	AUTO_FREE char *wanted = format_text("reading: %s", strerror(ENOMEM));
	struct error err = ERROR_INIT;

	error_memory(&err);
	cr_expect_eq(error_prefix(&err, -ENOMEM, "reading"), -ENOMEM);
	cr_expect_str_eq(error_message(&err), wanted);
	error_finish(&err);
}

Test(error, memory_needs_no_memory)
{
	struct error err = ERROR_INIT;

	error_set(&err, -EPERM, "old");
	cr_expect_eq(error_memory(&err), -ENOMEM);
	cr_expect_eq(err.code, -ENOMEM);
	cr_expect_null(err.message);
	cr_expect_str_eq(error_message(&err), strerror(ENOMEM));
	error_finish(&err);
}

Test(error, finish_makes_it_no_error)
{
	struct error err = ERROR_INIT;

	error_finish(&err);
	error_set(&err, -EPERM, "x");
	error_finish(&err);
	cr_expect_eq(err.code, 0);
	cr_expect_null(err.message);
	error_finish(&err);
	cr_expect_not_null(error_message(&err));
}

Test(error, long_messages_are_kept_whole)
{
	char word[8001];
	struct error err = ERROR_INIT;

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	error_set(&err, -EPERM, "%s", word);
	cr_expect_str_eq(error_message(&err), word);
	error_finish(&err);
}

/* Names and paths come from others: none can make a second line or write to a terminal. */
Test(error, messages_are_one_printable_line)
{
	struct error err = ERROR_INIT;

	error_set(&err, -EINVAL, "annotation \"%s\"", "x\noci-seccomp-hook: all is well\x1b[2J");
	cr_expect_str_eq(
		error_message(&err), "annotation \"x\\x0aoci-seccomp-hook: all is well\\x1b[2J\"");
	error_prefix(&err, -EINVAL, "container %s", "a\rb");
	cr_expect(strncmp(error_message(&err), "container a\\x0db: ", 18) == 0, "%s",
		error_message(&err));
	error_finish(&err);
}
