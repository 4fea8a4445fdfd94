/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RuntimeDefault against moby's default, test/data/moby-default.csv (its grammar stands at its
 * head), at many capability sets, on each tabled architecture, on old and new kernels. What may
 * differ is listed in docs/RUNTIME_DEFAULT.md.
 */
#include "calls.h"

#include <ctype.h>
#include <errno.h>

UNIT_SUITE(runtime_default);

static const uint64_t docker_capabilities = UINT64_C(0xa80425fb);

struct question {
	const struct target *target;
	const uint64_t *arguments;
	const char *name;
	enum arch arch;
};

/* The words of the grammar; `text` moves behind what was read. */
static const char *take_word(char **text)
{
	return strsep(text, " ");
}

static uint64_t read_capabilities(char *list, bool any, uint64_t held)
{
	bool all_held = true, any_held = false;
	char *name;

	while ((name = strsep(&list, "+"))) {
		unsigned capability;

		cr_assert(host_capability(name, &capability), "%s", name);
		if (held & UINT64_C(1) << capability)
			any_held = true;
		else
			all_held = false;
	}
	return any ? any_held : all_held;
}

static bool lists_arch(char *list, enum arch arch)
{
	char *name;

	while ((name = strsep(&list, "+")))
		if (!strcmp(name, architectures[arch].go_name))
			return true;
	return false;
}

static bool argument_holds(const char *word, char **rest, const struct question *question)
{
	unsigned index = (unsigned)(word[3] - '0');
	unsigned bits = syscall_argument_bits(question->arch, question->name, index);
	const char *op = take_word(rest);
	uint64_t value = strtoull(take_word(rest), NULL, 16);
	uint64_t argument = question->arguments[index];

	if (bits < 64)
		argument &= (UINT64_C(1) << bits) - 1;
	if (!strcmp(op, "EQ"))
		return argument == value;
	if (!strcmp(op, "LT"))
		return argument < value;
	if (!strcmp(op, "GT"))
		return argument > value;
	cr_assert_str_eq(op, "MASKED_EQ");
	return (argument & value) == strtoull(take_word(rest), NULL, 16);
}

static bool condition_holds(char **rest, const struct question *question)
{
	const struct target *target = question->target;
	bool wanted = !strcmp(take_word(rest), "if");
	const char *word = take_word(rest);
	struct kernel_version version;

	if (!strcmp(word, "caps"))
		return read_capabilities((char *)take_word(rest), !wanted, target->capabilities) ==
		       wanted;
	if (!strcmp(word, "arches"))
		return lists_arch((char *)take_word(rest), target->arch) == wanted;
	if (!strcmp(word, "kernel")) {
		cr_assert(kernel_version_parse(take_word(rest), &version));
		return kernel_version_at_least(target->kernel, version);
	}
	cr_assert_eq(strncmp(word, "arg", 3), 0, "%s", word);
	return argument_holds(word, rest, question);
}

static verdict moby_verdict(const char *text, const struct question *question)
{
	AUTO_FREE char *copy = strdup(text);
	char *rest = copy, *alternative;
	verdict best = SECCOMP_RET_ERRNO | EPERM;
	bool found = false;

	while ((alternative = strsep(&rest, ";"))) {
		const char *action;
		bool holds = true;
		verdict value;

		alternative += strspn(alternative, " ");
		action = take_word(&alternative);
		value = action[0] == 'A' ? SECCOMP_RET_ALLOW
					 : SECCOMP_RET_ERRNO | (verdict)atoi(action + 6);
		while (alternative)
			holds = condition_holds(&alternative, question) && holds;
		if (holds && (!found || verdict_stricter(value, best)))
			best = value;
		found = found || holds;
	}
	return best;
}

static void compare_call(const struct policy *policy, const char *name, const char *moby,
	enum arch arch, const uint64_t arguments[6])
{
	struct question question = {&policy->target, arguments, name, arch};
	struct seccomp_data call = {
		.nr = syscall_number(arch, name), .arch = architectures[arch].audit};
	char words[2][32];
	verdict ours, theirs;

	memcpy(call.args, arguments, sizeof(call.args));
	ours = simulate_policy(policy, &call, NULL);
	theirs = moby_verdict(moby, &question);
	cr_assert_eq(ours, theirs, "%s on %s (native %s, caps %#llx) arg0 %#llx: ours %s, moby %s",
		name, architectures[arch].name, architectures[policy->target.arch].name,
		(unsigned long long)policy->target.capabilities, (unsigned long long)arguments[0],
		verdict_format(ours, words[0], sizeof(words[0])),
		verdict_format(theirs, words[1], sizeof(words[1])));
}

