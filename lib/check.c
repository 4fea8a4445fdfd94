/* SPDX-License-Identifier: Apache-2.0 */
#include "check_internal.h"

#include "cleanup.h"
#include "simulate.h"
#include "syscalls.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct check_kind check_kinds[] = {
	/* sorted by id */
	{"allow-by-default", "Calls that no rule names are allowed"},
	{"contradiction", "Rules that libseccomp settles in favour of the laxer one"},
	{"dangerous-allowed", "A call that reaches beyond the container is allowed"},
	{"equivalent-open", "A call is denied, and another one that does the same is allowed"},
	{"invalid", "The profile breaks the rules of the format"},
	{"mask-datum", "A masked comparison that never holds"},
	{"missing-subarch", "Calls of an architecture that the kernel runs are killed"},
	{"newer-than-kernel", "Allowed calls that the kernel does not have"},
	{"no-log", "Denied calls leave no trace in the audit log"},
	{"repeated-index", "Conditions of one rule that are alternatives"},
	{"runtime-needs", "Calls that runc or crun make under the filter are denied"},
	{"shadowed-rule", "A rule that never decides"},
	{"unknown-name", "A syscall that nobody knows"},
	{"unknown-to-libseccomp", "Rules that runtimes with this libseccomp skip"},
	{"wide-compare", "Upper bits of an argument get past a comparison"},
};
const size_t check_kind_count = ARRAY_LENGTH(check_kinds);

void findings_finish(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].text);
		free(findings->items[i].remedy);
	}
	free(findings->items);
	memset(findings, 0, sizeof(*findings));
}

static int compare_places(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	int order;

	if (a->place.line != b->place.line)
		return a->place.line < b->place.line ? -1 : 1;
	if (a->place.column != b->place.column)
		return a->place.column < b->place.column ? -1 : 1;
	order = strcmp(a->id, b->id);
	return order != 0 ? order : strcmp(a->text, b->text);
}

void findings_sort(struct findings *findings)
{
	if (findings->count > 0)
		qsort(findings->items, findings->count, sizeof(*findings->items), compare_places);
}

/* Takes over what the finding owns. */
static void findings_append(struct findings *findings, struct finding finding)
{
	struct finding *moved = NULL;

	if (finding.text && !findings->incomplete)
		moved = reallocarray(
			findings->items, findings->count + 1, sizeof(*findings->items));
	if (!moved) {
		free(finding.text);
		free(finding.remedy);
		findings->incomplete = true;
		return;
	}
	findings->items = moved;
	findings->items[findings->count++] = finding;
}

void check_report(struct checker *checker, const char *id, enum severity severity,
	struct place place, const char *remedy, const char *format, ...)
{
	struct finding finding = {.id = id, .severity = severity, .place = place};
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&finding.text, format, arguments) < 0)
		finding.text = NULL;
	va_end(arguments);
	finding.remedy = strdup(remedy);
	if (!finding.remedy)
		checker->findings->incomplete = true;
	findings_append(checker->findings, finding);
}

int check_diagnostics(
	const struct diagnostics *diagnostics, struct findings *findings, struct error *err)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *item = &diagnostics->items[i];
		struct finding finding = {
			.id = item->id ? item->id : "invalid",
			.severity = item->severity,
			.place = {item->line, item->column},
			.text = strdup(item->text),
		};

		findings_append(findings, finding);
	}
	return findings->incomplete || diagnostics->incomplete ? error_memory(err) : 0;
}

void word_list_add(struct word_list *list, const char *format, ...)
{
	AUTO_FREE char *word = NULL;
	char *joined;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&word, format, arguments) < 0)
		word = NULL;
	va_end(arguments);
	if (!word || asprintf(&joined, "%s%s%s", list->text ? list->text : "",
			     list->text ? ", " : "", word) < 0) {
		list->failed = true;
		return;
	}
	free(list->text);
	list->text = joined;
	list->count++;
}

void word_list_finish(struct word_list *list)
{
	free(list->text);
	memset(list, 0, sizeof(*list));
}

struct place clause_place(const struct clause *clause)
{
	const struct rule *rule = clause->rule;

	for (size_t i = 0; i < rule->name_count; i++)
		if (rule->names[i] == clause->name)
			return rule->name_places[i];
	return (struct place){rule->line, rule->column};
}

enum arch check_arch(const struct policy *policy, const char *name)
{
	if (syscall_number(policy->target.arch, name) != SYSCALL_NONE)
		return policy->target.arch;
	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if ((policy->architectures & UINT32_C(1) << arch) &&
			syscall_number((enum arch)arch, name) != SYSCALL_NONE)
			return (enum arch)arch;
	return ARCH_COUNT;
}

bool verdict_permits(verdict action)
{
	uint32_t kind = action & SECCOMP_RET_ACTION_FULL;

	return kind == SECCOMP_RET_ALLOW || kind == SECCOMP_RET_LOG;
}

static bool is_conditional(const struct clause *clause)
{
	return clause->condition_count > 0 || clause->call_mask != 0;
}

struct outcome check_outcome(const struct policy *policy, enum arch arch, const char *name)
{
	uint32_t number = (uint32_t)syscall_number(arch, name);
	const struct clause *base = NULL, *clauses;
	struct outcome outcome = {0};
	verdict fallback;
	size_t count;

	clauses = policy_clauses(policy, arch, number, &count);
	for (size_t i = 0; i < count; i++)
		if (!is_conditional(&clauses[i]) &&
			(!base || verdict_stricter(clauses[i].action, base->action)))
			base = &clauses[i];
	fallback = base ? base->action : policy_fallback(policy, arch, number, NULL);
	outcome.always_permitted = verdict_permits(fallback);
	outcome.never_permitted = !outcome.always_permitted;
	if (outcome.always_permitted)
		outcome.permission = base;
	else
		outcome.restriction = base;
	for (size_t i = 0; i < count; i++) {
		if (!is_conditional(&clauses[i]))
			continue;
		if (!verdict_permits(clauses[i].action)) {
			outcome.always_permitted = false;
			if (!outcome.restriction)
				outcome.restriction = &clauses[i];
		} else if (!base) {
			outcome.never_permitted = false;
			outcome.permission = &clauses[i];
		}
	}
	return outcome;
}

int check_profile(const struct profile *profile, const struct target *target,
	struct findings *findings, struct error *err)
{
	struct policy policy;
	struct checker checker = {&policy, findings};
	int r = policy_select(profile, target, false, &policy, err);

	if (r < 0)
		return r;
	check_whole(&checker);
	check_equivalents(&checker);
	check_dangerous(&checker);
	check_runtimes(&checker);
	r = check_rules(&checker, err);
	if (r == 0)
		r = check_peers(&checker, err);
	policy_finish(&policy);
	if (r == 0 && findings->incomplete)
		r = error_memory(err);
	return r;
}
