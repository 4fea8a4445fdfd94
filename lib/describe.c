/* SPDX-License-Identifier: Apache-2.0 */
#include "describe_internal.h"

#include "cleanup.h"
#include "kinds.h"
#include "simulate.h"
#include "syscalls.h"

#include <errno.h>
#include <string.h>

void description_finish(struct description *description)
{
	for (size_t i = 0; i < description->count; i++) {
		free(description->outcomes[i].words);
		free(description->outcomes[i].lines);
	}
	free(description->outcomes);
	memset(description, 0, sizeof(*description));
}

int describe_add_line(struct outcome *outcome, const struct rule *rule)
{
	size_t place = outcome->line_count;
	unsigned *moved;

	for (size_t i = 0; i < outcome->line_count; i++)
		if (outcome->lines[i] == rule->line)
			return 0;
	moved = reallocarray(outcome->lines, place + 1, sizeof(*moved));
	if (!moved)
		return -ENOMEM;
	for (; place > 0 && moved[place - 1] > rule->line; place--)
		moved[place] = moved[place - 1];
	moved[place] = rule->line;
	outcome->lines = moved;
	outcome->line_count++;
	return 0;
}

/* The strictest first, equals as in the profile: the first that holds is the one that decides. */
static int compare_tested(const void *left, const void *right)
{
	const struct clause *a = ((const struct tested *)left)->clause;
	const struct clause *b = ((const struct tested *)right)->clause;

	if (verdict_stricter(a->action, b->action))
		return -1;
	if (verdict_stricter(b->action, a->action))
		return 1;
	return a < b ? -1 : a > b;
}

/* One outcome of neighbours that have the same verdict. */
static int add_outcome(struct description *description, const struct tested *clauses, size_t count)
{
	struct outcome *outcome = &description->outcomes[description->count++];
	size_t length;
	FILE *out = open_memstream(&outcome->words, &length);
	int r = 0;

	outcome->action = clauses[0].clause->action;
	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < count && r == 0; i++) {
		if (i > 0)
			fputs(" or ", out);
		describe_tests(out, description->arch, description->name, &clauses[i], count > 1);
		r = describe_add_line(outcome, clauses[i].clause->rule);
	}
	return fclose(out) == 0 ? r : -ENOMEM;
}

/* What is left when no condition holds. */
static int add_rest(
	const struct policy *policy, struct description *description, const struct clause *decides)
{
	struct outcome *rest;

	rest = &description->outcomes[description->count++];
	rest->action =
		decides ? decides->action
			: policy_fallback(policy, description->arch, description->number, NULL);
	return decides ? describe_add_line(rest, decides->rule) : 0;
}

/* Outcomes before the last that give what it gives need not be told. */
static void drop_same(struct description *description)
{
	while (description->count > 1) {
		struct outcome *last = &description->outcomes[description->count - 1];

		if (last[-1].action != last->action)
			return;
		free(last[-1].words);
		free(last[-1].lines);
		last[-1] = *last;
		*last = (struct outcome){0};
		description->count--;
	}
}

static int describe_clauses(const struct policy *policy, const struct tested *clauses, size_t count,
	struct description *description)
{
	const struct clause *decides = NULL;
	size_t first = 0, end = 0;
	int r = 0;

	while (end < count && clauses[end].count > 0)
		end++;
	if (end < count)
		decides = clauses[end].clause;
	while (first < end && r == 0) {
		size_t next = first + 1;

		while (next < end && clauses[next].clause->action == clauses[first].clause->action)
			next++;
		r = add_outcome(description, clauses + first, next - first);
		first = next;
	}
	if (r == 0)
		r = add_rest(policy, description, decides);
	drop_same(description);
	return r;
}

int describe_call(const struct policy *policy, enum arch arch, const char *name, uint32_t number,
	struct description *ret, struct error *err)
{
	struct description description = {.name = name, .arch = arch, .number = number};
	size_t count, kept = 0;
	const struct clause *clauses = policy_clauses(policy, arch, number, &count);
	AUTO_FREE struct tested *tested = calloc(count + 1, sizeof(*tested));
	int r;

	description.outcomes = calloc(count + 1, sizeof(*description.outcomes));
	if (!tested || !description.outcomes) {
		free(description.outcomes);
		return error_memory(err);
	}
	for (size_t i = 0; i < count; i++)
		kept += describe_simplify(&clauses[i], &tested[kept]);
	qsort(tested, kept, sizeof(*tested), compare_tested);
	r = describe_has_ranges(tested, kept)
		    ? describe_ranges(policy, tested, kept, &description)
		    : describe_clauses(policy, tested, kept, &description);
	if (r < 0) {
		description_finish(&description);
		return error_memory(err);
	}
	*ret = description;
	return 0;
}

static int compare_descriptions(const void *left, const void *right)
{
	const struct description *a = left, *b = right;
	size_t kinds[2] = {kind_of(a->name), kind_of(b->name)};

	return kinds[0] != kinds[1] ? (kinds[0] < kinds[1] ? -1 : 1) : strcmp(a->name, b->name);
}

void descriptions_finish(struct descriptions *descriptions)
{
	for (size_t i = 0; i < descriptions->count; i++)
		description_finish(&descriptions->items[i]);
	free(descriptions->items);
	memset(descriptions, 0, sizeof(*descriptions));
}

int describe_all(
	const struct policy *policy, enum arch arch, struct descriptions *ret, struct error *err)
{
	struct descriptions all = {0};
	size_t cursor = 0, count = 0;
	uint32_t number;
	int r = 0;

	while (syscall_each(arch, &cursor, &number))
		count++;
	if (count == 0)
		return error_set(err, -EOPNOTSUPP,
			"%s: there is no table of its system calls here; oci-seccomp query answers "
			"for single calls",
			architectures[arch].name);
	all.items = calloc(count, sizeof(*all.items));
	if (!all.items)
		return error_memory(err);
	for (cursor = 0; r == 0 && syscall_each(arch, &cursor, &number);) {
		r = describe_call(policy, arch, syscall_name(arch, number), number,
			&all.items[all.count], err);
		all.count += r == 0;
	}
	if (r < 0) {
		descriptions_finish(&all);
		return r;
	}
	qsort(all.items, all.count, sizeof(*all.items), compare_descriptions);
	*ret = all;
	return 0;
}
