/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <utime.h>

UNIT_SUITE(cache);

static struct cache_key key_of(const char *text)
{
	size_t cut = strlen(text) / 2;

	return (struct cache_key){text, text + cut, cut, strlen(text) - cut};
}

static int store(const char *directory, const char *text, const char *value)
{
	const struct cache_key key = key_of(text);
	struct error err = ERROR_INIT;
	int r = cache_store(directory, &key, value, strlen(value), &err);

	error_finish(&err);
	return r;
}

static void must_store(const char *directory, const char *key, const char *value)
{
	cr_assert_eq(store(directory, key, value), 0);
}

/* The value as a string, owned by the caller; NULL: not found. */
static char *find(const char *directory, const char *text)
{
	const struct cache_key key = key_of(text);
	struct cache_entry entry;
	char *value;

	if (cache_find(directory, &key, &entry) < 0)
		return NULL;
	cr_assert_eq(entry.key_length, strlen(text));
	cr_assert_eq(memcmp(entry.key, text, entry.key_length), 0);
	value = strndup(entry.value, entry.value_length);
	cache_entry_finish(&entry);
	return value;
}

static void expect_found(const char *directory, const char *key, const char *wanted)
{
	AUTO_FREE char *value = find(directory, key);

	cr_expect_not_null(value, "%s", key);
	if (value)
		cr_expect_str_eq(value, wanted);
}

static void expect_missing(const char *directory, const char *key)
{
	AUTO_FREE char *value = find(directory, key);

	cr_expect_null(value, "%s", key);
}

/* The path of the only entry, owned by the caller. */
static char *only_file(const char *directory)
{
	DIR *stream = opendir(directory);
	struct dirent *file;
	char *path = NULL;

	cr_assert_not_null(stream);
	while ((file = readdir(stream))) {
		if (file->d_name[0] == '.')
			continue;
		cr_assert_null(path, "one entry");
		path = format_text("%s/%s", directory, file->d_name);
	}
	closedir(stream);
	cr_assert_not_null(path);
	return path;
}

static size_t count_files(const char *directory)
{
	DIR *stream = opendir(directory);
	size_t count = 0;

	cr_assert_not_null(stream);
	while (readdir(stream))
		count++;
	closedir(stream);
	return count - 2;
}

