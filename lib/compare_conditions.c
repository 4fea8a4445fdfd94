/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A diagram over arguments as conditions in words. Arguments come one after the other in it. So all
 * values of the first one are divided by where they lead, each part is put into words, and what
 * follows is done likewise.
 *
 * A part is a list of cubes, one for each way through the bits. There are four forms for it, and the
 * shortest is taken, intervals of values before cubes, of the part or of what is not in it.
 */
#include "compare_internal.h"
#include "cube.h"

#include "cleanup.h"
#include "constants.h"
#include "syscalls.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_CONDITIONS = 16, /* of one call */
	MOST_TERMS = 12,      /* of one argument */
	MOST_EXITS = 16,
	MOST_CUBES = 256,
	POINTER = SYSCALL_ARGUMENTS, /* the instruction pointer, which comes last */
	WORD_PARTS = POINTER + 1,
};

struct writer {
	const struct diagrams *diagrams;
	enum arch arch;
	const char *syscall;
	int (*each)(const char *condition, uint64_t end, void *data);
	void *data;
	size_t conditions;
	const char *parts[WORD_PARTS]; /* of the condition so far */
	bool loose[WORD_PARTS];	       /* a part joins terms by "or" */
};

/* One argument: the ways through its bits, and where they lead. */
struct division {
	const struct diagrams *diagrams;
	unsigned index;
	diagram_id exits[MOST_EXITS];
	size_t exit_count;
	struct regions ways; /* of argument 0 alone; the action is an index of exits */
	uint64_t looked_at;
};

struct span {
	uint64_t first, last;
};

/* A set of values in one form. */
struct part {
	unsigned index;
	char name[32], operand[64]; /* of all bits that are looked at */
	uint64_t within;	    /* the bits that a value has */
	bool negated;		    /* it is what is not in the spans or cubes */
	size_t count;
	bool has_spans;
	struct span spans[MOST_CUBES];
	struct cube cubes[MOST_TERMS];
};

static int find_exit(struct division *division, diagram_id id, verdict *ret)
{
	size_t i = 0;

	while (i < division->exit_count && division->exits[i] != id)
		i++;
	if (i == MOST_EXITS)
		return -E2BIG;
	if (i == division->exit_count)
		division->exits[division->exit_count++] = id;
	*ret = (verdict)i;
	return 0;
}

/* In the order of values, as far as they are intervals. */
static int divide(struct division *division, diagram_id id, struct cube way)
{
	const struct diagram_node *node = &division->diagrams->nodes[id];
	uint32_t start = 32 * (WORD_ARGUMENTS + 2 * division->index);
	uint64_t bit;
	verdict exit;
	int r;

	if (node->level >= start + 64) {
		r = find_exit(division, id, &exit);
		if (r == 0 && division->ways.count == MOST_CUBES)
			r = -E2BIG;
		return r < 0 ? r : regions_add(&division->ways, &way, exit);
	}
	bit = UINT64_C(1) << (63 - (node->level - start));
	division->looked_at |= bit;
	way.mask[0] |= bit;
	r = divide(division, node->no, way);
	way.datum[0] |= bit;
	return r < 0 ? r : divide(division, node->yes, way);
}

static bool as_spans(const struct regions *ways, uint64_t within, struct part *part)
{
	for (size_t i = 0; i < ways->count; i++) {
		const struct cube *cube = &ways->items[i].cube;
		uint64_t open = within & ~cube->mask[0], first = cube->datum[0];

		if (open & (open + 1))
			return false;
		if (part->count > 0 && part->spans[part->count - 1].last + 1 == first)
			part->spans[part->count - 1].last = first | open;
		else
			part->spans[part->count++] = (struct span){first, first | open};
	}
	part->has_spans = true;
	return true;
}

/* Merges `ways`. */
static bool as_cubes(struct regions *ways, struct part *part)
{
	regions_merge(ways);
	if (ways->count > MOST_TERMS)
		return false;
	for (size_t i = 0; i < ways->count; i++)
		part->cubes[part->count++] = ways->items[i].cube;
	return true;
}

