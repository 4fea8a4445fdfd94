/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup.h"
#include "denial_source_internal.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char audit_log[] = "/var/log/audit/audit.log", kernel_log[] = "/dev/kmsg";

enum { IDLE_MILLISECONDS = 100 };

static int source_init(
	struct denial_source *source, enum denial_origin origin, bool follow, struct error *err)
{
	*source = (struct denial_source){.origin = origin, .follow = follow, .fd = -1};
	source->buffer = malloc(DENIAL_LINE_SIZE);
	return source->buffer ? 0 : error_memory(err);
}

/* The file, or its rotated one. */
static int open_file(struct denial_source *source, struct error *err)
{
	AUTO_FREE char *rotated = NULL;
	const char *path = source->path;

	if (source->rotation > 0) {
		if (asprintf(&rotated, "%s.%u", path, source->rotation) < 0) {
			rotated = NULL;
			return error_memory(err);
		}
		path = rotated;
	}
	source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return source->fd < 0 ? error_set_errno(err, -errno, "%s: cannot open", path) : 0;
}

int denial_source_file(const char *path, bool follow, struct denial_source *ret, struct error *err)
{
	int r = source_init(ret, ORIGIN_FILE, follow, err);

	if (r == 0 && !strcmp(path, "-")) {
		ret->name = "standard input";
		ret->fd = STDIN_FILENO;
		ret->follow = false; /* its end is the end */
		return 0;
	}
	if (r == 0) {
		ret->name = ret->path = strdup(path);
		r = ret->path ? open_file(ret, err) : error_memory(err);
	}
	if (r < 0)
		denial_source_finish(ret);
	return r;
}

/* Where it runs it has the records to itself. */
static bool auditd_runs(void)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	long pid;

	if (io_read_file(AT_FDCWD, "/run/auditd.pid", "/run/auditd.pid", 64, &text, &length, NULL) <
		0)
		return false;
	pid = strtol(text, NULL, 10);
	return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM) &&
	       access(audit_log, F_OK) == 0;
}

static unsigned count_rotated(uint64_t since)
{
	unsigned count = 0;

	for (;;) {
		AUTO_FREE char *path = NULL;
		struct stat status;

		if (asprintf(&path, "%s.%u", audit_log, count + 1) < 0) {
			path = NULL;
			return count;
		}
		if (stat(path, &status) < 0 || (uint64_t)status.st_mtime < since / 1000)
			return count;
		count++;
	}
}

