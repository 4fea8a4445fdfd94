/* SPDX-License-Identifier: Apache-2.0 */
#include "splice.h"

#include "support.h"

#include "io.h"

#include <sys/file.h>
#include <sys/wait.h>

UNIT_SUITE(splice_file);

static char *read_back(const char *directory, const char *name)
{
	AUTO_FREE char *path = format_text("%s/%s", directory, name);
	struct error err = ERROR_INIT;
	char *text;
	size_t length;
	int r = io_read_file(AT_FDCWD, path, path, 65536, &text, &length, &err);

	cr_assert_eq(r, 0, "%s", r < 0 ? error_message(&err) : "");
	return text;
}

static void expect_text(const char *directory, const char *name, const char *wanted)
{
	AUTO_FREE char *text = read_back(directory, name);

	cr_expect_str_eq(text, wanted);
}

static bool exists(const char *directory, const char *name)
{
	AUTO_FREE char *path = format_text("%s/%s", directory, name);

	return access(path, F_OK) == 0;
}

static int replace(const char *directory, const char *text)
{
	AUTO_FREE char *path = format_text("%s/config.json", directory);

	return splice_replace_path(path, text, strlen(text), NULL);
}

/* As everybody can who may read the directory. */
Test(splice_file, a_directory_that_somebody_keeps_locked)
{
	char *directory = temp_dir();
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t count = 0;
	struct dirent *entry;
	DIR *left;

	write_file(directory, "config.json", "old");
	cr_assert(fd >= 0 && flock(fd, LOCK_SH) == 0);
	cr_assert_eq(replace(directory, "new"), 0);
	expect_text(directory, "config.json", "new");
	cr_assert_eq(splice_write_at(fd, "other", "text", 4), 0);
	expect_text(directory, "other", "text");
	left = fdopendir(fd);
	while ((entry = readdir(left)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	cr_expect_eq(count, 2, "nothing else is left");
	closedir(left);
	remove_tree(directory);
}

Test(splice_file, keeps_the_mode)
{
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/config.json", directory);
	unsigned descriptors = count_descriptors();
	struct stat status;

	write_bytes(directory, "config.json", "old", 3, 0640);
	/* of a killed run */
	write_file(directory, ".config.json.oci-seccomp", "half");
	cr_assert_eq(umask(077), 022);
	cr_assert_eq(replace(directory, "new"), 0);
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0640);
	expect_text(directory, "config.json", "new");
	cr_expect_not(exists(directory, ".config.json.oci-seccomp"));
	cr_expect_eq(count_descriptors(), descriptors);
	remove_tree(directory);
}

Test(splice_file, left_over_link_is_not_followed)
{
	char *directory = temp_dir();

	write_file(directory, "config.json", "old");
	write_file(directory, "victim", "victim");
	make_link("victim", directory, ".config.json.oci-seccomp");
	cr_assert_eq(replace(directory, "new"), 0);
	expect_text(directory, "victim", "victim");
	expect_text(directory, "config.json", "new");
	remove_tree(directory);
}

Test(splice_file, symbolic_link_is_replaced)
{
	char *directory = temp_dir();

	write_file(directory, "shared.json", "old");
	make_link("shared.json", directory, "config.json");
	cr_assert_eq(replace(directory, "new"), 0);
	expect_text(directory, "shared.json", "old");
	expect_text(directory, "config.json", "new");
	remove_tree(directory);
}

Test(splice_file, owner_stays)
{
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/config.json", directory);
	struct stat status;

	require_root();
	write_file(directory, "config.json", "old");
	cr_assert_eq(chown(path, 1234, 5678), 0);
	cr_assert_eq(chmod(path, 04600), 0);
	cr_assert_eq(replace(directory, "new"), 0);
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_eq(status.st_uid, 1234);
	cr_expect_eq(status.st_gid, 5678);
	cr_expect_eq(status.st_mode & 07777, 04600);
	remove_tree(directory);
}

Test(splice_file, failure_leaves_nothing)
{
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/config.json", directory);
	struct error err = ERROR_INIT;

	cr_expect_eq(splice_replace_path(path, "new", 3, &err), -ENOENT);
	cr_expect(contains(error_message(&err), "/config.json: cannot replace: No such file"), "%s",
		error_message(&err));
	error_finish(&err);
	make_dir(directory, "config.json");
	cr_expect_eq(replace(directory, "new"), -EISDIR);
	cr_expect_not(exists(directory, ".config.json.oci-seccomp"));
	cr_expect_eq(replace("/nonexistent", "new"), -ENOENT);
	remove_tree(directory);
}

Test(splice_file, writes_settings)
{
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/daemon.json", directory);
	AUTO_CLOSE int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned descriptors = count_descriptors();
	struct stat status;

	cr_assert_eq(umask(077), 022);
	cr_assert_eq(splice_write_at(fd, "daemon.json", "new", 3), 0);
	expect_text(directory, "daemon.json", "new");
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0644);
	cr_assert_eq(chmod(path, 0600), 0);
	cr_assert_eq(splice_write_at(fd, "daemon.json", "newer", 5), 0);
	expect_text(directory, "daemon.json", "newer");
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0600);
	make_link("daemon.json", directory, "link");
	cr_expect_eq(splice_write_at(fd, "link", "x", 1), -EEXIST);
	expect_text(directory, "daemon.json", "newer");
	cr_expect_not(exists(directory, ".daemon.json.oci-seccomp"));
	cr_expect_eq(count_descriptors(), descriptors);
	remove_tree(directory);
}

