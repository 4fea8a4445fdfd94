/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "container.h"
#include "json.h"

#include <stdint.h>

/*
 * What hook and shim note of a container whose program is about to start, so that a process that is
 * gone can still be told to have been that container's first one: a small file each, of the name
 * PID-START, and PID-START-ENDED once somebody saw that the process is gone. START is in clock ticks
 * since the host's start, as in /proc/PID/stat; ENDED in milliseconds since 1970.
 */
#define CONTAINER_NOTES "/run/oci-seccomp"

struct container_note {
	struct container container; /* texts owned; `config` is NULL */
	unsigned long long start;
	uint64_t ended;	  /* milliseconds since 1970: when it was seen to have; 0: it is there */
	unsigned filters; /* that the hook loaded, the oldest ones of the process; 0: none */
};

/* Notes the container of process `pid`, whose names are taken from its config.json (NULL: none). The
 * directory is made where it is missing. */
int container_note_write(const char *directory, pid_t pid, const char *id,
	const struct json *config, unsigned filters, struct error *err)
	__attribute__((warn_unused_result));

/* Whoever has written a note calls this when it holds nobody up. At most once a minute it tidies the
 * directory: what has ended is marked so, and notes of containers that ended more than a day ago are
 * removed, and of ended ones more than 1,000. */
void container_notes_tidy(const char *directory);

struct container_notes {
	struct container_note *items; /* owned */
	size_t count;
};

/* All that are there; a directory that is not has none. What cannot be read is passed over, since it
 * may just be removed. */
int container_notes_read(const char *directory, struct container_notes *ret, struct error *err)
	__attribute__((warn_unused_result));
void container_notes_finish(struct container_notes *notes);

/* The note of the latest process `pid` that had started by `time` (milliseconds since 1970) and was
 * not seen to have ended before; NULL: there is none. Not owned by the caller. */
const struct container_note *container_notes_find(
	const struct container_notes *notes, pid_t pid, uint64_t time);
