/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "peer.h"

#include <linux/capability.h>

UNIT_SUITE(check);

static const struct target target = {.arch = ARCH_X86_64, .kernel = {6, 18}};

/* The findings of a text, errors of its form among them. The caller finishes them. */
static struct findings check_text(
	const char *name, char *text, size_t length, const struct target *at)
{
	struct diagnostics diagnostics = {0};
	struct findings findings = {0};
	struct error err = ERROR_INIT;
	struct profile profile;
	int r = profile_parse(name, text, length, &profile, &diagnostics, &err);

	cr_assert(r == 0 || diagnostics.errors > 0, "%s: %s", name, error_message(&err));
	error_finish(&err);
	cr_assert_eq(check_diagnostics(&diagnostics, &findings, &err), 0);
	if (r == 0) {
		r = check_profile(&profile, at, &findings, &err);
		cr_assert_eq(r, 0, "%s: %s", name, error_message(&err));
		profile_finish(&profile);
	}
	diagnostics_finish(&diagnostics);
	findings_sort(&findings);
	return findings;
}

static char *example_path(const char *id, const char *suffix)
{
	return format_text("%s/check/%s%s.json", getenv("TEST_DATA"), id, suffix);
}

static struct findings check_example(const char *id, const char *suffix)
{
	AUTO_FREE char *path = example_path(id, suffix);
	struct error err = ERROR_INIT;
	char *text;
	size_t length;

	cr_assert_eq(io_read_file(AT_FDCWD, path, path, PROFILE_SIZE_LIMIT, &text, &length, &err),
		0, "%s", error_message(&err));
	return check_text(path, text, length, &target);
}

static const struct finding *find(
	const struct findings *findings, const char *id, size_t *ret_count)
{
	const struct finding *found = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < findings->count; i++) {
		if (strcmp(findings->items[i].id, id) != 0)
			continue;
		if (!found)
			found = &findings->items[i];
		++*ret_count;
	}
	return found;
}

static const struct {
	const char *id;
	enum severity severity;
	struct place place;
	const char *text;
} kinds[] = {
	{"allow-by-default", SEVERITY_WARNING, {1, 1}, "allows every call that no rule names"},
	{"contradiction", SEVERITY_WARNING, {5, 16}, "ERRNO(EACCES) here and ALLOW at 4:16"},
	{"dangerous-allowed", SEVERITY_WARNING, {5, 16}, "keyctl is allowed"},
	{"equivalent-open", SEVERITY_WARNING, {4, 16},
		"fchmodat are restricted, but fchmodat2 does"},
	{"invalid", SEVERITY_ERROR, {4, 35}, "unknown action"},
	{"mask-datum", SEVERITY_WARNING, {5, 62}, "never true"},
	{"missing-subarch", SEVERITY_NOTE, {1, 1},
		"SCMP_ARCH_X32, SCMP_ARCH_X86 (32-bit programs)"},
	{"newer-than-kernel", SEVERITY_NOTE, {1, 1}, "Linux 6.18 does not have listns"},
	{"no-log", SEVERITY_NOTE, {1, 1}, "SECCOMP_FILTER_FLAG_LOG is missing"},
	{"repeated-index", SEVERITY_WARNING, {5, 5}, "any one of them is enough"},
	{"runtime-needs", SEVERITY_NOTE, {1, 1}, "capset, close, execve"},
	{"shadowed-rule", SEVERITY_WARNING, {5, 16}, "conditions on socket have no effect"},
	{"unknown-name", SEVERITY_NOTE, {4, 24}, "did you mean write?"},
	{"unknown-to-libseccomp", SEVERITY_WARNING, {4, 16}, "does not know rseq_slice_yield"},
	{"wide-compare", SEVERITY_WARNING, {7, 16}, "socket(family = 38 | 1<<32) gets ALLOW"},
};

