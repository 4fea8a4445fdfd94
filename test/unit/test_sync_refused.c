/* SPDX-License-Identifier: Apache-2.0 */
#include "sync.h"

#include "sync_round.h"

#include <sys/file.h>
#include <sys/wait.h>

UNIT_SUITE(sync_refused);

Test(sync_refused, what_the_source_must_not_be)
{
	static const struct {
		const char *name, *link; /* NULL: a file */
		const char *message;
	} cases[] = {
		{"out.json", "/etc/hostname", "a symbolic link leads out of"},
		{"up.json", "../outside.json", "a symbolic link leads out of"},
		{"none.json", "nowhere.json", "No such file"},
		{"round.json", "round.json", "Too many levels of symbolic links"},
		{"magic.json", "/proc/self/cwd", "a symbolic link leads out of"},
		{"etc", "/etc", "a symbolic link leads out of"},
		{"loop", ".", "links lead back to it"},
		{"bad.json", NULL, "bad.json:1:18: defaultAction: unknown action"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct fixture f = set_up();

		write_file(f.root, "outside.json", GOOD);
		write_file(f.source, "good.json", GOOD);
		if (cases[i].link)
			make_link(cases[i].link, f.source, cases[i].name);
		else
			write_file(f.source, cases[i].name, BAD);
		expect_refused(&f, cases[i].name, cases[i].message);
		cr_expect(contains(f.said, "installed good.json\n"), "%s", f.said);
		tear_down(&f);
	}
}

Test(sync_refused, files_that_are_none)
{
	struct fixture f = set_up();
	AUTO_FREE char *large = malloc(PROFILE_SIZE_LIMIT + 1);
	AUTO_FREE char *fifo = format_text("%s/fifo.json", f.source);

	cr_assert_not_null(large);
	memset(large, ' ', PROFILE_SIZE_LIMIT + 1);
	write_bytes(f.source, "large.json", large, PROFILE_SIZE_LIMIT + 1, 0644);
	expect_refused(&f, "large.json", "1024 KiB");
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	expect_refused(&f, "fifo.json", "is a FIFO, not a regular file");
	tear_down(&f);
}

static void as_somebody(void (*test)(struct fixture *f), struct fixture *f)
{
	pid_t child = fork();
	int status;

	cr_assert_geq(child, 0);
	if (child == 0) {
		cr_assert_eq(setresuid(1234, 1234, 1234), 0);
		test(f);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
}

/* Nothing is removed while a part of the source is unknown. */
static void read_what_may_be_read(struct fixture *f)
{
	struct error err = ERROR_INIT;

	if (sync_once(f, &err) < 0 || !contains(f->said, "refused a.json: ") ||
		!contains(f->said, "refused team: ") || !contains(f->said, "Permission denied") ||
		contains(f->said, "removed"))
		_exit(1);
}

Test(sync_refused, unreadable)
{
	struct fixture f = set_up();
	AUTO_FREE char *team = format_text("%s/team", f.source);
	AUTO_FREE char *parent = format_text("%s/a", f.root);
	AUTO_FREE char *gone = format_text("%s/gone.json", f.source);

	require_root();
	make_dir(f.source, "team");
	write_file(f.source, "a.json", GOOD);
	write_file(f.source, "gone.json", GOOD);
	write_file(f.source, "team/b.json", GOOD);
	cr_assert_eq(chmod(f.root, 0755), 0);
	expect_round(
		&f, "installed a.json\ninstalled gone.json\ninstalled team/b.json\n", "readable");
	cr_assert_eq(unlink(gone), 0);
	write_bytes(f.source, "a.json", OTHER, strlen(OTHER), 0600);
	cr_assert_eq(chmod(team, 0700), 0);
	cr_assert_eq(chown(parent, 1234, 1234), 0);
	cr_assert_eq(chown(f.target, 1234, 1234), 0);
	as_somebody(read_what_may_be_read, &f);
	expect_file(&f, "a.json", GOOD);
	expect_file(&f, "gone.json", GOOD);
	expect_file(&f, "team/b.json", GOOD);
	tear_down(&f);
}

Test(sync_refused, links_in_the_target)
{
	struct fixture f = set_up();

	make_dir(f.root, "a");
	make_dir(f.root, "a/target");
	make_dir(f.root, "elsewhere");
	write_file(f.root, "victim.json", OTHER);
	make_dir(f.source, "team");
	write_file(f.source, "a.json", GOOD);
	write_file(f.source, "team/b.json", GOOD);
	make_link("../../victim.json", f.target, "a.json");
	make_link("../../elsewhere", f.target, "team");
	expect_refused(&f, "a.json", "a symbolic link or a file is in the way");
	cr_expect(contains(f.said, "refused team/b.json: "), "%s", f.said);
	AUTO_FREE char *link = format_text("%s/team", f.target);
	cr_assert_eq(unlink(link), 0);
	write_file(f.target, "team", "a file");
	expect_refused(&f, "team/b.json", "a symbolic link or a file is in the way");
	cr_assert_eq(unlink(link), 0);
	make_dir(f.target, "team");
	make_dir(f.target, "team/b.json");
	expect_refused(&f, "team/b.json", "is a directory");
	make_link("../../victim.json", f.target, ".oci-seccomp-sync.new");
	write_file(f.source, "c.json", GOOD);
	expect_refused(&f, "a.json", "in the way");
	cr_expect(contains(f.said, "installed c.json\n"), "%s", f.said);
	tear_down(&f);
}

Test(sync_refused, manifests_that_are_none)
{
#define DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	static const char *const texts[] = {
		"x\n",
		DIGEST "  a.json", /* cut short */
		DIGEST " a.json\n",
		DIGEST "  a\n",
		DIGEST "  /a.json\n",
		DIGEST "  ../a.json\n",
		DIGEST "  b/../../a.json\n",
		DIGEST "  b//a.json\n",
		DIGEST "  .oci-seccomp-sync\n",
		"E" DIGEST "  a.json\n",
		DIGEST "  a.json\n\n",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct fixture f = set_up();

		make_dir(f.root, "a");
		make_dir(f.root, "a/target");
		write_file(f.root, "a/a.json", "");
		write_file(f.source, "new.json", GOOD);
		write_file(f.target, ".oci-seccomp-sync", texts[i]);
		expect_failure(&f, -EINVAL, ": is not `DIGEST  NAME.json`; remove this file");
		expect_file(&f, "new.json", NULL);
		expect_file(&f, "../a.json", "");
		tear_down(&f);
	}
}

Test(sync_refused, rounds_that_cannot_be)
{
	struct fixture f = set_up();
	AUTO_FREE char *below = format_text("%s/below", f.source);
	AUTO_FREE char *missing = format_text("%s/missing", f.root);
	char *target = f.target, *source = f.source;

	write_file(f.source, "a.json", GOOD);
	f.target = below;
	expect_failure(&f, -EINVAL, "lies in the source directory");
	f.target = source;
	expect_failure(&f, -EINVAL, "lies in the source directory");
	f.target = target;
	expect_round(&f, "installed a.json\n", "a target of its own");
	f.source = missing;
	expect_failure(&f, -ENOENT, "source directory ");
	expect_file(&f, "a.json", GOOD);
	f.source = source;
	tear_down(&f);
}

/* One at a time, but whoever can read the directory cannot keep it. */
Test(sync_refused, lock)
{
	struct fixture f = set_up();
	AUTO_FREE char *lock = format_text("%s/" SYNC_MANIFEST ".lock", f.target);
	struct stat status;
	int fd;

	write_file(f.source, "a.json", GOOD);
	expect_round(&f, "installed a.json\n", "free");
	cr_expect_neq(access(lock, F_OK), 0, "it is removed");
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0);
	cr_assert_eq(flock(fd, LOCK_EX), 0);
	expect_failure(&f, -EAGAIN, "another oci-seccomp sync is at work there");
	cr_expect_eq(stat(lock, &status), 0);
	close(fd);
	expect_round(&f, "unchanged a.json\n", "free again");
	fd = open(f.target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_eq(flock(fd, LOCK_EX), 0);
	expect_round(&f, "unchanged a.json\n", "the directory is locked by somebody");
	close(fd);
	tear_down(&f);
}

/* More comparisons than a program holds, in containers with one capability. */
Test(sync_refused, filters_that_cannot_be_built)
{
	static const char *const requirements[] = {
		"", ",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}"};

	for (size_t i = 0; i < ARRAY_LENGTH(requirements); i++) {
		struct fixture f = set_up();
		AUTO_FREE char *path = format_text("%s/a.json", f.source);
		AUTO_FCLOSE FILE *stream = fopen(path, "we");

		cr_assert_not_null(stream);
		fputs("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[", stream);
		for (unsigned value = 0; value < 5000; value++)
			fprintf(stream,
				"%s{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{"
				"\"index\":1,\"value\":%u,\"op\":\"SCMP_CMP_EQ\"}]%s}",
				value ? "," : "", 2 * value, requirements[i]);
		fputs("]}", stream);
		cr_assert_eq(fflush(stream), 0);
		expect_refused(&f, "a.json", "a.json: the filter ");
		tear_down(&f);
	}
}
