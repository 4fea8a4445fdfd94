/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/*
 * A store of byte strings under byte strings: ready filters under all that decided them.
 *
 * An entry is a file of its own that holds the whole key, and a hit is a file whose key is the one
 * that was asked for, byte for byte: the file's name, a hash of the key, only says where to look. So
 * no stale and no colliding entry is ever taken. A checksum finds damage. Entries are written whole
 * or not at all.
 *
 * The directory must belong to the caller, with nobody else able to write it; it is made (0700) when
 * it is missing, but its parent must be there. What is not so is as if the cache were empty.
 */

enum {
	CACHE_ENTRY_LIMIT = 4 << 20, /* bytes of a file */
	CACHE_COUNT_LIMIT = 512,     /* entries that are kept */
};

struct cache_entry {
	char *data; /* owned: the whole file, mapped */
	size_t size;
	const char *key, *value;
	size_t key_length, value_length;
};

void cache_entry_finish(struct cache_entry *entry);

/* In two parts, so that a long text need not be copied; the parts belong to the key. */
struct cache_key {
	const void *head, *tail; /* not owned */
	size_t head_length, tail_length;
};

/* 0; -ENOENT: there is no such entry, or none that can be trusted. */
int cache_find(const char *directory, const struct cache_key *key, struct cache_entry *ret)
	__attribute__((warn_unused_result));

/* Whether cache_store would find a directory that it can write; it is made where it is missing. */
int cache_usable(const char *directory, struct error *err) __attribute__((warn_unused_result));

/* Stores an entry in place of an older one of the same key. Beyond CACHE_COUNT_LIMIT the entries
 * that were written first are removed. Fails when the directory cannot be used or written; nothing is
 * lost then but time. */
int cache_store(const char *directory, const struct cache_key *key, const void *value,
	size_t value_length, struct error *err) __attribute__((warn_unused_result));

/* Calls `visit` for each entry, in no order; `entry` is NULL for a file that is damaged or not to be
 * trusted. A missing directory has no entries. */
int cache_each(const char *directory,
	void (*visit)(
		const char *file, const struct cache_entry *entry, time_t written, void *data),
	void *data, struct error *err) __attribute__((warn_unused_result));

/* Removes every entry, the damaged ones too; other files stay. */
int cache_clear(const char *directory, size_t *ret_count, struct error *err)
	__attribute__((warn_unused_result));