Test(check, every_kind_is_found_and_not_found)
{
	cr_assert_eq(ARRAY_LENGTH(kinds), check_kind_count);
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		struct findings findings = check_example(kinds[i].id, "");
		struct findings none = check_example(kinds[i].id, "-ok");
		size_t count;
		const struct finding *found = find(&findings, kinds[i].id, &count);

		cr_expect_str_eq(kinds[i].id, check_kinds[i].id);
		if (strcmp(kinds[i].id, "unknown-to-libseccomp") != 0 ||
			!syscall_known_to_libseccomp("rseq_slice_yield")) {
			cr_assert(found, "%s is not found", kinds[i].id);
			cr_expect_eq(found->severity, kinds[i].severity, "%s", kinds[i].id);
			cr_expect_eq(found->place.line, kinds[i].place.line, "%s", kinds[i].id);
			cr_expect_eq(found->place.column, kinds[i].place.column, "%s", kinds[i].id);
			cr_expect(contains(found->text, kinds[i].text), "%s", found->text);
		}
		found = find(&none, kinds[i].id, &count);
		cr_expect_eq(count, 0, "%s: %s", kinds[i].id, found ? found->text : "");
		findings_finish(&none);
		findings_finish(&findings);
	}
}

#define ALLOW(rules) "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[" rules "]}"
#define DENY(rules) "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[" rules "]}"
#define DENY_32(rules)                                                                             \
	"{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86'],'syscalls':[" rules   \
	"]}"
#define RULE(names, action, more) "{'names':[" names "],'action':'SCMP_ACT_" action "'" more "}"
#define IF(index, op, value)                                                                       \
	",'args':[{'index':" #index ",'op':'SCMP_CMP_" op "','value':" #value "}]"

struct finding_case {
	const char *source, *id;
	size_t count;
	const char *text; /* in the first of them */
	uint64_t capabilities;
};

static void expect_case(const struct finding_case *c)
{
	struct sample sample = sample_make(c->source);
	struct target at = target;
	struct findings findings;
	const struct finding *found;
	size_t count;

	at.capabilities = c->capabilities;
	findings = check_text("sample", sample.text, sample.length, &at);
	found = find(&findings, c->id, &count);
	cr_expect_eq(count, c->count, "%s\n%s: %zu, first: %s", c->source, c->id, count,
		found ? found->text : "none");
	if (found && c->text)
		cr_expect(contains(found->text, c->text), "%s\n%s", c->source, found->text);
	findings_finish(&findings);
}

static void expect_cases(const struct finding_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_case(&cases[i]);
}

Test(check, shadows)
{
	static const struct finding_case cases[] = {
		{DENY(RULE("'read'", "ALLOW", "") "," RULE("'read'", "ALLOW", "")), "shadowed-rule",
			1, "read has ALLOW already", 0},
		{DENY(RULE("'read','read'", "ALLOW", "")), "shadowed-rule", 1, NULL, 0},
		{DENY(RULE("'read'", "ALLOW", "") "," RULE("'write'", "ALLOW", "")),
			"shadowed-rule", 0, NULL, 0},
		/* The stricter one stands first, so libseccomp keeps it too. */
		{ALLOW(RULE("'read'", "KILL", "") "," RULE("'read'", "ERRNO", "")), "shadowed-rule",
			1, "ERRNO(EPERM) of read never decides: KILL_THREAD", 0},
		{ALLOW(RULE("'read'", "ERRNO", "") "," RULE("'read'", "ALLOW", IF(0, "EQ", 1))),
			"shadowed-rule", 1, "ALLOW of read never decides", 0},
		/* Together the two leave nothing. */
		{DENY(RULE("'read'", "ALLOW", IF(0, "LT", 5)) "," RULE("'read'", "ALLOW",
			 IF(0, "GE", 5)) "," RULE("'read'", "ALLOW", IF(0, "EQ", 7))),
			"shadowed-rule", 1, NULL, 0},
		{DENY(RULE("'read'", "ALLOW", IF(0, "LT", 5)) "," RULE("'read'", "ALLOW",
			 IF(0, "GT", 5)) "," RULE("'read'", "ALLOW", IF(0, "EQ", 5))),
			"shadowed-rule", 0, NULL, 0},
		/* What two capabilities allow meets in a container that has both. */
		{DENY(RULE("'bpf'", "ALLOW", ",'includes':{'caps':['CAP_BPF']}") "," RULE(
			 "'bpf'", "ALLOW", ",'includes':{'caps':['CAP_SYS_ADMIN']}")),
			"shadowed-rule", 0, NULL,
			UINT64_C(1) << CAP_BPF | UINT64_C(1) << CAP_SYS_ADMIN},
	};

	expect_cases(cases, ARRAY_LENGTH(cases));
}