static int open_kernel_log(struct denial_source *source, struct error *err)
{
	source->origin = ORIGIN_KERNEL;
	source->name = kernel_log;
	source->fd = open(kernel_log, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return source->fd < 0 ? error_set_errno(err, -errno,
					"%s: cannot open; reading the kernel's log takes "
					"CAP_SYSLOG",
					kernel_log)
			      : 0;
}

int denial_source_host(uint64_t since, bool follow, struct denial_source *ret, struct error *err)
{
	int r;

	if (auditd_runs()) {
		r = denial_source_file(audit_log, follow, ret, err);
		if (r < 0 || since == 0)
			return r;
		close(ret->fd);
		ret->rotation = count_rotated(since);
		r = open_file(ret, err);
	} else {
		r = source_init(ret, ORIGIN_JOURNAL, follow, err);
		if (r == 0)
			r = journal_exists() ? journal_open(since, ret, err)
					     : open_kernel_log(ret, err);
	}
	if (r < 0)
		denial_source_finish(ret);
	return r;
}

void denial_source_finish(struct denial_source *source)
{
	if (source->fd > STDIN_FILENO)
		close(source->fd);
	if (source->child > 0) {
		kill(source->child, SIGTERM);
		waitpid(source->child, NULL, 0);
	}
	free(source->path);
	free(source->buffer);
	free(source->line);
	*source = (struct denial_source){.fd = -1};
}

/* Another file has the name, or this one was cut. */
static bool is_replaced(const struct denial_source *source)
{
	struct stat mine, now;

	if (!source->path || stat(source->path, &now) < 0 || fstat(source->fd, &mine) < 0)
		return false;
	if (now.st_ino != mine.st_ino || now.st_dev != mine.st_dev)
		return true;
	return S_ISREG(now.st_mode) && lseek(source->fd, 0, SEEK_CUR) > now.st_size;
}

static int child_status(struct denial_source *source, struct error *err)
{
	pid_t child = source->child;
	int status;

	source->child = 0;
	if (child <= 0 || waitpid(child, &status, 0) < 0 ||
		(WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return 0;
	return error_set(err, -EIO, "%s: failed; what it says is above", source->name);
}

/* What comes after the end of a file. */
static int at_end(struct denial_source *source, enum denial_next *ret, struct error *err)
{
	bool replaced = source->follow && is_replaced(source);

	if (source->rotation > 0 || replaced) {
		close(source->fd);
		source->fd = -1;
		source->rotation -= source->rotation > 0;
		*ret = NEXT_LINE;
		return open_file(source, err);
	}
	if (!source->follow || source->child > 0) {
		*ret = NEXT_END;
		return child_status(source, err);
	}
	poll(NULL, 0, IDLE_MILLISECONDS);
	*ret = NEXT_IDLE;
	return 0;
}

static int wait_for_more(struct denial_source *source, enum denial_next *ret)
{
	struct pollfd poll_fd = {.fd = source->fd, .events = POLLIN};

	*ret = NEXT_END;
	if (!source->follow)
		return 0;
	*ret = poll(&poll_fd, 1, IDLE_MILLISECONDS) > 0 ? NEXT_LINE : NEXT_IDLE;
	return 0;
}

int source_fill(struct denial_source *source, enum denial_next *ret, struct error *err)
{
	ssize_t got;

	if (source->start > 0) {
		memmove(source->buffer, source->buffer + source->start,
			source->end - source->start);
		source->end -= source->start;
		source->start = 0;
	}
	if (source->child > 0 && source->follow) {
		wait_for_more(source, ret);
		if (*ret == NEXT_IDLE)
			return 0;
	}
	got = read(source->fd, source->buffer + source->end, DENIAL_LINE_SIZE - source->end);
	*ret = NEXT_LINE;
	if (got == 0)
		return at_end(source, ret, err);
	if (got > 0) {
		source->end += (size_t)got;
		return 0;
	}
	if (errno == EPIPE && source->origin == ORIGIN_KERNEL) {
		source->overwritten = true;
		return 0;
	}
	if (errno == EAGAIN)
		return wait_for_more(source, ret);
	return errno == EINTR ? 0 : error_set_errno(err, -errno, "%s: cannot read", source->name);
}

/* What is in the buffer without an end of line: too long, or the last one. */
static bool take_unended(
	struct denial_source *source, bool last, const char **ret_line, size_t *ret_length)
{
	size_t length = source->end - source->start;

	if (!last && length < DENIAL_LINE_SIZE - 8192) /* what the kernel's log asks of a buffer */
		return false;
	*ret_line = source->buffer + source->start;
	*ret_length = length;
	source->start = source->end;
	return true;
}

int source_line(struct denial_source *source, enum denial_next *ret, const char **ret_line,
	size_t *ret_length, struct error *err)
{
	for (;;) {
		char *start = source->buffer + source->start;
		char *end = memchr(start, '\n', source->end - source->start);
		bool skipped = source->skipping;
		int r;

		if (end) {
			*ret = NEXT_LINE;
			*ret_line = start;
			*ret_length = (size_t)(end - start);
			source->start += *ret_length + 1;
			source->skipping = false;
			if (!skipped)
				return 0;
			continue;
		}
		if (take_unended(source, false, ret_line, ret_length))
			source->skipping = true;
		r = source_fill(source, ret, err);
		if (r < 0 || *ret == NEXT_IDLE)
			return r;
		if (*ret == NEXT_LINE)
			continue;
		if (source->start == source->end || skipped)
			return 0;
		take_unended(source, true, ret_line, ret_length);
		*ret = NEXT_LINE;
		return 0;
	}
}

int denial_source_next(struct denial_source *source, enum denial_next *ret, const char **ret_line,
	size_t *ret_length, struct error *err)
{
	static const char mark[] = "__CURSOR=";
	int r;

	if (source->origin == ORIGIN_JOURNAL)
		return journal_entry(source, ret, ret_line, ret_length, err);
	r = source_line(source, ret, ret_line, ret_length, err);
	if (r < 0 || *ret != NEXT_LINE || source->begun)
		return r;
	source->begun = true;
	if (*ret_length > strlen(mark) && !memcmp(*ret_line, mark, strlen(mark))) {
		source->origin = ORIGIN_JOURNAL;
		return journal_entry(source, ret, ret_line, ret_length, err);
	}
	return 0;
}

char *denial_hidden_actions(const char *actions_logged)
{
	static const char *const actions[] = {
		"kill_process", "kill_thread", "trap", "errno", "user_notif", "trace", "log"};
	static const char path[] = "/proc/sys/kernel/seccomp/actions_logged";
	AUTO_FREE char *padded = NULL;
	AUTO_FREE char *text = NULL;
	char list[128] = "";
	size_t length;

	if (!actions_logged) {
		if (io_read_file(AT_FDCWD, path, path, 4096, &text, &length, NULL) < 0)
			return NULL;
		text[strcspn(text, "\n")] = '\0';
		actions_logged = text;
	}
	if (asprintf(&padded, " %s ", actions_logged) < 0) {
		padded = NULL;
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(actions); i++) {
		char word[32];

		snprintf(word, sizeof(word), " %s ", actions[i]);
		if (!strstr(padded, word))
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
				list[0] ? ", " : "", actions[i]);
	}
	return list[0] ? strdup(list) : NULL;
}