/* How many comparisons it takes to write it down. */
static size_t comparisons(const struct part *part)
{
	size_t count = part->count;

	for (size_t i = 0; i < part->count && part->has_spans && part->negated; i++) {
		const struct span *span = &part->spans[i];

		count +=
			span->first != span->last && span->first != 0 && span->last != part->within;
	}
	return count;
}

static int select_ways(
	const struct division *division, size_t exit, bool others, struct regions *ret)
{
	int r = 0;

	for (size_t i = 0; i < division->ways.count && r == 0; i++)
		if ((division->ways.items[i].action == exit) != others)
			r = regions_add(ret, &division->ways.items[i].cube, 0);
	return r;
}

/* The shortest form; `part` has the operand and which bits there are. */
static int choose_form(const struct division *division, size_t exit, struct part *part)
{
	struct part spans = *part, cubes = *part;
	bool has_spans = false, has_cubes = false;

	for (int negated = 0; negated < 2; negated++) {
		AUTO(regions_finish) struct regions ways = {0};
		struct part some = *part, any = *part;
		int r = select_ways(division, exit, negated, &ways);

		if (r < 0)
			return r;
		some.negated = any.negated = negated;
		if (as_spans(&ways, part->within, &some) &&
			(!has_spans || comparisons(&some) < comparisons(&spans))) {
			spans = some;
			has_spans = true;
		}
		if (as_cubes(&ways, &any) &&
			(!has_cubes || comparisons(&any) < comparisons(&cubes))) {
			cubes = any;
			has_cubes = true;
		}
	}
	if (has_spans && comparisons(&spans) <= MOST_TERMS)
		*part = spans;
	else if (has_cubes)
		*part = cubes;
	else
		return -E2BIG;
	return 0;
}

/* A single value, by its name if it has one. */
static void print_value(FILE *out, const struct writer *writer, unsigned index, uint64_t value)
{
	if (index < POINTER && writer->syscall)
		constants_write(out, writer->arch, writer->syscall, index, value);
	else
		constants_write_number(out, value);
}

static void print_mask(FILE *out, const struct writer *writer, unsigned index, uint64_t mask)
{
	if (index < POINTER && writer->syscall)
		constants_write_mask(out, writer->arch, writer->syscall, index, mask);
	else
		constants_write_number(out, mask);
}

static void print_test(FILE *out, const char *before, uint64_t value)
{
	fprintf(out, "%s ", before);
	constants_write_number(out, value);
}

static void print_span(
	FILE *out, const struct writer *writer, const struct part *part, const struct span *span)
{
	if (span->first == span->last) {
		fprintf(out, "%s %s ", part->operand, part->negated ? "!=" : "==");
		print_value(out, writer, part->index, span->first);
	} else if (span->first == 0) {
		fputs(part->operand, out);
		print_test(out, part->negated ? " >" : " <=", span->last);
	} else if (span->last == part->within) {
		fputs(part->operand, out);
		print_test(out, part->negated ? " <" : " >=", span->first);
	} else if (part->negated) {
		fprintf(out, "(%s", part->operand);
		print_test(out, " <", span->first);
		fprintf(out, " or %s", part->operand);
		print_test(out, " >", span->last);
		fputs(")", out);
	} else {
		constants_write_number(out, span->first);
		fprintf(out, " <= %s", part->operand);
		print_test(out, " <=", span->last);
	}
}

static void print_cube(
	FILE *out, const struct writer *writer, const struct part *part, const struct cube *cube)
{
	uint64_t mask = cube->mask[0], datum = cube->datum[0];
	bool equal = !part->negated;

	if (datum == mask && (mask & (mask - 1)) == 0) { /* a single bit: beside 0 */
		datum = 0;
		equal = !equal;
	}
	if (mask == part->within) {
		fputs(part->operand, out);
	} else {
		fprintf(out, "(%s & ", part->name);
		print_mask(out, writer, part->index, mask);
		fputs(")", out);
	}
	fprintf(out, " %s ", equal ? "==" : "!=");
	if (datum == 0)
		fputs("0", out);
	else
		print_value(out, writer, part->index, datum);
}

