/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second opinion: the same rules given to libseccomp as the peers give them, one context an
 * architecture, merged. Where both can say what the rules mean they must agree; where they cannot,
 * the difference is shown, because it is why lib/filter.c builds the programs
 * (docs/ARCHITECTURE.md).
 */
#include "peer.h"
#include "proofs.h"

#include <errno.h>

UNIT_SUITE(peer);

/* libseccomp 2.5.4 lacks some numbers of calls that it has on other architectures. */
static bool peer_has_number(const struct clause *clause)
{
	return seccomp_syscall_resolve_name_arch(peer_arch(clause->arch), clause->name) ==
	       (int)clause->number;
}

/* What libseccomp says otherwise by design: calls behind a multiplexer, names it does not know,
 * numbers newer than the profile. */
static bool comparable(const struct policy *policy, enum arch arch, uint32_t number)
{
	uint32_t native = number & ~X32_SYSCALL_BIT;
	const struct clause *clauses;
	struct multiplexed way;
	size_t count;

	if (policy_fallback(policy, arch, number, NULL) != policy->profile->default_action)
		return false;
	clauses = policy_clauses(policy, arch, number, &count);
	for (size_t i = 0; i < count; i++)
		if (clauses[i].call_mask || syscall_multiplexed(arch, clauses[i].name, &way) ||
			!peer_has_number(&clauses[i]))
			return false;
	return native < 1024;
}

static void assert_agree(
	const struct policy *policy, const struct program *peer, const struct seccomp_data *call)
{
	verdict ours = simulate_policy(policy, call, NULL), theirs;
	char words[2][32];

	cr_assert_eq(simulate_program(peer, call, &theirs, NULL), 0);
	cr_assert_eq(theirs, ours, "%s: arch %#x nr %d args %#llx %#llx: libseccomp %s, ours %s",
		policy->profile->name, call->arch, call->nr, (unsigned long long)call->args[0],
		(unsigned long long)call->args[1],
		verdict_format(theirs, words[0], sizeof(words[0])),
		verdict_format(ours, words[1], sizeof(words[1])));
}

static void compare_number(const struct policy *policy, const struct program *peer, enum arch arch,
	uint32_t number, const struct values *values)
{
	struct seccomp_data call = {.nr = (int)number, .arch = architectures[arch].audit};
	size_t count;

	assert_agree(policy, peer, &call);
	policy_clauses(policy, arch, number, &count);
	if (count == 0)
		return;
	for (unsigned index = 0; index < SYSCALL_ARGUMENTS; index++) {
		for (size_t i = 0; i < values->count; i++) {
			memset(call.args, 0, sizeof(call.args));
			/* 16 bits fit every argument: upper bits are told apart below. */
			call.args[index] = values->items[i] & UINT16_MAX;
			assert_agree(policy, peer, &call);
		}
	}
}

static void compare_profile(const struct profile *profile, uint64_t capabilities)
{
	static struct values values;
	struct target target = {ARCH_X86_64, {6, 12}, capabilities};
	struct policy policy = must_select(profile, &target);
	struct program peer = peer_build(&policy);
	size_t compared = 0;

	collect_values(profile, &values);
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		uint32_t first = arch == ARCH_X32 ? X32_SYSCALL_BIT : 0;

		if (!(policy.architectures & UINT32_C(1) << arch))
			continue;
		for (uint32_t number = first; number < first + 1024; number++) {
			if (!comparable(&policy, (enum arch)arch, number))
				continue;
			compare_number(&policy, &peer, (enum arch)arch, number, &values);
			compared++;
		}
	}
	cr_assert_gt(compared, 10, "%s: %zu numbers compared", profile->name, compared);
	program_finish(&peer);
	policy_finish(&policy);
}

Test(peer, agrees_on_runtime_default)
{
	struct error err = ERROR_INIT;
	struct profile profile;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	compare_profile(&profile, 0);
	compare_profile(&profile, UINT64_C(0xa80425fb));
	compare_profile(&profile, UINT64_MAX);
	profile_finish(&profile);
}

/* The proof finds no difference in RuntimeDefault but those by design, and the upper bits of
 * arguments that the kernel does not use. */
