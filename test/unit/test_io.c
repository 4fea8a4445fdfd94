/* SPDX-License-Identifier: Apache-2.0 */
#include "io.h"

#include "support.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

UNIT_SUITE(io);

static char *pattern(size_t length)
{
	char *data = malloc(length + 1);

	cr_assert_not_null(data);
	for (size_t i = 0; i < length; i++)
		data[i] = (char)(i * 31 % 251);
	return data;
}

/* The reading end of a pipe into which a child writes `data` in pieces. */
static int fed_pipe(const char *data, size_t length, size_t piece, pid_t *ret_child)
{
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	*ret_child = fork();
	cr_assert_geq(*ret_child, 0);
	if (*ret_child == 0) {
		close(ends[0]);
		for (size_t done = 0; done < length; done += piece) {
			size_t part = length - done < piece ? length - done : piece;

			if (write(ends[1], data + done, part) != (ssize_t)part)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static void expect_clean_exit(pid_t child)
{
	int status;

	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(io, read_takes_texts_of_every_length)
{
	static const size_t lengths[] = {
		0, 1, 2, 16381, 16382, 16383, 16384, 16385, 32766, 32767, 32768, 32769, 100000};

	for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
		AUTO_FREE char *data = pattern(lengths[i]);
		AUTO_FREE char *text = NULL;
		struct error err = ERROR_INIT;
		size_t length = 12345;
		pid_t child;
		AUTO_CLOSE int fd = fed_pipe(data, lengths[i], 5000, &child);

		cr_assert_eq(io_read(fd, "pipe", 200000, &text, &length, &err), 0);
		expect_clean_exit(child);
		cr_expect_eq(length, lengths[i]);
		cr_expect(memcmp(text, data, length) == 0, "%zu bytes", length);
		cr_expect_eq(text[length], '\0');
	}
}

Test(io, read_stops_at_the_limit)
{
	static const struct {
		size_t length, limit;
		int code;
	} cases[] = {
		{0, 0, 0},
		{1, 0, -EFBIG},
		{1024, 1024, 0},
		{1025, 1024, -EFBIG},
		{16384, 16384, 0},
		{16385, 16384, -EFBIG},
		{60000, 1024, -EFBIG},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *data = pattern(cases[i].length);
		AUTO_FREE char *text = NULL;
		struct error err = ERROR_INIT;
		size_t length = 12345;
		pid_t child;
		AUTO_CLOSE int fd = fed_pipe(data, cases[i].length, 60000, &child);
		int r = io_read(fd, "the pipe", cases[i].limit, &text, &length, &err);

		cr_expect_eq(r, cases[i].code, "case %zu: %d", i, r);
		if (r < 0) {
			cr_expect_eq(err.code, r);
			cr_expect(contains(error_message(&err), "the pipe"));
			cr_expect_null(text);
			cr_expect_eq(length, 12345);
		}
		error_finish(&err);
		expect_clean_exit(child);
	}
}

Test(io, read_names_the_source_of_a_failure)
{
	struct error err = ERROR_INIT;
	char *text = NULL;
	size_t length;

	cr_expect_eq(io_read(-1, "nothing", 10, &text, &length, &err), -EBADF);
	cr_expect(contains(error_message(&err), "nothing"));
	cr_expect(contains(error_message(&err), strerror(EBADF)));
	error_finish(&err);
}

static void make_socket(const char *directory, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", directory, name);

	cr_assert(n > 0 && (size_t)n < sizeof(address.sun_path));
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static char *make_zoo(void)
{
	char *directory = temp_dir();
	AUTO_FREE char *fifo = format_text("%s/fifo", directory);

	write_file(directory, "file", "text");
	write_file(directory, "empty", "");
	make_dir(directory, "directory");
	cr_assert_eq(mkfifo(fifo, 0644), 0);
	make_link("file", directory, "link");
	make_link("nowhere", directory, "dangling");
	make_link("/dev/null", directory, "device");
	return directory;
}

Test(io, read_file_takes_regular_files_alone)
{
	static const struct {
		const char *name;
		size_t limit;
		int code;
		const char *text; /* or what the message says */
	} cases[] = {
		{"file", 4, 0, "text"},
		{"file", 3, -EFBIG, "the name"},
		{"empty", 0, 0, ""},
		{"link", 4, 0, "text"},
		{"missing", 4, -ENOENT, "the name"},
		{"dangling", 4, -ENOENT, "the name"},
		{"file/below", 4, -ENOTDIR, "the name"},
		{"directory", 4, -EINVAL, "the name: is a directory"},
		{"fifo", 4, -EINVAL, "the name: is a FIFO"},
		{"device", 4, -EINVAL, "the name: is a device"},
	};
	char *directory = make_zoo();
	AUTO_CLOSE int dirfd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	unsigned descriptors = count_descriptors();

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *text = NULL;
		struct error err = ERROR_INIT;
		size_t length = 0;
		int r = io_read_file(
			dirfd, cases[i].name, "the name", cases[i].limit, &text, &length, &err);

		cr_expect_eq(r, cases[i].code, "%s: %d", cases[i].name, r);
		if (r == 0) {
			cr_expect_str_eq(text, cases[i].text);
			cr_expect_eq(length, strlen(cases[i].text));
		} else {
			cr_expect_eq(err.code, r);
			cr_expect(contains(error_message(&err), cases[i].text), "%s: %s",
				cases[i].name, error_message(&err));
		}
		error_finish(&err);
	}
	cr_expect_eq(count_descriptors(), descriptors);
	remove_tree(directory);
}

Test(io, read_file_of_a_socket)
{
	char *directory = temp_dir();
	AUTO_FREE char *path = format_text("%s/socket", directory);
	struct error err = ERROR_INIT;
	char *text;
	size_t length;
	int r;

	make_socket(directory, "socket");
	r = io_read_file(AT_FDCWD, path, path, 10, &text, &length, &err);
	cr_expect_eq(r, -EINVAL, "%d: %s", r, error_message(&err));
	error_finish(&err);
	remove_tree(directory);
}

Test(io, read_file_relative_to_the_working_directory)
{
	AUTO_FREE char *text = NULL;
	struct error err = ERROR_INIT;
	char *directory = make_zoo();
	size_t length;

	cr_assert_eq(chdir(directory), 0);
	cr_expect_eq(io_read_file(AT_FDCWD, "file", "file", 10, &text, &length, &err), 0);
	cr_expect_str_eq(text, "text");
	cr_assert_eq(chdir("/"), 0);
	remove_tree(directory);
}

static int read_trusted(const char *directory, const char *name, struct error *err)
{
	AUTO_FREE char *path = format_text("%s/%s", directory, name);
	AUTO_FREE char *text = NULL;
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	size_t length = 0;
	int r;

	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	r = io_read_trusted(fd, "the name", 4, &text, &length, err);
	if (r == 0)
		cr_expect(length == 4 && !strcmp(text, "text"));
	else
		cr_expect(contains(error_message(err), "the name"));
	return r;
}

Test(io, read_trusted_refuses_what_others_may_write)
{
	static const struct {
		mode_t mode;
		int code;
	} cases[] = {
		{0400, 0},
		{0600, 0},
		{0644, 0},
		{0755, 0},
		{04755, 0},
		{01644, 0},
		{0664, -EPERM},
		{0646, -EPERM},
		{0620, -EPERM},
		{0602, -EPERM},
		{0666, -EPERM},
		{0777, -EPERM},
	};
	char *directory = temp_dir();

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;
		int r;

		write_bytes(directory, "file", "text", 4, cases[i].mode);
		r = read_trusted(directory, "file", &err);
		cr_expect_eq(r, cases[i].code, "mode %04o: %d", cases[i].mode, r);
		error_finish(&err);
	}
	remove_tree(directory);
}

Test(io, read_trusted_takes_regular_files_alone)
{
	static const struct {
		const char *name;
		int code;
	} cases[] = {{"file", 0}, {"link", 0}, {"directory", -EINVAL}, {"fifo", -EINVAL},
		{"device", -EINVAL}};
	char *directory = make_zoo();

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;
		int r = read_trusted(directory, cases[i].name, &err);

		cr_expect_eq(r, cases[i].code, "%s: %d", cases[i].name, r);
		error_finish(&err);
	}
	write_file(directory, "large", "textt");
	for (int i = 0; i < 1; i++) {
		struct error err = ERROR_INIT;

		cr_expect_eq(read_trusted(directory, "large", &err), -EFBIG);
		error_finish(&err);
	}
	remove_tree(directory);
}

/* Whose file is read, by whom. */
Test(io, read_trusted_looks_at_the_owner)
{
	static const struct {
		uid_t owner, reader;
		int code;
	} cases[] = {
		{0, 0, 0},
		{0, 4242, 0},
		{4242, 4242, 0},
		{4242, 0, -EPERM},
		{4243, 4242, -EPERM},
	};
	char *directory;

	require_root();
	directory = temp_dir();
	cr_assert_eq(chmod(directory, 0755), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *path = format_text("%s/file", directory);
		struct error err = ERROR_INIT;
		int r;

		write_file(directory, "file", "text");
		cr_assert_eq(chown(path, cases[i].owner, 0), 0);
		cr_assert_eq(seteuid(cases[i].reader), 0);
		r = read_trusted(directory, "file", &err);
		cr_assert_eq(seteuid(0), 0);
		cr_expect_eq(r, cases[i].code, "case %zu: %d", i, r);
		error_finish(&err);
	}
	remove_tree(directory);
}

Test(io, write_all_continues_short_writes)
{
	/* More than a pipe holds, through a reader that takes small bites. */
	const size_t length = 300000;
	AUTO_FREE char *data = pattern(length);
	int ends[2];
	pid_t child;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		size_t done = 0;
		char bite[1000];
		ssize_t n;

		close(ends[1]);
		while ((n = read(ends[0], bite, sizeof(bite))) > 0) {
			if (memcmp(bite, data + done, (size_t)n) != 0)
				_exit(2);
			done += (size_t)n;
		}
		_exit(done == length ? 0 : 3);
	}
	close(ends[0]);
	cr_expect_eq(io_write_all(ends[1], data, length), 0);
	close(ends[1]);
	expect_clean_exit(child);
}

