/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said to change is what simulate.h finds. For that the conditions are read again, from
 * their words.
 */
#include "compare.h"

#include "constants.h"
#include "proofs.h"

UNIT_SUITE(compare);

/* Reads a condition:  any := all {"or" all};  all := test {"and" test};
 *	test := "(" any ")" | [number "<="] operand comparison number
 *	operand := name | "(" name "&" number ")" */
struct reader {
	const char *text;
	const char *syscall;
	enum arch arch;
	const struct seccomp_data *call;
};

static bool take(struct reader *reader, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(reader->text, word, length) != 0)
		return false;
	reader->text += length;
	return true;
}

static uint64_t take_number(struct reader *reader)
{
	char *end;
	uint64_t value = strtoull(reader->text, &end, 0);

	cr_assert(end > reader->text, "a number is expected: %s", reader->text);
	reader->text = end;
	return value;
}

/* Or names, joined by `|`. */
static uint64_t take_value(struct reader *reader, unsigned index)
{
	uint64_t all = 0, one;

	do {
		char name[64];

		if (reader->text[0] >= '0' && reader->text[0] <= '9') {
			all |= take_number(reader);
			continue;
		}
		cr_assert_eq(sscanf(reader->text, "%63[A-Z_0-9a-z]", name), 1, "%s", reader->text);
		reader->text += strlen(name);
		cr_assert(constants_lookup(reader->arch, reader->syscall, index, name, &one), "%s",
			name);
		all |= one;
	} while (take(reader, "|"));
	return all;
}

/* The argument of that name, and how much of it the kernel uses. */
static uint64_t find_argument(
	struct reader *reader, const char *name, unsigned *ret_bits, unsigned *ret_index)
{
	*ret_index = 0;
	*ret_bits = 64;
	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++) {
		const char *known =
			reader->syscall ? syscall_argument_name(reader->syscall, i) : NULL;
		char plain[8];

		snprintf(plain, sizeof(plain), "arg%u", i);
		if (strcmp(name, known ? known : plain) != 0)
			continue;
		*ret_index = i;
		if (reader->syscall)
			*ret_bits = syscall_argument_bits(reader->arch, reader->syscall, i);
		return reader->call->args[i];
	}
	cr_assert_str_eq(name, "instruction_pointer");
	return reader->call->instruction_pointer;
}

static uint64_t take_operand(struct reader *reader, unsigned *ret_index)
{
	bool masked = take(reader, "(");
	char name[64];
	unsigned bits;
	uint64_t value;

	cr_assert_eq(sscanf(reader->text, "%63[a-z_0-9A-Z]", name), 1, "%s", reader->text);
	reader->text += strlen(name);
	value = find_argument(reader, name, &bits, ret_index);
	if (!masked)
		return bits < 64 ? value & ((UINT64_C(1) << bits) - 1) : value;
	cr_assert(take(reader, " & "), "%s", reader->text);
	value &= take_value(reader, *ret_index);
	cr_assert(take(reader, ")"), "%s", reader->text);
	return value;
}

static bool take_any(struct reader *reader);

static bool take_comparison(struct reader *reader, uint64_t value, unsigned index)
{
	static const char *const operators[] = {" <= ", " >= ", " == ", " != ", " < ", " > "};
	size_t i = 0;
	uint64_t other;

	while (i < ARRAY_LENGTH(operators) && !take(reader, operators[i]))
		i++;
	other = take_value(reader, index);
	switch (i) {
	case 0:
		return value <= other;
	case 1:
		return value >= other;
	case 2:
		return value == other;
	case 3:
		return value != other;
	case 4:
		return value < other;
	default:
		return value > other;
	}
}

/* Whether the parenthesis holds a condition, and not an operand. */
static bool has_comparison(const char *text)
{
	int depth = 0;

	for (; *text; text++) {
		depth += (*text == '(') - (*text == ')');
		if (depth == 0)
			return false;
		if (strchr("<>=!", *text))
			return true;
	}
	return false;
}

static bool take_test(struct reader *reader)
{
	uint64_t least = 0, value;
	unsigned index;
	bool holds;

	if (reader->text[0] == '(' && has_comparison(reader->text)) {
		take(reader, "(");
		holds = take_any(reader);
		cr_assert(take(reader, ")"), "%s", reader->text);
		return holds;
	}
	if (reader->text[0] >= '0' && reader->text[0] <= '9') {
		least = take_number(reader);
		cr_assert(take(reader, " <= "), "%s", reader->text);
	}
	value = take_operand(reader, &index);
	return take_comparison(reader, value, index) && value >= least;
}

static bool take_all(struct reader *reader)
{
	bool holds = take_test(reader);

	while (take(reader, " and "))
		holds &= take_test(reader);
	return holds;
}

