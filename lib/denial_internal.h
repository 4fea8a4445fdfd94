/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "denial.h"

/* What the parts of `denial` share: what is left of a line. */
struct cursor {
	const char *at, *end;
};

static inline size_t cursor_left(const struct cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

/* Passes over `word` where it is next. */
bool cursor_take(struct cursor *cursor, const char *word);
/* Passes over the first `word`, wherever it is. */
bool cursor_find(struct cursor *cursor, const char *word);
/* The characters up to the next space, which is passed over; false: there are none. */
bool cursor_token(struct cursor *cursor, struct cursor *ret);
/* Digits; false: there are none, or the number is too large. */
bool cursor_decimal(struct cursor *cursor, uint64_t *ret);
/* As the kernel writes them, in small letters: what follows a number may begin with A to F. */
bool cursor_hexadecimal(struct cursor *cursor, uint64_t *ret);

/* What the kernel wrote, from `auid=` on. */
bool denial_read_body(struct cursor *cursor, struct denial *ret);

/* `Nov  1 10:00:00`: the latest such time that is not after `now`, but for a day. */
bool time_read_syslog(struct cursor *cursor, uint64_t now, uint64_t *ret);
/* `2026-11-01T10:00:00.123+01:00`; without a zone it is local time, without a time midnight. */
bool time_read_iso(struct cursor *cursor, uint64_t *ret);
/* `11/01/2026 10:00:00.123`, of ausearch in the C locale. */
bool time_read_american(struct cursor *cursor, uint64_t *ret);