/* Killed at any moment: the old or the new text, never a part. */
Test(splice_file, kill_leaves_it_whole, .timeout = 120)
{
	enum { SIZE = 30000 };
	static char texts[2][SIZE + 1];
	char *directory = temp_dir();

	memset(texts[0], 'a', SIZE);
	memset(texts[1], 'b', SIZE);
	write_file(directory, "config.json", texts[0]);
	for (int i = 0; i < 300; i++) {
		AUTO_FREE char *text = NULL;
		pid_t child = fork();

		cr_assert_geq(child, 0);
		if (child == 0)
			for (int j = 0;; j++)
				if (replace(directory, texts[j % 2]) < 0)
					_exit(1);
		usleep((useconds_t)(300 + 7 * i));
		cr_assert_eq(kill(child, SIGKILL), 0);
		cr_assert_eq(waitpid(child, NULL, 0), child);
		text = read_back(directory, "config.json");
		cr_assert(!strcmp(text, texts[0]) || !strcmp(text, texts[1]));
	}
	cr_assert_eq(replace(directory, "new"), 0);
	cr_expect_not(exists(directory, ".config.json.oci-seccomp"));
	remove_tree(directory);
}

/* At once: each comes to its turn, and none takes another's half for its own. */
Test(splice_file, many_at_once, .timeout = 120)
{
	enum { CHILDREN = 16, SIZE = 20000 };
	char *directory = temp_dir();
	AUTO_FREE char *text = NULL;

	write_file(directory, "config.json", "old");
	for (int i = 0; i < CHILDREN; i++) {
		static char mine[SIZE + 1];
		pid_t child = fork();

		cr_assert_geq(child, 0);
		if (child != 0)
			continue;
		memset(mine, 'a' + i, SIZE);
		for (int j = 0; j < 50; j++)
			if (replace(directory, mine) < 0)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < CHILDREN; i++) {
		int status;

		cr_assert_gt(wait(&status), 0);
		cr_expect_eq(status, 0);
	}
	text = read_back(directory, "config.json");
	cr_assert_eq(strlen(text), SIZE);
	cr_expect_eq(strspn(text, (char[]){text[0], '\0'}), SIZE);
	cr_expect_not(exists(directory, ".config.json.oci-seccomp"));
	remove_tree(directory);
}
