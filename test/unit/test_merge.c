/* SPDX-License-Identifier: Apache-2.0 */
/* What is merged means for every call tried what simulate.h says of the inputs, taken together. */
#include "merge.h"

#include "proofs.h"

UNIT_SUITE(merge);

enum { MOST = 3 };

/* Once more, and by another form: a rank of strictness, and of equals which number goes first. */
static verdict together(const struct policy *const *policies, size_t count, enum merge merge,
	struct seccomp_data *call)
{
	verdict best = simulate_policy(policies[0], call, NULL);

	for (size_t i = 1; i < count; i++) {
		verdict other = simulate_policy(policies[i], call, NULL);
		enum relation relation = relation_of(other, best);
		bool first =
			(uint16_t)other == ENOSYS || ((uint16_t)best != ENOSYS && other < best);

		if (relation == (merge == MERGE_UNION ? RELATION_LAXER : RELATION_STRICTER) ||
			(relation == RELATION_DIFFERENT && first))
			best = other;
	}
	return best;
}

static void check_call_of(const struct policy *result, const struct policy *const *policies,
	size_t count, enum merge merge, struct seccomp_data *call)
{
	verdict wanted = together(policies, count, merge, call);
	verdict got = simulate_policy(result, call, NULL);
	bool too_new = false;

	for (size_t i = 0; i < count; i++) { /* or not, when all names are known */
		const struct clause *clause;

		too_new |= simulate_policy(policies[i], call, &clause) == wanted && !clause &&
			   wanted == (SECCOMP_RET_ERRNO | ENOSYS);
	}
	cr_assert(got == wanted || (too_new && relation_of(got, wanted) == RELATION_DIFFERENT),
		"merge %d: arch %#x nr %#x (%#llx, %#llx, %#llx): %#x, not %#x", merge, call->arch,
		(unsigned)call->nr, (unsigned long long)call->args[0],
		(unsigned long long)call->args[1], (unsigned long long)call->args[2], got, wanted);
}

static void check_merged(const char *json, const struct policy *const *policies, size_t count,
	enum merge merge, uint64_t *seed)
{
	static struct values values, more;
	struct profile profile = must_parse("merged", strdup(json), strlen(json));
	struct policy result = must_select(&profile, &policies[0]->target);
	static uint32_t numbers[2200];
	size_t number_count = collect_numbers(numbers);

	values.count = 0;
	for (size_t i = 0; i < count; i++) {
		collect_values(policies[i]->profile, &more);
		for (size_t k = 0; k < more.count; k++)
			add_value(&values, more.items[k]);
	}
	for (int arch = 0; arch <= ARCH_AARCH64; arch++) {
		struct seccomp_data call = {.arch = architectures[arch].audit};

		for (size_t i = 0; arch != ARCH_X32 && i < number_count; i++) {
			call.nr = (int)numbers[i];
			for (size_t round = 0; round < 12; round++) {
				for (size_t k = 0; k < SYSCALL_ARGUMENTS; k++)
					call.args[k] =
						values.items[next_random(seed) % values.count] &
						(arch == ARCH_X86 ? UINT32_MAX : UINT64_MAX);
				check_call_of(&result, policies, count, merge, &call);
			}
		}
	}
	policy_finish(&result);
	profile_finish(&profile);
}

/* Merges, checks, and merges in another order. False: one object cannot say it. */
static bool try_merge(const struct policy *policies, size_t count, enum merge merge, uint64_t *seed)
{
	const struct policy *pointers[MOST], *turned[MOST];
	struct error err = ERROR_INIT;
	char *json = NULL, *again = NULL;
	int r;

	for (size_t i = 0; i < count; i++)
		pointers[i] = turned[count - 1 - i] = &policies[i];
	r = merge_policies(pointers, count, merge, &json, &err);
	cr_assert(r == 0 || r == -EOPNOTSUPP, "%s", error_message(&err));
	if (r < 0) {
		error_finish(&err);
		cr_assert_eq(merge_policies(turned, count, merge, &json, NULL), r);
		return false;
	}
	check_merged(json, pointers, count, merge, seed);
	cr_assert_eq(merge_policies(turned, count, merge, &again, NULL), 0);
	cr_assert_str_eq(json, again, "the order matters");
	free(json);
	free(again);
	return true;
}

/* Of one architecture and few conditions: of others most cannot be said. */
static struct profile random_input(uint64_t *seed)
{
	static const char *const names[] = {
		"chmod", "clone", "getpid", "kill", "mseal", "personality", "preadv2", "socket"};
	static const char *const actions[] = {"ALLOW", "ERRNO", "LOG", "TRAP", "KILL_PROCESS"};
	static const char *const defaults[] = {"ERRNO", "ERRNO", "ERRNO", "ALLOW", "TRAP"};
	char *text = NULL;
	size_t length, rules = next_random(seed) % 9;
	FILE *out = open_memstream(&text, &length);