static bool take_any(struct reader *reader)
{
	bool holds = take_all(reader);

	while (take(reader, " or "))
		holds |= take_all(reader);
	return holds;
}

static bool condition_holds(const struct change *change, const char *syscall, enum arch arch,
	const struct seccomp_data *call)
{
	struct reader reader = {change->condition, syscall, arch, call};
	bool holds;

	if (!change->condition)
		return true;
	holds = take_any(&reader);
	cr_assert_str_eq(reader.text, "", "%s", change->condition);
	return holds;
}

/* The change of a call; at most one is for it. NULL: it does not change. `ret_rough`: only an example
 * is given. */
static const struct change *find_change(const struct changes *changes, enum arch arch,
	const struct seccomp_data *call, bool *ret_rough)
{
	const char *syscall = syscall_name(arch, (uint32_t)call->nr);
	const struct change *found = NULL;

	*ret_rough = false;
	for (size_t i = 0; i < changes->count; i++) {
		const struct change *change = &changes->items[i];
		bool every = change->call == compare_every;

		if (!(change->architectures & UINT32_C(1) << arch) ||
			(!every && strcmp(change->call, syscall ? syscall : compare_unnamed) != 0))
			continue;
		if (change->example) {
			*ret_rough = true;
			continue;
		}
		/* Of numbers without a name each may have a change of its own. */
		if (!syscall || !condition_holds(change, every ? NULL : syscall, arch, call))
			continue;
		cr_assert(!found, "%s changes twice", change->call);
		found = change;
	}
	return found;
}

static void check_call_by_list(const char *what, const struct changes *changes, struct stack a,
	struct stack b, enum arch arch, const struct seccomp_data *call)
{
	verdict was = stack_effect(a, call), is = stack_effect(b, call);
	bool rough;
	const struct change *change = find_change(changes, arch, call, &rough);

	if (rough || !syscall_name(arch, (uint32_t)call->nr))
		return;
	if (was == is)
		cr_assert(!change, "%s: %s if %s does not change", what, change->call,
			change->condition);
	else
		cr_assert(change && change->was == was && change->is == is,
			"%s: nr %#x of arch %d (%#llx, %#llx, %#llx): %#x became %#x, not as told: "
			"%s if %s",
			what, (unsigned)call->nr, arch, (unsigned long long)call->args[0],
			(unsigned long long)call->args[1], (unsigned long long)call->args[2], was,
			is, change ? change->call : "nothing", change ? change->condition : "");
}

static void check_calls(const char *what, const struct profile *one, const struct profile *other,
	const struct changes *changes, struct stack a, struct stack b, size_t rounds,
	uint64_t *seed)
{
	static const enum arch archs[] = {ARCH_X86_64, ARCH_X86, ARCH_X32};
	static struct values values, others;

	collect_values(one, &values);
	collect_values(other, &others);
	for (size_t i = 0; i < others.count; i++)
		add_value(&values, others.items[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(archs); i++) {
		uint32_t number;
		size_t cursor = 0;

		while (syscall_each(archs[i], &cursor, &number)) {
			struct seccomp_data call = {
				.nr = (int)number, .arch = architectures[archs[i]].audit};

			for (size_t round = 0; round < rounds; round++) {
				for (size_t k = 0; k < SYSCALL_ARGUMENTS; k++)
					call.args[k] =
						values.items[next_random(seed) % values.count];
				for (size_t k = 0; archs[i] == ARCH_X86 && k < SYSCALL_ARGUMENTS;
					k++)
					call.args[k] &= UINT32_MAX;
				check_call_by_list(what, changes, a, b, archs[i], &call);
			}
		}
	}
}

static void compare_profiles(const char *what, const struct profile *one,
	const struct profile *other, bool built, size_t rounds, uint64_t *seed, size_t *rough)
{
	struct target target = {ARCH_X86_64, {6, 12}, 0};
	struct policy policies[2] = {must_select(one, &target), must_select(other, &target)};
	struct program program = built ? must_build(&policies[1]) : (struct program){0};
	struct stack a = STACK(POLICY(&policies[0]));
	struct stack b = built ? STACK(PROGRAM(&program)) : STACK(POLICY(&policies[1]));
	struct error err = ERROR_INIT;
	struct changes changes;
	int r = compare_stacks(ARCH_X86_64, &a, &b, &changes, &err);

	cr_assert_eq(r, 0, "%s: %s", what, error_message(&err));
	check_proof(what, &changes.proof, a, b);
	cr_assert_eq(changes.count == 0, changes.proof.relation == RELATION_SAME);
	for (size_t i = 0; i < changes.count; i++) {
		cr_assert_neq(changes.items[i].was, changes.items[i].is);
		*rough += changes.items[i].example != NULL;
	}
	check_calls(what, one, other, &changes, a, b, rounds, seed);
	changes_finish(&changes);
	program_finish(&program);
	for (size_t i = 0; i < 2; i++)
		policy_finish(&policies[i]);
}

Test(compare, random_profiles)
{
	uint64_t seed = 21;
	size_t rough = 0;

	for (int i = 0; i < 40; i++) {
		struct profile one = profile_at_random(&seed), other = profile_at_random(&seed);

		compare_profiles("random", &one, &other, i % 2, 40, &seed, &rough);
		profile_finish(&one);
		profile_finish(&other);
	}
	cr_log_info("%zu examples in place of conditions", rough);
}

static struct profile fixed;
static uint64_t fixed_seed = 22;

static void compare_with_fixed(const struct profile *profile)
{
	size_t rough = 0;

	compare_profiles(profile->name, &fixed, profile, false, 4, &fixed_seed, &rough);
	compare_profiles(profile->name, profile, &fixed, true, 4, &fixed_seed, &rough);
	/* ipc of mux.json mixes tests of 16 and of 32 bits. */
	cr_assert_leq(rough, 2, "%s: %zu", profile->name, rough);
}

Test(compare, profiles_of_test_data)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(profile_runtime_default(&fixed, &err), 0, "%s", error_message(&err));
	for_each_profile(compare_with_fixed);
	profile_finish(&fixed);
}

