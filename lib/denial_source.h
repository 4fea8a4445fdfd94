/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Where lines with records come from. Lines that are longer than any record are passed over, so the
 * memory that is used does not depend on what is read.
 */
enum denial_origin {
	ORIGIN_FILE,	/* a log, as of auditd */
	ORIGIN_JOURNAL, /* journalctl -o export: each entry is made a line */
	ORIGIN_KERNEL,	/* /dev/kmsg */
};

enum { DENIAL_LINE_SIZE = 64 * 1024 };

struct denial_source {
	enum denial_origin origin;
	const char *name;  /* for messages; of `path` or static */
	char *path;	   /* owned; NULL: standard input or a child's output */
	unsigned rotation; /* path.N is read next, down to path itself; 0: it is read */
	int fd;
	pid_t child; /* journalctl; 0: none */
	bool follow;
	bool begun;	  /* a line was read */
	bool overwritten; /* the kernel's log has lost lines that were not yet read */
	char *buffer;	  /* owned */
	size_t start, end;
	bool skipping;	  /* the rest of a line that is too long */
	char *line;	  /* owned; the line of a journal's entry */
	uint64_t to_skip; /* bytes of a field of the journal */
};

enum denial_next {
	NEXT_LINE,
	NEXT_IDLE, /* with `follow`: there was nothing for a moment */
	NEXT_END,
};

/* A file, or `-` for standard input. */
int denial_source_file(const char *path, bool follow, struct denial_source *ret, struct error *err)
	__attribute__((warn_unused_result));

/* The host's own: the audit log where auditd runs, with rotated files that were written to after
 * `since` (milliseconds since 1970; 0: without rotated files), else the journal, else the kernel's log. */
int denial_source_host(uint64_t since, bool follow, struct denial_source *ret, struct error *err)
	__attribute__((warn_unused_result));
void denial_source_finish(struct denial_source *source);

/* The next line, without its end, for as long as the next call does not come. */
int denial_source_next(struct denial_source *source, enum denial_next *ret, const char **ret_line,
	size_t *ret_length, struct error *err) __attribute__((warn_unused_result));

/* The actions of `actions_logged` (NULL: of the kernel) that are left out there, as "errno, log"; owned
 * by the caller. NULL: none, or nobody can tell. */
char *denial_hidden_actions(const char *actions_logged);