Test(io, write_all_returns_the_errno)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	cr_expect_eq(io_write_all(ends[1], "", 0), 0);
	close(ends[0]);
	cr_expect_eq(io_write_all(ends[1], "x", 1), -EPIPE);
	close(ends[1]);
	cr_expect_eq(io_write_all(-1, "x", 1), -EBADF);
}

Test(io, read_exact_joins_pieces)
{
	AUTO_FREE char *data = pattern(5000);
	char found[5000];
	pid_t child;
	AUTO_CLOSE int fd = fed_pipe(data, 5000, 7, &child);

	cr_expect_eq(io_read_exact(fd, found, 0), 0);
	cr_expect_eq(io_read_exact(fd, found, 3), 0);
	cr_expect_eq(io_read_exact(fd, found + 3, 4997), 0);
	cr_expect_eq(memcmp(found, data, 5000), 0);
	expect_clean_exit(child);
}

Test(io, read_exact_of_less_than_was_asked_for)
{
	char found[8];
	pid_t child;
	AUTO_CLOSE int fd = fed_pipe("1234567", 7, 7, &child);

	cr_expect_eq(io_read_exact(fd, found, 8), -EPIPE);
	cr_expect_eq(io_read_exact(fd, found, 1), -EPIPE);
	cr_expect_eq(io_read_exact(-1, found, 1), -EBADF);
	expect_clean_exit(child);
}

