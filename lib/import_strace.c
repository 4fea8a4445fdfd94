/* SPDX-License-Identifier: Apache-2.0 */
#include "import_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/*
 * A line of strace's trace is a leader, with what the options asked for, and a call. The leader is taken
 * off from its beginning; what stands in a call is never searched, for a program chooses it.
 */

enum { MOST_PROCESSES = 4096 }; /* in 32-bit mode at once */

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* A process id, as `1234`, with `<name>` behind it. NULL: none. */
static const char *skip_pid(const char *text, pid_t *ret)
{
	char *end;
	long pid = strtol(text, &end, 10);

	if (!isdigit((unsigned char)*text) || pid <= 0)
		return NULL;
	if (*end == '<') { /* -Y */
		end = strchr(end, '>');
		if (!end)
			return NULL;
		end++;
	}
	*ret = (pid_t)pid;
	return end;
}

/* `[pid 1234] `, `1234 ` in front of everything else. */
static const char *skip_process(const char *text, pid_t *ret)
{
	const char *end;

	if (starts_with(text, "[pid")) {
		end = skip_pid(skip_blanks(text + 4), ret);
		return end && *end == ']' ? skip_blanks(end + 1) : text;
	}
	end = skip_pid(text, ret);
	/* Not a time, as `12:00:01` and `1612345678.123`, and not a number alone. */
	return end && (*end == ' ' || *end == '\t') ? skip_blanks(end) : text;
}

/* Times (-t, -r), the number of the call (-n), its place (-i), a security context. */
static const char *skip_leader(const char *text)
{
	for (;;) {
		const char *end = text;

		if (*text == '[' && !starts_with(text, "[ Process")) {
			end = strchr(text, ']');
			end = end ? end + 1 : text;
		} else if (starts_with(text, "(+")) {
			end = strchr(text, ')');
			end = end ? end + 1 : text;
		} else if (isdigit((unsigned char)*text)) {
			end = text + strspn(text, "0123456789:.+-T");
		}
		if (end == text || (*end != ' ' && *end != '\t'))
			return text;
		text = skip_blanks(end);
	}
}

static struct import_process *find_process(struct import *import, pid_t pid)
{
	for (size_t i = 0; i < import->process_count; i++)
		if (import->processes[i].pid == pid)
			return &import->processes[i];
	return NULL;
}

static enum arch arch_of_process(struct import *import, pid_t pid)
{
	const struct import_process *process = find_process(import, pid);

	return process ? process->arch : import->arch;
}

static enum arch arch_of_mode(const struct import *import, const char *bits)
{
	if (starts_with(bits, "32"))
		return import->arch == ARCH_X86_64    ? ARCH_X86
		       : import->arch == ARCH_AARCH64 ? ARCH_ARM
						      : import->arch;
	return starts_with(bits, "x32") ? ARCH_X32 : import->arch;
}

/* `[ Process PID=77 runs in 32 bit mode. ]` */
static int take_mode(struct import *import, const char *text, struct error *err)
{
	const char *number = strstr(text, "PID="), *mode = strstr(text, "runs in ");
	struct import_process *process, *moved;
	pid_t pid = number ? (pid_t)strtol(number + 4, NULL, 10) : 0;

	if (!number || !mode)
		return 0;
	process = find_process(import, pid);
	if (!process && import->process_count == MOST_PROCESSES)
		process = &import->processes[0]; /* what is left of a trace without end */
	if (!process) {
		moved = reallocarray(import->processes, import->process_count + 1, sizeof(*moved));
		if (!moved)
			return error_memory(err);
		import->processes = moved;
		process = &moved[import->process_count++];
	}
	process->pid = pid;
	process->arch = arch_of_mode(import, mode + strlen("runs in "));
	return 0;
}

/* `name` or `syscall_0x1b3`. */
static int take_name(struct import *import, const char *name, size_t length, enum arch arch,
	bool *ret_read, struct error *err)
{
	static const char unknown[] = "syscall_0x";

	if (length > strlen(unknown) && starts_with(name, unknown))
		return import_number(import, (uint32_t)strtoul(name + strlen(unknown), NULL, 16),
			arch, ret_read, err);
	return import_call(import, name, length, arch, ret_read, err);
}

