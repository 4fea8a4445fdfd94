/* SPDX-License-Identifier: Apache-2.0 */
#include "profile_internal.h"

#include "cleanup.h"

#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

struct profile_reader {
	struct profile *profile;
	struct profile_action default_action;
	const struct json *architectures, *architecture_map, *syscalls, *flags, *listener_metadata;
};

static void read_default_action(struct json_reader *reader, const struct json *value, void *target)
{
	profile_read_action(reader, value, &((struct profile_reader *)target)->default_action);
}

static void keep_default_errno(struct json_reader *reader, const struct json *value, void *target)
{
	(void)reader;
	((struct profile_reader *)target)->default_action.name = value;
}

static void keep_default_errno_ret(
	struct json_reader *reader, const struct json *value, void *target)
{
	(void)reader;
	((struct profile_reader *)target)->default_action.number = value;
}

static bool read_architecture(struct json_reader *reader, const struct json *node, uint32_t *set)
{
	enum arch arch;
	char hint[128];

	if (!json_expect(reader, node, JSON_STRING))
		return false;
	if (!strcmp(node->text, "SCMP_ARCH_NATIVE")) /* always part of the set */
		return true;
	if (arch_lookup(node->text, &arch)) {
		*set |= UINT32_C(1) << arch;
		return true;
	}
	json_report(reader, node, SEVERITY_ERROR, "unknown architecture \"%s\"%s", node->text,
		arch_hint(node->text, hint, sizeof(hint)));
	return false;
}

static void read_architecture_list(
	struct json_reader *reader, const struct json *value, uint32_t *set)
{
	if (!json_expect(reader, value, JSON_ARRAY))
		return;
	for (const struct json *item = value->first; item; item = item->next)
		read_architecture(reader, item, set);
}

static void read_architectures(struct json_reader *reader, const struct json *value, void *target)
{
	struct profile_reader *state = target;

	state->architectures = value;
	read_architecture_list(reader, value, &state->profile->architectures);
}

static void read_map_architecture(
	struct json_reader *reader, const struct json *value, void *target)
{
	struct architecture_map *map = target;
	enum arch arch;
	char hint[128];

	if (!json_expect(reader, value, JSON_STRING))
		return;
	if (arch_lookup(value->text, &arch))
		map->arch = arch;
	else
		json_report(reader, value, SEVERITY_ERROR, "unknown architecture \"%s\"%s",
			value->text, arch_hint(value->text, hint, sizeof(hint)));
}

static void read_sub_architectures(
	struct json_reader *reader, const struct json *value, void *target)
{
	read_architecture_list(
		reader, value, &((struct architecture_map *)target)->sub_architectures);
}

static void read_architecture_map(
	struct json_reader *reader, const struct json *value, void *target)
{
	static const struct json_field fields[] = {
		{"architecture", true, read_map_architecture},
		{"subArchitectures", false, read_sub_architectures},
	};
	struct profile_reader *state = target;
	struct profile *profile = state->profile;

	state->architecture_map = value;
	if (!json_expect(reader, value, JSON_ARRAY))
		return;
	for (const struct json *item = value->first; item; item = item->next) {
		struct architecture_map map = {0};

		json_read_object(reader, item, fields, ARRAY_LENGTH(fields), &map);
		profile_append(reader, (void **)&profile->architecture_maps,
			&profile->architecture_map_count, sizeof(map), &map);
	}
}

static void read_flags(struct json_reader *reader, const struct json *value, void *target)
{
	struct profile_reader *state = target;
	char hint[128];
	uint32_t flag;

	state->flags = value;
	state->profile->has_flags = true;
	if (!json_expect(reader, value, JSON_ARRAY))
		return;
	for (const struct json *item = value->first; item; item = item->next) {
		if (!json_expect(reader, item, JSON_STRING))
			continue;
		if (name_lookup(&names_flags, item->text, &flag))
			state->profile->flags |= flag;
		else
			json_report(reader, item, SEVERITY_ERROR, "unknown flag \"%s\"%s",
				item->text,
				name_hint(&names_flags, item->text, hint, sizeof(hint)));
	}
}

static void read_listener_path(struct json_reader *reader, const struct json *value, void *target)
{
	json_read_string(reader, value, &((struct profile_reader *)target)->profile->listener_path);
}

static void read_listener_metadata(
	struct json_reader *reader, const struct json *value, void *target)
{
	struct profile_reader *state = target;

