/* SPDX-License-Identifier: Apache-2.0 */
#include "compare_internal.h"

#include "cleanup.h"
#include "syscalls.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char compare_unnamed[] = "(unnamed)";
const char compare_every[] = "(every call)";

struct listing {
	struct changes *changes;
	const struct diagrams *diagrams;
	enum arch native;
	struct error *err;
	/* The call at hand. */
	const char *call;
	uint32_t architectures;
};

static void change_finish(struct change *change)
{
	free(change->condition);
	free(change->example);
}

void changes_finish(struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		change_finish(&changes->items[i]);
	free(changes->items);
	memset(changes, 0, sizeof(*changes));
}

enum relation change_relation(const struct change *change)
{
	if (verdict_stricter(change->is, change->was))
		return RELATION_STRICTER;
	return verdict_stricter(change->was, change->is) ? RELATION_LAXER : RELATION_DIFFERENT;
}

/* The new item, which has the call at hand. NULL: no memory. */
static struct change *append(struct listing *listing, verdict was, verdict is)
{
	struct changes *changes = listing->changes;

	if (changes->count == changes->capacity) {
		size_t larger = changes->capacity ? 2 * changes->capacity : 256;
		struct change *moved = reallocarray(changes->items, larger, sizeof(*moved));

		if (!moved)
			return NULL;
		changes->items = moved;
		changes->capacity = larger;
	}
	changes->items[changes->count] = (struct change){.call = listing->call,
		.was = was,
		.is = is,
		.architectures = listing->architectures};
	return &changes->items[changes->count++];
}

static int add_condition(const char *condition, uint64_t pair, void *data)
{
	struct change *change = append(data, (verdict)(pair >> 32), (verdict)pair);

	if (!change)
		return -ENOMEM;
	if (condition)
		change->condition = strdup(condition);
	return condition && !change->condition ? -ENOMEM : 0;
}

/* The arguments that matter, as `family=40`. NULL: no memory. */
static char *format_arguments(const struct example *example, const char *name)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	const char *separator = "";

	if (!out)
		return NULL;
	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++) {
		const char *argument = name ? syscall_argument_name(name, i) : NULL;

		if (!(example->words & 3U << (WORD_ARGUMENTS + 2 * i)))
			continue;
		fputs(separator, out);
		separator = ", ";
		if (argument)
			fprintf(out, "%s=", argument);
		else
			fprintf(out, "arg%u=", i);
		fprintf(out, example->call.args[i] < 1000 ? "%llu" : "0x%llx",
			(unsigned long long)example->call.args[i]);
	}
	if (example->words & 3U << WORD_POINTER)
		fprintf(out, "%sinstruction_pointer=0x%llx", separator,
			(unsigned long long)example->call.instruction_pointer);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int add_examples(struct listing *listing, const struct range *range, const char *syscall)
{
	for (int i = 0; i < RELATION_COUNT; i++) {
		const struct example *example = &range->examples[i];
		struct change *change;

		if (!example->found)
			continue;
		change = append(listing, example->a, example->b);
		if (!change)
			return -ENOMEM;
		change->example = format_arguments(example, syscall);
		if (!change->example)
			return -ENOMEM;
	}
	return 0;
}

/* `syscall` is NULL for what has no name of its own. */
static int add_call(struct listing *listing, const struct range *range, enum arch arch,
	const char *syscall, const char *call)
{
	size_t count = listing->changes->count;
	int r;

	listing->call = call;
	listing->architectures = arch == ARCH_COUNT ? 0 : UINT32_C(1) << arch;
	r = compare_conditions(
		listing->diagrams, range->pairs, arch, syscall, add_condition, listing);
	if (r == -E2BIG) {
		while (listing->changes->count > count)
			change_finish(&listing->changes->items[--listing->changes->count]);
		r = add_examples(listing, range, syscall);
	}
	return r == -ENOMEM ? error_memory(listing->err) : r;
}

static bool has_unnamed(enum arch arch, uint32_t first, uint32_t last)
{
	while (syscall_name(arch, first))
		if (first++ == last)
			return false;
	return true;
}

/* The numbers `first` to `last`, all of one architecture. */
static int add_numbers(struct listing *listing, const struct range *range, enum arch arch,
	uint32_t first, uint32_t last)
{
	size_t cursor = 0;
	uint32_t each;
	int r = 0;

	while (r == 0 && syscall_each(arch, &cursor, &each)) {
		const char *name = syscall_name(arch, each);

		if (first <= each && each <= last)
			r = add_call(listing, range, arch, name, name);
	}
	if (r == 0 && has_unnamed(arch, first, last))
		r = add_call(listing, range, arch, NULL, compare_unnamed);
	return r;
}

