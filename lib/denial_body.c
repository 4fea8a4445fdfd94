/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup.h"
#include "denial_internal.h"
#include "syscalls.h"
#include "text.h"

#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

/*
 * auid=0 uid=0 gid=0 ses=1 subj=docker-default (enforce) pid=7 comm="sh" exe="/bin/sh" sig=0
 * arch=c000003e syscall=101 compat=0 ip=0x7f00 code=0x50000
 *
 * `subj` is there with a security module, and may hold spaces. ausearch -i writes names for numbers,
 * and comm and exe without quotes: then only the order tells where they end, from the left for what
 * stands before comm, from the right for what stands behind exe.
 */
struct tail {
	const char *start; /* of " sig=" */
	struct cursor arch, syscall, code;
};

static bool take_value(struct cursor *cursor, const char *key, struct cursor *ret)
{
	return cursor_take(cursor, key) && cursor_token(cursor, ret);
}

static bool read_tail(struct cursor cursor, struct tail *ret)
{
	struct cursor value;

	ret->start = cursor.at;
	return take_value(&cursor, " sig=", &value) && take_value(&cursor, "arch=", &ret->arch) &&
	       take_value(&cursor, "syscall=", &ret->syscall) &&
	       take_value(&cursor, "compat=", &value) && take_value(&cursor, "ip=", &value) &&
	       take_value(&cursor, "code=", &ret->code);
}

/* The last one: what is in front of it may be made to look like one. */
static bool find_tail(const struct cursor *cursor, struct tail *ret)
{
	for (const char *at = cursor->end; at > cursor->at; at--)
		if (at[-1] == ' ' && read_tail((struct cursor){at - 1, cursor->end}, ret))
			return true;
	return false;
}