Test(cache, stores_and_finds)
{
	char *parent = temp_dir();
	AUTO_FREE char *directory = format_text("%s/cache", parent);
	unsigned descriptors = count_descriptors();
	struct stat status;

	expect_missing(directory, "key");
	must_store(directory, "key", "value");
	must_store(directory, "", "of the empty key");
	must_store(directory, "other", "");
	expect_found(directory, "key", "value");
	expect_found(directory, "", "of the empty key");
	expect_found(directory, "other", "");
	expect_missing(directory, "ke");
	must_store(directory, "key", "another value");
	expect_found(directory, "key", "another value");
	cr_assert_eq(stat(directory, &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0700);
	cr_expect_eq(count_files(directory), 3);
	cr_expect_eq(count_descriptors(), descriptors);
	remove_tree(parent);
}

Test(cache, another_key_under_the_name_is_not_taken)
{
	char *parent = temp_dir();
	AUTO_FREE char *first = format_text("%s/first", parent);
	AUTO_FREE char *second = format_text("%s/second", parent);
	AUTO_FREE char *one = NULL;
	AUTO_FREE char *two = NULL;

	must_store(first, "key", "value");
	must_store(second, "yek", "another");
	one = only_file(first);
	two = only_file(second);
	cr_assert_eq(rename(two, one), 0);
	expect_missing(first, "key");
	must_store(first, "key", "value");
	expect_found(first, "key", "value");
	remove_tree(parent);
}

Test(cache, every_damaged_byte_is_noticed)
{
	char *parent = temp_dir();
	AUTO_FREE char *directory = format_text("%s/cache", parent);
	AUTO_FREE char *path = NULL;
	int fd;
	off_t length;

	must_store(directory, "some key", "some value of another length");
	path = only_file(directory);
	fd = open(path, O_RDWR | O_CLOEXEC);
	length = lseek(fd, 0, SEEK_END);
	cr_assert_gt(length, 60);
	for (off_t i = 0; i < length; i++) {
		char byte, damaged;

		cr_assert_eq(pread(fd, &byte, 1, i), 1);
		damaged = (char)(byte ^ 1 << i % 8);
		cr_assert_eq(pwrite(fd, &damaged, 1, i), 1);
		expect_missing(directory, "some key");
		cr_assert_eq(pwrite(fd, &byte, 1, i), 1);
	}
	expect_found(directory, "some key", "some value of another length");
	while (length-- > 0) {
		cr_assert_eq(ftruncate(fd, length), 0);
		expect_missing(directory, "some key");
	}
	close(fd);
	must_store(directory, "some key", "repaired");
	expect_found(directory, "some key", "repaired");
	remove_tree(parent);
}

Test(cache, what_others_can_write_is_not_trusted)
{
	char *parent = temp_dir();
	AUTO_FREE char *directory = format_text("%s/cache", parent);
	AUTO_FREE char *link = format_text("%s/link", parent);
	AUTO_FREE char *moved = format_text("%s/moved", parent);
	AUTO_FREE char *path = NULL;

	must_store(directory, "key", "value");
	path = only_file(directory);
	cr_assert_eq(chmod(path, 0620), 0);
	expect_missing(directory, "key");
	cr_assert_eq(chmod(path, 0600), 0);
	expect_found(directory, "key", "value");

	cr_assert_eq(chmod(directory, 0770), 0);
	expect_missing(directory, "key");
	cr_expect_eq(store(directory, "key", "value"), -EPERM);
	cr_assert_eq(chmod(directory, 0700), 0);

	cr_assert_eq(symlink(directory, link), 0);
	expect_missing(link, "key");
	cr_expect_lt(store(link, "key", "value"), 0);

	cr_assert_eq(rename(path, moved), 0);
	cr_assert_eq(symlink(moved, path), 0);
	expect_missing(directory, "key");
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkfifo(path, 0600), 0);
	expect_missing(directory, "key");
	cr_assert_eq(unlink(path), 0);
	if (geteuid() == 0) {
		cr_assert_eq(rename(moved, path), 0);
		cr_assert_eq(chown(path, 65534, 65534), 0);
		expect_missing(directory, "key");
		cr_assert_eq(chown(directory, 65534, 65534), 0);
		cr_expect_eq(store(directory, "key", "value"), -EPERM);
	}
	remove_tree(parent);
}

Test(cache, a_directory_that_cannot_be_made)
{
	char *parent = temp_dir();
	AUTO_FREE char *below_file = format_text("%s/file/cache", parent);
	AUTO_FREE char *below_nothing = format_text("%s/none/cache", parent);

	write_file(parent, "file", "");
	expect_missing(below_file, "key");
	cr_expect_eq(store(below_file, "key", "value"), -ENOTDIR);
	cr_expect_eq(store(below_nothing, "key", "value"), -ENOENT);
	remove_tree(parent);
}

/* As many entries as are kept, one of them written at another time. */
static void fill(const char *directory, const char *key, time_t written)
{
	const struct utimbuf times = {written, written};
	AUTO_FREE char *file = NULL;

	must_store(directory, key, "value");
	file = only_file(directory);
	cr_assert_eq(utime(file, &times), 0);
	for (int i = 1; i < CACHE_COUNT_LIMIT; i++) {
		AUTO_FREE char *other = format_text("key %d", i);

		must_store(directory, other, "value");
	}
}

Test(cache, the_oldest_go_first)
{
	char *parent = temp_dir();
	AUTO_FREE char *directory = format_text("%s/cache", parent);

	fill(directory, "oldest", 1);
	expect_found(directory, "oldest", "value");
	must_store(directory, "one more", "value");
	expect_missing(directory, "oldest");
	expect_found(directory, "one more", "value");
	cr_expect_eq(count_files(directory), CACHE_COUNT_LIMIT);
	remove_tree(parent);
}

