/* SPDX-License-Identifier: Apache-2.0 */
#include "describe.h"

#include "calls.h"
#include "kinds.h"
#include "words.h"

UNIT_SUITE(describe);

static const struct target amd64 = {ARCH_X86_64, {6, 12}, 0};

/* What one rule or several for the call say, in a profile with the default ERRNO. */
static void expect(const char *name, const char *rules, const char *wanted)
{
	AUTO_FREE char *source =
		format_text("{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [%s]}", rules);
	struct profile profile = parse_profile(source);
	struct policy policy = must_select(&profile, &amd64);
	struct error err = ERROR_INIT;
	struct description description;
	AUTO_FREE char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	cr_assert_eq(describe_call(&policy, ARCH_X86_64, name,
			     (uint32_t)syscall_number(ARCH_X86_64, name), &description, &err),
		0);
	describe_outcomes(out, &description);
	fclose(out);
	cr_expect_str_eq(text, wanted, "%s:\n%s\nnot\n%s", rules, text, wanted);
	description_finish(&description);
	policy_finish(&policy);
	profile_finish(&profile);
}

#define RULE(name, action, conditions)                                                             \
	"{'names': ['" name "'], 'action': 'SCMP_ACT_" action "', 'args': [" conditions "]}"
#define TEST(index, op, value)                                                                     \
	"{'index': " #index ", 'op': 'SCMP_CMP_" #op "', 'value': " #value "}"
#define MASK(index, mask, datum)                                                                   \
	"{'index': " #index ", 'op': 'SCMP_CMP_MASKED_EQ', 'value': " #mask                        \
	", 'valueTwo': " #datum "}"

Test(describe, no_conditions)
{
	expect("socket", RULE("socket", "ALLOW", ""), "ALLOW");
	expect("socket", RULE("bind", "ALLOW", ""), "ERRNO(EPERM)");
	expect("socket", RULE("socket", "ALLOW", "") "," RULE("socket", "KILL_PROCESS", ""),
		"KILL_PROCESS");
}

Test(describe, ranges_of_one_argument)
{
	expect("socket",
		RULE("socket", "ALLOW", TEST(0, LT, 38)) "," RULE("socket", "ALLOW",
			TEST(0, EQ, 39)) "," RULE("socket", "ALLOW", TEST(0, GT, 40)),
		"ALLOW if family != AF_ALG and family != AF_VSOCK; else ERRNO(EPERM)");
	expect("socket", RULE("socket", "ALLOW", TEST(0, LE, 37)),
		"ALLOW if family <= 37; else ERRNO(EPERM)");
	expect("socket",
		RULE("socket", "ALLOW", TEST(0, EQ, 1)) "," RULE("socket", "ALLOW",
			TEST(0, EQ, 2)) "," RULE("socket", "ALLOW", TEST(0, EQ, 10)),
		"ALLOW if family in {AF_UNIX, AF_INET, AF_INET6}; else ERRNO(EPERM)");
	expect("socket", RULE("socket", "LOG", TEST(0, GE, 0)), "LOG");
	expect("kill",
		RULE("kill", "ALLOW", "") "," RULE("kill", "KILL_PROCESS", TEST(1, EQ, 9)) "," RULE(
			"kill", "TRAP", TEST(1, GE, 32)),
		"KILL_PROCESS if sig == SIGKILL; else TRAP if sig >= 32; else ALLOW");
}

/* The opposite is told where it is shorter. */
Test(describe, ranges_that_are_left_out)
{
	expect("close",
		RULE("close", "ALLOW", TEST(0, GE, 10)) "," RULE("close", "ERRNO",
			TEST(0, EQ, 12)) "," RULE("close", "ERRNO", TEST(0, EQ, 50)),
		"ALLOW if fd != 12 and fd != 50 and fd > 9; else ERRNO(EPERM)");
	expect("close",
		RULE("close", "ALLOW", TEST(0, LE, 99)) "," RULE("close", "ERRNO",
			TEST(0, EQ, 12)) "," RULE("close", "ERRNO", TEST(0, EQ, 50)),
		"ALLOW if fd != 12 and fd != 50 and fd < 100; else ERRNO(EPERM)");
}

Test(describe, masks_and_several_arguments)
{
	expect("clone", RULE("clone", "ALLOW", MASK(0, 2114060288, 0)),
		"ALLOW if (flags & 0x7e020000) == 0; else ERRNO(EPERM)");
	expect("mprotect", RULE("mprotect", "ALLOW", MASK(2, 4, 0)),
		"ALLOW if (prot & PROT_EXEC) == 0; else ERRNO(EPERM)");
	expect("socket",
		RULE("socket", "ALLOW", TEST(0, EQ, 2) "," MASK(1, 15, 1)) "," RULE(
			"socket", "ALLOW", TEST(0, EQ, 1)),
		"ALLOW if (family == AF_INET and (type & 0xf) == SOCK_STREAM) or family == "
		"AF_UNIX; "
		"else ERRNO(EPERM)");
	/* A whole mask is an equality, an empty one no condition. */
	expect("socket", RULE("socket", "ALLOW", MASK(0, 4294967295, 38)),
		"ALLOW if family == AF_ALG; else ERRNO(EPERM)");
	expect("socket", RULE("socket", "ALLOW", MASK(0, 0, 0)), "ALLOW");
}

Test(describe, repeats_and_dead_rules)
{
	expect("socket", RULE("socket", "ALLOW", TEST(0, EQ, 1) "," TEST(0, EQ, 2)),
		"ALLOW if family == AF_UNIX or family == AF_INET; else ERRNO(EPERM)");
	/* As strict as the default, and as the rule without conditions: not worth a word. */
	expect("socket", RULE("socket", "ERRNO", TEST(1, EQ, 3)), "ERRNO(EPERM)");
	expect("socket", RULE("socket", "ERRNO", MASK(1, 15, 3)), "ERRNO(EPERM)");
	expect("socket", RULE("socket", "ERRNO", "") "," RULE("socket", "ALLOW", MASK(1, 15, 3)),
		"ERRNO(EPERM)");
}

