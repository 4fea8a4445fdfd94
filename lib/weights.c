/* SPDX-License-Identifier: Apache-2.0 */
#include "weights.h"

#include "cleanup.h"
#include "syscalls.h"

#include <errno.h>
#include <string.h>

enum { LARGEST_WEIGHT = 1000000000 };

/* Where a message points to. */
struct place {
	const char *name;
	unsigned line;
	struct error *err;
};

static int add(struct weights *weights, const struct weight *weight, const struct place *place)
{
	if (weights->count == weights->capacity) {
		size_t capacity = weights->capacity ? weights->capacity * 2 : 1024;
		struct weight *moved = reallocarray(weights->items, capacity, sizeof(*moved));

		if (!moved)
			return error_memory(place->err);
		weights->items = moved;
		weights->capacity = capacity;
	}
	weights->items[weights->count++] = *weight;
	return 0;
}

static int add_call(struct weights *weights, const char *call, uint32_t value, bool own,
	enum arch arch, const struct place *place)
{
	struct weight weight = {.arch = arch, .weight = value, .own = own, .line = place->line};
	int number = syscall_number(arch, call);

	if (number == SYSCALL_NONE)
		return own ? error_set(place->err, -EINVAL, "%s:%u: %s has no syscall %s",
				     place->name, place->line, architectures[arch].name, call)
			   : 0;
	weight.number = (uint32_t)number;
	return add(weights, &weight, place);
}

/* A line for a call of one architecture (`arch_name`) or of all. */
static int add_line(struct weights *weights, const char *arch_name, const char *call,
	uint32_t value, const struct place *place)
{
	char hint[128];
	enum arch arch;
	int r = 0;

	if (!syscall_known(call))
		return error_set(place->err, -EINVAL, "%s:%u: unknown syscall \"%s\"%s",
			place->name, place->line, call, syscall_hint(call, hint, sizeof(hint)));
	if (arch_name) {
		if (!arch_lookup_go(arch_name, &arch) && !arch_lookup_machine(arch_name, &arch))
			return error_set(place->err, -EINVAL,
				"%s:%u: unknown architecture \"%s\"%s", place->name, place->line,
				arch_name, arch_hint_go(arch_name, hint, sizeof(hint)));
		return add_call(weights, call, value, true, arch, place);
	}
	for (int i = 0; i < ARCH_TABLED && r == 0; i++)
		r = add_call(weights, call, value, false, (enum arch)i, place);
	return r;
}

static int bad_line(const struct place *place)
{
	return error_set(place->err, -EINVAL,
		"%s:%u: expected SYSCALL WEIGHT or ARCH:SYSCALL WEIGHT, as amd64:read 1500, the "
		"weight at most %d",
		place->name, place->line, LARGEST_WEIGHT);
}

/* `line` is changed. */
static int read_line(struct weights *weights, char *line, const struct place *place)
{
	static const char blanks[] = " \t\r";
	char *rest, *end, *colon, *call, *number;
	unsigned long value;

	line[strcspn(line, "#")] = '\0';
	call = strtok_r(line, blanks, &rest);
	if (!call)
		return 0;
	number = strtok_r(NULL, blanks, &rest);
	if (!number || strtok_r(NULL, blanks, &rest) || number[0] < '0' || number[0] > '9')
		return bad_line(place);
	errno = 0;
	value = strtoul(number, &end, 10);
	if (*end || errno != 0 || value > LARGEST_WEIGHT)
		return bad_line(place);
	colon = strchr(call, ':');
	if (!colon)
		return add_line(weights, NULL, call, (uint32_t)value, place);
	*colon = '\0';
	return add_line(weights, call, colon + 1, (uint32_t)value, place);
}

static int read_lines(struct weights *weights, char *text, struct place *place)
{
	int r = 0;

	for (char *line = text; line && r == 0;) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		place->line++;
		r = read_line(weights, line, place);
		line = end;
	}
	return r;
}

/* By call; of one call the line of its own architecture first. */
static int compare_weights(const void *left, const void *right)
{
	const struct weight *a = left, *b = right;

	if (a->arch != b->arch)
		return a->arch < b->arch ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->own != b->own)
		return a->own ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

/* Leaves one entry a call. */
static int settle(struct weights *weights, const struct place *place)
{
	size_t kept = 0;

	if (weights->count > 0)
		qsort(weights->items, weights->count, sizeof(*weights->items), compare_weights);
	for (size_t i = 0; i < weights->count; i++) {
		const struct weight *item = &weights->items[i];
		const struct weight *last = kept > 0 ? &weights->items[kept - 1] : NULL;

		if (!last || last->arch != item->arch || last->number != item->number)
			weights->items[kept++] = *item;
		else if (last->own == item->own)
			return error_set(place->err, -EINVAL,
				"%s:%u: the call has a weight already, in line %u", place->name,
				item->line, last->line);
	}
	weights->count = kept;
	return 0;
}

int weights_read(
	const char *name, const char *text, size_t length, struct weights *ret, struct error *err)
{
	AUTO_FREE char *copy = strndup(text, length);
	struct place place = {.name = name, .err = err};
	struct weights weights = {0};
	int r;

	if (!copy)
		return error_memory(err);
	if (strlen(copy) != length)
		return error_set(err, -EINVAL, "%s: not a text", name);
	r = read_lines(&weights, copy, &place);
	if (r == 0)
		r = settle(&weights, &place);
	if (r < 0) {
		weights_finish(&weights);
		return r;
	}
	*ret = weights;
	return 0;
}

void weights_finish(struct weights *weights)
{
	free(weights->items);
	memset(weights, 0, sizeof(*weights));
}

static int compare_calls(const void *left, const void *right)
{
	const struct weight *a = left, *b = right;

	if (a->arch != b->arch)
		return a->arch < b->arch ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

uint32_t weights_get(const struct weights *weights, enum arch arch, uint32_t number)
{
	const struct weight wanted = {.arch = arch, .number = number}, *found = NULL;

	if (weights->count > 0)
		found = bsearch(
			&wanted, weights->items, weights->count, sizeof(wanted), compare_calls);
	return found ? found->weight : 0;
}