static bool read_head(struct cursor *cursor, struct denial *ret)
{
	uint64_t pid;

	if (!cursor_take(cursor, "auid=") || !cursor_find(cursor, " uid=") ||
		!cursor_find(cursor, " gid=") || !cursor_find(cursor, " ses="))
		return false;
	while (cursor_find(cursor, " pid=")) {
		struct cursor rest = *cursor;

		if (!cursor_decimal(&rest, &pid) || pid > UINT32_MAX ||
			!cursor_take(&rest, " comm="))
			continue;
		ret->pid = (uint32_t)pid;
		*cursor = rest;
		return true;
	}
	return false;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes where all of it is pairs of digits. */
static size_t decode_hex(const struct cursor *value, char *ret)
{
	size_t length = cursor_left(value);

	if (length == 0 || length % 2 != 0)
		return 0;
	for (size_t i = 0; i < length; i += 2) {
		int high = hex_digit(value->at[i]), low = hex_digit(value->at[i + 1]);

		if (high < 0 || low < 0)
			return 0;
		ret[i / 2] = (char)(high << 4 | low);
	}
	return length / 2;
}

static bool is_plain(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

static void copy_cut(const char *text, size_t length, char *ret, size_t size)
{
	if (length < size) {
		memcpy(ret, text, length);
		ret[length] = '\0';
		return;
	}
	length = size - sizeof("...");
	while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--; /* no half of a character */
	memcpy(ret, text, length);
	memcpy(ret + length, "...", sizeof("..."));
}

static bool copy_printable(const char *text, size_t length, char *ret, size_t size)
{
	AUTO_FREE char *copy = NULL;
	AUTO_FREE char *printable = NULL;

	if (is_plain(text, length)) {
		copy_cut(text, length, ret, size);
		return true;
	}
	copy = strndup(text, length);
	printable = copy ? text_printable(copy) : NULL;
	if (!printable)
		return false;
	copy_cut(printable, strlen(printable), ret, size);
	return true;
}

/* In quotes, in hexadecimal digits, or (null); interpreted, it is as it is. */
static bool read_string(struct cursor value, bool interpreted, char *ret, size_t size)
{
	char decoded[8192];
	size_t length = cursor_left(&value);

	if (length >= 2 && value.at[0] == '"' && value.end[-1] == '"')
		return copy_printable(value.at + 1, length - 2, ret, size);
	if (interpreted || length > 2 * sizeof(decoded))
		return copy_printable(value.at, length, ret, size);
	length = decode_hex(&value, decoded);
	if (length > 0)
		return copy_printable(decoded, length, ret, size);
	return copy_printable(value.at, cursor_left(&value), ret, size);
}

/* `cursor` is comm's value and all up to the tail. */
static bool read_process(struct cursor cursor, bool interpreted, struct denial *ret)
{
	struct cursor command = cursor, executable = {NULL, cursor.end};

	if (interpreted) { /* 15 bytes, each an escape at worst; a path with " exe=" is the smaller evil */
		while (cursor_find(&cursor, " exe=") && cursor.at - command.at <= 65) {
			executable.at = cursor.at;
			command.end = cursor.at - strlen(" exe=");
		}
	} else if (cursor_token(&cursor, &command) && cursor_take(&cursor, "exe=")) {
		executable.at = cursor.at;
	}
	if (!executable.at)
		return false;
	return read_string(command, interpreted, ret->command, sizeof(ret->command)) &&
	       read_string(executable, interpreted, ret->executable, sizeof(ret->executable));
}

static bool copy_word(const struct cursor *value, char *ret, size_t size)
{
	size_t length = cursor_left(value);

	if (length >= size)
		return false;
	memcpy(ret, value->at, length);
	ret[length] = '\0';
	return true;
}

static bool read_arch(struct cursor value, struct denial *ret)
{
	struct cursor digits = value;
	char word[32];
	uint64_t audit;

	if (cursor_hexadecimal(&digits, &audit) && digits.at == digits.end && audit <= UINT32_MAX) {
		ret->audit = (uint32_t)audit;
		ret->arch = ARCH_COUNT;
		for (int arch = 0; arch < ARCH_COUNT && ret->arch == ARCH_COUNT; arch++)
			if (architectures[arch].audit == ret->audit)
				ret->arch = (enum arch)arch;
		return true;
	}
	if (!copy_word(&value, word, sizeof(word)))
		return false;
	if (!strcmp(word, "i386"))
		ret->arch = ARCH_X86;
	else if (!arch_lookup_machine(word, &ret->arch) && !arch_lookup_go(word, &ret->arch))
		return false;
	ret->audit = architectures[ret->arch].audit;
	return true;
}

static bool read_number(struct cursor value, int64_t *ret)
{
	bool negative = cursor_take(&value, "-");
	uint64_t number;

	if (!cursor_decimal(&value, &number) || value.at != value.end || number > INT64_MAX)
		return false;
	*ret = negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static bool read_syscall(struct cursor value, struct denial *ret)
{
	char word[64];

	if (cursor_take(&value, "unknown-syscall(") && value.at < value.end)
		value.end--;
	if (read_number(value, &ret->syscall))
		return true;
	if (ret->arch == ARCH_COUNT || !copy_word(&value, word, sizeof(word)))
		return false;
	ret->syscall = syscall_number(ret->arch, word);
	return ret->syscall != SYSCALL_NONE;
}

/* x32 has x86_64's architecture, and a bit in its numbers. */
static void settle_x32(struct denial *denial)
{
	if (denial->arch == ARCH_X86_64 && denial->syscall >= 0 &&
		(uint64_t)denial->syscall & X32_SYSCALL_BIT)
		denial->arch = ARCH_X32;
}

/* The kernel leaves the data out: a number with data is one that was cut. */
static bool read_action(struct cursor *value, uint32_t *ret)
{
	uint64_t code;

	if (!cursor_hexadecimal(value, &code) || code > UINT32_MAX || code & SECCOMP_RET_DATA)
		return false;
	*ret = (uint32_t)code;
	return true;
}

static bool read_code(struct cursor *value, bool *ret_interpreted, uint32_t *ret)
{
	static const struct {
		const char *word;
		uint32_t action;
	} words[] = {
		/* as auparse has them */
		{"kill-process", SECCOMP_RET_KILL_PROCESS},
		{"kill-thread", SECCOMP_RET_KILL_THREAD},
		{"kill", SECCOMP_RET_KILL_THREAD},
		{"trap", SECCOMP_RET_TRAP},
		{"errno", SECCOMP_RET_ERRNO},
		{"user-notify", SECCOMP_RET_USER_NOTIF},
		{"trace", SECCOMP_RET_TRACE},
		{"log", SECCOMP_RET_LOG},
		{"allow", SECCOMP_RET_ALLOW},
	};

	*ret_interpreted = !cursor_take(value, "0x");
	if (!*ret_interpreted)
		return read_action(value, ret);
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		if (cursor_take(value, words[i].word)) {
			*ret = words[i].action;
			return true;
		}
	return cursor_take(value, "unknown-seccomp-code(0x") && read_action(value, ret);
}

/* FNV-1a. */
static uint64_t digest(const char *text, const char *end)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; text < end; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

bool denial_read_body(struct cursor *cursor, struct denial *ret)
{
	const char *start = cursor->at;
	bool interpreted;
	struct tail tail;

	if (!read_head(cursor, ret) || !find_tail(cursor, &tail) ||
		!read_code(&tail.code, &interpreted, &ret->action) || !read_arch(tail.arch, ret) ||
		!read_syscall(tail.syscall, ret))
		return false;
	ret->digest = digest(start, tail.code.at);
	settle_x32(ret);
	return read_process((struct cursor){cursor->at, tail.start}, interpreted, ret);
}
