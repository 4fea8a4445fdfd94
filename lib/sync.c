/* SPDX-License-Identifier: Apache-2.0 */
#include "sync.h"

#include "cleanup.h"
#include "filter.h"
#include "host.h"
#include "policy.h"
#include "profile.h"
#include "sync_internal.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A profile that is going to be written. */
struct job {
	char *name; /* owned */
	char *text; /* owned */
	size_t length;
	char digest[DIGEST_SIZE];
	bool replaces;
};

struct round {
	const struct sync_request *request;
	int source;
	struct sync_target target;
	struct manifest manifest;
	char **names; /* owned; profiles of the source, sorted */
	size_t name_count;
	struct job *jobs; /* owned; as many as names at most */
	size_t job_count;
	bool incomplete; /* a directory could not be read: who knows what is in it */
};

static void round_finish(struct round *round)
{
	for (size_t i = 0; i < round->job_count; i++) {
		free(round->jobs[i].name);
		free(round->jobs[i].text);
	}
	free(round->jobs);
	for (size_t i = 0; i < round->name_count; i++)
		free(round->names[i]);
	free(round->names);
	manifest_finish(&round->manifest);
	target_close(&round->target);
	close_descriptor(&round->source);
}

static void report(
	const struct round *round, enum sync_outcome outcome, const char *name, const char *message)
{
	AUTO_FREE char *printable = text_printable(name);

	round->request->report(
		outcome, printable ? printable : "?", message, round->request->context);
}

/* Frees what `why` owns. */
static void refuse(const struct round *round, const char *name, struct error *why)
{
	report(round, SYNC_REFUSED, name, error_message(why));
	error_finish(why);
}

/* What is in the source */

static int add_name(struct round *round, const char *name, struct error *err)
{
	/* SYNC_FILE_LIMIT bounds it. */
	void *moved = realloc(round->names, (round->name_count + 1) * sizeof(*round->names));

	if (!moved)
		return error_memory(err);
	round->names = moved;
	round->names[round->name_count] = strdup(name);
	if (!round->names[round->name_count])
		return error_memory(err);
	round->name_count++;
	return 0;
}

static int find_file(const char *name, void *context, struct error *err)
{
	struct round *round = context;
	struct error why = ERROR_INIT;

	if (!source_is_profile(name)) {
		report(round, SYNC_IGNORED, name, NULL);
		return 0;
	}
	if (source_check_name(name, &why) < 0) {
		refuse(round, name, &why);
		return 0;
	}
	return add_name(round, name, err);
}

/* Copies below the source would be profiles of it at the next round. */
static int find_directory(const char *name, int fd, void *context, struct error *err)
{
	const struct round *round = context;
	struct stat here, target;

	if (fstat(fd, &here) < 0 || fstat(round->target.fd, &target) < 0)
		return error_set_errno(
			err, -errno, "%s/%s: cannot stat", round->request->source, name);
	if (here.st_dev != target.st_dev || here.st_ino != target.st_ino)
		return 0;
	return error_set(err, -EINVAL,
		"target directory %s: lies in the source directory %s; name another one",
		round->target.path, round->request->source);
}