static void compare_line(const struct policy *policy, const char *name, const char *moby)
{
	static const uint64_t values[] = {0, 1, 7, 8, 9, 37, 38, 39, 40, 41, 0x20000, 0x20008,
		0x10000000, 0x7e020000, 0x01000011, 0xffffffff, UINT64_C(0x100000026),
		UINT64_C(0x100000028), UINT64_C(0xffffffff00000002)};

	for (int arch = 0; arch < ARCH_TABLED; arch++) {
		if (!(policy->architectures & UINT32_C(1) << arch) ||
			syscall_number((enum arch)arch, name) == SYSCALL_NONE)
			continue;
		for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
			uint64_t arguments[6] = {values[i], values[(i + 5) % ARRAY_LENGTH(values)]};

			compare_call(policy, name, moby, (enum arch)arch, arguments);
		}
	}
}

static void compare_with_moby(const struct policy *policy)
{
	char path[4096], line[4096];
	size_t compared = 0;
	FILE *csv;

	snprintf(path, sizeof(path), "%s/moby-default.csv", getenv("TEST_DATA"));
	csv = fopen(path, "re");
	cr_assert(csv, "%s", path);
	while (fgets(line, sizeof(line), csv)) {
		char *moby = strchr(line, ',');

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || !moby || !strncmp(line, "syscall,", 8))
			continue;
		*moby++ = '\0';
		cr_assert(syscall_known(line), "%s", line);
		compare_line(policy, line, moby);
		compared++;
	}
	fclose(csv);
	cr_assert_geq(compared, 500);
}

static void compare_on(const struct profile *profile, enum arch arch, uint64_t capabilities,
	struct kernel_version kernel)
{
	struct target target = {arch, kernel, capabilities};
	struct policy policy = must_select(profile, &target);

	compare_with_moby(&policy);
	policy_finish(&policy);
}

Test(runtime_default, equals_moby)
{
	static const enum arch natives[] = {ARCH_X86_64, ARCH_X86, ARCH_AARCH64, ARCH_ARM,
		ARCH_RISCV64, ARCH_S390X, ARCH_PPC64LE};
	struct error err = ERROR_INIT;
	struct profile profile;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	for (size_t i = 0; i < ARRAY_LENGTH(natives); i++) {
		compare_on(&profile, natives[i], 0, (struct kernel_version){6, 18});
		compare_on(&profile, natives[i], 0, (struct kernel_version){4, 4});
		compare_on(
			&profile, natives[i], docker_capabilities, (struct kernel_version){6, 18});
		compare_on(&profile, natives[i], UINT64_MAX, (struct kernel_version){6, 18});
	}
	for (unsigned capability = 0; capability <= 40; capability++)
		compare_on(&profile, ARCH_X86_64, UINT64_C(1) << capability,
			(struct kernel_version){4, 4});
	profile_finish(&profile);
}

/* Each decision about a newer call is recorded where the call is named. */
Test(runtime_default, every_rule_says_why)
{
	struct error err = ERROR_INIT;
	struct profile profile;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	for (size_t i = 0; i < profile.rule_count; i++)
		cr_assert(profile.rules[i].comment && profile.rules[i].comment[0] != '\0',
			"rule at line %u has no comment", profile.rules[i].line);
	profile_finish(&profile);
}

Test(runtime_default, newer_calls_than_the_table_fail_with_enosys)
{
	struct target target = {ARCH_X86_64, {7, 1}, 0};
	struct error err = ERROR_INIT;
	struct profile profile;
	struct policy policy;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	policy = must_select(&profile, &target);
	for (int number = 467; number < 600; number++) {
		struct seccomp_data call = {.nr = number, .arch = architectures[ARCH_X86_64].audit};

		cr_assert_eq(simulate_policy(&policy, &call, NULL), SECCOMP_RET_ERRNO | ENOSYS,
			"number %d", number);
	}
	policy_finish(&policy);
	profile_finish(&profile);
}

Test(runtime_default, the_upper_half_of_a_socket_family_opens_nothing)
{
	struct target target = {ARCH_X86_64, {6, 12}, 0};
	struct error err = ERROR_INIT;
	struct profile profile;
	struct policy policy;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	policy = must_select(&profile, &target);
	for (unsigned bit = 32; bit < 64; bit++) {
		for (uint64_t family = 38; family <= 40; family++) {
			struct seccomp_data call = {.nr = syscall_number(ARCH_X86_64, "socket"),
				.arch = architectures[ARCH_X86_64].audit,
				.args = {family | UINT64_C(1) << bit}};

			cr_assert_eq(simulate_policy(&policy, &call, NULL),
				family == 39 ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EPERM,
				"family %u bit %u", (unsigned)family, bit);
		}
	}
	policy_finish(&policy);
	profile_finish(&profile);
}