Test(check, contradictions)
{
	static const struct finding_case cases[] = {
		{ALLOW(RULE("'read'", "LOG", "") "," RULE("'read'", "ERRNO", "")), "contradiction",
			1, "read has ERRNO(EPERM) here and LOG at", 0},
		{DENY(RULE("'read'", "ALLOW", "") "," RULE("'read'", "KILL", IF(0, "EQ", 1))),
			"contradiction", 1, "read has KILL_THREAD here and ALLOW at", 0},
		/* The runtimes pass over a rule that is the default. */
		{DENY(RULE("'read'", "ERRNO", "") "," RULE("'read'", "ALLOW", "")), "contradiction",
			1, "read has ERRNO(EPERM) here and ALLOW at", 0},
		{DENY(RULE("'read'", "TRAP", "") "," RULE("'read'", "ALLOW", "")), "contradiction",
			0, NULL, 0},
		{ALLOW(RULE("'read'", "ALLOW", "") "," RULE("'read'", "ERRNO", "")),
			"contradiction", 0, NULL, 0},
		{DENY(RULE("'read'", "ALLOW", IF(0, "EQ", 1)) "," RULE(
			 "'read'", "TRAP", IF(0, "EQ", 2))),
			"contradiction", 0, NULL, 0},
	};

	expect_cases(cases, ARRAY_LENGTH(cases));
}

Test(check, wide_comparisons)
{
	static const struct finding_case cases[] = {
		{ALLOW(RULE("'socket'", "ERRNO", IF(0, "EQ", 40))), "wide-compare", 1,
			"socket(family = 40 | ", 0},
		{DENY(RULE("'socket'", "ALLOW", IF(0, "EQ", 2))), "wide-compare", 0, NULL, 0},
		{DENY(RULE("'socket'", "ALLOW", IF(0, "NE", 40))), "wide-compare", 1, NULL, 0},
		/* The kernel uses all of it. */
		{ALLOW(RULE("'mmap'", "ERRNO", IF(1, "EQ", 40))), "wide-compare", 0, NULL, 0},
		{ALLOW(RULE("'clone'", "ERRNO",
			 ",'args':[{'index':0,'op':'SCMP_CMP_MASKED_EQ','value':268435456,"
			 "'valueTwo':268435456}]")),
			"wide-compare", 0, NULL, 0},
	};

	expect_cases(cases, ARRAY_LENGTH(cases));
}

Test(check, equivalents)
{
	static const struct finding_case cases[] = {
		{ALLOW(RULE("'open'", "ERRNO", "")), "equivalent-open", 1,
			"open is restricted, but openat, openat2, creat do", 0},
		{ALLOW(RULE("'execve'", "KILL", "")), "equivalent-open", 1, "execveat", 0},
		{ALLOW(RULE("'unshare'", "ERRNO", "")), "equivalent-open", 1, "clone, clone3", 0},
		{ALLOW(RULE("'fork'", "ERRNO", "")), "equivalent-open", 1, "vfork, clone, clone3",
			0},
		/* ENOSYS sends programs to the older call. */
		{ALLOW(RULE("'clone3','openat2'", "ERRNO", ",'errnoRet':38")), "equivalent-open", 0,
			NULL, 0},
		/* What a list of needed calls leaves out is no denial. */
		{DENY(RULE("'openat'", "ALLOW", "")), "equivalent-open", 0, NULL, 0},
		{DENY(RULE("'clone'", "ALLOW", IF(0, "EQ", 17)) "," RULE("'clone3'", "ALLOW", "")),
			"equivalent-open", 1, "clone is restricted, but clone3 does", 0},
		{DENY(RULE("'clone'", "ALLOW", IF(0, "EQ", 17)) "," RULE("'fork'", "ALLOW", "")),
			"equivalent-open", 0, NULL, 0},
		{DENY_32(RULE("'socket'", "ALLOW", IF(0, "EQ", 1)) "," RULE(
			 "'socketcall'", "ALLOW", "")),
			"equivalent-open", 1, "socketcall does the same", 0},
		{DENY_32(RULE("'socket'", "ALLOW", IF(0, "EQ", 1))), "equivalent-open", 0, NULL, 0},
		{DENY_32(RULE("'socket','socketcall'", "ALLOW", "")), "equivalent-open", 0, NULL,
			0},
	};

	expect_cases(cases, ARRAY_LENGTH(cases));
}

