/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The kernel's records of what seccomp did to a call (audit type 1326, SECCOMP), as they stand in the
 * audit log, ausearch's output, the kernel's log, syslog and the journal.
 *
 * Who is denied chooses the name of the process and its path. The kernel writes these in quotes or in
 * hexadecimal digits, and a record is read by the order of its fields, so that neither can pass for a
 * field or for a record.
 */
enum {
	DENIAL_COMMAND = 64, /* 15 bytes, printable */
	DENIAL_PATH = 1024,  /* a longer one is cut and ends in "..." */
};

struct denial {
	uint64_t time;	 /* milliseconds since 1970 */
	uint64_t serial; /* of the event; 0: the line does not tell */
	uint32_t pid;	 /* of the thread group, in the first pid namespace */
	uint32_t audit;	 /* AUDIT_ARCH_* */
	enum arch arch;	 /* ARCH_COUNT: nobody here knows it */
	int64_t syscall;
	uint32_t action; /* SECCOMP_RET_*, without data: the kernel leaves that out */
	char command[DENIAL_COMMAND], executable[DENIAL_PATH]; /* printable */
	uint64_t digest;				       /* of what the kernel wrote */
};

enum denial_line {
	DENIAL_NOTHING,	   /* a line of something else */
	DENIAL_RECORD,	   /* one that was not there before */
	DENIAL_DUPLICATE,  /* of an event that another line told: journald has each twice */
	DENIAL_UNREADABLE, /* it is a record, but not whole or in no known form */
};

enum { DENIAL_SEEN = 1 << 13 };

struct denial_seen {
	uint64_t key, second;
	int balance; /* lines with a serial less lines without */
};

struct denial_reader {
	uint64_t now;	     /* milliseconds since 1970: for stamps without a year */
	uint64_t unreadable; /* lines */
	uint64_t suppressed; /* lines that the kernel's printk left out */
	uint64_t lost;	     /* what the kernel counts as lost, since the host's start */
	bool overrun;	     /* a limit of the audit system was hit, without a number */
	uint64_t killed;     /* ANOM_ABEND records of SIGSYS */
	struct denial_seen events[DENIAL_SEEN], bodies[DENIAL_SEEN];
};

void denial_reader_init(struct denial_reader *reader);

/* Reads one line, without its end. `*ret` is set for DENIAL_RECORD alone. */
enum denial_line denial_read(
	struct denial_reader *reader, const char *line, size_t length, struct denial *ret);

/* The call's name, else its number. 32 bytes suffice. */
const char *denial_syscall(const struct denial *denial, char *buffer, size_t buffer_size);
/* `x86_64`, or the number as 0x...; 32 bytes suffice. */
const char *denial_arch(const struct denial *denial, char *buffer, size_t buffer_size);
/* `ERRNO`, or the number as 0x...; 32 bytes suffice. */
const char *denial_action(uint32_t action, char *buffer, size_t buffer_size);
/* Whether the call did not pass: KILL_*, TRAP, ERRNO and what the kernel does not know, which kills. */
bool denial_refused(uint32_t action);

/* `@1795517605`, `2026-11-24`, `2026-11-24 10:00`, `2026-11-24T10:00:05Z`, `now`, `today`, `yesterday`,
 * `10 min ago`. Without a zone it is local time. */
bool denial_time_parse(const char *text, uint64_t now, uint64_t *ret);
