/* SPDX-License-Identifier: Apache-2.0 */
#include "compile.h"

#include "cleanup.h"
#include "decode.h"
#include "filter.h"
#include "profile.h"
#include "prove.h"
#include "resolve.h"
#include "syscalls.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an entry's value begins with; the instructions follow. */
struct stored {
	uint32_t flags;
	uint32_t has_flags;
	uint64_t skipped;
};

/* Other programs, or the same one built of other sources, may make something else of a profile. */
static const char made_by[] = "oci-seccomp " VERSION " "
#include "source-digest.inc"
	;

/* The first part of a profile's key: lines that a reader understands and an empty one. The text is the
 * second part. Owned by the caller; NULL: no memory. */
static char *key_lines(const struct profile_text *text, const struct node_config *config,
	const struct target *target, size_t *ret_length)
{
	struct libseccomp_version libseccomp = syscalls_libseccomp_version();
	char *lines;
	int length = asprintf(&lines,
		"%s\nlibseccomp %u.%u.%u\nprofile %s\narchitecture %s%s\n"
		"kernel %u.%u\ncapabilities %#" PRIx64 "\n\n",
		made_by, libseccomp.major, libseccomp.minor, libseccomp.micro, text->name,
		architectures[target->arch].go_name, config->native_arch_only ? " alone" : "",
		target->kernel.major, target->kernel.minor, target->capabilities);

	*ret_length = (size_t)length;
	return length < 0 ? NULL : lines;
}

bool compile_describe(const struct cache_entry *entry, struct compiled_entry *ret)
{
	const char *end = memmem(entry->key, entry->key_length, "\n\n", 2);
	AUTO_FREE char *lines = end ? strndup(entry->key, (size_t)(end - entry->key)) : NULL;

	if (!lines || strncmp(lines, made_by, strlen(made_by)) != 0 ||
		entry->value_length < sizeof(struct stored))
		return false;
	ret->instructions =
		(entry->value_length - sizeof(struct stored)) / sizeof(struct sock_filter);
	return sscanf(lines + strlen(made_by),
		       "\nlibseccomp %*s\nprofile %255[^\n]\narchitecture %31[^\n]\nkernel "
		       "%15[^\n]\ncapabilities %23[^\n]",
		       ret->profile, ret->architecture, ret->kernel, ret->capabilities) == 4;
}

/* From an entry; false: it has no program that the kernel takes. */
static bool from_value(const char *value, size_t length, struct compiled *ret)
{
	struct compiled compiled = {0};
	struct stored stored;
	struct error err = ERROR_INIT;

	if (length < sizeof(stored))
		return false;
	memcpy(&stored, value, sizeof(stored));
	if (program_read("cache", value + sizeof(stored), length - sizeof(stored),
		    &compiled.program, &err) < 0) {
		error_finish(&err);
		return false;
	}
	compiled.flags = stored.flags;
	compiled.has_flags = stored.has_flags;
	compiled.skipped = stored.skipped;
	*ret = compiled;
	return true;
}

static void keep(
	const char *directory, const struct cache_key *key, const struct compiled *compiled)
{
	const struct stored stored = {compiled->flags, compiled->has_flags, compiled->skipped};
	size_t code_size = compiled->program.length * sizeof(*compiled->program.code);
	AUTO_FREE char *value = malloc(sizeof(stored) + code_size);
	struct error err = ERROR_INIT;

	if (!value)
		return;
	memcpy(value, &stored, sizeof(stored));
	memcpy(value + sizeof(stored), compiled->program.code, code_size);
	if (cache_store(directory, key, value, sizeof(stored) + code_size, &err) < 0)
		error_finish(&err); /* it will be built again the next time */
}

int compile_prove(const struct policy *policy, const struct program *program, bool *ret_proved,
	struct error *err)
{
	const struct layer wanted = {.policy = policy}, built = {.program = program};
	const struct stack profile = {policy->profile->name, &wanted, 1};
	const struct stack result = {"the program that was built", &built, 1};
	struct proof proof;
	int r = prove_stacks(policy->target.arch, &profile, &result, &proof, err);

	*ret_proved = r == 0;
	if (prove_cannot_tell(r)) {
		error_finish(err);
		return 0;
	}
	if (r == 0 && proof.relation != RELATION_SAME)
		return error_set(err, -EIO,
			"%s: the program that was built does not mean what the profile says, which "
			"is a fault of oci-seccomp; it is not used",
			policy->profile->name);
	return r;
}

static int build(const struct profile *profile, const struct node_config *config,
	const struct target *target, struct compiled *compiled, bool *ret_keep, struct error *err)
{
	struct policy policy;
	int r = policy_select(profile, target, config->native_arch_only, &policy, err);

	if (r < 0)
		return r;
	r = filter_build(&policy, &compiled->program, err);
	if (r == 0)
		r = compile_prove(&policy, &compiled->program, ret_keep, err);
	compiled->unproved = !*ret_keep;
	if (r == 0 && policy_notifies(&policy)) {
		*ret_keep = false;
		compiled->listener_path = strdup(profile->listener_path);
		if (profile->listener_metadata)
			compiled->listener_metadata = strdup(profile->listener_metadata);
		if (!compiled->listener_path ||
			(profile->listener_metadata && !compiled->listener_metadata))
			r = error_memory(err);
	}
	policy_finish(&policy);
	return r;
}

static int compile_text(struct profile_text *text, const struct node_config *config,
	const struct target *target, struct compiled *ret, bool *ret_keep, struct error *err)
{
	AUTO(compiled_finish) struct compiled compiled = {0};
	struct diagnostics diagnostics = {0};
	struct profile profile;
	int r = profile_text_parse(text, &profile, &diagnostics, err);

	for (size_t i = 0; i < diagnostics.count; i++)
		compiled.skipped += diagnostics.items[i].severity == SEVERITY_NOTE;
	diagnostics_finish(&diagnostics);
	if (r < 0)
		return r;
	compiled.flags = profile.flags;
	compiled.has_flags = profile.has_flags;
	r = build(&profile, config, target, &compiled, ret_keep, err);
	profile_finish(&profile);
	if (r < 0)
		return r;
	*ret = compiled;
	compiled = (struct compiled){0};
	return 0;
}

int compile_choice(const struct profile_choice *choice, const struct node_config *config,
	const struct target *target, struct compiled *ret, struct error *err)
{
	AUTO(profile_text_finish) struct profile_text text = {0};
	AUTO(cache_entry_finish) struct cache_entry entry = {0};
	AUTO_FREE char *lines = NULL;
	struct cache_key key;
	bool worth_keeping = false;
	int r = resolve_read_text(choice, config, &text, err);

	if (r < 0)
		return r;
	key = (struct cache_key){.tail = text.text, .tail_length = text.length};
	key.head = lines = key_lines(&text, config, target, &key.head_length);
	if (!lines)
		return error_memory(err);
	if (cache_find(config->cache_dir, &key, &entry) < 0 ||
		!from_value(entry.value, entry.value_length, ret)) {
		r = compile_text(&text, config, target, ret, &worth_keeping, err);
		if (r < 0)
			return r;
		if (worth_keeping)
			keep(config->cache_dir, &key, ret);
	}
	ret->name = TAKE_PTR(text.name);
	return 0;
}

void compiled_finish(struct compiled *compiled)
{
	free(compiled->name);
	program_finish(&compiled->program);
	free(compiled->listener_path);
	free(compiled->listener_metadata);
	*compiled = (struct compiled){0};
}