static void assert_upper_bits(const struct example *example)
{
	uint64_t upper = 0;

	for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
		upper |= example->call.args[i] >> 32;
	cr_assert(!example->found || upper != 0, "arch %#x nr %u: %#x against %#x",
		example->call.arch, (unsigned)example->call.nr, example->a, example->b);
}

static int expect_known(const struct range *range, void *data)
{
	const struct policy *policy = data;
	enum arch arch = range->first_arch == AUDIT_ARCH_I386 ? ARCH_X86 : ARCH_X86_64;

	if (range->first_arch != architectures[arch].audit || range->first >= X32_SYSCALL_BIT)
		return 0;
	cr_assert_eq(range->first_arch, range->last_arch);
	for (uint32_t number = range->first; number <= range->last && number < 1024; number++)
		if (comparable(policy, arch, number))
			for (int i = 0; i < RELATION_COUNT; i++)
				assert_upper_bits(&range->examples[i]);
	return 0;
}

Test(peer, proof_finds_known_differences_alone)
{
	struct target target = {ARCH_X86_64, {6, 12}, UINT64_C(0xa80425fb)};
	struct error err = ERROR_INIT;
	struct meaning meanings[2];
	struct profile profile;
	struct prover *prover;
	struct policy policy;
	struct program peer;
	struct proof proof;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	policy = must_select(&profile, &target);
	peer = peer_build(&policy);
	cr_assert_eq(prover_create(ARCH_X86_64, &prover, &err), 0);
	cr_assert_eq(prove_meaning(prover, &STACK(POLICY(&policy)), &meanings[0], &err), 0);
	cr_assert_eq(prove_meaning(prover, &STACK(PROGRAM(&peer)), &meanings[1], &err), 0);
	cr_assert_eq(prove_compare(prover, &meanings[0], &meanings[1], &proof, &err), 0);
	cr_assert_eq(proof.relation, RELATION_DIFFERENT);
	cr_assert_eq(prove_ranges(prover, &meanings[0], &meanings[1], expect_known, &policy, &err),
		0, "%s", error_message(&err));
	prover_destroy(prover);
	program_finish(&peer);
	policy_finish(&policy);
	profile_finish(&profile);
}

Test(peer, agrees_on_profiles_of_test_data)
{
	static const char *const names[] = {"deny-ptrace", "block-chmod", "minimal", "structure",
		"audit", "kill", "kill-thread", "trap", "trace", "log-default", "args-int",
		"masked", "x32", "docker-format", "newer-names", "no-enosys", "static-program"};

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		struct profile profile;
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s.json", getenv("TEST_DATA"), names[i]);
		profile = must_read(path);
		compare_profile(&profile, 0);
		profile_finish(&profile);
	}
}

/* Where they differ: a profile, a call, what libseccomp makes of it and what it means. */

#define PROFILE(action, rules)                                                                     \
	"{\"defaultAction\": \"SCMP_ACT_" action                                                   \
	"\", \"architectures\": [\"SCMP_ARCH_X86\"], \"syscalls\": [" rules "]}"
#define RULE_IF(name, action, index, op, value)                                                    \
	"{\"names\": [\"" name "\"], \"action\": \"SCMP_ACT_" action                               \
	"\", \"args\": [{\"index\": " index ", \"op\": \"SCMP_CMP_" op "\", \"value\": " value     \
	"}]}"