static int find_failure(const char *name, const struct error *why, void *context, struct error *err)
{
	struct round *round = context;

	(void)err;
	report(round, SYNC_REFUSED, name, error_message(why));
	round->incomplete = true;
	return 0;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static int find_names(struct round *round, struct error *err)
{
	struct source_visitor visitor = {
		.directory = find_directory,
		.file = find_file,
		.failure = find_failure,
		.context = round,
	};
	int r = source_walk(round->source, round->request->source, &visitor, err);

	if (r < 0 || round->name_count == 0)
		return r;
	qsort(round->names, round->name_count, sizeof(*round->names), compare_names);
	round->jobs = calloc(round->name_count, sizeof(*round->jobs));
	return round->jobs ? 0 : error_memory(err);
}

static bool in_source(const struct round *round, const char *name)
{
	return round->name_count > 0 && bsearch(&name, round->names, round->name_count,
						sizeof(*round->names), compare_names) != NULL;
}

/* What is to be done */

static int build(const struct profile *profile, const struct target *target, bool native_only,
	struct error *err)
{
	struct program program;
	struct policy policy;
	int r = policy_select(profile, target, native_only, &policy, err);

	if (r < 0)
		return r;
	r = filter_build(&policy, &program, err);
	policy_finish(&policy);
	if (r < 0)
		return error_prefix(err, r, "%s", profile->name);
	program_finish(&program);
	return 0;
}

/* On this host, for a container without any capability and for one with all: which ones it will have
 * nobody knows yet. */
static int check_filters(const struct profile *profile, bool native_only, struct error *err)
{
	struct target target;
	int r = host_target(&target, err);

	if (r == 0)
		r = build(profile, &target, native_only, err);
	target.capabilities = UINT64_MAX;
	return r < 0 ? r : build(profile, &target, native_only, err);
}

static int check(
	const char *file, const char *text, size_t length, bool native_only, struct error *err)
{
	struct diagnostics diagnostics = {0};
	struct profile profile;
	char *copy = malloc(length + 1); /* taken over by profile_parse */
	int r;

	if (!copy)
		return error_memory(err);
	memcpy(copy, text, length + 1);
	r = profile_parse(file, copy, length, &profile, &diagnostics, err);
	diagnostics_finish(&diagnostics);
	if (r < 0)
		return r;
	r = check_filters(&profile, native_only, err);
	profile_finish(&profile);
	return r;
}

/* The digest of what is in the target; empty where nothing is. -EEXIST: it is not ours. */
static int look_at_target(
	struct round *round, const struct job *job, char ret[DIGEST_SIZE], struct error *err)
{
	AUTO_FREE char *old = NULL;
	size_t length;
	int r = target_read(&round->target, job->name, PROFILE_SIZE_LIMIT, &old, &length, err);

	ret[0] = '\0';
	if (r < 0 || !old)
		return r;
	digest_compute(old, length, ret);
	if (strcmp(ret, job->digest) == 0 || manifest_has(&round->manifest, job->name, ret))
		return 0;
	return error_set(err, -EEXIST,
		"%s/%s: was not written by oci-seccomp sync, or changed since; remove it to have "
		"the one of %s there",
		round->target.path, job->name, round->request->source);
}

/* Takes what is in `job` over, or frees it. */
static int plan(struct round *round, struct job *job, struct error *err)
{
	char old[DIGEST_SIZE];
	int r = look_at_target(round, job, old, err);

	if (r == 0 && strcmp(old, job->digest) != 0) {
		job->replaces = old[0] != '\0';
		round->jobs[round->job_count++] = *job;
		return 0;
	}
	if (r == 0) {
		report(round, SYNC_UNCHANGED, job->name, NULL);
		if (manifest_has(&round->manifest, job->name, job->digest))
			manifest_keep(&round->manifest, job->name, job->digest);
	}
	free(job->name);
	free(job->text);
	return r;
}

static int consider(struct round *round, const char *name, struct error *err)
{
	const struct sync_request *request = round->request;
	AUTO_FREE char *file = NULL;
	AUTO_FREE char *text = NULL;
	struct job job = {0};
	int r = source_read(round->source, request->source, name, &file, &text, &job.length, err);

	if (r == 0)
		r = check(file, text, job.length, request->native_only, err);
	if (r < 0)
		return r;
	job.name = strdup(name);
	if (!job.name)
		return error_memory(err);
	job.text = TAKE_PTR(text);
	digest_compute(job.text, job.length, job.digest);
	return plan(round, &job, err);
}

/* What is done */

/* Names the new files before the first of them is there. */
static int announce(struct round *round, struct error *err)
{
	for (size_t i = 0; i < round->job_count; i++) {
		int r = manifest_add(
			&round->manifest, round->jobs[i].name, round->jobs[i].digest, err);

		if (r < 0)
			return r;
	}
	return round->job_count > 0 ? manifest_save(&round->manifest, &round->target, err) : 0;
}

static void write_profiles(struct round *round)
{
	for (size_t i = 0; i < round->job_count; i++) {
		const struct job *job = &round->jobs[i];
		struct error why = ERROR_INIT;

		if (target_write(&round->target, job->name, job->text, job->length, &why) < 0) {
			refuse(round, job->name, &why);
			continue;
		}
		manifest_keep(&round->manifest, job->name, job->digest);
		report(round, job->replaces ? SYNC_UPDATED : SYNC_INSTALLED, job->name, NULL);
	}
}

/* `*ret_removed`: false where it was not there any more. */
static int remove_profile(
	struct round *round, const char *name, bool *ret_removed, struct error *err)
{
	AUTO_FREE char *text = NULL;
	char digest[DIGEST_SIZE];
	size_t length;
	int r = target_read(&round->target, name, PROFILE_SIZE_LIMIT, &text, &length, err);

	*ret_removed = false;
	if (r < 0 || !text)
		return r;
	digest_compute(text, length, digest);
	if (!manifest_has(&round->manifest, name, digest))
		return error_set(err, -EEXIST,
			"%s/%s: is not in %s any more, but was changed here since; remove it "
			"yourself",
			round->target.path, name, round->request->source);
	*ret_removed = true;
	return target_remove(&round->target, name, err);
}

/* The manifest is sorted. */
static void remove_profiles(struct round *round)
{
	struct manifest *manifest = &round->manifest;
	size_t i = 0;

	while (i < manifest->count) {
		const char *name = manifest->entries[i].name;
		bool seen = i > 0 && strcmp(name, manifest->entries[i - 1].name) == 0;
		struct error why = ERROR_INIT;
		bool removed;

		if (seen || in_source(round, name)) {
			i++;
		} else if (remove_profile(round, name, &removed, &why) < 0) {
			refuse(round, name, &why);
			i++;
		} else {
			if (removed)
				report(round, SYNC_REMOVED, name, NULL);
			manifest_keep(manifest, name, NULL);
		}
	}
}

static int run(struct round *round, struct error *err)
{
	const struct sync_request *request = round->request;
	int r = source_open(request->source, &round->source, err);

	if (r == 0)
		r = target_open(request->target, &round->target, err);
	if (r == 0)
		r = find_names(round, err);
	if (r == 0)
		r = manifest_read(&round->target, &round->manifest, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < round->name_count; i++) {
		struct error why = ERROR_INIT;

		if (consider(round, round->names[i], &why) < 0)
			refuse(round, round->names[i], &why);
	}
	r = announce(round, err);
	if (r < 0)
		return r;
	write_profiles(round);
	if (!round->incomplete)
		remove_profiles(round);
	return manifest_save(&round->manifest, &round->target, err);
}

int sync_profiles(const struct sync_request *request, struct error *err)
{
	struct round round = {.request = request, .source = -1, .target.fd = -1};
	int r = run(&round, err);

	round_finish(&round);
	return r;
}
