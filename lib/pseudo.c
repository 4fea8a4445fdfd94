/* SPDX-License-Identifier: Apache-2.0 */
#include "pseudo.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void write_arch_name(enum arch arch, FILE *out)
{
	for (const char *c = architectures[arch].name + strlen("SCMP_ARCH_"); *c; c++)
		putc(tolower(*c), out);
}

static void write_action(verdict action, const char *indent, FILE *out)
{
	char word[32];

	fprintf(out, "%saction %s;\n", indent, verdict_format(action, word, sizeof(word)));
}

static void write_argument(const struct condition *condition, unsigned bits, FILE *out)
{
	fprintf(out, bits < 64 ? "$arg%u.low%u" : "$arg%u", condition->index, bits);
}

static void write_condition(const struct condition *condition, unsigned bits, FILE *out)
{
	static const char *const operators[] = {
		[OP_NOT_EQUAL] = "!=",
		[OP_LESS] = "<",
		[OP_LESS_EQUAL] = "<=",
		[OP_EQUAL] = "==",
		[OP_GREATER_EQUAL] = ">=",
		[OP_GREATER] = ">",
	};

	if (condition->comparison == OP_MASKED_EQUAL) {
		putc('(', out);
		write_argument(condition, bits, out);
		fprintf(out, " & 0x%" PRIx64 ") == 0x%" PRIx64, condition->value, condition->datum);
	} else {
		write_argument(condition, bits, out);
		fprintf(out, " %s 0x%" PRIx64, operators[condition->comparison], condition->value);
	}
}

static bool is_conditional(const struct clause *clause)
{
	return clause->call_mask || clause->condition_count > 0;
}

static void write_clause(const struct clause *clause, FILE *out)
{
	const char *separator = "";

	if (!is_conditional(clause)) {
		write_action(clause->action, "\t\t", out);
		return;
	}
	fputs("\t\tif (", out);
	if (clause->call_mask) {
		fprintf(out, "($arg0.low32 & 0x%x) == 0x%x", clause->call_mask, clause->call);
		separator = " && ";
	}
	for (size_t i = 0; i < clause->condition_count; i++) {
		fputs(separator, out);
		write_condition(&clause->conditions[i], clause->bits[i], out);
		separator = " && ";
	}
	fputs(")\n", out);
	write_action(clause->action, "\t\t\t", out);
}

/* The strictest first, then as in the profile. */
static int compare_clauses(const void *a, const void *b)
{
	const struct clause *const *left = a, *const *right = b;

	if (verdict_stricter((*left)->action, (*right)->action))
		return -1;
	if (verdict_stricter((*right)->action, (*left)->action))
		return 1;
	return *left < *right ? -1 : *left > *right;
}

/* `order`: room for the clauses of the call. As the first that holds decides, nothing behind one
 * without conditions counts. */
static void write_call(
	const struct clause *clauses, size_t count, const struct clause **order, FILE *out)
{
	for (size_t i = 0; i < count; i++)
		order[i] = &clauses[i];
	qsort(order, count, sizeof(const struct clause *), compare_clauses);
	fprintf(out, "\tif ($syscall == %u) # %s\n", clauses->number, clauses->name);
	for (size_t i = 0; i < count; i++) {
		write_clause(order[i], out);
		if (!is_conditional(order[i]))
			return;
	}
}

static void write_fallback(const struct policy *policy, enum arch arch, FILE *out)
{
	uint32_t last;

	for (uint32_t first = 0;; first = last + 1) {
		verdict value = policy_fallback(policy, arch, first, &last);

		if (value != policy->profile->default_action) {
			fprintf(out, "\tif ($syscall >= %u", first);
			if (last != UINT32_MAX)
				fprintf(out, " && $syscall <= %u", last);
			fputs(")\n", out);
			write_action(value, "\t\t", out);
		}
		if (last == UINT32_MAX)
			break;
	}
	write_action(policy->profile->default_action, "\t", out);
}

/* x32 has x86_64's value of arch. */
static void write_head(enum arch arch, FILE *out)
{
	fprintf(out, "if ($arch == 0x%08x", architectures[arch].audit);
	if (arch == ARCH_X32)
		fprintf(out, " && $syscall >= 0x%x && $syscall != 0x%x", X32_SYSCALL_BIT,
			UINT32_MAX);
	else if (arch == ARCH_X86_64)
		fprintf(out, " && ($syscall < 0x%x || $syscall == 0x%x)", X32_SYSCALL_BIT,
			UINT32_MAX);
	fputs(") # ", out);
	write_arch_name(arch, out);
	putc('\n', out);
}

int pseudo_write(const struct policy *policy, FILE *out, struct error *err)
{
	const struct clause *clauses = policy->clauses;
	const struct clause **order =
		calloc(policy->clause_count + 1, sizeof(const struct clause *));

	if (!order)
		return error_memory(err);
	fprintf(out, "# the first action that is reached decides\n");
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		if (!(policy->architectures & UINT32_C(1) << arch))
			continue;
		write_head((enum arch)arch, out);
		for (size_t i = 0, count; i < policy->clause_count; i += count) {
			policy_clauses(policy, clauses[i].arch, clauses[i].number, &count);
			if (clauses[i].arch == (enum arch)arch)
				write_call(&clauses[i], count, order, out);
		}
		write_fallback(policy, (enum arch)arch, out);
	}
	fputs("# any other architecture\n", out);
	write_action(policy_foreign(), "", out);
	free(order);
	return 0;
}