	cr_assert(out);
	fprintf(out, "{\"defaultAction\": \"SCMP_ACT_%s\", \"syscalls\": [",
		defaults[next_random(seed) % ARRAY_LENGTH(defaults)]);
	for (size_t i = 0; i < rules; i++) {
		const char *name = names[next_random(seed) % ARRAY_LENGTH(names)];

		fprintf(out, "%s{\"names\": [\"%s\"], \"action\": \"SCMP_ACT_%s\", \"args\": [",
			i ? ", " : "", name, actions[next_random(seed) % ARRAY_LENGTH(actions)]);
		if (next_random(seed) % 2)
			print_random_condition(out, name, 2, seed);
		fputs("]}", out);
	}
	fputs("]}", out);
	cr_assert_eq(fclose(out), 0);
	return must_parse("random", text, length);
}

Test(merge, random_profiles)
{
	struct target target = {ARCH_X86_64, {6, 12}, 0};
	uint64_t seed = 31;
	size_t merged[2] = {0};

	for (int i = 0; i < 80; i++) {
		size_t count = 2 + next_random(&seed) % (MOST - 1);
		struct profile profiles[MOST];
		struct policy policies[MOST];

		for (size_t k = 0; k < count; k++) {
			profiles[k] = random_input(&seed);
			policies[k] = must_select(&profiles[k], &target);
		}
		for (int merge = MERGE_UNION; merge <= MERGE_INTERSECTION; merge++)
			merged[merge] += try_merge(policies, count, (enum merge)merge, &seed);
		for (size_t k = 0; k < count; k++) {
			policy_finish(&policies[k]);
			profile_finish(&profiles[k]);
		}
	}
	cr_log_info("%zu unions, %zu intersections", merged[0], merged[1]);
	cr_assert_gt(merged[0], 30, "%zu", merged[0]);
	cr_assert_gt(merged[1], 30, "%zu", merged[1]);
}

static struct profile fixed;
static size_t fixed_merged[2];

static void merge_with_fixed(const struct profile *profile)
{
	struct target target = {ARCH_X86_64, {6, 12}, 0};
	struct policy policies[2] = {must_select(&fixed, &target), must_select(profile, &target)};
	uint64_t seed = 32;

	for (int merge = MERGE_UNION; merge <= MERGE_INTERSECTION; merge++)
		fixed_merged[merge] += try_merge(policies, 2, (enum merge)merge, &seed);
	for (size_t i = 0; i < 2; i++)
		policy_finish(&policies[i]);
}

Test(merge, profiles_of_test_data)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(profile_runtime_default(&fixed, &err), 0, "%s", error_message(&err));
	for_each_profile(merge_with_fixed);
	cr_log_info("%zu unions, %zu intersections", fixed_merged[0], fixed_merged[1]);
	cr_assert_geq(fixed_merged[0], 3, "%zu", fixed_merged[0]);
	cr_assert_geq(fixed_merged[1], 15, "%zu", fixed_merged[1]);
	profile_finish(&fixed);
}

#define PROFILE(default_action, rest)                                                              \
	"{'defaultAction': 'SCMP_ACT_" default_action                                              \
	"', 'architectures': ['SCMP_ARCH_X86_64'], " rest "}"
#define RULE(names, action, rest) "{'names': [" names "], 'action': 'SCMP_ACT_" action "'" rest "}"
#define WHEN(index, op, value)                                                                     \
	", 'args': [{'index': " index ", 'op': 'SCMP_CMP_" op "', 'value': " value "}]"
#define WRITTEN "'architectures':['SCMP_ARCH_X86_64'],'syscalls':["

