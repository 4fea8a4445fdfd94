/* SPDX-License-Identifier: Apache-2.0 */
#include "profile_internal.h"

#include "cleanup.h"
#include "syscalls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_HINTS = 32 }; /* a hint costs a look at every name */

struct rule_reader {
	struct rule *rule;
	struct profile_action action;
	const struct json *name, *names, *conditions;
};

void profile_read_action(
	struct json_reader *reader, const struct json *value, struct profile_action *action)
{
	char hint[128];

	if (!json_expect(reader, value, JSON_STRING))
		return;
	action->known = name_lookup(&names_actions, value->text, &action->value);
	if (!action->known)
		json_report(reader, value, SEVERITY_ERROR, "unknown action \"%s\"%s", value->text,
			name_hint(&names_actions, value->text, hint, sizeof(hint)));
}

/* Errors a profile may name: those of the kernel, up to its MAX_ERRNO. */
static bool read_errno_number(struct json_reader *reader, const struct json *node, uint32_t *ret)
{
	uint64_t number;

	if (!json_read_unsigned(reader, node, 4095, &number))
		return false;
	*ret = (uint32_t)number;
	return true;
}

static bool read_errno_name(struct json_reader *reader, const struct json *node, uint32_t *ret)
{
	if (!json_expect(reader, node, JSON_STRING))
		return false;
	if (names_errno(node->text, ret))
		return true;
	json_report(reader, node, SEVERITY_ERROR,
		"unknown error \"%s\": a name such as EPERM or a number up to 4095 is expected",
		node->text);
	return false;
}

static bool action_takes_errno(verdict action)
{
	return action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_TRACE;
}

/* Joins action and errno; without one it is EPERM, as runtime-spec says. */
void profile_settle_action(struct json_reader *reader, struct profile_action *action)
{
	const struct json *given = action->number ? action->number : action->name;
	uint32_t number = EPERM, named = EPERM;

	if (!action->known)
		return;
	if (given && !action_takes_errno(action->value)) {
		json_report(reader, given, SEVERITY_ERROR,
			"%s takes no error: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE do",
			name_of(&names_actions, action->value));
		return;
	}
	if (action->number && !read_errno_number(reader, action->number, &number))
		return;
	if (action->name && !read_errno_name(reader, action->name, &named))
		return;
	if (action->number && action->name && number != named)
		json_report(reader, action->name, SEVERITY_ERROR,
			"\"%s\" is not the error %u that the number gives", action->name->text,
			number);
	if (action_takes_errno(action->value))
		action->value |= action->name ? named : number;
}

bool profile_append(
	struct json_reader *reader, void **items, size_t *count, size_t size, const void *item)
{
	void *moved = reallocarray(*items, *count + 1, size);

	if (!moved) {
		reader->diagnostics->incomplete = true;
		return false;
	}
	*items = moved;
	memcpy((char *)moved + *count * size, item, size);
	++*count;
	return true;
}

/* Conditions of one rule. */

static void read_index(struct json_reader *reader, const struct json *value, void *target)
{
	struct condition *condition = target;
	uint64_t index;

	if (json_read_unsigned(reader, value, SYSCALL_ARGUMENTS - 1, &index))
		condition->index = (unsigned)index;
}

static void read_value(struct json_reader *reader, const struct json *value, void *target)
{
	struct condition *condition = target;

	json_read_unsigned(reader, value, UINT64_MAX, &condition->value);
}

static void read_value_two(struct json_reader *reader, const struct json *value, void *target)
{
	struct condition *condition = target;

	json_read_unsigned(reader, value, UINT64_MAX, &condition->datum);
}

static void read_comparison(struct json_reader *reader, const struct json *value, void *target)
{
	struct condition *condition = target;
	uint32_t comparison;
	char hint[128];

	if (!json_expect(reader, value, JSON_STRING))
		return;
	if (name_lookup(&names_operators, value->text, &comparison))
		condition->comparison = (enum comparison)comparison;
	else
		json_report(reader, value, SEVERITY_ERROR, "unknown operator \"%s\"%s", value->text,
			name_hint(&names_operators, value->text, hint, sizeof(hint)));
}

/* Of the calls that a rule names, the one of whose argument the kernel uses the fewest bits. */
struct narrowest {
	const char *name;
	unsigned bits;
};

static struct narrowest find_narrowest(const struct rule *rule, unsigned index)
{
	struct narrowest found = {NULL, 64};

	for (size_t i = 0; i < rule->name_count; i++) {
		unsigned bits = syscall_argument_bits(ARCH_X86_64, rule->names[i], index);

		if (bits < found.bits)
			found = (struct narrowest){rule->names[i], bits};
	}
	return found;
}

