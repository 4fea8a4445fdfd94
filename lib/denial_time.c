/* SPDX-License-Identifier: Apache-2.0 */
#include "denial_internal.h"

#include <string.h>
#include <time.h>

#define HOUR (UINT64_C(60) * 60)
#define DAY (24 * HOUR)

/* Exactly `count` digits. */
static bool take_digits(struct cursor *cursor, size_t count, int *ret)
{
	int number = 0;

	if (cursor_left(cursor) < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		char c = cursor->at[i];

		if (c < '0' || c > '9')
			return false;
		number = 10 * number + c - '0';
	}
	cursor->at += count;
	*ret = number;
	return true;
}

static bool take_clock(struct cursor *cursor, struct tm *tm)
{
	return take_digits(cursor, 2, &tm->tm_hour) && cursor_take(cursor, ":") &&
	       take_digits(cursor, 2, &tm->tm_min) && cursor_take(cursor, ":") &&
	       take_digits(cursor, 2, &tm->tm_sec);
}

static bool is_sane(const struct tm *tm)
{
	return tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31 &&
	       tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec <= 60 && tm->tm_year >= 70;
}

static bool settle(struct tm tm, bool local, int64_t offset, int milliseconds, uint64_t *ret)
{
	int64_t seconds;

	if (!is_sane(&tm))
		return false;
	tm.tm_isdst = -1;
	seconds = (local ? mktime(&tm) : timegm(&tm)) - offset;
	if (seconds < 0)
		return false;
	*ret = (uint64_t)seconds * 1000 + (uint64_t)milliseconds;
	return true;
}

/* What is finer than a millisecond is cut. */
static int take_fraction(struct cursor *cursor)
{
	int number = 0, digits = 0;

	if (!cursor_take(cursor, ".") && !cursor_take(cursor, ","))
		return 0;
	for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++)
		if (digits++ < 3)
			number = 10 * number + *cursor->at - '0';
	for (; digits < 3; digits++)
		number *= 10;
	return number;
}

bool time_read_syslog(struct cursor *cursor, uint64_t now, uint64_t *ret)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(now / 1000);
	struct tm tm, today;
	char month[4] = "";
	const char *found;

	if (cursor_left(cursor) < sizeof("Nov  1 10:00:00") - 1)
		return false;
	memcpy(month, cursor->at, 3);
	found = strstr(months, month);
	cursor->at += 3;
	if (!found || (found - months) % 3 != 0 || !cursor_take(cursor, " "))
		return false;
	localtime_r(&seconds, &today);
	tm = (struct tm){.tm_year = today.tm_year, .tm_mon = (int)(found - months) / 3};
	if (!take_digits(cursor, cursor_take(cursor, " ") ? 1 : 2, &tm.tm_mday) ||
		!cursor_take(cursor, " ") || !take_clock(cursor, &tm))
		return false;
	if (!settle(tm, true, 0, 0, ret))
		return false;
	if (*ret <= now + DAY * 1000)
		return true;
	tm.tm_year--;
	return settle(tm, true, 0, 0, ret);
}