static int print_part(const struct writer *writer, const struct part *part, char **ret)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	bool failed;

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < part->count; i++) {
		fputs(i == 0 ? "" : part->negated ? " and " : " or ", out);
		if (part->has_spans)
			print_span(out, writer, part, &part->spans[i]);
		else
			print_cube(out, writer, part, &part->cubes[i]);
	}
	failed = ferror(out);
	if (fclose(out) != 0 || failed) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	return 0;
}

/* The name of what is looked at, and the bits that it has. */
static void set_operand(
	const struct writer *writer, const struct division *division, struct part *part)
{
	unsigned index = division->index, used = 64, bits = 16;
	const char *name = NULL;

	part->index = index;
	if (index < POINTER && writer->syscall) {
		used = syscall_argument_bits(writer->arch, writer->syscall, index);
		name = syscall_argument_name(writer->syscall, index);
	}
	if (index == POINTER)
		name = "instruction_pointer";
	if (name)
		snprintf(part->name, sizeof(part->name), "%s", name);
	else
		snprintf(part->name, sizeof(part->name), "arg%u", index);
	while (bits < 64 && division->looked_at >> bits)
		bits *= 2;
	part->within = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
	if (bits == used)
		snprintf(part->operand, sizeof(part->operand), "%s", part->name);
	else
		snprintf(part->operand, sizeof(part->operand), "(%s & 0x%" PRIx64 ")", part->name,
			part->within);
}

static int give(struct writer *writer, size_t depth, uint64_t end)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	FILE *out;
	bool failed;

	if (++writer->conditions > MOST_CONDITIONS)
		return -E2BIG;
	if (depth == 0)
		return writer->each(NULL, end, writer->data);
	out = open_memstream(&text, &length);
	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < depth; i++) {
		bool apart = depth > 1 && writer->loose[i];

		fprintf(out, "%s%s%s%s", i > 0 ? " and " : "", apart ? "(" : "", writer->parts[i],
			apart ? ")" : "");
	}
	failed = ferror(out);
	if (fclose(out) != 0 || failed)
		return -ENOMEM;
	return writer->each(text, end, writer->data);
}

static int write_below(struct writer *writer, diagram_id id, size_t depth);

static int write_exit(
	struct writer *writer, const struct division *division, size_t exit, size_t depth)
{
	AUTO_FREE struct part *part = calloc(1, sizeof(*part));
	AUTO_FREE char *text = NULL;
	int r;

	if (!part)
		return -ENOMEM;
	set_operand(writer, division, part);
	r = choose_form(division, exit, part);
	if (r == 0)
		r = print_part(writer, part, &text);
	if (r < 0)
		return r;
	writer->parts[depth] = text;
	writer->loose[depth] = part->count > 1 && !part->negated;
	return write_below(writer, division->exits[exit], depth + 1);
}

static int write_below(struct writer *writer, diagram_id id, size_t depth)
{
	struct division division = {.diagrams = writer->diagrams};
	uint32_t word = writer->diagrams->nodes[id].level / 32;
	int r;

	if (diagram_is_end(writer->diagrams, id)) {
		uint64_t end = diagram_value(writer->diagrams, id);

		return end ? give(writer, depth, end) : 0;
	}
	division.index = (word - WORD_ARGUMENTS) / 2;
	r = divide(&division, id, (struct cube){0});
	for (size_t i = 0; i < division.exit_count && r == 0; i++)
		if (division.exits[i] != DIAGRAM_FALSE)
			r = write_exit(writer, &division, i, depth);
	regions_finish(&division.ways);
	return r;
}

int compare_conditions(const struct diagrams *diagrams, diagram_id id, enum arch arch,
	const char *syscall, int (*each)(const char *condition, uint64_t end, void *data),
	void *data)
{
	struct writer writer = {
		.diagrams = diagrams, .arch = arch, .syscall = syscall, .each = each, .data = data};

	return write_below(&writer, id, 0);
}