/* Of the range, what is in a span of numbers that belongs to the architecture. */
static int add_part(struct listing *listing, const struct range *range, enum arch arch,
	uint32_t first, uint32_t last)
{
	if (range->first > last || range->last < first)
		return 0;
	if (range->first <= first && range->last >= last && first < last)
		return add_call(listing, range, arch, NULL, compare_every);
	return add_numbers(listing, range, arch, first > range->first ? first : range->first,
		last < range->last ? last : range->last);
}

static int add_architecture(struct listing *listing, const struct range *range, enum arch arch)
{
	int r;

	if (arch == ARCH_X32)
		return add_part(listing, range, arch, X32_SYSCALL_BIT, UINT32_MAX - 1);
	if (arch != ARCH_X86_64)
		return add_part(listing, range, arch, 0, UINT32_MAX);
	r = add_part(listing, range, arch, 0, X32_SYSCALL_BIT - 1);
	/* -1, which a tracer sets to skip a call, is not x32's. */
	return r < 0 ? r : add_part(listing, range, arch, UINT32_MAX, UINT32_MAX);
}

/* How many of the architectures of a range have a name: those whose calls the kernel runs. */
static int add_architectures(
	struct listing *listing, const struct range *range, uint32_t *ret_named)
{
	int r = 0;

	*ret_named = 0;
	for (int arch = 0; arch < ARCH_COUNT && r == 0; arch++) {
		uint32_t audit = architectures[arch].audit;

		if (!arch_runs_on((enum arch)arch, listing->native) || audit < range->first_arch ||
			audit > range->last_arch)
			continue;
		*ret_named += arch != ARCH_X32; /* it shares x86_64's */
		r = add_architecture(listing, range, (enum arch)arch);
	}
	return r;
}

static int add_range(const struct range *range, void *data)
{
	struct listing *listing = data;
	bool every = range->first == 0 && range->last == UINT32_MAX;
	uint32_t named;
	int r = add_architectures(listing, range, &named);

	if (r < 0 || range->last_arch - range->first_arch < named)
		return r;
	return add_call(listing, range, ARCH_COUNT, NULL, every ? compare_every : compare_unnamed);
}

static int compare_texts(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

/* What is no name comes last. */
static int compare_calls(const char *a, const char *b)
{
	return (a[0] == '(') != (b[0] == '(') ? (a[0] == '(') - (b[0] == '(') : strcmp(a, b);
}

static int compare_changes(const void *left, const void *right)
{
	const struct change *a = left, *b = right;
	int order = compare_calls(a->call, b->call);

	if (order == 0)
		order = compare_texts(a->condition, b->condition);
	if (order == 0)
		order = compare_texts(a->example, b->example);
	if (order == 0)
		order = (a->was > b->was) - (a->was < b->was);
	if (order == 0)
		order = (a->is > b->is) - (a->is < b->is);
	return order ? order : !a->architectures - !b->architectures;
}

/* One item of those that say the same of several architectures. */
static void group(struct changes *changes)
{
	size_t kept = 0;

	if (changes->count == 0)
		return;
	qsort(changes->items, changes->count, sizeof(*changes->items), compare_changes);
	for (size_t i = 1; i < changes->count; i++) {
		struct change *last = &changes->items[kept], *next = &changes->items[i];

		if (compare_changes(last, next) != 0) {
			changes->items[++kept] = *next;
			continue;
		}
		last->architectures |= next->architectures;
		change_finish(next);
	}
	changes->count = kept + 1;
}

static int list_changes(struct prover *prover, enum arch native, const struct meaning *was,
	const struct meaning *is, struct changes *changes, struct error *err)
{
	struct listing listing = {.changes = changes,
		.diagrams = prover_diagrams(prover),
		.native = native,
		.err = err};
	int r = prove_compare(prover, was, is, &changes->proof, err);

	if (r < 0 || changes->proof.relation == RELATION_SAME)
		return r;
	r = prove_ranges(prover, was, is, add_range, &listing, err);
	group(changes);
	return r;
}

int compare_stacks(enum arch native, const struct stack *was, const struct stack *is,
	struct changes *ret, struct error *err)
{
	struct changes changes = {0};
	struct meaning meanings[2];
	struct prover *prover;
	int r = prover_create(native, &prover, err);

	if (r < 0)
		return r;
	r = prove_meaning(prover, was, &meanings[0], err);
	if (r == 0)
		r = prove_meaning(prover, is, &meanings[1], err);
	if (r == 0)
		r = list_changes(prover, native, &meanings[0], &meanings[1], &changes, err);
	prover_destroy(prover);
	if (r < 0)
		changes_finish(&changes);
	else
		*ret = changes;
	return r;
}
