/* SPDX-License-Identifier: Apache-2.0 */
#include "constants.h"

#include "cleanup.h"
#include "suggest.h"
#include "syscalls.h"

#include <string.h>

/* Holds when the argument, cut to `field`, is `value`. A flag is its own field. */
struct constant {
	const char *name;
	uint32_t value, field;
};

struct use {
	const char *syscall;
	unsigned index;
	bool everywhere; /* else only where the generic values hold */
	const struct constant *constants;
	size_t count;
};

#include "constants.inc" /* the sets, and uses */

/* The older architectures have values of their own for signals, sockets, terminals and others. */
static bool has_generic_values(enum arch arch)
{
	switch (arch) {
	case ARCH_X86_64:
	case ARCH_X32:
	case ARCH_X86:
	case ARCH_AARCH64:
	case ARCH_ARM:
	case ARCH_RISCV64:
	case ARCH_S390X:
	case ARCH_S390:
	case ARCH_LOONGARCH64:
		return true;
	default:
		return false;
	}
}

static const struct use *find_use(enum arch arch, const char *syscall, unsigned index)
{
	index = syscall_argument_index(arch, syscall, index);
	for (size_t i = 0; i < ARRAY_LENGTH(uses); i++)
		if (uses[i].index == index && !strcmp(uses[i].syscall, syscall))
			return uses[i].everywhere || has_generic_values(arch) ? &uses[i] : NULL;
	return NULL;
}

void constants_write_number(FILE *out, uint64_t value)
{
	fprintf(out, value < 1000 ? "%llu" : "0x%llx", (unsigned long long)value);
}

/* The names of the fields that are not 0; `*rest` is what is left. `out` NULL: only counts them. */
static size_t write_names(const struct use *use, uint64_t value, FILE *out, uint64_t *rest)
{
	size_t written = 0;

	for (size_t i = 0; use && i < use->count; i++) {
		const struct constant *constant = &use->constants[i];

		if (constant->value == 0 || (value & constant->field) != constant->value)
			continue;
		/* A field that fills the argument is no flag: nothing may be beside it. */
		if (constant->field == UINT32_MAX && value != constant->value)
			continue;
		if (out)
			fprintf(out, "%s%s", written ? "|" : "", constant->name);
		value &= ~(uint64_t)constant->field;
		written++;
	}
	*rest = value;
	return written;
}

static const char *name_of_zero(const struct use *use)
{
	for (size_t i = 0; use && i < use->count; i++)
		if (use->constants[i].value == 0)
			return use->constants[i].name;
	return NULL;
}

void constants_write(FILE *out, enum arch arch, const char *syscall, unsigned index, uint64_t value)
{
	const struct use *use = find_use(arch, syscall, index);
	const char *zero = value == 0 ? name_of_zero(use) : NULL;
	uint64_t rest;

	if (zero)
		fputs(zero, out);
	else if (write_names(use, value, NULL, &rest) > 0 && rest == 0)
		write_names(use, value, out, &rest);
	else
		constants_write_number(out, value);
}

void constants_write_mask(
	FILE *out, enum arch arch, const char *syscall, unsigned index, uint64_t mask)
{
	const struct use *use = find_use(arch, syscall, index);
	uint64_t flags = 0, rest;
	size_t count;

	for (size_t i = 0; use && i < use->count; i++)
		if (use->constants[i].field == use->constants[i].value)
			flags |= use->constants[i].value;
	count = (mask & ~flags) == 0 ? write_names(use, mask, NULL, &rest) : 0;
	if (count > 0 && count <= 2 && rest == 0)
		write_names(use, mask, out, &rest);
	else
		fprintf(out, "0x%llx", (unsigned long long)mask);
}

bool constants_lookup(
	enum arch arch, const char *syscall, unsigned index, const char *name, uint64_t *ret)
{
	const struct use *use = find_use(arch, syscall, index);

	for (size_t i = 0; use && i < use->count; i++) {
		if (strcmp(use->constants[i].name, name) != 0)
			continue;
		*ret = use->constants[i].value;
		return true;
	}
	return false;
}

const char *constants_hint(enum arch arch, const char *syscall, unsigned index, const char *name,
	char *buffer, size_t buffer_size)
{
	const struct use *use = find_use(arch, syscall, index);
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (size_t i = 0; use && i < use->count; i++)
		suggestion_consider(&suggestion, use->constants[i].name);
	return suggestion_format(&suggestion, buffer, buffer_size);
}
