/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Calls to try a policy or a program with, and profiles to make them from. */

#include "filter.h"
#include "io.h"
#include "simulate.h"
#include "support.h"
#include "syscalls.h"

#include <dirent.h>

/* A deterministic generator: a failure can be run again (xorshift64*). */
static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static inline struct profile must_parse(const char *name, char *text, size_t length)
{
	struct diagnostics diagnostics = {0};
	struct error err = ERROR_INIT;
	struct profile profile;
	int r = profile_parse(name, text, length, &profile, &diagnostics, &err);

	cr_assert_eq(r, 0, "%s: %s", name, error_message(&err));
	diagnostics_finish(&diagnostics);
	return profile;
}

static inline struct profile must_read(const char *path)
{
	struct error err = ERROR_INIT;
	char *text;
	size_t length;
	int r = io_read_file(AT_FDCWD, path, path, PROFILE_SIZE_LIMIT, &text, &length, &err);

	cr_assert_eq(r, 0, "%s", error_message(&err));
	return must_parse(path, text, length);
}

static inline struct policy must_select(const struct profile *profile, const struct target *target)
{
	struct error err = ERROR_INIT;
	struct policy policy;
	int r = policy_select(profile, target, false, &policy, &err);

	cr_assert_eq(r, 0, "%s", error_message(&err));
	return policy;
}

static inline struct program must_build(const struct policy *policy)
{
	struct error err = ERROR_INIT;
	struct program program;
	int r = filter_build(policy, &program, &err);

	cr_assert_eq(r, 0, "%s: %s", policy->profile->name, error_message(&err));
	return program;
}

/* Calls `each` with every profile of test/data. */
static inline void for_each_profile(void (*each)(const struct profile *profile))
{
	const char *directory = getenv("TEST_DATA");
	DIR *dir = directory ? opendir(directory) : NULL;
	struct dirent *entry;
	size_t found = 0;

	cr_assert(dir, "TEST_DATA is not a directory");
	while ((entry = readdir(dir))) {
		size_t length = strlen(entry->d_name);
		struct profile profile;
		char path[4096];

		if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		profile = must_read(path);
		each(&profile);
		profile_finish(&profile);
		found++;
	}
	closedir(dir);
	cr_assert_geq(found, 20, "only %zu profiles in test/data", found);
}

/* Values around every constant of a profile, and the same with upper bits set. */
struct values {
	uint64_t items[4096];
	size_t count;
};

static inline void add_value(struct values *values, uint64_t value)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->items[i] == value)
			return;
	if (values->count < ARRAY_LENGTH(values->items))
		values->items[values->count++] = value;
}

static inline void add_around(struct values *values, uint64_t value)
{
	static const uint64_t upper[] = {0, UINT64_C(1) << 16, UINT64_C(1) << 31, UINT64_C(1) << 32,
		UINT64_C(1) << 63, UINT64_C(0xffffffff00000000)};

	for (size_t i = 0; i < ARRAY_LENGTH(upper); i++) {
		add_value(values, (value - 1) ^ upper[i]);
		add_value(values, value ^ upper[i]);
		add_value(values, (value + 1) ^ upper[i]);
	}
}

static inline void collect_values(const struct profile *profile, struct values *values)
{
	values->count = 0;
	add_around(values, 0);
	for (uint64_t call = 1; call <= 24; call++) /* the calls of the multiplexers */
		add_value(values, call);
	add_value(values, 1 | 1 << 16);
	for (size_t i = 0; i < profile->rule_count; i++) {
		const struct rule *rule = &profile->rules[i];

		for (size_t j = 0; j < rule->condition_count; j++) {
			add_around(values, rule->conditions[j].value);
			add_around(values, rule->conditions[j].datum);
			add_value(values, rule->conditions[j].datum | ~rule->conditions[j].value);
		}
	}
}

