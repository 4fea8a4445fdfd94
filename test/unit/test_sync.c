/* SPDX-License-Identifier: Apache-2.0 */
#include "sync.h"

#include "sync_round.h"

#include <poll.h>

UNIT_SUITE(sync);

Test(sync, new_changed_removed)
{
	struct fixture f = set_up();
	AUTO_FREE char *path = format_text("%s/a.json", f.target);
	struct stat first, second;

	umask(077);
	write_file(f.source, "a.json", GOOD);
	write_file(f.source, "b.json", GOOD);
	expect_round(&f, "installed a.json\ninstalled b.json\n", "new");
	expect_file(&f, "a.json", GOOD);
	cr_assert_eq(stat(path, &first), 0);
	cr_expect_eq(first.st_mode & 07777, 0644);
	cr_expect_eq(first.st_uid, geteuid());

	expect_round(&f, "unchanged a.json\nunchanged b.json\n", "nothing");
	cr_assert_eq(stat(path, &second), 0);
	cr_expect_eq(second.st_ino, first.st_ino);

	write_file(f.source, "a.json", OTHER);
	expect_round(&f, "unchanged b.json\nupdated a.json\n", "changed");
	expect_file(&f, "a.json", OTHER);
	cr_assert_eq(stat(path, &second), 0);
	cr_expect_neq(second.st_ino, first.st_ino, "it was written in place");

	AUTO_FREE char *gone = format_text("%s/b.json", f.source);
	cr_assert_eq(unlink(gone), 0);
	expect_round(&f, "unchanged a.json\nremoved b.json\n", "removed");
	expect_file(&f, "b.json", NULL);

	cr_assert_eq(unlink(path), 0);
	expect_round(&f, "installed a.json\n", "lost in the target");
	tear_down(&f);
}

/* The manifest loses entries in its middle. */
Test(sync, removed_among_others)
{
	static const char *const names[] = {"a.json", "b.json", "c.json", "d.json"};
	struct fixture f = set_up();

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		write_file(f.source, names[i], GOOD);
	expect_round(&f, "installed a.json\ninstalled b.json\ninstalled c.json\ninstalled d.json\n",
		"new");
	for (size_t i = 0; i < ARRAY_LENGTH(names); i += 2) {
		AUTO_FREE char *path = format_text("%s/%s", f.source, names[i]);

		cr_assert_eq(unlink(path), 0);
	}
	expect_round(&f, "unchanged b.json\nunchanged d.json\nremoved a.json\nremoved c.json\n",
		"removed");
	expect_round(&f, "unchanged b.json\nunchanged d.json\n", "nothing");
	expect_file(&f, "a.json", NULL);
	expect_file(&f, "c.json", NULL);
	tear_down(&f);
}

Test(sync, directories_and_names)
{
	struct fixture f = set_up();
	AUTO_FREE char *team = format_text("%s/team", f.source);

	make_dir(f.source, "team");
	make_dir(f.source, "team/deep.json");
	make_dir(f.source, ".git");
	write_file(f.source, ".git/x.json", GOOD);
	write_file(f.source, ".hidden.json", GOOD);
	write_file(f.source, "README", "text");
	write_file(f.source, "team/deep.json/a.json", GOOD);
	expect_round(&f, "ignored README\ninstalled team/deep.json/a.json\n", "sub-directories");
	expect_file(&f, "team/deep.json/a.json", GOOD);
	remove_tree(strdup(team));
	expect_round(&f, "ignored README\nremoved team/deep.json/a.json\n", "removed");
	AUTO_FREE char *left = format_text("%s/team", f.target);
	cr_expect_eq(access(left, F_OK), -1, "an empty directory is left");

	write_file(f.source, "a\\b.json", GOOD);
	expect_refused(&f, "a\\b.json", "rename the file");
	write_file(f.source, "a\nb.json", GOOD);
	expect_refused(&f, "a\\x0ab.json", "rename the file");
	tear_down(&f);
}

/* As the kubelet mounts it, and as it changes it. */
Test(sync, config_map)
{
	struct fixture f = set_up();
	AUTO_FREE char *next = format_text("%s/..data_tmp", f.source);
	AUTO_FREE char *data = format_text("%s/..data", f.source);

	make_dir(f.source, "..2026_01");
	make_dir(f.source, "..2026_01/team");
	write_file(f.source, "..2026_01/a.json", GOOD);
	write_file(f.source, "..2026_01/team/b.json", GOOD);
	make_link("..2026_01", f.source, "..data");
	make_link("..data/a.json", f.source, "a.json");
	make_link("..data/team", f.source, "team");
	expect_round(&f, "installed a.json\ninstalled team/b.json\n", "mounted");

	make_dir(f.source, "..2026_02");
	make_dir(f.source, "..2026_02/team");
	write_file(f.source, "..2026_02/a.json", OTHER);
	write_file(f.source, "..2026_02/team/b.json", BAD);
	make_link("..2026_02", f.source, "..data_tmp");
	cr_assert_eq(rename(next, data), 0);
	expect_refused(&f, "team/b.json",
		"team/b.json:1:18: defaultAction: unknown action \"SCMP_ACT_DENY\"");
	cr_expect(contains(f.said, "updated a.json\n"), "%s", f.said);
	expect_file(&f, "a.json", OTHER);
	expect_file(&f, "team/b.json", GOOD);
	tear_down(&f);
}