#define ARGUMENT(index, op, rest) "{'index': " index ", 'op': 'SCMP_CMP_" op "', " rest "}"

/* Conditions of clone, whose arguments are flags (32 bits) and others of 64. */
static const struct {
	const char *args, *condition;
} words[] = {
	{ARGUMENT("0", "EQ", "'value': 5"), "flags == 5"},
	{ARGUMENT("0", "NE", "'value': 4096"), "flags != CLONE_PIDFD"},
	{ARGUMENT("0", "LT", "'value': 38"), "flags <= 37"},
	{ARGUMENT("0", "GT", "'value': 38"), "flags >= 39"},
	{ARGUMENT("0", "MASKED_EQ", "'value': 268435456, 'valueTwo': 268435456"),
		"(flags & CLONE_NEWUSER) != 0"},
	{ARGUMENT("0", "MASKED_EQ", "'value': 2114060288, 'valueTwo': 0"),
		"(flags & 0x7e020000) == 0"},
	{ARGUMENT("1", "GE", "'value': 4294967296"), "newsp >= 0x100000000"},
	{ARGUMENT("0", "GT", "'value': 2") "," ARGUMENT("1", "LE", "'value': 7"),
		"flags >= 3 and newsp <= 7"},
};

Test(compare, conditions_in_words)
{
	struct profile all = parse_profile("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': []}");
	struct target target = {ARCH_X86_64, {6, 12}, 0};
	struct policy allow = must_select(&all, &target);

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		AUTO_FREE char *text =
			format_text("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': "
				    "[{'names': ['clone'], 'action': "
				    "'SCMP_ACT_ERRNO', 'args': [%s]}]}",
				words[i].args);
		struct profile profile = parse_profile(text);
		struct policy policy = must_select(&profile, &target);
		struct stack a = STACK(POLICY(&allow)), b = STACK(POLICY(&policy));
		struct changes changes;

		cr_assert_eq(compare_stacks(ARCH_X86_64, &a, &b, &changes, NULL), 0);
		cr_assert_eq(changes.count, 1, "%zu", changes.count);
		cr_assert_str_eq(changes.items[0].call, "clone");
		cr_assert_str_eq(changes.items[0].condition, words[i].condition);
		cr_assert_eq(changes.items[0].architectures, 1U << ARCH_X86_64);
		cr_assert_eq((int)change_relation(&changes.items[0]), RELATION_STRICTER);
		changes_finish(&changes);
		policy_finish(&policy);
		profile_finish(&profile);
	}
	policy_finish(&allow);
	profile_finish(&all);
}

/* Programs look at what they like, also at more or less than the kernel uses. */
Test(compare, programs)
{
	struct sock_filter codes[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 41, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 20), /* the upper half of argument 0 */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct program program = {codes, ARRAY_LENGTH(codes)};
	struct stack a = {NULL, NULL, 0}, b = STACK(PROGRAM(&program));
	struct changes changes;
	bool found = false;

	cr_assert_eq(compare_stacks(ARCH_X86_64, &a, &b, &changes, NULL), 0);
	for (size_t i = 0; i < changes.count; i++) {
		const struct change *change = &changes.items[i];

		if (strcmp(change->call, "socket") != 0)
			continue;
		found = true;
		cr_assert_str_eq(change->condition,
			"0x100000000 <= (family & 0xffffffffffffffff) <= 0x1ffffffff");
		cr_assert(change->architectures & 1U << ARCH_X86_64);
	}
	cr_assert(found);
	cr_assert_eq(changes.items[changes.count - 1].architectures, 0, "other architectures");
	changes_finish(&changes);
}
