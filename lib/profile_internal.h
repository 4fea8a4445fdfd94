/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Between profile_read.c (the profile) and profile_rule.c (its rules). */

#include "profile.h"

/* An action as it is being read: its error may stand before it, or be wrong for it. */
struct profile_action {
	bool known;
	verdict value;
	const struct json *number, *name; /* errnoRet and errno; NULL: absent */
};

void profile_read_action(
	struct json_reader *reader, const struct json *value, struct profile_action *action);

/* Joins action and error; without one it is EPERM, as runtime-spec says. */
void profile_settle_action(struct json_reader *reader, struct profile_action *action);

/* Appends an entry of "syscalls" to the rules of `profile`, whose default action is settled. */
void profile_read_rule(
	struct json_reader *reader, const struct json *node, struct profile *profile);

void profile_finish_rule(struct rule *rule);

/* Appends a copy of `item` to a growing array; false and an incomplete run when memory is out. */
bool profile_append(
	struct json_reader *reader, void **items, size_t *count, size_t size, const void *item);