Test(check, dangers)
{
	static const struct finding_case cases[] = {
		{DENY(RULE("'ptrace','userfaultfd','io_uring_setup'", "ALLOW", "")),
			"dangerous-allowed", 3, NULL, 0},
		{DENY(RULE("'socket'", "ALLOW", "")), "dangerous-allowed", 2, "AF_ALG", 0},
		{DENY(RULE("'socket'", "ALLOW", IF(0, "LT", 38))), "dangerous-allowed", 0, NULL, 0},
		{DENY(RULE("'kexec_load','init_module'", "ALLOW", "")), "dangerous-allowed", 1,
			"container lacks stands before init_module, kexec_load", 0},
		{DENY(RULE("'kexec_load'", "ALLOW", "")), "dangerous-allowed", 1,
			"kexec_load is allowed", UINT64_C(1) << CAP_SYS_BOOT},
		{DENY(RULE("'kexec_load'", "ALLOW", ",'includes':{'caps':['CAP_SYS_BOOT']}")),
			"dangerous-allowed", 0, NULL, UINT64_C(1) << CAP_SYS_BOOT},
		{ALLOW(RULE("'ptrace'", "ERRNO", "")), "dangerous-allowed", 1,
			"by the default action: add_key, bpf", 0},
	};

	expect_cases(cases, ARRAY_LENGTH(cases));
}

/* The two readings of a call that a finding names, from the programs that are really loaded. */
static void expect_readings(const char *id, const char *name, uint64_t argument)
{
	AUTO_FREE char *path = example_path(id, "");
	struct profile profile = must_read(path);
	struct policy policy = must_select(&profile, &target);
	struct program ours = must_build(&policy), theirs = peer_build(&policy);
	struct seccomp_data call = {.arch = architectures[ARCH_X86_64].audit,
		.nr = syscall_number(ARCH_X86_64, name),
		.args = {argument}};
	verdict verdicts[2];

	cr_assert_eq(simulate_program(&ours, &call, &verdicts[0], NULL), 0);
	cr_assert_eq(simulate_program(&theirs, &call, &verdicts[1], NULL), 0);
	cr_expect_eq(verdicts[0] & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO, "%s", id);
	cr_expect_eq(verdicts[1], SECCOMP_RET_ALLOW, "%s", id);
	program_finish(&ours);
	program_finish(&theirs);
	policy_finish(&policy);
	profile_finish(&profile);
}

Test(check, libseccomp_lets_through_what_is_said)
{
	expect_readings("contradiction", "setns", 0);
	expect_readings("wide-compare", "socket", 38 | UINT64_C(1) << 32);
}

static uint64_t pick(uint64_t *state, uint64_t below)
{
	return next_random(state) % below;
}

/* At most one condition: with more, libseccomp 2.5.4 loses comparisons of its own accord, or adds a
 * rule for ever. */
static void write_rule(FILE *out, uint64_t *state)
{
	static const char *const names[] = {"read", "socket", "mmap"};
	static const char *const actions[] = {"ALLOW", "ERRNO", "KILL", "TRAP"};
	static const char *const comparisons[] = {"LT", "EQ", "NE", "GE"};
	const char *name = names[pick(state, 3)], *action = actions[pick(state, 4)];
	const char *comparison = comparisons[pick(state, 4)];
	unsigned value = (unsigned)pick(state, 4);

	fprintf(out, "{'names':['%s'],'action':'SCMP_ACT_%s'", name, action);
	if (pick(state, 3) > 0)
		fprintf(out, ",'args':[{'index':0,'op':'SCMP_CMP_%s','value':%u}]", comparison,
			value);
	fputc('}', out);
}