static const struct {
	const char *what, *one, *other;
	const char *both[2]; /* the JSON by enum merge, or what the message has */
} samples[] = {
	{"recordings", PROFILE("ERRNO", "'syscalls': [" RULE("'write', 'read'", "ALLOW", "") "]"),
		PROFILE("ERRNO", "'syscalls': [" RULE("'close', 'read'", "ALLOW", "") "]"),
		{"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1," WRITTEN
		 "{'names':['close','read','write'],'action':'SCMP_ACT_ALLOW'}]}",
			"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1," WRITTEN
			"{'names':['close'],'action':'SCMP_ACT_ERRNO','errnoRet':1},"
			"{'names':['read'],'action':'SCMP_ACT_ALLOW'}]}"}},
	{"conditions",
		PROFILE("ALLOW", "'syscalls': [" RULE("'kill'", "ERRNO", WHEN("1", "GE", "8")) "]"),
		PROFILE("ALLOW",
			"'syscalls': [" RULE("'kill'", "ERRNO", WHEN("1", "LT", "16")) "]"),
		{"{'defaultAction':'SCMP_ACT_ALLOW'," WRITTEN
		 "{'names':['kill'],'action':'SCMP_ACT_ERRNO','errnoRet':1,'args':[{'index':1,"
		 "'value':4294967288,'valueTwo':8,'op':'SCMP_CMP_MASKED_EQ'}]}]}",
			"{'defaultAction':'SCMP_ACT_ALLOW'," WRITTEN
			"{'names':['kill'],'action':'SCMP_ACT_ERRNO','errnoRet':1}]}"}},
	{"of two errors ENOSYS",
		PROFILE("ALLOW", "'syscalls': [" RULE("'clone3'", "ERRNO", ", 'errnoRet': 38") "]"),
		PROFILE("ALLOW", "'syscalls': [" RULE("'clone3'", "ERRNO", ", 'errnoRet': 13") "]"),
		{"{'defaultAction':'SCMP_ACT_ALLOW'," WRITTEN
		 "{'names':['clone3'],'action':'SCMP_ACT_ERRNO','errnoRet':38}]}",
			"{'defaultAction':'SCMP_ACT_ALLOW'," WRITTEN
			"{'names':['clone3'],'action':'SCMP_ACT_ERRNO','errnoRet':38}]}"}},
	{"of two others the smallest",
		PROFILE("ALLOW", "'syscalls': [" RULE("'acct'", "ERRNO", ", 'errnoRet': 22") "]"),
		PROFILE("ALLOW", "'syscalls': [" RULE("'acct'", "ERRNO", ", 'errnoRet': 13") "]"),
		{"{'defaultAction':'SCMP_ACT_ALLOW'," WRITTEN
		 "{'names':['acct'],'action':'SCMP_ACT_ERRNO','errnoRet':13}]}",
			"{'defaultAction':'SCMP_ACT_ALLOW'," WRITTEN
			"{'names':['acct'],'action':'SCMP_ACT_ERRNO','errnoRet':13}]}"}},
	{"flags", PROFILE("ALLOW", "'flags': ['SECCOMP_FILTER_FLAG_LOG'], 'syscalls': []"),
		PROFILE("ALLOW", "'flags': [], 'syscalls': []"),
		{"different flags", "different flags"}},
	{"an architecture of one",
		PROFILE("ERRNO", "'syscalls': [" RULE("'acct'", "ALLOW", "") "]"),
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': ['SCMP_ARCH_X86_64', "
		"'SCMP_ARCH_X86'], 'syscalls': [" RULE("'acct'", "ERRNO", "") "]}",
		{"rules for acct mean",
			"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1," WRITTEN
			"{'names':['acct'],'action':'SCMP_ACT_ERRNO','errnoRet':1}]}"}},
	{"another default on an architecture",
		"{'defaultAction': 'SCMP_ACT_ERRNO', 'architectures': ['SCMP_ARCH_X86_64', "
		"'SCMP_ARCH_X86'], 'syscalls': []}",
		PROFILE("ALLOW", "'syscalls': []"),
		{"SCMP_ARCH_X86, which",
			"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1," WRITTEN "]}"}},
};

static void check_sample(size_t i, const struct policy *const *policies, enum merge merge)
{
	struct sample wanted = sample_make(samples[i].both[merge]);
	struct error err = ERROR_INIT;
	char *json = NULL;
	int r = merge_policies(policies, 2, merge, &json, &err);

	if (wanted.text[0] == '{') {
		cr_assert_eq(r, 0, "%s: %s", samples[i].what, error_message(&err));
		cr_assert_str_eq(json, wanted.text, "%s %d: %s", samples[i].what, merge, json);
	} else {
		cr_assert_eq(r, -EOPNOTSUPP, "%s: %s", samples[i].what, json);
		cr_assert(contains(error_message(&err), wanted.text), "%s: %s", samples[i].what,
			error_message(&err));
	}
	free(json);
	free(wanted.text);
	error_finish(&err);
}

Test(merge, samples)
{
	struct target target = {ARCH_X86_64, {6, 12}, 0};

	for (size_t i = 0; i < ARRAY_LENGTH(samples); i++) {
		struct profile one = parse_profile(samples[i].one);
		struct profile other = parse_profile(samples[i].other);
		struct policy a = must_select(&one, &target), b = must_select(&other, &target);
		const struct policy *policies[] = {&a, &b};

		check_sample(i, policies, MERGE_UNION);
		check_sample(i, policies, MERGE_INTERSECTION);
		policy_finish(&a);
		policy_finish(&b);
		profile_finish(&one);
		profile_finish(&other);
	}
}
