/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "denial_source.h"

/* As denial_source_next, of the source as it is. */
int source_line(struct denial_source *source, enum denial_next *ret, const char **ret_line,
	size_t *ret_length, struct error *err) __attribute__((warn_unused_result));

/* Reads more into the buffer; NEXT_LINE: there is more. */
int source_fill(struct denial_source *source, enum denial_next *ret, struct error *err)
	__attribute__((warn_unused_result));

/* The next entry that is of the kernel or the audit system. */
int journal_entry(struct denial_source *source, enum denial_next *ret, const char **ret_line,
	size_t *ret_length, struct error *err) __attribute__((warn_unused_result));

/* Starts journalctl; its output is the source. */
int journal_open(uint64_t since, struct denial_source *source, struct error *err)
	__attribute__((warn_unused_result));
/* Whether this host keeps one. */
bool journal_exists(void);
