/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What several unit tests share. Every test runs in a process of its own. */

#include "cleanup.h"
#include "profile.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __has_feature /* clang; gcc defines the other one */
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

/* Runs after each test of a suite that says UNIT_SUITE: what the test leaves allocated fails it.
 * LeakSanitizer's own check at exit does not fail a Criterion test. */
static inline void check_leaks(void)
{
#ifdef __SANITIZE_ADDRESS__
	volatile char stale[4096]; /* pointers that the test left on the stack are no owners */

	for (size_t i = 0; i < sizeof(stale); i++)
		stale[i] = 0;
	cr_assert(__lsan_do_recoverable_leak_check() == 0, "the test leaks memory");
#endif
}

#define UNIT_SUITE(name) TestSuite(name, .fini = check_leaks)

/* For tests that change owners. What cannot run is skipped, in CI it must run. */
static inline void require_root(void)
{
	const char *must_run = getenv("OCI_SECCOMP_MUST_RUN");

	if (geteuid() == 0)
		return;
	cr_assert(!must_run || strcmp(must_run, "1") != 0, "must run, and needs root");
	cr_skip_test("needs root");
}

/* Whether the 32-bit entry of the kernel works: it can be configured away, and some hypervisors have
 * none. No test setting can change that, so what needs it is passed over. */
static inline bool has_32_bit_calls(void)
{
#ifdef __x86_64__
	static int known; /* 0: not yet, else 1 or 2 */
	pid_t child = known ? 0 : fork();
	int status;

	if (!known && child == 0) {
		int number = 1; /* exit */

		__asm__ volatile("int $0x80"
				 : "+a"(number)
				 : "b"(0)
				 : "memory", "r8", "r9", "r10", "r11");
		_exit(1);
	}
	if (!known) {
		cr_assert(child > 0 && waitpid(child, &status, 0) == child);
		known = status == 0 ? 2 : 1;
	}
	return known == 2;
#else
	return false;
#endif
}

static inline char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline char *format_text(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	cr_assert(vasprintf(&text, format, arguments) >= 0);
	va_end(arguments);
	return text;
}

/* A file of the source tree, by its path from the root. Owned by the caller. */
static inline char *source_path(const char *path)
{
	const char *data = getenv("TEST_DATA"); /* test/data */
	AUTO_FREE char *here = strdup(__FILE__);

	return data ? format_text("%s/../../%s", data, path)
		    : format_text("%s/../../%s", dirname(here), path);
}

/* A new directory, owned by the caller: remove_tree. */
static inline char *temp_dir(void)
{
	const char *parent = getenv("TMPDIR");
	char *path = format_text("%s/oci-seccomp-test-XXXXXX", parent ? parent : "/tmp");

	cr_assert_not_null(mkdtemp(path), "mkdtemp: %s", strerror(errno));
	return path;
}

static inline int remove_entry(
	const char *path, const struct stat *status, int flag, struct FTW *place)
{
	(void)status;
	(void)flag;
	(void)place;
	return remove(path);
}

/* Frees `path` too. */
static inline void remove_tree(char *path)
{
	cr_assert_eq(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(path);
}

/* Writes DIRECTORY/NAME; the mode is exact, whatever the umask. */
static inline void write_bytes(
	const char *directory, const char *name, const void *data, size_t length, mode_t mode)
{
	AUTO_FREE char *path = format_text("%s/%s", directory, name);
	FILE *stream;

	unlink(path); /* one that was read-only, say */
	stream = fopen(path, "we");
	cr_assert_not_null(stream, "%s: %s", path, strerror(errno));
	cr_assert_eq(fwrite(data, 1, length, stream), length);
	cr_assert_eq(fclose(stream), 0);
	cr_assert_eq(chmod(path, mode), 0);
}

static inline void write_file(const char *directory, const char *name, const char *text)
{
	write_bytes(directory, name, text, strlen(text), 0644);
}

static inline void make_dir(const char *directory, const char *name)
{
	AUTO_FREE char *path = format_text("%s/%s", directory, name);

	cr_assert_eq(mkdir(path, 0755), 0, "%s: %s", path, strerror(errno));
}

static inline void make_link(const char *target, const char *directory, const char *name)
{
	AUTO_FREE char *path = format_text("%s/%s", directory, name);

	cr_assert_eq(symlink(target, path), 0, "%s: %s", path, strerror(errno));
}

/* How many descriptors are open, to see that none is left. */
static inline unsigned count_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/*
 * JSON in C without backslashes: in a sample ' stands for ", and @ marks a place (and is left out).
 */
struct sample {
	char *text; /* owned, until a parser takes it over */
	size_t length;
	struct {
		unsigned line, column;
	} marks[8];
	size_t mark_count;
};

static inline struct sample sample_make(const char *source)
{
	struct sample sample = {.text = malloc(strlen(source) + 1)};
	unsigned line = 1, column = 1;

	cr_assert_not_null(sample.text);
	for (const char *c = source; *c; c++) {
		if (*c == '@') {
			cr_assert_lt(sample.mark_count, ARRAY_LENGTH(sample.marks));
			sample.marks[sample.mark_count].line = line;
			sample.marks[sample.mark_count++].column = column;
			continue;
		}
		sample.text[sample.length++] = (char)(*c == '\'' ? '"' : *c);
		column++;
		if (*c == '\n') {
			line++;
			column = 1;
		}
	}
	sample.text[sample.length] = '\0';
	return sample;
}

/* A profile that has no error. The caller finishes it. */
static inline struct profile parse_profile(const char *source)
{
	struct sample sample = sample_make(source);
	struct diagnostics diagnostics = {0};
	struct error err = ERROR_INIT;
	struct profile profile;
	int r = profile_parse("sample", sample.text, sample.length, &profile, &diagnostics, &err);

	cr_assert_eq(r, 0, "%s\n%s", source, r < 0 ? error_message(&err) : "");
	diagnostics_finish(&diagnostics);
	return profile;
}

/* A finding as programs print it: `NAME:LINE:COLUMN: PATH: TEXT`. Owned by the caller. */
static inline char *format_finding(const struct diagnostics *diagnostics, size_t index)
{
	cr_assert_lt(index, diagnostics->count);
	return format_text(
		"%s: %s", diagnostics->items[index].place, diagnostics->items[index].text);
}

static inline bool contains(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}
