/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "digest.h"
#include "error.h"

#include <stdbool.h>
#include <stddef.h>

/* The parts of sync.h. Names are paths below source and target. */

/* sync_source.c */

/* Enough for every source of profiles; other directories end here. */
enum { SYNC_FILE_LIMIT = 4096 };

/* What a walk through the source meets. Each returns 0 to go on. */
struct source_visitor {
	int (*directory)(const char *name, int fd, void *context, struct error *err);
	int (*file)(const char *name, void *context, struct error *err);
	/* A directory whose content cannot be told. */
	int (*failure)(const char *name, const struct error *why, void *context, struct error *err);
	void *context;
};

int source_open(const char *path, int *ret_fd, struct error *err)
	__attribute__((warn_unused_result));
int source_walk(int root, const char *path, const struct source_visitor *visitor, struct error *err)
	__attribute__((warn_unused_result));

bool source_is_profile(const char *name);

/* Whether a name can stand in the manifest and be made in the target. */
int source_check_name(const char *name, struct error *err) __attribute__((warn_unused_result));

/* Reads a profile of the source whose descriptor and path are `root` and `path`. `*ret_file` is what
 * messages call it. Both owned by the caller. */
int source_read(int root, const char *path, const char *name, char **ret_file, char **ret_text,
	size_t *ret_length, struct error *err) __attribute__((warn_unused_result));

/* sync_target.c */

struct sync_target {
	int fd;		  /* -1: not open */
	int lock;	  /* held as long as that is open */
	const char *path; /* not owned */
};

/* Makes what is missing, waits for the lock and removes what a killed process left. */
int target_open(const char *path, struct sync_target *ret, struct error *err)
	__attribute__((warn_unused_result));
void target_close(struct sync_target *target);

/* `*ret_text` is NULL where there is no such file, else owned by the caller. No symbolic link is
 * followed. */
int target_read(const struct sync_target *target, const char *name, size_t limit, char **ret_text,
	size_t *ret_length, struct error *err) __attribute__((warn_unused_result));

/* Replaces the file or makes it, with its directories. The file has the old or the new content at
 * any time, also after a crash of the host. */
int target_write(const struct sync_target *target, const char *name, const char *text,
	size_t length, struct error *err) __attribute__((warn_unused_result));

/* Removes the file, and directories that are empty then. */
int target_remove(const struct sync_target *target, const char *name, struct error *err)
	__attribute__((warn_unused_result));

/* sync_manifest.c */

/* A name stands there more than once while a file is being replaced. */
struct manifest_entry {
	char *name; /* owned */
	char digest[DIGEST_SIZE];
};

struct manifest {
	struct manifest_entry *entries; /* owned */
	size_t count, capacity;
	char *saved; /* owned; the text in the target; NULL: there is none */
};

int manifest_read(const struct sync_target *target, struct manifest *ret, struct error *err)
	__attribute__((warn_unused_result));
void manifest_finish(struct manifest *manifest);

bool manifest_has(const struct manifest *manifest, const char *name, const char *digest);
/* Adds the entry where it is missing. */
int manifest_add(struct manifest *manifest, const char *name, const char *digest, struct error *err)
	__attribute__((warn_unused_result));
/* Removes the entries of the name but for that with `digest` (NULL: all). */
void manifest_keep(struct manifest *manifest, const char *name, const char *digest);
/* Sorts the entries, and writes them where they differ from what is in the target. Of no entries no
 * file is left. */
int manifest_save(struct manifest *manifest, const struct sync_target *target, struct error *err)
	__attribute__((warn_unused_result));