Test(cache, a_killed_writers_file_goes_in_time)
{
	char *parent = temp_dir();
	AUTO_FREE char *directory = format_text("%s/cache", parent);
	AUTO_FREE char *old = format_text("%s/.0123456789abcdef.entry.77", directory);
	AUTO_FREE char *new = format_text("%s/.0123456789abcdef.entry.78", directory);
	struct utimbuf past = {1, 1};

	must_store(directory, "key", "value");
	write_file(directory, ".0123456789abcdef.entry.77", "half");
	write_file(directory, ".0123456789abcdef.entry.78", "half");
	write_file(directory, "README", "not ours");
	cr_assert_eq(utime(old, &past), 0);
	must_store(directory, "key", "value");
	cr_expect_neq(access(old, F_OK), 0);
	cr_expect_eq(access(new, F_OK), 0);
	remove_tree(parent);
}

Test(cache, other_files_stay)
{
	static const char *const names[] = {".entrypoint.sh", ".my.entry.notes",
		".0123456789abcdef.entry", ".0123456789abcdef.entry.7x",
		".123456789abcdef.entry.77", "0123456789abcdef.entry.77"};
	char *parent = temp_dir();
	AUTO_FREE char *directory = format_text("%s/cache", parent);
	struct utimbuf past = {1, 1};
	struct error err = ERROR_INIT;
	size_t count;

	must_store(directory, "key", "value");
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		AUTO_FREE char *path = format_text("%s/%s", directory, names[i]);

		write_file(directory, names[i], "not ours");
		cr_assert_eq(utime(path, &past), 0);
	}
	must_store(directory, "key", "value");
	cr_assert_eq(cache_clear(directory, &count, &err), 0);
	cr_expect_eq(count, 1);
	cr_expect_eq(count_files(directory), ARRAY_LENGTH(names));
	remove_tree(parent);
}

/* A clock that was ahead when they were written. */
Test(cache, entries_of_the_future_go_first)
{
	char *parent = temp_dir();
	AUTO_FREE char *directory = format_text("%s/cache", parent);

	fill(directory, "future", time(NULL) + 86400);
	must_store(directory, "one more", "value");
	expect_missing(directory, "future");
	expect_found(directory, "key 1", "value");
	expect_found(directory, "one more", "value");
	remove_tree(parent);
}

Test(cache, many_writers_at_once)
{
	char *parent = temp_dir();
	AUTO_FREE char *directory = format_text("%s/cache", parent);
	AUTO_FREE char *long_value = malloc(100001);

	memset(long_value, 'x', 100000);
	long_value[100000] = '\0';
	must_store(directory, "key", long_value);
	for (int child = 0; child < 4; child++) {
		if (fork() != 0)
			continue;
		for (int i = 0; i < 50; i++)
			if (store(directory, "key", long_value) < 0)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 200; i++)
		expect_found(directory, "key", long_value);
	for (int child = 0; child < 4; child++) {
		int status;

		cr_assert_gt(wait(&status), 0);
		cr_expect_eq(status, 0);
	}
	cr_expect_eq(count_files(directory), 1);
	remove_tree(parent);
}

struct seen {
	size_t whole, damaged;
};

static void see(const char *file, const struct cache_entry *entry, time_t written, void *data)
{
	struct seen *seen = data;

	cr_expect_eq(strlen(file), 22);
	cr_expect_gt(written, 0);
	if (entry)
		seen->whole++;
	else
		seen->damaged++;
}

Test(cache, is_listed_and_cleared)
{
	char *parent = temp_dir();
	AUTO_FREE char *directory = format_text("%s/cache", parent);
	struct error err = ERROR_INIT;
	struct seen seen = {0, 0};
	size_t count = 77;

	cr_expect_eq(cache_each(directory, see, &seen, &err), 0);
	cr_expect_eq(cache_clear(directory, &count, &err), 0);
	cr_expect_eq(count, 0);
	must_store(directory, "one", "value");
	must_store(directory, "two", "value");
	write_file(directory, "0123456789abcdef.entry", "damaged");
	write_file(directory, "README", "not ours");
	cr_expect_eq(cache_each(directory, see, &seen, &err), 0);
	cr_expect_eq(seen.whole, 2);
	cr_expect_eq(seen.damaged, 1);
	cr_expect_eq(cache_clear(directory, &count, &err), 0);
	cr_expect_eq(count, 3);
	cr_expect_eq(count_files(directory), 1);
	remove_tree(parent);
}