static bool take_date(struct cursor *cursor, struct tm *tm)
{
	if (!take_digits(cursor, 4, &tm->tm_year) || !cursor_take(cursor, "-") ||
		!take_digits(cursor, 2, &tm->tm_mon) || !cursor_take(cursor, "-") ||
		!take_digits(cursor, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon--;
	return true;
}

/* `Z`, `+01:00`, `+0100`; true as well where there is none, which is local time. */
static bool take_zone(struct cursor *cursor, bool *ret_local, int64_t *ret_offset)
{
	bool west = cursor_take(cursor, "-");
	int hours, minutes;

	*ret_local = false;
	*ret_offset = 0;
	if (!west && cursor_take(cursor, "Z"))
		return true;
	if (!west && !cursor_take(cursor, "+")) {
		*ret_local = true;
		return true;
	}
	if (!take_digits(cursor, 2, &hours))
		return false;
	cursor_take(cursor, ":");
	if (!take_digits(cursor, 2, &minutes))
		return false;
	*ret_offset = (west ? -60 : 60) * (60 * (int64_t)hours + minutes);
	return true;
}

bool time_read_iso(struct cursor *cursor, uint64_t *ret)
{
	struct cursor rest;
	int64_t offset = 0;
	int milliseconds = 0;
	struct tm tm = {0};
	bool local = true;

	if (!take_date(cursor, &tm))
		return false;
	rest = *cursor;
	if (cursor_take(&rest, "T") || cursor_take(&rest, " ")) {
		if (!take_digits(&rest, 2, &tm.tm_hour) || !cursor_take(&rest, ":") ||
			!take_digits(&rest, 2, &tm.tm_min))
			return false;
		if (cursor_take(&rest, ":") && !take_digits(&rest, 2, &tm.tm_sec))
			return false;
		milliseconds = take_fraction(&rest);
		if (!take_zone(&rest, &local, &offset))
			return false;
		*cursor = rest;
	}
	return settle(tm, local, offset, milliseconds, ret);
}

bool time_read_american(struct cursor *cursor, uint64_t *ret)
{
	struct tm tm = {0};

	if (!take_digits(cursor, 2, &tm.tm_mon) || !cursor_take(cursor, "/") ||
		!take_digits(cursor, 2, &tm.tm_mday) || !cursor_take(cursor, "/") ||
		!take_digits(cursor, 4, &tm.tm_year) || !cursor_take(cursor, " ") ||
		!take_clock(cursor, &tm))
		return false;
	tm.tm_mon--;
	tm.tm_year -= 1900;
	return settle(tm, true, 0, take_fraction(cursor), ret);
}

/* `10 min ago`: the number is read. */
static bool read_ago(struct cursor cursor, uint64_t count, uint64_t now, uint64_t *ret)
{
	static const struct {
		const char *word;
		uint64_t seconds;
	} units[] = {
		{"seconds", 1},
		{"second", 1},
		{"sec", 1},
		{"s", 1},
		{"minutes", 60},
		{"minute", 60},
		{"min", 60},
		{"m", 60},
		{"hours", HOUR},
		{"hour", HOUR},
		{"h", HOUR},
		{"days", DAY},
		{"day", DAY},
		{"d", DAY},
	};

	cursor_take(&cursor, " ");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct cursor rest = cursor;

		if (!cursor_take(&rest, units[i].word) || !cursor_take(&rest, " ago") ||
			rest.at != rest.end)
			continue;
		if (count > now / (units[i].seconds * 1000))
			return false;
		*ret = now - count * units[i].seconds * 1000;
		return true;
	}
	return false;
}

static bool read_day(const char *text, uint64_t now, uint64_t *ret)
{
	time_t seconds = (time_t)(now / 1000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	if (!strcmp(text, "yesterday"))
		tm.tm_mday--;
	else if (strcmp(text, "today") != 0)
		return false;
	tm.tm_isdst = -1;
	*ret = (uint64_t)mktime(&tm) * 1000;
	return true;
}

bool denial_time_parse(const char *text, uint64_t now, uint64_t *ret)
{
	struct cursor cursor = {text, text + strlen(text)}, rest = cursor;
	uint64_t number;

	if (!strcmp(text, "now")) {
		*ret = now;
		return true;
	}
	if (cursor_take(&rest, "@")) {
		if (!cursor_decimal(&rest, &number) || number > UINT64_MAX / 1000 - 1)
			return false;
		*ret = number * 1000 + (uint64_t)take_fraction(&rest);
		return rest.at == rest.end;
	}
	if (time_read_iso(&rest, ret))
		return rest.at == rest.end;
	rest = cursor;
	if (cursor_decimal(&rest, &number))
		return read_ago(rest, number, now, ret);
	return read_day(text, now, ret);
}
