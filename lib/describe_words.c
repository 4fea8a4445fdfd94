/* SPDX-License-Identifier: Apache-2.0 */
#include "describe_internal.h"

#include "constants.h"
#include "syscalls.h"

#include <string.h>

static uint64_t all_bits(unsigned bits)
{
	return bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
}

enum truth { NEVER, DEPENDS, ALWAYS };

static enum truth simplify_mask(struct condition *condition, uint64_t most)
{
	condition->value &= most;
	if (condition->datum & ~condition->value)
		return NEVER;
	if (condition->value == 0)
		return ALWAYS;
	if (condition->value == most) {
		condition->comparison = OP_EQUAL;
		condition->value = condition->datum;
		condition->datum = 0;
	}
	return DEPENDS;
}

static enum truth simplify(struct condition *condition, unsigned bits)
{
	uint64_t most = all_bits(bits), value = condition->value;

	switch (condition->comparison) {
	case OP_MASKED_EQUAL:
		return simplify_mask(condition, most);
	case OP_EQUAL:
		return value > most ? NEVER : DEPENDS;
	case OP_NOT_EQUAL:
		return value > most ? ALWAYS : DEPENDS;
	case OP_LESS:
		return value > most ? ALWAYS : value == 0 ? NEVER : DEPENDS;
	case OP_LESS_EQUAL:
		return value >= most ? ALWAYS : DEPENDS;
	case OP_GREATER_EQUAL:
		return value > most ? NEVER : value == 0 ? ALWAYS : DEPENDS;
	case OP_GREATER:
		return value >= most ? NEVER : DEPENDS;
	}
	return DEPENDS;
}

bool describe_simplify(const struct clause *clause, struct tested *ret)
{
	struct test tests[TESTS_LIMIT] = {0};
	size_t count = 0;

	for (size_t i = 0; i < clause->condition_count; i++)
		tests[count++] = (struct test){clause->conditions[i], clause->bits[i]};
	if (clause->call_mask)
		tests[count++] =
			(struct test){{0, OP_MASKED_EQUAL, clause->call_mask, clause->call}, 32};
	*ret = (struct tested){.clause = clause};
	for (size_t i = 0; i < count; i++) {
		switch (simplify(&tests[i].condition, tests[i].bits)) {
		case NEVER:
			return false;
		case DEPENDS:
			ret->tests[ret->count++] = tests[i];
			break;
		case ALWAYS:
			break;
		}
	}
	return true;
}

void describe_argument(FILE *out, enum arch arch, const char *name, unsigned index)
{
	const char *argument =
		syscall_argument_name(name, syscall_argument_index(arch, name, index));

	if (argument)
		fputs(argument, out);
	else
		fprintf(out, "argument %u", index);
}

static void describe_mask(
	FILE *out, enum arch arch, const char *name, const struct condition *condition)
{
	fputc('(', out);
	describe_argument(out, arch, name, condition->index);
	fputs(" & ", out);
	constants_write_mask(out, arch, name, condition->index, condition->value);
	fputs(") == ", out);
	if (condition->datum == 0)
		fputc('0', out); /* "no such flag", whatever the value 0 alone is called */
	else
		constants_write(out, arch, name, condition->index, condition->datum);
}

void describe_condition(FILE *out, enum arch arch, const char *name,
	const struct condition *condition, unsigned bits)
{
	static const char *const operators[] = {
		[OP_NOT_EQUAL] = "!=",
		[OP_LESS] = "<",
		[OP_LESS_EQUAL] = "<=",
		[OP_EQUAL] = "==",
		[OP_GREATER_EQUAL] = ">=",
		[OP_GREATER] = ">",
	};
	struct condition simple = *condition;

	if (simplify(&simple, bits) != DEPENDS)
		simple = *condition;
	if (simple.comparison == OP_MASKED_EQUAL) {
		describe_mask(out, arch, name, &simple);
		return;
	}
	describe_argument(out, arch, name, simple.index);
	fprintf(out, " %s ", operators[simple.comparison]);
	if (simple.comparison == OP_EQUAL || simple.comparison == OP_NOT_EQUAL)
		constants_write(out, arch, name, simple.index, simple.value);
	else
		constants_write_number(out, simple.value);
}

void describe_tests(FILE *out, enum arch arch, const char *name, const struct tested *tested,
	bool in_parentheses)
{
	bool enclosed = in_parentheses && tested->count > 1;

	if (enclosed)
		fputc('(', out);
	for (size_t i = 0; i < tested->count; i++) {
		if (i > 0)
			fputs(" and ", out);
		describe_condition(
			out, arch, name, &tested->tests[i].condition, tested->tests[i].bits);
	}
	if (enclosed)
		fputc(')', out);
}

void describe_outcomes(FILE *out, const struct description *description)
{
	char word[32];

	for (size_t i = 0; i < description->count; i++) {
		const struct outcome *outcome = &description->outcomes[i];

		if (i > 0)
			fputs("; else ", out);
		fputs(verdict_format(outcome->action, word, sizeof(word)), out);
		if (outcome->words)
			fprintf(out, " if %s", outcome->words);
	}
}