/* What an operator put there or changed is the operator's. */
Test(sync, by_hand)
{
	struct fixture f = set_up();
	AUTO_FREE char *source = format_text("%s/a.json", f.source);
	AUTO_FREE char *target = format_text("%s/a.json", f.target);

	make_dir(f.root, "a");
	make_dir(f.root, "a/target");
	write_file(f.target, "a.json", OTHER);
	write_file(f.target, "mine.json", OTHER);
	write_file(f.source, "a.json", GOOD);
	expect_refused(&f, "a.json",
		"a.json: was not written by oci-seccomp sync, or changed since; remove it");
	expect_file(&f, "a.json", OTHER);
	expect_file(&f, ".oci-seccomp-sync", NULL);

	write_file(f.target, "a.json", GOOD);
	expect_round(&f, "unchanged a.json\n", "the same by hand");
	cr_assert_eq(unlink(source), 0);
	expect_round(&f, "", "the same by hand, gone from the source");
	expect_file(&f, "a.json", GOOD);

	write_file(f.source, "a.json", GOOD);
	cr_assert_eq(unlink(target), 0);
	expect_round(&f, "installed a.json\n", "removed by hand");
	write_file(f.target, "a.json", OTHER);
	write_file(f.source, "a.json", GOOD " ");
	expect_refused(&f, "a.json", "or changed since; remove it");
	cr_assert_eq(unlink(source), 0);
	expect_refused(&f, "a.json", "was changed here since; remove it yourself");
	expect_file(&f, "a.json", OTHER);
	cr_assert_eq(unlink(target), 0);
	expect_round(&f, "", "it is gone");
	expect_file(&f, ".oci-seccomp-sync", NULL);
	expect_file(&f, "mine.json", OTHER);
	tear_down(&f);
}

/* Between any two steps of a round that replaces a.json, installs b.json and removes c.json. */
Test(sync, killed_between_steps)
{
	static const struct {
		const char *a, *b, *c; /* what is in the target; NULL: nothing */
		bool announced;
		const char *said;
	} steps[] = {
		{GOOD, NULL, GOOD, false, "updated a.json\ninstalled b.json\nremoved c.json\n"},
		{GOOD, NULL, GOOD, true, "updated a.json\ninstalled b.json\nremoved c.json\n"},
		{OTHER, NULL, GOOD, true, "unchanged a.json\ninstalled b.json\nremoved c.json\n"},
		{OTHER, OTHER, GOOD, true, "unchanged a.json\nunchanged b.json\nremoved c.json\n"},
		{OTHER, OTHER, NULL, true, "unchanged a.json\nunchanged b.json\n"},
	};
	static const char
		good[] = "1e91071efd3cec07b4e3e6cb9e0405055162ec9674f62869fe7f1564d5dce24f",
		other[] = "ada4d9a50895dd58cd1fd2a2deb4d6c96fd3a0126a4dd1da48ab9cb4fbc7b9f1";

	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		AUTO_FREE char *announced =
			format_text("%s  a.json\n%s  a.json\n%s  b.json\n%s  c.json\n", good, other,
				other, good);
		AUTO_FREE char *before = format_text("%s  a.json\n%s  c.json\n", good, good);
		AUTO_FREE char *after = format_text("%s  a.json\n%s  b.json\n", other, other);
		struct fixture f = set_up();

		make_dir(f.root, "a");
		make_dir(f.root, "a/target");
		write_file(f.target, ".oci-seccomp-sync", steps[i].announced ? announced : before);
		write_file(f.target, ".oci-seccomp-sync.new", "{\"defau");
		write_file(f.target, "a.json", steps[i].a);
		if (steps[i].b)
			write_file(f.target, "b.json", steps[i].b);
		if (steps[i].c)
			write_file(f.target, "c.json", steps[i].c);
		write_file(f.source, "a.json", OTHER);
		write_file(f.source, "b.json", OTHER);
		expect_round(&f, steps[i].said, "after the kill");
		expect_file(&f, ".oci-seccomp-sync", after);
		expect_file(&f, ".oci-seccomp-sync.new", NULL);
		expect_file(&f, "a.json", OTHER);
		expect_file(&f, "b.json", OTHER);
		expect_file(&f, "c.json", NULL);
		tear_down(&f);
	}
}

static bool told(int inotify)
{
	struct pollfd polled = {.fd = inotify, .events = POLLIN};

	return poll(&polled, 1, 1000) == 1;
}

Test(sync, watch)
{
	static const char *const names[] = {"a.json", "team/b.json", "..data", "team/new"};
	struct fixture f = set_up();
	struct error err = ERROR_INIT;

	make_dir(f.source, "team");
	write_file(f.source, "a.json", GOOD);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		AUTO_CLOSE int inotify = -1;

		cr_assert_eq(sync_watch(f.source, &inotify, &err), 0, "%s", error_message(&err));
		write_file(f.source, names[i], GOOD);
		cr_expect(told(inotify), "%s", names[i]);
	}
	AUTO_FREE char *missing = format_text("%s/missing", f.source);
	int none = -1;
	cr_expect_eq(sync_watch(missing, &none, &err), -ENOENT);
	cr_expect_eq(none, -1);
	error_finish(&err);
	tear_down(&f);
}
