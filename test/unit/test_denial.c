/* SPDX-License-Identifier: Apache-2.0 */
#include "denial.h"

#include "support.h"

UNIT_SUITE(denial);

static FILE *open_data(const char *name)
{
	AUTO_FREE char *path = source_path(name);
	FILE *stream = fopen(path, "re");

	cr_assert_not_null(stream, "%s: %s", path, strerror(errno));
	return stream;
}

/* Without its end; false: there are no more. */
static bool next_line(FILE *stream, char **line, size_t *size, size_t *length)
{
	ssize_t got = getline(line, size, stream);

	if (got <= 0)
		return false;
	if ((*line)[got - 1] == '\n')
		(*line)[--got] = '\0';
	*length = (size_t)got;
	return true;
}

static char *answer(enum denial_line kind, const struct denial *denial)
{
	char call[32], arch[32], action[32];

	switch (kind) {
	case DENIAL_NOTHING:
		return strdup("nothing");
	case DENIAL_DUPLICATE:
		return strdup("duplicate");
	case DENIAL_UNREADABLE:
		return strdup("unreadable");
	case DENIAL_RECORD:
		break;
	}
	return format_text("record %llu %llu %u %s %s %s %s %s", (unsigned long long)denial->time,
		(unsigned long long)denial->serial, denial->pid,
		denial_arch(denial, arch, sizeof(arch)), denial_syscall(denial, call, sizeof(call)),
		denial_action(denial->action, action, sizeof(action)), denial->command,
		denial->executable);
}

/* Each line of NAME.log has its answer in NAME.want. */
static void check_answers(const char *name)
{
	AUTO_FREE char *log = format_text("test/data/audit/%s.log", name);
	AUTO_FREE char *want = format_text("test/data/audit/%s.want", name);
	AUTO_FCLOSE FILE *lines = open_data(log);
	AUTO_FCLOSE FILE *answers = open_data(want);
	AUTO_FREE char *line = NULL;
	AUTO_FREE char *wanted = NULL;
	size_t size = 0, wanted_size = 0, length, ignored;
	struct denial_reader *reader = malloc(sizeof(*reader));
	unsigned number = 0;

	cr_assert_not_null(reader);
	denial_reader_init(reader);
	while (next_line(lines, &line, &size, &length)) {
		struct denial denial;
		AUTO_FREE char *got = answer(denial_read(reader, line, length, &denial), &denial);

		number++;
		cr_assert(next_line(answers, &wanted, &wanted_size, &ignored));
		cr_expect_str_eq(got, wanted, "%s:%u: %s\ngot:    %s\nwanted: %s", log, number,
			line, got, wanted);
	}
	cr_assert(number > 5 && !next_line(answers, &wanted, &wanted_size, &ignored));
	free(reader);
}

Test(denial, forms)
{
	setenv("TZ", "UTC", 1);
	check_answers("forms");
}

Test(denial, events_in_two_lines)
{
	setenv("TZ", "UTC", 1);
	check_answers("twice");
}

/* A line that is cut is no record of something else; only without quotes a path may make it one. */
Test(denial, cut_lines)
{
	AUTO_FCLOSE FILE *lines = open_data("test/data/audit/forms.log");
	struct denial_reader *reader = malloc(sizeof(*reader));
	AUTO_FREE char *line = NULL;
	size_t size = 0, length;

	cr_assert_not_null(reader);
	while (next_line(lines, &line, &size, &length)) {
		struct denial whole = {0}, part = {0};

		denial_reader_init(reader);
		if (denial_read(reader, line, length, &whole) != DENIAL_RECORD ||
			contains(line, "code=allow sig="))
			continue;
		for (size_t cut = 0; cut < length; cut++) {
			/* A copy of exactly that size, for the sanitizers. */
			AUTO_FREE char *copy = malloc(cut + 1);

			memcpy(copy, line, cut);
			memset(reader->events, 0, sizeof(reader->events[0]) * DENIAL_SEEN);
			memset(reader->bodies, 0, sizeof(reader->bodies[0]) * DENIAL_SEEN);
			if (cut % 7 != 0 && cut + 24 < length)
				continue; /* the tables make each a matter of half a megabyte */
			if (denial_read(reader, copy, cut, &part) == DENIAL_RECORD)
				cr_expect(part.syscall == whole.syscall && part.pid == whole.pid,
					"%.*s", (int)cut, line);
		}
	}
	free(reader);
}

static void read_all(const char *name, struct denial_reader *reader)
{
	AUTO_FCLOSE FILE *lines = open_data(name);
	AUTO_FREE char *line = NULL;
	size_t size = 0, length;

	denial_reader_init(reader);
	while (next_line(lines, &line, &size, &length)) {
		struct denial denial;

		denial_read(reader, line, length, &denial);
	}
}

