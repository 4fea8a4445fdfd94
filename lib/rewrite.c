/* SPDX-License-Identifier: Apache-2.0 */
#include "rewrite.h"

#include "cleanup.h"
#include "crun.h"
#include "host.h"
#include "load.h"
#include "policy.h"
#include "profile.h"
#include "profile_write.h"
#include "resolve.h"
#include "splice.h"
#include "syscalls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

/* What all must permit: the container's profile, if it has one, and the node's baseline. */
struct floor {
	struct profile profiles[2];
	struct policy policies[2]; /* each of the profile beside it */
	size_t count;
	bool log; /* denials are to be logged */
};

static void floor_finish(struct floor *floor)
{
	for (size_t i = 0; i < floor->count; i++) {
		policy_finish(&floor->policies[i]);
		profile_finish(&floor->profiles[i]);
	}
	floor->count = 0;
}

/* No flags means the runtime's default ones, so where one is added the default must be named. */
static void log_denials(struct profile *profile)
{
	if (!profile->has_flags && load_flags_supported(SECCOMP_FILTER_FLAG_SPEC_ALLOW))
		profile->flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	profile->flags |= SECCOMP_FILTER_FLAG_LOG;
	profile->has_flags = true;
}

/* The profile is the one after the last of `floor`, which takes it over, also on failure. */
static int add_profile(struct floor *floor, const struct node_config *config,
	const struct target *target, struct error *err)
{
	struct profile *profile = &floor->profiles[floor->count];
	int r;

	if (floor->log)
		log_denials(profile);
	r = policy_select(
		profile, target, config->native_arch_only, &floor->policies[floor->count], err);
	if (r < 0) {
		profile_finish(profile);
		return r;
	}
	floor->count++;
	return 0;
}

static int add_choice(const struct profile_choice *choice, const struct node_config *config,
	const struct target *target, struct floor *floor, struct error *err)
{
	struct diagnostics diagnostics = {0};
	int r;

	if (choice->kind != CHOICE_RUNTIME_DEFAULT && choice->kind != CHOICE_LOCALHOST)
		return 0;
	r = resolve_read_profile(choice, config, &floor->profiles[floor->count], &diagnostics, err);
	diagnostics_finish(&diagnostics);
	return r < 0 ? r : add_profile(floor, config, target, err);
}

static int add_engine(const struct bundle *bundle, const struct node_config *config,
	const struct target *target, struct floor *floor, struct error *err)
{
	struct diagnostics diagnostics = {0};
	size_t length;
	char *text = bundle_seccomp_text(bundle, &length);
	int r;

	if (!text)
		return error_memory(err);
	r = profile_parse(bundle->document.name, text, length, &floor->profiles[floor->count],
		&diagnostics, err);
	diagnostics_finish(&diagnostics);
	return r < 0 ? r : add_profile(floor, config, target, err);
}

static int build_floor(const struct bundle *bundle, const struct node_config *config,
	const struct resolution *resolution, struct floor *floor, struct error *err)
{
	struct target target;
	int r = host_target(&target, err);

	if (r < 0)
		return r;
	target.capabilities = bundle->capabilities;
	if (resolution->engine)
		r = add_engine(bundle, config, &target, floor, err);
	else
		r = add_choice(&resolution->profile, config, &target, floor, err);
	if (r < 0)
		return error_prefix(err, r, "%s", resolution->origin);
	r = add_choice(&resolution->baseline, config, &target, floor, err);
	return r < 0 ? error_prefix(err, r, "baseline of %s", config->file) : 0;
}

/* A runtime skips a rule for a name that its libseccomp does not know. Where the rule restricts that
 * would be a hole. */
static int check_names(const struct floor *floor, struct error *err)
{
	verdict strictest = SECCOMP_RET_ALLOW;

	for (size_t i = 0; i < floor->count; i++)
		if (verdict_stricter(floor->profiles[i].default_action, strictest))
			strictest = floor->profiles[i].default_action;
	for (size_t i = 0; i < floor->count; i++) {
		const struct policy *policy = &floor->policies[i];

		for (size_t j = 0; j < policy->clause_count; j++) {
			const struct clause *clause = &policy->clauses[j];

			if (!verdict_stricter(clause->action, strictest) ||
				(syscall_known_to_libseccomp(clause->name) &&
					syscall_numbered_by_libseccomp(clause->arch, clause->name)))
				continue;
			return error_set(err, -EOPNOTSUPP,
				"%s:%u:%u: the rule for %s restricts, and a runtime would skip it: "
				"libseccomp does not know that call of %s; the hook can load it",
				policy->profile->name, clause->rule->line, clause->rule->column,
				clause->name, architectures[clause->arch].name);
		}
	}
	return 0;
}

