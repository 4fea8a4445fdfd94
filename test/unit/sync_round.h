/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Rounds of sync_profiles, and what they say. */

#include "support.h"

#include "io.h"
#include "sync.h"

#define GOOD "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}"
#define OTHER "{\"defaultAction\":\"SCMP_ACT_LOG\"}"
#define BAD "{\"defaultAction\":\"SCMP_ACT_DENY\"}"

/* A source and a target in a directory of the test, and what the last round said of each name. */
struct fixture {
	char *root, *source, *target;
	char *said; /* `WORD NAME\n`, and `: MESSAGE` for what was refused */
};

static const char *const words[SYNC_OUTCOMES] = {
	[SYNC_INSTALLED] = "installed",
	[SYNC_UPDATED] = "updated",
	[SYNC_REMOVED] = "removed",
	[SYNC_UNCHANGED] = "unchanged",
	[SYNC_REFUSED] = "refused",
	[SYNC_IGNORED] = "ignored",
};

static inline void note(
	enum sync_outcome outcome, const char *name, const char *message, void *context)
{
	struct fixture *f = context;
	char *more = format_text("%s%s %s%s%s\n", f->said, words[outcome], name,
		message ? ": " : "", message ? message : "");

	cr_expect_eq(message != NULL, outcome == SYNC_REFUSED, "%s", more);
	free(f->said);
	f->said = more;
}

static inline struct fixture set_up(void)
{
	struct fixture f = {.root = temp_dir()};

	f.source = format_text("%s/source", f.root);
	f.target = format_text("%s/a/target", f.root);
	make_dir(f.root, "source");
	f.said = strdup("");
	return f;
}

static inline void tear_down(struct fixture *f)
{
	remove_tree(f->root);
	free(f->source);
	free(f->target);
	free(f->said);
}

static inline int sync_once(struct fixture *f, struct error *err)
{
	struct sync_request request = {
		.source = f->source, .target = f->target, .report = note, .context = f};

	free(f->said);
	f->said = strdup("");
	return sync_profiles(&request, err);
}

/* A round after which exactly that has been said; of a message its beginning. */
static inline void expect_round(struct fixture *f, const char *wanted, const char *what)
{
	struct error err = ERROR_INIT;
	unsigned descriptors = count_descriptors();

	cr_expect_eq(sync_once(f, &err), 0, "%s: %s", what, error_message(&err));
	cr_expect_str_eq(f->said, wanted, "%s: %s", what, f->said);
	cr_expect_eq(count_descriptors(), descriptors, "%s", what);
	error_finish(&err);
}

/* NULL: there is no such file. */
static inline void expect_file(const struct fixture *f, const char *name, const char *wanted)
{
	AUTO_FREE char *path = format_text("%s/%s", f->target, name);
	AUTO_FREE char *text = NULL;
	struct error err = ERROR_INIT;
	size_t length;

	if (io_read_file(AT_FDCWD, path, path, 1 << 20, &text, &length, &err) < 0) {
		cr_expect_null(wanted, "%s", error_message(&err));
		error_finish(&err);
		return;
	}
	cr_expect(wanted && !strcmp(text, wanted), "%s: %s", path, text);
}

static inline void expect_refused(struct fixture *f, const char *name, const char *message)
{
	AUTO_FREE char *wanted = format_text("refused %s: ", name);
	struct error err = ERROR_INIT;

	cr_expect_eq(sync_once(f, &err), 0, "%s", error_message(&err));
	cr_expect(contains(f->said, wanted) && contains(f->said, message), "%s: \"%s\" in %s", name,
		message, f->said);
	error_finish(&err);
}

static inline void expect_failure(struct fixture *f, int code, const char *message)
{
	struct error err = ERROR_INIT;

	cr_expect_eq(sync_once(f, &err), code, "%s", f->said);
	cr_expect(contains(error_message(&err), message), "%s", error_message(&err));
	error_finish(&err);
}