Test(denial, losses)
{
	struct denial_reader *reader = malloc(sizeof(*reader));

	cr_assert_not_null(reader);
	read_all("test/data/audit/lost.log", reader);
	cr_expect_eq(reader->suppressed, 29 + 1 + 1227);
	cr_expect_eq(reader->lost, 494217);
	cr_expect(!reader->overrun);
	read_all("test/data/audit/overrun.log", reader);
	cr_expect(reader->overrun);
	read_all("test/data/audit/forms.log", reader);
	cr_expect(!reader->overrun && reader->suppressed == 0 && reader->lost == 0);
	cr_expect_eq(reader->killed, 1);
	cr_expect_eq(reader->unreadable, 6);
	free(reader);
}

Test(denial, long_path)
{
	struct denial_reader *reader = malloc(sizeof(*reader));
	AUTO_FREE char *path = malloc(8001);
	AUTO_FREE char *line = NULL;
	struct denial denial;

	cr_assert(reader && path);
	denial_reader_init(reader);
	memcpy(path, "61", 2);
	for (size_t i = 2; i < 7998; i += 4) /* U+00E9 */
		memcpy(path + i, "C3A9", 4);
	path[7998] = '\0';
	line = format_text("audit: type=1326 audit(1.000:1): auid=1 uid=1 gid=1 ses=1 pid=1 "
			   "comm=\"a\" exe=%s sig=0 arch=c000003e syscall=1 compat=0 ip=0x0 "
			   "code=0x50000",
		path);
	cr_assert_eq(denial_read(reader, line, strlen(line), &denial), DENIAL_RECORD);
	cr_expect_eq(strlen(denial.executable), DENIAL_PATH - 2);
	cr_expect(contains(denial.executable, "\xc3\xa9..."));
	free(reader);
}

/* The year is not in the line: the latest that it can be. */
Test(denial, syslog_year)
{
	static const struct {
		const char *stamp;
		unsigned long long time;
	} cases[] = {
		{"Jan  2 10:00:00", 1767348000000}, /* 2026 */
		{"Jan  3 10:00:00", 1767434400000}, /* tomorrow: clocks differ */
		{"Jan  5 10:00:00", 1736071200000}, /* 2025 */
		{"Dec 31 23:59:59", 1767225599000},
	};
	struct denial_reader *reader = malloc(sizeof(*reader));

	setenv("TZ", "UTC", 1);
	cr_assert_not_null(reader);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *line = format_text(
			"%s host audit[1]: SECCOMP auid=1 uid=1 gid=1 ses=1 pid=1 comm=\"a\" "
			"exe=\"/a\" sig=0 arch=c000003e syscall=%zu compat=0 ip=0x0 code=0x50000",
			cases[i].stamp, i);
		struct denial denial;

		denial_reader_init(reader);
		reader->now = 1767351600000; /* 2026-01-02 11:00 */
		cr_assert_eq(denial_read(reader, line, strlen(line), &denial), DENIAL_RECORD);
		cr_expect_eq(denial.time, cases[i].time, "%s: %llu", cases[i].stamp,
			(unsigned long long)denial.time);
	}
	free(reader);
}

Test(denial, times)
{
	static const uint64_t now = 1795517605100; /* 2026-11-24 10:53:25.1 UTC */
	static const struct {
		const char *text;
		unsigned long long time; /* 0: refused */
	} cases[] = {
		{"now", 1795517605100},
		{"@1795517605", 1795517605000},
		{"@1795517605.25", 1795517605250},
		{"2026-11-24", 1795478400000},
		{"2026-11-24 10:53", 1795517580000},
		{"2026-11-24T10:53:25.5", 1795517605500},
		{"2026-11-24T10:53:25Z", 1795517605000},
		{"2026-11-24T11:53:25+01:00", 1795517605000},
		{"2026-11-24T09:53:25-0100", 1795517605000},
		{"today", 1795478400000},
		{"yesterday", 1795392000000},
		{"10 min ago", 1795517005100},
		{"90s ago", 1795517515100},
		{"1 hour ago", 1795514005100},
		{"2 days ago", 1795344805100},
		{"", 0},
		{"10", 0},
		{"10 min", 0},
		{"10 weeks ago", 0},
		{"@", 0},
		{"@1x", 0},
		{"@99999999999999999999", 0},
		{"2026-13-01", 0},
		{"2026-11-24T", 0},
		{"2026-11-24 25:00", 0},
		{"2026-11-24 10:53 ", 0},
		{"99999999999999 days ago", 0},
		{"tomorrow", 0},
	};

	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint64_t time = 0;
		bool read = denial_time_parse(cases[i].text, now, &time);

		cr_expect_eq(read, cases[i].time != 0, "\"%s\"", cases[i].text);
		if (read)
			cr_expect_eq(time, cases[i].time, "\"%s\": %llu", cases[i].text,
				(unsigned long long)time);
	}
}