/* Owned by the caller. */
static char *random_profile(uint64_t *state)
{
	AUTO_FREE char *source = NULL;
	size_t length;
	FILE *out = open_memstream(&source, &length);

	fprintf(out, "{'defaultAction':'SCMP_ACT_%s','syscalls':[",
		pick(state, 2) ? "ALLOW" : "ERRNO");
	write_rule(out, state);
	for (uint64_t more = pick(state, 4); more > 0; more--) {
		fputc(',', out);
		write_rule(out, state);
	}
	fputs("]}", out);
	fclose(out);
	return sample_make(source).text;
}

/* A call that libseccomp's program lets through and the profile does not. */
static bool lets_through(const struct policy *policy, const struct program *theirs,
	const char *name, uint64_t first, uint64_t second)
{
	struct seccomp_data call = {.arch = architectures[ARCH_X86_64].audit,
		.nr = syscall_number(ARCH_X86_64, name),
		.args = {first, second}};
	verdict value;

	cr_assert_eq(simulate_program(theirs, &call, &value, NULL), 0);
	return value == SECCOMP_RET_ALLOW &&
	       simulate_policy(policy, &call, NULL) != SECCOMP_RET_ALLOW;
}

static bool is_laxer_there(const struct policy *policy)
{
	static const char *const names[] = {"read", "socket", "mmap"};
	struct program theirs = peer_build(policy);
	bool laxer = false;

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		for (uint64_t first = 0; first < 10; first++)
			for (uint64_t second = 0; second < 10; second++)
				laxer = laxer || lets_through(policy, &theirs, names[i],
							 first % 5 | first / 5 << 32,
							 second % 5 | second / 5 << 32);
	program_finish(&theirs);
	return laxer;
}

/* Where nothing is said, libseccomp takes the rules, and its program lets nothing through. */
Test(check, libseccomp_agrees_where_nothing_is_said)
{
	uint64_t state = 20261124;
	unsigned said = 0;

	for (int round = 0; round < 200; round++) {
		char *text = random_profile(&state);
		AUTO_FREE char *copy = strdup(text);
		struct profile profile = must_parse("random", text, strlen(text));
		struct policy policy = must_select(&profile, &target);
		struct findings findings = {0};
		struct error err = ERROR_INIT;
		size_t contradictions, wide;

		policy.enosys = false; /* that is the runtime's */
		cr_assert_eq(check_profile(&profile, &target, &findings, &err), 0);
		find(&findings, "contradiction", &contradictions);
		find(&findings, "wide-compare", &wide);
		if (contradictions > 0 || wide > 0)
			said++;
		else
			cr_expect(!is_laxer_there(&policy), "%s", copy);
		findings_finish(&findings);
		policy_finish(&policy);
		profile_finish(&profile);
	}
	cr_expect(said > 20 && said < 180, "%u", said);
}

Test(check, runtime_default)
{
	static const char *const expected[] = {"no-log", "equivalent-open", "wide-compare",
		"dangerous-allowed", "dangerous-allowed"};
	struct findings findings;
	size_t length, found = 0;
	const char *text = profile_runtime_default_text(&length);

	findings = check_text("RuntimeDefault", strndup(text, length), length, &target);
	for (size_t i = 0; i < findings.count; i++) {
		if (!strcmp(findings.items[i].id, "unknown-to-libseccomp"))
			continue; /* depends on its version */
		cr_assert_lt(found, ARRAY_LENGTH(expected), "%s", findings.items[i].text);
		cr_expect_str_eq(findings.items[i].id, expected[found++]);
	}
	cr_expect_eq(found, ARRAY_LENGTH(expected));
	findings_finish(&findings);
}

static void check_everywhere(const struct profile *profile)
{
	static const enum arch arches[] = {ARCH_X86_64, ARCH_AARCH64, ARCH_S390X, ARCH_PPC64LE};

	for (size_t i = 0; i < ARRAY_LENGTH(arches); i++) {
		struct target at = {arches[i], {5, 10}, UINT64_MAX};
		struct findings findings = {0};
		struct error err = ERROR_INIT;
		int r = check_profile(profile, &at, &findings, &err);

		cr_expect_eq(r, 0, "%s: %s", profile->name, error_message(&err));
		error_finish(&err);
		findings_finish(&findings);
	}
}

Test(check, profiles_of_the_tests)
{
	for_each_profile(check_everywhere);
}