static const struct {
	const char *what;
	const char *profile;
	uint32_t audit;
	int number;
	uint64_t arguments[2];
	verdict peer, ours;
	bool mended; /* by libseccomp 2.6.1 (GHSA-4q85-33p6-j5g6) */
} differences[] = {
	{"a denied value of an int passes with upper bits set",
		PROFILE("ALLOW", RULE_IF("socket", "ERRNO", "0", "EQ", "40")), AUDIT_ARCH_X86_64,
		41, {UINT64_C(0x100000028)}, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM, false},
	{"an int below a limit counts as above it",
		PROFILE("ERRNO", RULE_IF("socket", "ALLOW", "0", "GT", "40")), AUDIT_ARCH_X86_64,
		41, {UINT64_C(0x100000002)}, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM, false},
	{"a conditional rule beside a laxer one for all is dropped",
		PROFILE("ERRNO", "{\"names\": [\"kill\"], \"action\": \"SCMP_ACT_ALLOW\"}," RULE_IF(
					 "kill", "KILL_PROCESS", "1", "EQ", "9")),
		AUDIT_ARCH_X86_64, 62, {1, 9}, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS, false},
	{"a later rule is dropped, though it is stricter",
		PROFILE("ERRNO",
			"{\"names\": [\"kill\"], \"action\": \"SCMP_ACT_ALLOW\"}, {\"names\": "
			"[\"kill\"], \"action\": \"SCMP_ACT_TRAP\"}"),
		AUDIT_ARCH_X86_64, 62, {1, 9}, SECCOMP_RET_ALLOW, SECCOMP_RET_TRAP, false},
	{"one family allowed opens socketcall to all",
		PROFILE("ERRNO", RULE_IF("socket", "ALLOW", "0", "EQ", "1")), AUDIT_ARCH_I386, 102,
		{1}, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM, false},
	{"the version in ipc's call slips past a denied call",
		PROFILE("ALLOW", "{\"names\": [\"shmget\"], \"action\": \"SCMP_ACT_ERRNO\"}"),
		AUDIT_ARCH_I386, 117, {23 | 1 << 16}, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM,
		false},
	{"of two 64-bit limits the wider is lost",
		PROFILE("ALLOW",
			RULE_IF("brk", "ERRNO", "0", "LE", "9223372036854775807") "," RULE_IF(
				"brk", "ERRNO", "0", "LE", "5")),
		AUDIT_ARCH_X86_64, 12, {UINT32_MAX}, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM,
		true},
};

static bool peer_is_mended(void)
{
	const struct scmp_version *version = seccomp_version();

	return version->major * 10000 + version->minor * 100 + version->micro >= 20601;
}

static void assert_proved_different(
	const char *what, const struct policy *policy, const struct program *peer)
{
	struct stack left = STACK(POLICY(policy)), right = STACK(PROGRAM(peer));
	struct error err = ERROR_INIT;
	struct proof proof;

	cr_assert_eq(prove_stacks(ARCH_X86_64, &left, &right, &proof, &err), 0, "%s: %s", what,
		error_message(&err));
	cr_assert_neq(proof.relation, RELATION_SAME, "%s", what);
	check_proof(what, &proof, left, right);
}

Test(peer, differs)
{
	struct target target = {ARCH_X86_64, {6, 12}, 0};

	for (size_t i = 0; i < ARRAY_LENGTH(differences); i++) {
		struct seccomp_data call = {.nr = differences[i].number,
			.arch = differences[i].audit,
			.args = {differences[i].arguments[0], differences[i].arguments[1]}};
		struct profile profile = parse_profile(differences[i].profile);
		struct policy policy = must_select(&profile, &target);
		struct program peer = peer_build(&policy), ours = must_build(&policy);
		verdict value;

		cr_assert_eq(simulate_program(&peer, &call, &value, NULL), 0);
		if (!differences[i].mended || !peer_is_mended())
			cr_assert_eq(value, differences[i].peer, "%s: libseccomp: %#x",
				differences[i].what, value);
		cr_assert_eq(simulate_program(&ours, &call, &value, NULL), 0);
		cr_assert_eq(
			value, differences[i].ours, "%s: ours: %#x", differences[i].what, value);
		if (!differences[i].mended || !peer_is_mended())
			assert_proved_different(differences[i].what, &policy, &peer);
		assert_relation(differences[i].what, ARCH_X86_64, STACK(POLICY(&policy)),
			STACK(PROGRAM(&ours)), RELATION_SAME);
		program_finish(&peer);
		program_finish(&ours);
		policy_finish(&policy);
		profile_finish(&profile);
	}
}

Test(peer, is_larger)
{
	struct target target = {ARCH_X86_64, {6, 12}, UINT64_C(0xa80425fb)};
	struct error err = ERROR_INIT;
	struct program peer, ours;
	struct profile profile;
	struct policy policy;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	policy = must_select(&profile, &target);
	peer = peer_build(&policy);
	ours = must_build(&policy);
	cr_log_info(
		"RuntimeDefault: libseccomp %zu instructions, ours %zu", peer.length, ours.length);
	cr_assert_lt(2 * ours.length, peer.length);
	program_finish(&peer);
	program_finish(&ours);
	policy_finish(&policy);
	profile_finish(&profile);
}
