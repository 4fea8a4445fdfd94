/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include "cleanup.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static void read_id(struct json_reader *reader, const struct json *value, void *target)
{
	json_read_string(reader, value, &((struct state *)target)->id);
}

static void read_status(struct json_reader *reader, const struct json *value, void *target)
{
	json_read_string(reader, value, &((struct state *)target)->status);
}

static void read_bundle(struct json_reader *reader, const struct json *value, void *target)
{
	struct state *state = target;

	if (json_read_string(reader, value, &state->bundle) && state->bundle[0] != '/')
		json_report(reader, value, SEVERITY_ERROR, "\"%s\" is not an absolute path",
			state->bundle);
}

static void read_pid(struct json_reader *reader, const struct json *value, void *target)
{
	uint64_t pid;

	if (!json_read_unsigned(reader, value, INT_MAX, &pid))
		return;
	if (pid == 0)
		json_report(reader, value, SEVERITY_ERROR, "there is no container process yet");
	((struct state *)target)->pid = (pid_t)pid;
}

int state_parse(char *text, size_t length, struct state *ret, struct error *err)
{
	static const struct json_field fields[] = {
		{"bundle", true, read_bundle},
		{"id", true, read_id},
		{"pid", true, read_pid},
		{"status", true, read_status},
	};
	struct diagnostics diagnostics = {0};
	struct state state = {0};
	struct json_reader reader = {
		.document = &state.document, .diagnostics = &diagnostics, .skip_unknown = true};
	int r = json_parse("container state on standard input", text, length, &state.document, err);

	if (r < 0)
		return r;
	json_read_object(&reader, state.document.root, fields, ARRAY_LENGTH(fields), &state);
	r = diagnostics_result(&diagnostics, err);
	diagnostics_finish(&diagnostics);
	if (r < 0) {
		state_finish(&state);
		return r;
	}
	*ret = state;
	return 0;
}

void state_finish(struct state *state)
{
	json_document_finish(&state->document);
	free(state->id);
	free(state->status);
	free(state->bundle);
	memset(state, 0, sizeof(*state));
}