/* The linux.seccomp to write, owned by the caller; NULL: none. */
static int write_object(const struct bundle *bundle, const struct node_config *config,
	const struct resolution *resolution, char **ret, struct error *err)
{
	const struct policy *policies[2];
	struct floor floor = {.log = resolution->log};
	int r = build_floor(bundle, config, resolution, &floor, err);

	for (size_t i = 0; i < floor.count; i++)
		policies[i] = &floor.policies[i];
	*ret = NULL;
	if (r == 0)
		r = check_names(&floor, err);
	if (r == 0 && floor.count > 0) {
		r = profile_write(policies, floor.count, TOGETHER_STACKED, ret, err);
		if (r < 0)
			error_prefix(err, r, "%s%s", resolution->origin,
				floor.count > 1 ? " and the baseline" : "");
	}
	floor_finish(&floor);
	return r;
}

static int copy_config(
	const struct bundle *bundle, char **ret_text, size_t *ret_length, struct error *err)
{
	char *text = malloc(bundle->document.length + 1);

	if (!text)
		return error_memory(err);
	memcpy(text, bundle->document.text, bundle->document.length + 1);
	*ret_text = text;
	*ret_length = bundle->document.length;
	return 0;
}

/* The program that belongs beside `object`. */
static int choose_program(const struct bundle *bundle, const struct node_config *config,
	const char *object, char **ret_base64, struct error *err)
{
	int r = crun_program(bundle, strdup(object), strlen(object), ret_base64, err);

	if (r < 0 || config->override_always)
		return r;
	r = crun_refuse_foreign(bundle, *ret_base64, err);
	/* That of the linux.seccomp which is there is ours: of a run before, with another baseline. */
	if (r == -EPERM && bundle->seccomp && crun_check_engine(bundle, NULL) == 0) {
		error_finish(err);
		return 0;
	}
	return r;
}

/* Sets the annotation in `text`, or without `base64` removes it; `text` is taken over and given
 * back. */
static int annotate(
	const char *name, const char *base64, char **text, size_t *length, struct error *err)
{
	struct bundle bundle;
	int r = bundle_parse(name, TAKE_PTR(*text), *length, &bundle, err);

	if (r < 0)
		return r;
	if (base64)
		r = crun_annotate(&bundle, base64, text, length, err);
	else
		r = crun_remove_annotation(&bundle, text, length, err);
	bundle_finish(&bundle);
	return r;
}

static int rewrite(const struct bundle *bundle, const struct node_config *config, bool for_crun,
	const struct resolution *resolution, char **ret_text, size_t *ret_length, struct error *err)
{
	AUTO_FREE char *object = NULL;
	AUTO_FREE char *program = NULL;
	static const char *const keys[] = {"linux", "seccomp", NULL};
	const struct json *seccomp;
	const char *given;
	int r = crun_annotation(bundle, &given, err);

	if (r < 0)
		return r;
	if (resolution->engine && resolution->baseline.kind == CHOICE_NONE) {
		/* As splice_seccomp: there may be two of it, or one that only runc takes for it. */
		r = splice_find(&bundle->document, keys, JSON_OBJECT, &seccomp, err);
		if (r == 0)
			r = crun_check_engine(bundle, err);
		return r < 0 ? r : copy_config(bundle, ret_text, ret_length, err);
	}
	r = write_object(bundle, config, resolution, &object, err);
	if (r == 0 && object && (given || for_crun))
		r = choose_program(bundle, config, object, &program, err);
	if (r == 0)
		r = splice_seccomp(&bundle->document, object, ret_text, ret_length, err);
	if (r == 0 && (program || (given && !object && config->override_always)))
		r = annotate(bundle->document.name, program, ret_text, ret_length, err);
	return r;
}

int rewrite_config(const struct bundle *bundle, const struct node_config *config, bool for_crun,
	char **ret_text, size_t *ret_length, bool *ret_changed, struct error *err)
{
	struct resolution resolution;
	char *text;
	size_t length;
	int r = resolve(bundle, config, ASKER_REWRITER, &resolution, err);

	if (r < 0)
		return r;
	r = rewrite(bundle, config, for_crun, &resolution, &text, &length, err);
	resolution_finish(&resolution);
	if (r < 0)
		return r;
	*ret_changed = length != bundle->document.length ||
		       memcmp(text, bundle->document.text, length) != 0;
	*ret_text = text;
	*ret_length = length;
	return 0;
}
