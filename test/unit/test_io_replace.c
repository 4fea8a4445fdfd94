/* SPDX-License-Identifier: Apache-2.0 */
#include "io.h"

#include "support.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

UNIT_SUITE(io_replace);

static void assert_holds(const char *path, const char *text)
{
	AUTO_FREE char *found = NULL;
	size_t length;

	cr_assert_eq(io_read_file(AT_FDCWD, path, path, 4096, &found, &length, NULL), 0);
	cr_assert_str_eq(found, text);
}

/* How many files the directory has, and none with a name of ours for the time between. */
static size_t count_files(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	size_t count = 0;

	cr_assert(dir);
	while ((entry = readdir(dir)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return count;
}

Test(io_replace, new_and_old)
{
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/file", directory);
	mode_t mask = umask(077);
	struct stat status;

	cr_assert_eq(io_replace_file(path, "one", 3, 0644, NULL), 0);
	assert_holds(path, "one");
	cr_assert_eq(io_replace_file(path, "two", 3, 0600, NULL), 0);
	assert_holds(path, "two");
	cr_assert_eq(stat(path, &status), 0);
	cr_assert_eq(status.st_mode & 07777, 0600);
	cr_assert_eq(io_replace_file(path, "", 0, 0644, NULL), 0);
	cr_assert_eq(stat(path, &status), 0);
	cr_assert_eq(status.st_mode & 07777, 0644);
	cr_assert_eq(status.st_size, 0);
	cr_assert_eq(count_files(directory), 1);
	umask(mask);
	remove_tree(directory);
}

/* A reader that has the old file open goes on reading that. */
Test(io_replace, the_old_file_stays_whole)
{
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/file", directory);
	AUTO_CLOSE int fd = -1;
	char text[8] = "";

	write_file(directory, "file", "before");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_eq(io_replace_file(path, "after", 5, 0644, NULL), 0);
	cr_assert_eq(read(fd, text, sizeof(text) - 1), 6);
	cr_assert_str_eq(text, "before");
	assert_holds(path, "after");
	remove_tree(directory);
}

Test(io_replace, a_link_is_replaced)
{
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/link", directory);
	AUTO_FREE char *target = format_text("%s/target", directory);

	write_file(directory, "target", "target");
	make_link("target", directory, "link");
	cr_assert_eq(io_replace_file(path, "new", 3, 0644, NULL), 0);
	assert_holds(path, "new");
	assert_holds(target, "target");
	remove_tree(directory);
}

Test(io_replace, in_the_working_directory)
{
	char *directory = temp_dir();

	cr_assert_eq(chdir(directory), 0);
	cr_assert_eq(io_replace_file("file", "text", 4, 0644, NULL), 0);
	assert_holds("file", "text");
	cr_assert_eq(chdir("/"), 0);
	remove_tree(directory);
}

Test(io_replace, refused)
{
	char *directory = temp_dir();
	AUTO_FREE char *inner = format_text("%s/inner", directory);
	AUTO_FREE char *missing = format_text("%s/missing/file", directory);
	struct error err = ERROR_INIT;

	make_dir(directory, "inner");
	cr_assert_eq(io_replace_file("/dev/null", "x", 1, 0644, &err), -EINVAL);
	cr_assert_str_eq(error_message(&err), "/dev/null: not a regular file, so not replaced");
	cr_assert_eq(io_replace_file(inner, "x", 1, 0644, &err), -EINVAL);
	cr_assert_eq(io_replace_file(missing, "x", 1, 0644, &err), -ENOENT);
	cr_assert_eq(count_files(directory), 1);
	error_finish(&err);
	remove_tree(directory);
}

/* A disk that is full, say: here a limit on the size of files. */
Test(io_replace, a_failed_write_leaves_nothing)
{
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/file", directory);
	struct error err = ERROR_INIT;
	struct rlimit old, none;

	write_file(directory, "file", "before");
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = old;
	none.rlim_cur = 2;
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	cr_assert_eq(io_replace_file(path, "after", 5, 0644, &err), -EFBIG);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_holds(path, "before");
	cr_assert_eq(count_files(directory), 1);
	error_finish(&err);
	remove_tree(directory);
}
