/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "denial.h"
#include "error.h"
#include "observed.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Calls out of what other tools have written:
 *
 *   strace   its trace in every layout (processes, times, numbers, files of descriptors, calls that are
 *            interrupted and resumed), and its tables (-c, -C) with any columns
 *   audit    records of SECCOMP, as a filter with SCMP_ACT_LOG leaves them, and of SYSCALL, as rules of
 *            auditctl(8) do
 *   sysdig   lines as it writes them by default and with -pc, JSON, the table of topscalls, and names alone
 */
enum import_format {
	IMPORT_AUDIT,
	IMPORT_STRACE,
	IMPORT_SYSDIG,
};

enum { IMPORT_EXAMPLES = 5, IMPORT_EXAMPLE_SIZE = 80 };

struct import_process {
	pid_t pid;
	enum arch arch;
};

struct import {
	enum import_format format;
	enum arch arch;		  /* of the host where the log was written */
	struct observed observed; /* owned */
	size_t lines, calls;
	size_t unreadable; /* lines, of which the first are kept */
	char examples[IMPORT_EXAMPLES][IMPORT_EXAMPLE_SIZE]; /* printable */
	struct denial_reader *denials;			     /* owned; of IMPORT_AUDIT */
	struct import_process *processes; /* owned; those that run in 32-bit mode, of strace */
	size_t process_count;
	/* A table of strace: where its column of names is, the first of 0, and begins, in bytes. */
	size_t name_column, name_start;
	bool has_header, in_table, name_is_last, sum_follows;
	enum arch table_arch;
};

/* -ENOMEM. */
int import_init(struct import *import, enum import_format format, enum arch arch, struct error *err)
	__attribute__((warn_unused_result));
void import_finish(struct import *import);

/* A new file begins: what was known of processes does not hold for it. */
void import_begin_file(struct import *import);

/* One line, without its end; NUL-terminated. -ENOMEM. */
int import_line(struct import *import, const char *line, struct error *err)
	__attribute__((warn_unused_result));