static void ignore_signal(int number)
{
	(void)number;
}

/* A child that sends signals, then `data`. Whenever one of them hits a blocked read, the read must
 * be taken up again. */
static int disturbed_pipe(const char *data, pid_t *ret_child)
{
	struct sigaction action = {.sa_handler = ignore_signal};
	pid_t parent = getpid();
	int ends[2];

	cr_assert_eq(sigaction(SIGUSR1, &action, NULL), 0);
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	*ret_child = fork();
	cr_assert_geq(*ret_child, 0);
	if (*ret_child == 0) {
		size_t length = strlen(data);

		close(ends[0]);
		for (int i = 0; i < 50; i++) {
			kill(parent, SIGUSR1);
			usleep(1000);
		}
		_exit(write(ends[1], data, length) == (ssize_t)length ? 0 : 1);
	}
	close(ends[1]);
	return ends[0];
}

Test(io, signals_interrupt_nothing)
{
	AUTO_FREE char *text = NULL;
	struct error err = ERROR_INIT;
	char found[4];
	size_t length = 0;
	pid_t first, second;
	AUTO_CLOSE int fd = disturbed_pipe("text", &first);
	AUTO_CLOSE int other = -1;

	cr_expect_eq(io_read_exact(fd, found, 4), 0);
	expect_clean_exit(first);
	other = disturbed_pipe("text", &second);
	cr_expect_eq(io_read(other, "pipe", 10, &text, &length, &err), 0);
	expect_clean_exit(second);
	cr_expect_eq(length, 4);
}