/* What the words say is what the evaluator decides. */
static void check_call(const struct policy *policy, const struct description *description,
	const struct seccomp_data *call)
{
	const struct outcome *outcome = description->outcomes;
	char words[2][32];
	verdict wanted = simulate_policy(policy, call, NULL);

	while (outcome->words &&
		!words_hold(outcome->words, description->arch, description->name, call))
		outcome++;
	cr_assert_eq(outcome->action, wanted, "%s: %s(%#llx, %#llx, %#llx): %s, not %s; %s",
		policy->profile->name, description->name, call->args[0], call->args[1],
		call->args[2], verdict_format(outcome->action, words[0], sizeof(words[0])),
		verdict_format(wanted, words[1], sizeof(words[1])),
		outcome->words ? outcome->words : "");
}

static void check_arch(
	const struct policy *policy, enum arch arch, const struct values *values, uint64_t *seed)
{
	struct error err = ERROR_INIT;
	struct descriptions calls;

	cr_assert_eq(describe_all(policy, arch, &calls, &err), 0, "%s", error_message(&err));
	for (size_t i = 0; i < calls.count; i++) {
		struct seccomp_data call = {
			.nr = (int)calls.items[i].number, .arch = architectures[arch].audit};

		for (int round = 0; round < 40; round++) {
			check_call(policy, &calls.items[i], &call);
			for (size_t j = 0; j < SYSCALL_ARGUMENTS; j++)
				call.args[j] = values->items[next_random(seed) % values->count];
		}
	}
	descriptions_finish(&calls);
}

static void check_profile(const struct profile *profile)
{
	static struct values values;
	static const enum arch natives[] = {ARCH_X86_64, ARCH_AARCH64, ARCH_S390X};
	uint64_t seed = 11;

	collect_values(profile, &values);
	for (size_t i = 0; i < ARRAY_LENGTH(natives); i++) {
		struct target target = {natives[i], {6, 12}, 0};
		struct policy policy = must_select(profile, &target);

		for (int arch = 0; arch < ARCH_TABLED; arch++)
			if (policy.architectures & 1U << arch)
				check_arch(&policy, (enum arch)arch, &values, &seed);
		policy_finish(&policy);
	}
}

Test(describe, agrees_with_the_evaluator)
{
	struct error err = ERROR_INIT;
	struct profile profile;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0);
	check_profile(&profile);
	profile_finish(&profile);
	for_each_profile(check_profile);
}

Test(describe, agrees_with_the_evaluator_on_random_profiles)
{
	uint64_t seed = 7;

	for (int i = 0; i < 150; i++) {
		struct profile profile = profile_at_random(&seed);

		check_profile(&profile);
		profile_finish(&profile);
	}
}

Test(describe, lines_of_the_rules)
{
	struct profile profile =
		parse_profile("{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [\n" RULE(
			"socket", "ALLOW", TEST(0, EQ, 2)) ",\n" RULE("socket", "TRAP",
			TEST(0, EQ, 40)) ",\n" RULE("socket", "ALLOW", TEST(0, EQ, 1)) "]}");
	struct policy policy = must_select(&profile, &amd64);
	struct error err = ERROR_INIT;
	struct description description;

	cr_assert_eq(describe_call(&policy, ARCH_X86_64, "socket", 41, &description, &err), 0);
	cr_assert_eq(description.count, 3);
	cr_expect_eq(description.outcomes[0].action, SECCOMP_RET_ALLOW);
	cr_assert_eq(description.outcomes[0].line_count, 2);
	cr_expect_eq(description.outcomes[0].lines[0], 2);
	cr_expect_eq(description.outcomes[0].lines[1], 4);
	cr_assert_eq(description.outcomes[1].line_count, 1);
	cr_expect_eq(description.outcomes[1].lines[0], 3);
	cr_expect_eq(description.outcomes[2].line_count, 0);
	cr_expect_null(description.outcomes[2].words);
	description_finish(&description);
	policy_finish(&policy);
	profile_finish(&profile);
}

Test(describe, kinds_and_order)
{
	struct profile profile = parse_profile("{'defaultAction': 'SCMP_ACT_ALLOW'}");
	struct policy policy = must_select(&profile, &amd64);
	struct error err = ERROR_INIT;
	struct descriptions calls;

	cr_expect_str_eq(kind_at(kind_of("openat"))->name, "files");
	cr_expect_str_eq(kind_at(kind_of("socket"))->name, "network");
	cr_expect_str_eq(kind_at(kind_of("access"))->name, "files");
	cr_expect_str_eq(kind_at(kind_of("writev"))->name, "files");
	cr_expect_str_eq(kind_at(kind_of("of_no_table"))->name, "obsolete");
	cr_assert_eq(describe_all(&policy, ARCH_X86_64, &calls, &err), 0);
	for (size_t i = 1; i < calls.count; i++) {
		const char *before = calls.items[i - 1].name, *name = calls.items[i].name;

		cr_expect(kind_of(before) < kind_of(name) ||
				  (kind_of(before) == kind_of(name) && strcmp(before, name) < 0),
			"%s before %s", before, name);
	}
	descriptions_finish(&calls);
	cr_expect_eq(describe_all(&policy, ARCH_MIPS, &calls, &err), -EOPNOTSUPP);
	error_finish(&err);
	policy_finish(&policy);
	profile_finish(&profile);
}
