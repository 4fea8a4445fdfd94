/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup.h"
#include "denial_source_internal.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The journal's export format: a line KEY=VALUE for each field, an empty one behind each entry. A value
 * that is no plain text is on its own: KEY, an end of line, its length in eight bytes, itself, an end
 * of line. No record has such a message, so it is passed over by its length, for it may look like fields.
 *
 * Only journald sets fields that begin with an underscore: _TRANSPORT tells what the kernel said.
 */
struct entry {
	bool begun, kernel, audit, foreign;
	uint64_t serial, source_time, time; /* microseconds since 1970 */
	char *message;			    /* owned; NULL: none, or no text */
};

static bool is_directory_with_entries(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *item;
	bool found = false;

	if (!directory)
		return false;
	while (!found && (item = readdir(directory)))
		found = item->d_name[0] != '.';
	closedir(directory);
	return found;
}

bool journal_exists(void)
{
	return is_directory_with_entries("/var/log/journal") ||
	       is_directory_with_entries("/run/log/journal");
}

static int spawn(char *const *arguments, int output, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(
			&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawnp(ret, arguments[0], &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

int journal_open(uint64_t since, struct denial_source *source, struct error *err)
{
	static const char fields[] =
		"--output-fields=_TRANSPORT,SYSLOG_FACILITY,_AUDIT_ID,_AUDIT_TYPE,"
		"_SOURCE_REALTIME_TIMESTAMP,MESSAGE";
	char since_argument[64];
	const char *const arguments[] = {"journalctl", "--quiet", "--no-pager", "--output=export",
		fields, since_argument, "_TRANSPORT=kernel", "_TRANSPORT=audit",
		source->follow ? "--follow" : NULL, "--no-tail", NULL};
	int ends[2], r;

	snprintf(since_argument, sizeof(since_argument), "--since=@%llu",
		(unsigned long long)since / 1000);
	source->name = "journalctl";
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, -errno, "cannot make a pipe");
	source->fd = ends[0];
	r = spawn((char *const *)arguments, ends[1], &source->child);
	close(ends[1]);
	if (r < 0) {
		source->child = 0;
		return error_set_errno(
			err, r, "journalctl: cannot run, and this host keeps a journal");
	}
	return 0;
}

/* Passes over the value of a field that is no text, and the end of its line. */
static int skip_value(struct denial_source *source, enum denial_next *ret, struct error *err)
{
	while (source->to_skip > 0) {
		size_t there = source->end - source->start;
		size_t part = there < source->to_skip ? there : (size_t)source->to_skip;
		int r;

		source->start += part;
		source->to_skip -= part;
		if (source->to_skip == 0)
			break;
		r = source_fill(source, ret, err);
		if (r < 0 || *ret != NEXT_LINE)
			return r;
	}
	*ret = NEXT_LINE;
	return 0;
}

static int start_value(struct denial_source *source, enum denial_next *ret, struct error *err)
{
	uint64_t length = 0;

	*ret = NEXT_LINE;
	while (source->end - source->start < sizeof(length)) {
		int r = source_fill(source, ret, err);

		if (r < 0 || *ret == NEXT_END)
			return r;
	}
	for (size_t i = 0; i < sizeof(length); i++)
		length |= (uint64_t)(unsigned char)source->buffer[source->start + i] << 8 * i;
	source->start += sizeof(length);
	source->to_skip = length < UINT64_MAX ? length + 1 : length;
	return 0;
}

static const char *value_of(const char *line, size_t length, const char *key, size_t *ret_length)
{
	size_t prefix = strlen(key);

	if (length < prefix || memcmp(line, key, prefix) != 0)
		return NULL;
	*ret_length = length - prefix;
	return line + prefix;
}

static bool number_of(const char *line, size_t length, const char *key, uint64_t *ret)
{
	const char *value = value_of(line, length, key, &length);
	uint64_t number = 0;

	if (!value)
		return false;
	for (size_t i = 0; i < length && i < 19 && isdigit((unsigned char)value[i]); i++)
		number = 10 * number + (uint64_t)(value[i] - '0');
	*ret = number;
	return true;
}

/* false: no memory. */
static bool read_field(struct entry *entry, const char *line, size_t length)
{
	const char *value;
	uint64_t facility;
	size_t size;

	if (number_of(line, length, "_AUDIT_ID=", &entry->serial) ||
		number_of(line, length, "_SOURCE_REALTIME_TIMESTAMP=", &entry->source_time) ||
		number_of(line, length, "__REALTIME_TIMESTAMP=", &entry->time))
		return true;
	if (number_of(line, length, "SYSLOG_FACILITY=", &facility)) {
		entry->foreign = facility != 0; /* written to /dev/kmsg */
		return true;
	}
	value = value_of(line, length, "_TRANSPORT=", &size);
	if (value) {
		entry->kernel = size == 6 && !memcmp(value, "kernel", 6);
		entry->audit = size == 5 && !memcmp(value, "audit", 5);
		return true;
	}
	value = value_of(line, length, "MESSAGE=", &size);
	if (!value)
		return true;
	free(entry->message);
	entry->message = strndup(value, size);
	return entry->message != NULL;
}

/* The line that auditd would have written, or the kernel. NULL: neither; -1: no memory. */
static int compose(const struct entry *entry, char **ret)
{
	static const char mark[] = "SECCOMP ";
	uint64_t time = entry->source_time ? entry->source_time : entry->time;

	*ret = NULL;
	if (!entry->message)
		return 0;
	if (entry->kernel && !entry->foreign) {
		*ret = strdup(entry->message);
		return *ret ? 0 : -1;
	}
	if (!entry->audit || strncmp(entry->message, mark, strlen(mark)) != 0)
		return 0;
	if (asprintf(ret, "type=SECCOMP msg=audit(%llu.%03llu:%llu): %s",
		    (unsigned long long)(time / 1000000), (unsigned long long)(time / 1000 % 1000),
		    (unsigned long long)entry->serial, entry->message + strlen(mark)) >= 0)
		return 0;
	*ret = NULL;
	return -1;
}

/* Up to the empty line, or the end. */
static int read_entry(
	struct denial_source *source, struct entry *entry, enum denial_next *ret, struct error *err)
{
	for (;;) {
		const char *line;
		size_t length;
		int r;

		if (source->to_skip > 0) {
			r = skip_value(source, ret, err);
			if (r < 0 || *ret == NEXT_END)
				return r;
			continue;
		}
		r = source_line(source, ret, &line, &length, err);
		if (r < 0 || *ret == NEXT_END)
			return r;
		if (*ret == NEXT_IDLE && entry->begun)
			continue;
		if (*ret == NEXT_IDLE || length == 0)
			return 0;
		entry->begun = true;
		if (memchr(line, '=', length)) {
			if (!read_field(entry, line, length))
				return error_memory(err);
			continue;
		}
		r = start_value(source, ret, err);
		if (r < 0 || *ret == NEXT_END)
			return r;
	}
}

int journal_entry(struct denial_source *source, enum denial_next *ret, const char **ret_line,
	size_t *ret_length, struct error *err)
{
	for (;;) {
		struct entry entry = {0};
		int r = read_entry(source, &entry, ret, err);

		free(source->line);
		source->line = NULL;
		if (r == 0 && compose(&entry, &source->line) < 0)
			r = error_memory(err);
		free(entry.message);
		if (r == 0 && source->line) {
			*ret = NEXT_LINE; /* the last entry: what is left is the end */
			*ret_line = source->line;
			*ret_length = strlen(source->line);
			return 0;
		}
		if (r < 0 || *ret != NEXT_LINE)
			return r;
	}
}