/* The numbers to try: 0 to 1023, the same for x32, ARM's private ones, the edges. */
static inline size_t collect_numbers(uint32_t numbers[static 2200])
{
	static const uint32_t edges[] = {0x3fffffff, 0x7fffffff, 0x80000000, 0xbfffffff, 0xefffffff,
		0xfffffffe, 0xffffffff, 0x3fffff00, 0x100000};
	size_t count = 0;

	for (uint32_t i = 0; i < 1024; i++) {
		numbers[count++] = i;
		numbers[count++] = i | X32_SYSCALL_BIT;
	}
	for (uint32_t i = 0; i < 16; i++)
		numbers[count++] = 0x0efff8 + i;
	for (size_t i = 0; i < ARRAY_LENGTH(edges); i++)
		numbers[count++] = edges[i];
	return count;
}

/* For random profiles: constants of every size. */
static inline uint64_t random_constant(uint64_t *seed, unsigned bits)
{
	static const uint64_t interesting[] = {0, 1, 2, 38, 40, 0xff, 0x7fff, 0xffff, 0x10000,
		0x7e020000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
		0x8000000000000000, 0xffffffffffffffff};
	uint64_t value = interesting[next_random(seed) % ARRAY_LENGTH(interesting)];

	if (next_random(seed) % 4 == 0)
		value = next_random(seed) >> next_random(seed) % 64;
	return bits == 64 ? value : value & ((UINT64_C(1) << bits) - 1);
}

/* A condition on one of the first `arguments` of the call, as JSON. */
static inline void print_random_condition(
	FILE *out, const char *name, unsigned arguments, uint64_t *seed)
{
	static const char *const operators[] = {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};
	unsigned index = (unsigned)(next_random(seed) % arguments);
	unsigned bits = syscall_argument_bits(ARCH_X86_64, name, index);
	size_t operator_index = next_random(seed) % ARRAY_LENGTH(operators);
	uint64_t value = random_constant(seed, bits);

	fprintf(out, "{\"index\": %u, \"op\": \"SCMP_CMP_%s\", \"value\": %llu", index,
		operators[operator_index], (unsigned long long)value);
	if (operator_index == OP_MASKED_EQUAL)
		fprintf(out, ", \"valueTwo\": %llu",
			(unsigned long long)(random_constant(seed, bits) & value));
	fputs("}", out);
}

/* Random profiles: few calls, so that rules overlap; all operators; constants of every size. */
static inline void print_random_rule(FILE *out, uint64_t *seed)
{
	static const char *const names[] = {"socket", "socketcall", "personality", "mmap", "clone",
		"chmod", "shmget", "ipc", "getpid", "ioctl", "kill", "mseal", "cacheflush",
		"arm_fadvise64_64", "preadv2"};
	static const char *const actions[] = {
		"ALLOW", "ERRNO", "LOG", "TRAP", "KILL_PROCESS", "KILL_THREAD", "TRACE"};
	const char *name = names[next_random(seed) % ARRAY_LENGTH(names)];
	size_t conditions = next_random(seed) % 4;

	fprintf(out, "{\"names\": [\"%s\"], \"action\": \"SCMP_ACT_%s\", \"args\": [", name,
		actions[next_random(seed) % ARRAY_LENGTH(actions)]);
	for (size_t i = 0; i < conditions; i++) {
		fputs(i ? ", " : "", out);
		print_random_condition(out, name, SYSCALL_ARGUMENTS, seed);
	}
	fputs("]}", out);
}

static inline struct profile profile_at_random(uint64_t *seed)
{
	static const char *const defaults[] = {"ALLOW", "ERRNO", "LOG", "KILL_PROCESS", "TRAP"};
	char *text = NULL;
	size_t length, rules = 1 + next_random(seed) % 24;
	FILE *out = open_memstream(&text, &length);

	cr_assert(out);
	fprintf(out,
		"{\"defaultAction\": \"SCMP_ACT_%s\", \"architectures\": [\"SCMP_ARCH_X86_64\", "
		"\"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\", \"SCMP_ARCH_ARM\"], \"syscalls\": [",
		defaults[next_random(seed) % ARRAY_LENGTH(defaults)]);
	for (size_t i = 0; i < rules; i++) {
		fputs(i ? ", " : "", out);
		print_random_rule(out, seed);
	}
	fputs("]}", out);
	cr_assert_eq(fclose(out), 0);
	return must_parse("random", text, length);
}