/* A constant above what the kernel uses of the argument can never be met as it is written. */
static void check_width(struct json_reader *reader, const struct json *node,
	const struct condition *condition, const struct narrowest *narrowest)
{
	uint64_t larger = condition->value > condition->datum ? condition->value : condition->datum;

	if (narrowest->bits == 64 || larger >> narrowest->bits == 0)
		return;
	json_report(reader, node, SEVERITY_ERROR,
		"the kernel uses %u bits of argument %u of %s: the constant %llu does not fit",
		narrowest->bits, condition->index, narrowest->name, (unsigned long long)larger);
}

static void read_condition(struct json_reader *reader, const struct json *node, struct rule *rule,
	const struct narrowest narrowest[SYSCALL_ARGUMENTS], unsigned *seen)
{
	static const struct json_field fields[] = {
		{"index", true, read_index},
		{"op", true, read_comparison},
		{"value", true, read_value},
		{"valueTwo", false, read_value_two},
	};
	struct condition condition = {.comparison = OP_EQUAL};
	size_t errors = reader->diagnostics->errors;

	json_read_object(reader, node, fields, ARRAY_LENGTH(fields), &condition);
	if (reader->diagnostics->errors != errors)
		return;
	if (condition.comparison != OP_MASKED_EQUAL && condition.datum != 0) {
		json_report(reader, node, SEVERITY_ERROR,
			"valueTwo belongs to SCMP_CMP_MASKED_EQ alone");
		return;
	}
	if (condition.comparison == OP_MASKED_EQUAL && (condition.datum & ~condition.value) != 0)
		json_report_as(reader, node, SEVERITY_WARNING, "mask-datum",
			"never true: valueTwo has bits outside the mask");
	check_width(reader, node, &condition, &narrowest[condition.index]);
	if (*seen & 1U << condition.index)
		rule->conditions_repeat = true;
	*seen |= 1U << condition.index;
	profile_append(reader, (void **)&rule->conditions, &rule->condition_count,
		sizeof(condition), &condition);
}

static void read_conditions(struct json_reader *reader, const struct json *node, struct rule *rule)
{
	struct narrowest narrowest[SYSCALL_ARGUMENTS];
	unsigned seen = 0; /* bit N: argument N has a condition */

	if (!json_expect(reader, node, JSON_ARRAY) || node->count == 0)
		return;
	for (unsigned index = 0; index < SYSCALL_ARGUMENTS; index++)
		narrowest[index] = find_narrowest(rule, index);
	for (const struct json *item = node->first; item; item = item->next)
		read_condition(reader, item, rule, narrowest, &seen);
}

/* Conditions on the target: includes and excludes. */

static void read_capabilities(struct json_reader *reader, const struct json *value, void *target)
{
	struct requirement *requirement = target;
	unsigned capability;
	char hint[128];

	if (!json_expect(reader, value, JSON_ARRAY))
		return;
	for (const struct json *item = value->first; item; item = item->next) {
		if (!json_expect(reader, item, JSON_STRING))
			continue;
		if (host_capability(item->text, &capability))
			requirement->capabilities |= UINT64_C(1) << capability;
		else
			json_report(reader, item, SEVERITY_ERROR, "unknown capability \"%s\"%s",
				item->text, host_capability_hint(item->text, hint, sizeof(hint)));
	}
}

static void read_arches(struct json_reader *reader, const struct json *value, void *target)
{
	struct requirement *requirement = target;
	enum arch arch;
	char hint[128];

	if (!json_expect(reader, value, JSON_ARRAY))
		return;
	for (const struct json *item = value->first; item; item = item->next) {
		if (!json_expect(reader, item, JSON_STRING))
			continue;
		if (arch_lookup_go(item->text, &arch))
			requirement->architectures |= UINT32_C(1) << arch;
		else
			json_report(reader, item, SEVERITY_ERROR, "unknown architecture \"%s\"%s",
				item->text, arch_hint_go(item->text, hint, sizeof(hint)));
	}
}

static void read_kernel(struct json_reader *reader, const struct json *value, void *target)
{
	struct requirement *requirement = target;

	if (!json_expect(reader, value, JSON_STRING))
		return;
	if (value->text[0] == '\0') /* Docker: unset */
		return;
	requirement->has_kernel = kernel_version_parse(value->text, &requirement->kernel);
	if (!requirement->has_kernel)
		json_report(reader, value, SEVERITY_ERROR,
			"\"%s\" is not a kernel version of two parts, as \"5.10\"", value->text);
}

static void read_requirement(
	struct json_reader *reader, const struct json *value, struct requirement *requirement)
{
	static const struct json_field fields[] = {
		{"caps", false, read_capabilities},
		{"arches", false, read_arches},
		{"minKernel", false, read_kernel},
	};

	json_read_object(reader, value, fields, ARRAY_LENGTH(fields), requirement);
}

/* One entry of "syscalls". */

static void read_includes(struct json_reader *reader, const struct json *value, void *target)
{
	read_requirement(reader, value, &((struct rule_reader *)target)->rule->includes);
}

