/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const char *after_prefix(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* Messages are printable (error.h): these two are all that JSON, and Go's %q, must escape. */
static void print_quoted(FILE *stream, const char *text)
{
	fputc('"', stream);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', stream);
		fputc(*text, stream);
	}
	fputc('"', stream);
}

/* One line as logrus writes it, owned by the caller; NULL: no memory. */
static char *format_line(bool json, const char *message)
{
	char *line = NULL, when[32] = "";
	size_t length;
	FILE *stream = open_memstream(&line, &length);
	time_t now = time(NULL);
	struct tm utc;

	if (!stream)
		return NULL;
	if (gmtime_r(&now, &utc))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
	if (json) {
		fputs("{\"level\":\"error\",\"msg\":", stream);
		print_quoted(stream, message);
		fprintf(stream, ",\"time\":\"%s\"}\n", when);
	} else {
		fprintf(stream, "time=\"%s\" level=error msg=", when);
		print_quoted(stream, message);
		fputc('\n', stream);
	}
	if (fclose(stream) != 0) {
		free(line);
		return NULL;
	}
	return line;
}

static bool is_standard_error(int fd)
{
	struct stat log, standard;

	return fstat(fd, &log) == 0 && fstat(STDERR_FILENO, &standard) == 0 &&
	       log.st_dev == standard.st_dev && log.st_ino == standard.st_ino;
}

static void append(const char *file, const char *line)
{
	AUTO_CLOSE int fd =
		open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);

	/* What cannot be written there is on the standard error. */
	if (fd >= 0 && !is_standard_error(fd) && io_write_all(fd, line, strlen(line)) < 0)
		return;
}

/* Of crun: [file:]PATH, syslog:ID, journald:ID. */
static void log_to(const char *log, const char *line, const char *message)
{
	const char *ident = after_prefix(log, "syslog:");
	const char *file = after_prefix(log, "file:");

	if (!ident)
		ident = after_prefix(log, "journald:");
	if (ident) {
		log_line(ident[0] ? ident : PROGRAM, LOG_DAEMON, LOG_ERR, message);
	} else {
		append(file ? file : log, line);
	}
}

void report(const struct arguments *arguments, const struct error *err)
{
	bool json = arguments->log_format && !strcmp(arguments->log_format, "json");
	AUTO_FREE char *message = NULL;
	AUTO_FREE char *line = NULL;

	fprintf(stderr, PROGRAM ": %s\n", error_message(err));
	if (!arguments->log || arguments->log[0] == '\0')
		return;
	if (asprintf(&message, PROGRAM ": %s", error_message(err)) < 0) {
		message = NULL;
		return;
	}
	line = format_line(json, message);
	if (line)
		log_to(arguments->log, line, message);
}
