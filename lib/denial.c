/* SPDX-License-Identifier: Apache-2.0 */
#include "denial.h"

#include "cleanup.h"
#include "denial_internal.h"
#include "syscalls.h"

#include <ctype.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

bool cursor_take(struct cursor *cursor, const char *word)
{
	size_t length = strlen(word);

	if (cursor_left(cursor) < length || memcmp(cursor->at, word, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

bool cursor_find(struct cursor *cursor, const char *word)
{
	const char *found = memmem(cursor->at, cursor_left(cursor), word, strlen(word));

	if (!found)
		return false;
	cursor->at = found + strlen(word);
	return true;
}

bool cursor_token(struct cursor *cursor, struct cursor *ret)
{
	const char *end = memchr(cursor->at, ' ', cursor_left(cursor));

	*ret = (struct cursor){cursor->at, end ? end : cursor->end};
	cursor->at = end ? end + 1 : cursor->end;
	return ret->at < ret->end;
}

static bool take_number(struct cursor *cursor, unsigned base, uint64_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	const char *start = cursor->at;
	uint64_t number = 0;

	for (; cursor->at < cursor->end; cursor->at++) {
		const char *digit = memchr(digits, *cursor->at, base);

		if (!digit)
			break;
		if (number > (UINT64_MAX - base) / base)
			return false;
		number = base * number + (uint64_t)(digit - digits);
	}
	*ret = number;
	return cursor->at > start;
}

bool cursor_decimal(struct cursor *cursor, uint64_t *ret)
{
	return take_number(cursor, 10, ret);
}

bool cursor_hexadecimal(struct cursor *cursor, uint64_t *ret)
{
	return take_number(cursor, 16, ret);
}

void denial_reader_init(struct denial_reader *reader)
{
	memset(reader, 0, sizeof(*reader));
	reader->now = (uint64_t)time(NULL) * 1000;
}

/*
 * What comes before the record: `[12.345] `, `[Fri Aug  7 19:30:12 2026] `, or a time, a host and a
 * tag. Who may write to syslog chooses the tag, but in the kernel's own log and in the journal
 * nobody else passes for the kernel.
 */
struct envelope {
	struct cursor stamp;  /* of syslog or ISO form; empty: none */
	struct cursor tag;    /* `kernel`, `audit[7]`; empty: none */
	bool kernel, foreign; /* the kernel's log; written by somebody else there */
};

/* `5,100,0,-;`: priority, number, microseconds, flags. Who writes to /dev/kmsg is given a facility
 * other than the kernel's. */
static void skip_kmsg(struct cursor *cursor, struct envelope *envelope)
{
	struct cursor rest = *cursor;
	uint64_t priority, number;

	if (!cursor_decimal(&rest, &priority) || !cursor_take(&rest, ",") ||
		!cursor_decimal(&rest, &number) || !cursor_take(&rest, ",") ||
		!cursor_decimal(&rest, &number) || !cursor_take(&rest, ",") ||
		!cursor_find(&rest, ";"))
		return;
	envelope->kernel = true;
	envelope->foreign = priority >> 3 != 0;
	*cursor = rest;
}

static void skip_brackets(struct cursor *cursor)
{
	struct cursor rest = *cursor;

	if (cursor_take(&rest, "[") && cursor_find(&rest, "] "))
		*cursor = rest;
}

static bool is_syslog_stamp(const struct cursor *cursor)
{
	const char *c = cursor->at;

	return cursor_left(cursor) > 16 && isupper((unsigned char)c[0]) && c[3] == ' ' &&
	       c[6] == ' ' && c[9] == ':' && c[12] == ':' && c[15] == ' ';
}

static bool is_iso_stamp(const struct cursor *cursor)
{
	const char *c = cursor->at;

	return cursor_left(cursor) > 20 && isdigit((unsigned char)c[0]) && c[4] == '-' &&
	       c[7] == '-' && c[10] == 'T';
}

static bool is_at(const struct cursor *cursor, const char *word)
{
	struct cursor copy = *cursor;

	return cursor_take(&copy, word);
}

static bool is_bare(const struct cursor *cursor)
{
	return is_at(cursor, "audit: ") || is_at(cursor, "type=") || is_at(cursor, "node=") ||
	       is_at(cursor, "kauditd_printk_skb: ") || is_at(cursor, "audit_log_start: ");
}

static void skip_tag(struct cursor *cursor, struct envelope *envelope)
{
	struct cursor rest = *cursor, word;

	if (!cursor_token(&rest, &word) || word.end[-1] != ':')
		return;
	word.end--;
	envelope->tag = word;
	*cursor = rest;
	if (cursor_left(&word) == strlen("kernel") && is_at(&word, "kernel")) {
		cursor_take(cursor, " ");
		skip_brackets(cursor);
		envelope->kernel = true;
	}
}

static void skip_envelope(struct cursor *cursor, struct envelope *ret)
{
	struct cursor host;

	*ret = (struct envelope){0};
	if (is_bare(cursor))
		return;
	skip_kmsg(cursor, ret);
	skip_brackets(cursor);
	ret->stamp = (struct cursor){cursor->at, cursor->at};
	if (is_syslog_stamp(cursor))
		ret->stamp.end = cursor->at += 15;
	else if (is_iso_stamp(cursor) && cursor_token(cursor, &ret->stamp))
		cursor->at = ret->stamp.end;
	if (ret->stamp.at != ret->stamp.end)
		cursor_take(cursor, " ");
	if (is_bare(cursor))
		return;
	if (ret->stamp.at != ret->stamp.end && !cursor_token(cursor, &host))
		return;
	if (!is_bare(cursor) || ret->stamp.at != ret->stamp.end)
		skip_tag(cursor, ret);
}

static void keep_loss(struct denial_reader *reader, struct cursor cursor)
{
	uint64_t number;

	if (cursor_take(&cursor, "kauditd_printk_skb: ") ||
		cursor_take(&cursor, "audit_log_start: ")) {
		if (cursor_decimal(&cursor, &number) && cursor_take(&cursor, " callbacks suppr"))
			reader->suppressed += number;
		return;
	}
	if (!cursor_take(&cursor, "audit: "))
		return;
	if (cursor_take(&cursor, "audit_lost=")) {
		if (cursor_decimal(&cursor, &number) && number > reader->lost)
			reader->lost = number;
	} else if (cursor_take(&cursor, "audit_backlog=") || cursor_take(&cursor, "rate limit e") ||
		   cursor_take(&cursor, "backlog limit e") ||
		   cursor_take(&cursor, "kauditd hold queue overflow")) {
		reader->overrun = true;
	}
}

/* `type=SECCOMP msg=audit(`, and 1326 in the kernel's words. */
static bool take_type(struct denial_reader *reader, struct cursor *cursor)
{
	struct cursor type;

	cursor_take(cursor, "audit: ");
	if (cursor_take(cursor, "node=") && !cursor_token(cursor, &type))
		return false;
	if (!cursor_take(cursor, "type=") || !cursor_token(cursor, &type))
		return false;
	cursor_take(cursor, "msg=");
	if (is_at(&type, "ANOM_ABEND") || is_at(&type, "1701"))
		reader->killed += memmem(cursor->at, cursor_left(cursor), " sig=31", 7) ||
				  memmem(cursor->at, cursor_left(cursor), " sig=SIGSYS", 11);
	return (is_at(&type, "SECCOMP") && cursor_left(&type) == strlen("SECCOMP")) ||
	       (is_at(&type, "1326") && cursor_left(&type) == strlen("1326")) ||
	       is_at(&type, "UNKNOWN[1326]");
}

/* `audit(1611996299.149:466250): `, of ausearch -i `audit(08/05/2026 11:52:07.114:3319) : `. */
static bool take_event(struct cursor *cursor, struct denial *ret)
{
	uint64_t seconds, milliseconds;
	struct cursor number = *cursor;

	if (!cursor_take(&number, "audit("))
		return false;
	*cursor = number;
	if (cursor_decimal(&number, &seconds) && cursor_take(&number, ".") &&
		cursor_decimal(&number, &milliseconds)) {
		if (seconds > UINT32_MAX * UINT64_C(16) || milliseconds > 999)
			return false;
		*cursor = number;
		ret->time = seconds * 1000 + milliseconds;
	} else if (!time_read_american(cursor, &ret->time)) {
		return false;
	}
	if (!cursor_take(cursor, ":") || !cursor_decimal(cursor, &ret->serial) ||
		!cursor_take(cursor, ")"))
		return false;
	cursor_take(cursor, " ");
	if (!cursor_take(cursor, ":"))
		return false;
	while (cursor_take(cursor, " "))
		;
	return true;
}

static uint64_t mix(uint64_t key)
{
	key = (key ^ key >> 33) * UINT64_C(0xff51afd7ed558ccd);
	return key ^ key >> 33;
}

static struct denial_seen *seen_slot(struct denial_seen *table, uint64_t key, bool *ret_new)
{
	struct denial_seen *slot = &table[key % DENIAL_SEEN];

	*ret_new = slot->key != key;
	if (*ret_new)
		*slot = (struct denial_seen){.key = key};
	return slot;
}

/*
 * The same event in two lines: by its number where both have it; else they are one event when the
 * kernel wrote the same within two seconds, once with a number and once without. The tables keep what
 * was near: of two events for one slot the later stays.
 */
static bool is_duplicate(struct denial_reader *reader, const struct denial *denial)
{
	uint64_t second = denial->time / 1000;
	int step = denial->serial ? 1 : -1;
	struct denial_seen *slot;
	bool new;

	if (denial->serial) {
		seen_slot(reader->events,
			mix(denial->digest + mix(denial->serial + mix(denial->time))), &new);
		if (!new)
			return true;
	}
	slot = seen_slot(reader->bodies, mix(denial->digest), &new);
	if (second > slot->second + 2 || second + 2 < slot->second)
		slot->balance = 0;
	slot->second = second;
	slot->balance += step;
	return slot->balance * step <= 0;
}

/* journald's audit transport: `audit[7645]: SECCOMP auid=`; some have the process's name as the tag. */
static bool is_journal_record(struct cursor *cursor, const struct envelope *envelope)
{
	return envelope->tag.at && !envelope->kernel && cursor_take(cursor, "SECCOMP ");
}

static bool read_stamp(const struct denial_reader *reader, struct cursor stamp, uint64_t *ret)
{
	*ret = reader->now; /* as it is read */
	if (stamp.at == stamp.end)
		return true;
	return isdigit((unsigned char)stamp.at[0]) ? time_read_iso(&stamp, ret)
						   : time_read_syslog(&stamp, reader->now, ret);
}

static bool is_tag_of(struct cursor tag, const struct denial *denial)
{
	struct cursor name = tag;

	if (cursor_take(&name, "audit") && (name.at == name.end || *name.at == '['))
		return true;
	return cursor_take(&tag, denial->command) && (tag.at == tag.end || *tag.at == '[');
}

enum denial_line denial_read(
	struct denial_reader *reader, const char *line, size_t length, struct denial *ret)
{
	struct cursor cursor = {line, line + length};
	struct envelope envelope;
	bool readable;

	skip_envelope(&cursor, &envelope);
	if (envelope.foreign)
		return DENIAL_NOTHING;
	ret->serial = 0;
	if (is_journal_record(&cursor, &envelope)) {
		readable = read_stamp(reader, envelope.stamp, &ret->time) &&
			   denial_read_body(&cursor, ret);
		if (readable && !is_tag_of(envelope.tag, ret))
			return DENIAL_NOTHING;
	} else if (envelope.tag.at && !envelope.kernel) {
		return DENIAL_NOTHING;
	} else {
		keep_loss(reader, cursor);
		if (!take_type(reader, &cursor))
			return DENIAL_NOTHING;
		readable = take_event(&cursor, ret) && denial_read_body(&cursor, ret);
	}
	if (!readable) {
		reader->unreadable++;
		return DENIAL_UNREADABLE;
	}
	return is_duplicate(reader, ret) ? DENIAL_DUPLICATE : DENIAL_RECORD;
}

const char *denial_syscall(const struct denial *denial, char *buffer, size_t buffer_size)
{
	const char *name = NULL;

	if (denial->arch != ARCH_COUNT && denial->syscall >= 0 && denial->syscall <= INT32_MAX)
		name = syscall_name(denial->arch, (uint32_t)denial->syscall);
	snprintf(buffer, buffer_size, "%lld", (long long)denial->syscall);
	return name ? name : buffer;
}

const char *denial_arch(const struct denial *denial, char *buffer, size_t buffer_size)
{
	if (denial->arch == ARCH_COUNT) {
		snprintf(buffer, buffer_size, "0x%x", denial->audit);
		return buffer;
	}
	snprintf(
		buffer, buffer_size, "%s", architectures[denial->arch].name + strlen("SCMP_ARCH_"));
	for (char *c = buffer; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return buffer;
}

const char *denial_action(uint32_t action, char *buffer, size_t buffer_size)
{
	const char *name = name_of(&names_actions, action);

	if (name)
		return name + strlen("SCMP_ACT_");
	snprintf(buffer, buffer_size, "0x%x", action);
	return buffer;
}

bool denial_refused(uint32_t action)
{
	return action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG &&
	       action != SECCOMP_RET_TRACE && action != SECCOMP_RET_USER_NOTIF;
}
