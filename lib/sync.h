/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <stdbool.h>

/*
 * Keeps the profiles of a directory, the source, in another one, the target: a profile root.
 *
 * A profile is a file whose name ends in `.json` and does not begin with a dot. Directories below
 * are gone through too, but for those whose name begins with a dot; symbolic links are followed as
 * long as they stay in the source. So a mounted ConfigMap will do (its files are links through
 * `..data`), and so will a checkout.
 *
 * Each profile is read and its filter built as the hook would, and only then written, to a temporary
 * file that is renamed over the old one. A profile that is refused leaves the old one in place.
 *
 * The target's SYNC_MANIFEST lists what was written there, in the format of sha256sum(1). A file
 * that it does not list, or that has changed since, is the operator's: it is neither replaced nor
 * removed. The manifest names new files before they are renamed and old ones until they are gone,
 * so at a kill every file is old or new, whole, and the next round knows all of them.
 */
#define SYNC_MANIFEST ".oci-seccomp-sync"

enum sync_outcome {
	SYNC_INSTALLED,
	SYNC_UPDATED,
	SYNC_REMOVED,
	SYNC_UNCHANGED,
	SYNC_REFUSED,
	SYNC_IGNORED, /* not a profile by its name */
	SYNC_OUTCOMES,
};

/* `name` is the path below source and target, printable; `message` is why it was refused, else
 * NULL. */
typedef void sync_report(
	enum sync_outcome outcome, const char *name, const char *message, void *context);

struct sync_request {
	const char *source, *target; /* directories; the target is made where it is missing */
	bool native_only;	     /* as in policy_select */
	sync_report *report;
	void *context; /* of `report` */
};

/* One round. 0 when all of it was gone through, though profiles may have been refused; else nothing
 * or, where the target cannot be written any more, a part was done. -EAGAIN: another process has
 * been at work in the target for some seconds. */
int sync_profiles(const struct sync_request *request, struct error *err)
	__attribute__((warn_unused_result));

/* A new inotify descriptor, which the caller closes, that becomes readable when something changes in
 * the directories of the source as they are now. */
int sync_watch(const char *source, int *ret_fd, struct error *err)
	__attribute__((warn_unused_result));