static size_t name_length(const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	return isdigit((unsigned char)*text) ? 0 : length;
}

/* Tables */

/* The words of a header, of which `% time` is one. False: it is none. */
static bool read_header(struct import *import, const char *line)
{
	const char *word = skip_blanks(line);
	size_t columns = 0, name = SIZE_MAX;

	while (*word) {
		size_t length = strcspn(word, " \t\r");

		if (length == 7 && starts_with(word, "syscall"))
			name = columns;
		if (!(length == 1 && *word == '%'))
			columns++;
		word = skip_blanks(word + length);
		word += *word == '\r';
	}
	if (name == SIZE_MAX)
		return false;
	import->has_header = true;
	import->name_column = name;
	import->in_table = false;
	return true;
}

/* The line of dashes tells where each column is. The one before the rows and the one behind them. */
static bool read_dashes(struct import *import, const char *line)
{
	size_t column = 0;

	if (line[strspn(line, "- \r")] || !strchr(line, '-') || !import->has_header)
		return false;
	if (import->in_table) {
		import->has_header = import->in_table = false;
		import->sum_follows = true;
		return true;
	}
	for (const char *group = strchr(line, '-'); group && *group; column++) {
		const char *end = group + strspn(group, "-");

		if (column == import->name_column) {
			import->name_start = (size_t)(group - line);
			import->name_is_last = !strchr(end, '-');
		}
		group = end[strspn(end, " ")] == '-' ? end + strspn(end, " ") : NULL;
	}
	import->in_table = true;
	return true;
}

static int read_row(struct import *import, const char *line, bool *ret_read, struct error *err)
{
	size_t length = strlen(line), start = import->name_start;
	const char *name;

	while (length > 0 && isspace((unsigned char)line[length - 1]))
		length--;
	if (import->name_is_last) {
		for (start = length; start > 0 && !isspace((unsigned char)line[start - 1]);)
			start--;
	} else {
		start = start < length ? start : length;
		start += strspn(line + start, " ");
	}
	name = line + start;
	return take_name(import, name, name_length(name), import->table_arch, ret_read, err);
}

/* Whether the line has to do with a table. */
static int read_table(
	struct import *import, const char *line, bool *ret_table, bool *ret_read, struct error *err)
{
	const char *text = skip_blanks(line);

	*ret_table = *ret_read = true;
	if (starts_with(text, "System call usage summary for ")) {
		import->table_arch =
			arch_of_mode(import, text + strlen("System call usage summary for "));
		return 0;
	}
	if (read_dashes(import, line))
		return 0;
	if (import->in_table)
		return read_row(import, line, ret_read, err);
	if (!strchr(line, '(') && !strchr(line, '=') && read_header(import, line))
		return 0;
	*ret_table = *ret_read = import->sum_follows && strstr(line, "total");
	import->sum_follows = false;
	return 0;
}

/* What is no call. */
static bool is_remark(const char *text)
{
	static const char *const starts[] = {"---", "+++", "strace:", "/usr/bin/strace:", "> ",
		"<detached", "\?\?\?\?", "<unavailable>"};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (starts_with(text, starts[i]))
			return true;
	return false;
}

int import_strace_line(struct import *import, const char *line, bool *ret_read, struct error *err)
{
	const char *text = skip_blanks(line);
	size_t length;
	pid_t pid = 0;
	bool table;
	int r = read_table(import, line, &table, ret_read, err);

	if (r < 0 || table)
		return r;
	text = skip_leader(skip_process(text, &pid));
	if (starts_with(text, "[ Process ")) {
		*ret_read = true;
		return take_mode(import, text, err);
	}
	if (is_remark(text)) {
		*ret_read = true;
		return 0;
	}
	if (starts_with(text, "<... ")) { /* its begin may be missing, as after an attach */
		text += strlen("<... ");
		length = name_length(text);
		if (!starts_with(text + length, " resumed"))
			return 0;
		return take_name(import, text, length, arch_of_process(import, pid), ret_read, err);
	}
	length = name_length(text);
	if (text[length] != '(')
		return 0;
	return take_name(import, text, length, arch_of_process(import, pid), ret_read, err);
}