	state->listener_metadata = value;
	json_read_string(reader, value, &state->profile->listener_metadata);
}

static void keep_syscalls(struct json_reader *reader, const struct json *value, void *target)
{
	(void)reader;
	((struct profile_reader *)target)->syscalls = value;
}

/* What no single value shows. */
static void check_profile(
	struct json_reader *reader, const struct json *root, const struct profile_reader *state)
{
	const struct profile *profile = state->profile;
	bool notifies = false;

	for (size_t i = 0; i < profile->rule_count; i++)
		notifies = notifies || profile->rules[i].action == SECCOMP_RET_USER_NOTIF;
	if (state->architectures && state->architectures->count > 0 && state->architecture_map &&
		state->architecture_map->count > 0)
		json_report(reader, state->architecture_map, SEVERITY_ERROR,
			"\"architectures\" and \"archMap\" exclude each other");
	if (profile->default_action == SECCOMP_RET_USER_NOTIF)
		json_report(reader, root, SEVERITY_ERROR,
			"SCMP_ACT_NOTIFY cannot be the default action");
	if (notifies && !profile->listener_path)
		json_report(reader, root, SEVERITY_ERROR,
			"SCMP_ACT_NOTIFY needs \"listenerPath\", the socket of the agent that "
			"answers");
	if (state->listener_metadata && !profile->listener_path)
		json_report(reader, state->listener_metadata, SEVERITY_ERROR,
			"must not be set without \"listenerPath\"");
	if ((profile->flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) && !notifies)
		json_report(reader, state->flags, SEVERITY_ERROR,
			"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with "
			"SCMP_ACT_NOTIFY");
}

static void read_profile(struct json_reader *reader, struct profile *profile)
{
	static const struct json_field fields[] = {
		{"archMap", false, read_architecture_map},
		{"architectures", false, read_architectures},
		{"defaultAction", true, read_default_action},
		{"defaultErrno", false, keep_default_errno},
		{"defaultErrnoRet", false, keep_default_errno_ret},
		{"flags", false, read_flags},
		{"listenerMetadata", false, read_listener_metadata},
		{"listenerPath", false, read_listener_path},
		{"syscalls", false, keep_syscalls},
	};
	const struct json *root = reader->document->root;
	struct profile_reader state = {.profile = profile};

	json_read_object(reader, root, fields, ARRAY_LENGTH(fields), &state);
	profile_settle_action(reader, &state.default_action);
	profile->default_action = state.default_action.value;
	/* The rules come last: what an unknown name in them means depends on the default. */
	if (state.syscalls && json_expect(reader, state.syscalls, JSON_ARRAY))
		for (const struct json *item = state.syscalls->first; item; item = item->next)
			profile_read_rule(reader, item, profile);
	check_profile(reader, root, &state);
}

int profile_parse(const char *name, char *text, size_t length, struct profile *ret,
	struct diagnostics *diagnostics, struct error *err)
{
	struct json_document document;
	struct json_reader reader = {.document = &document, .diagnostics = diagnostics};
	struct profile profile = {0};
	int r = json_parse(name, text, length, &document, err);

	if (r < 0)
		return r;
	profile.name = strdup(name);
	if (!profile.name)
		diagnostics->incomplete = true;
	read_profile(&reader, &profile);
	json_document_finish(&document);
	r = diagnostics_result(diagnostics, err);
	if (r < 0) {
		profile_finish(&profile);
		return r;
	}
	*ret = profile;
	return 0;
}

void profile_finish(struct profile *profile)
{
	for (size_t i = 0; i < profile->rule_count; i++)
		profile_finish_rule(&profile->rules[i]);
	free(profile->rules);
	free(profile->architecture_maps);
	free(profile->listener_path);
	free(profile->listener_metadata);
	free(profile->name);
	memset(profile, 0, sizeof(*profile));
}

const char *profile_runtime_default_text(size_t *ret_length)
{
	static const char text[] = {
#include "runtime-default.inc"
		'\0'};

	*ret_length = sizeof(text) - 1;
	return text;
}

int profile_runtime_default(struct profile *ret, struct error *err)
{
	struct diagnostics diagnostics = {0};
	size_t length;
	const char *text = profile_runtime_default_text(&length);
	char *copy = strndup(text, length);
	int r;

	if (!copy)
		return error_memory(err);
	r = profile_parse("RuntimeDefault", copy, length, ret, &diagnostics, err);
	diagnostics_finish(&diagnostics);
	return r;
}