static void read_excludes(struct json_reader *reader, const struct json *value, void *target)
{
	read_requirement(reader, value, &((struct rule_reader *)target)->rule->excludes);
}

static void read_rule_action(struct json_reader *reader, const struct json *value, void *target)
{
	profile_read_action(reader, value, &((struct rule_reader *)target)->action);
}

static void read_comment(struct json_reader *reader, const struct json *value, void *target)
{
	json_read_string(reader, value, &((struct rule_reader *)target)->rule->comment);
}

static void keep_rule_errno(struct json_reader *reader, const struct json *value, void *target)
{
	(void)reader;
	((struct rule_reader *)target)->action.name = value;
}

static void keep_rule_errno_ret(struct json_reader *reader, const struct json *value, void *target)
{
	(void)reader;
	((struct rule_reader *)target)->action.number = value;
}

static void keep_name(struct json_reader *reader, const struct json *value, void *target)
{
	(void)reader;
	((struct rule_reader *)target)->name = value;
}

static void keep_names(struct json_reader *reader, const struct json *value, void *target)
{
	(void)reader;
	((struct rule_reader *)target)->names = value;
}

static void keep_conditions(struct json_reader *reader, const struct json *value, void *target)
{
	(void)reader;
	((struct rule_reader *)target)->conditions = value;
}

static bool append_name(
	struct json_reader *reader, const struct json *node, struct rule *rule, char *name)
{
	struct place place = {node->line, node->column};
	size_t places = rule->name_count;

	return profile_append(
		       reader, (void **)&rule->name_places, &places, sizeof(place), &place) &&
	       profile_append(
		       reader, (void **)&rule->names, &rule->name_count, sizeof(name), &name);
}

/* A name that nobody knows: in a rule that restricts a slip of the pen would be a hole; a rule that
 * permits only permits less without it. */
static void read_syscall_name(
	struct json_reader *reader, const struct json *node, struct rule *rule, verdict fallback)
{
	bool restricts = verdict_stricter(rule->action, fallback);
	char hint[128];
	char *name = NULL;

	if (!json_expect(reader, node, JSON_STRING))
		return;
	if (!syscall_known(node->text)) {
		json_report_as(reader, node, restricts ? SEVERITY_ERROR : SEVERITY_NOTE,
			"unknown-name", "unknown syscall \"%s\"%s%s", node->text,
			restricts ? "" : ", skipped: the default action applies to it",
			reader->diagnostics->count < MOST_HINTS
				? syscall_hint(node->text, hint, sizeof(hint))
				: "");
		return;
	}
	if (json_read_string(reader, node, &name) && !append_name(reader, node, rule, name))
		free(name);
}

static void read_syscall_names(struct json_reader *reader, const struct json *node,
	const struct rule_reader *entry, verdict fallback)
{
	if (entry->name && entry->names && entry->names->count > 0) {
		json_report(reader, entry->name, SEVERITY_ERROR,
			"\"name\" and \"names\" exclude each other");
		return;
	}
	if (entry->name) {
		read_syscall_name(reader, entry->name, entry->rule, fallback);
		return;
	}
	if (entry->names && !json_expect(reader, entry->names, JSON_ARRAY))
		return;
	if (!entry->names || entry->names->count == 0) {
		json_report(reader, entry->names ? entry->names : node, SEVERITY_ERROR,
			"the rule names no syscall: \"names\" must list at least one");
		return;
	}
	for (const struct json *item = entry->names->first; item; item = item->next)
		read_syscall_name(reader, item, entry->rule, fallback);
}

void profile_finish_rule(struct rule *rule)
{
	for (size_t i = 0; i < rule->name_count; i++)
		free(rule->names[i]);
	free(rule->names);
	free(rule->name_places);
	free(rule->conditions);
	free(rule->comment);
}

void profile_read_rule(struct json_reader *reader, const struct json *node, struct profile *profile)
{
	static const struct json_field fields[] = {
		{"action", true, read_rule_action},
		{"args", false, keep_conditions},
		{"comment", false, read_comment},
		{"errno", false, keep_rule_errno},
		{"errnoRet", false, keep_rule_errno_ret},
		{"excludes", false, read_excludes},
		{"includes", false, read_includes},
		{"name", false, keep_name},
		{"names", false, keep_names},
	};
	struct rule rule = {.line = node->line, .column = node->column};
	struct rule_reader entry = {.rule = &rule};

	json_read_object(reader, node, fields, ARRAY_LENGTH(fields), &entry);
	profile_settle_action(reader, &entry.action);
	rule.action = entry.action.value;
	if (node->type == JSON_OBJECT)
		read_syscall_names(reader, node, &entry, profile->default_action);
	if (entry.conditions)
		read_conditions(reader, entry.conditions, &rule);
	if (!profile_append(
		    reader, (void **)&profile->rules, &profile->rule_count, sizeof(rule), &rule))
		profile_finish_rule(&rule);
}
