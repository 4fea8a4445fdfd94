/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runc, crun and docker make of the same profile through libseccomp, where that is laxer.
 *
 * Two differences are known. libseccomp keeps the first unconditional rule for a call and drops all
 * others, and the runtimes pass over rules whose action is the default; and it compares all 64 bits of
 * an argument of which the kernel uses fewer. Each is made a policy of its own that has but the
 * calls in question, and is compared with ours for all arguments (prove.h). There are but two verdicts
 * then, permitted or not: other differences would hide the ones that matter.
 */
#include "check_internal.h"

#include "cleanup.h"
#include "prove.h"
#include "simulate.h"
#include "syscalls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NUMBERS = 1024 }; /* that are named one by one when they differ in the same way */

struct peer {
	struct checker *checker;
	struct profile profile;
	struct policy ours, theirs; /* clauses owned; a part of the checker's policy */
	void (*report)(struct checker *checker, const struct example *example,
		const struct clause *ours, const struct clause *theirs);
};

static bool is_unconditional(const struct clause *clause)
{
	return clause->condition_count == 0 && clause->call_mask == 0;
}

/* The rule that libseccomp keeps alone; NULL: it keeps all. */
static const struct clause *find_kept(
	const struct policy *policy, const struct clause *clauses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_unconditional(&clauses[i]) &&
			clauses[i].action != policy->profile->default_action)
			return &clauses[i];
	return NULL;
}

bool check_is_dropped(const struct checker *checker, const struct clause *clause)
{
	const struct policy *policy = checker->policy;
	size_t count;
	const struct clause *clauses = policy_clauses(policy, clause->arch, clause->number, &count);
	const struct clause *kept = find_kept(policy, clauses, count);

	return (kept && kept != clause) || clause->action == policy->profile->default_action;
}

static size_t keep_as_libseccomp(
	const struct policy *policy, const struct clause *clauses, size_t count, struct clause *ret)
{
	const struct clause *kept = find_kept(policy, clauses, count);
	size_t left = 0;

	for (size_t i = 0; i < count; i++)
		if (clauses[i].call_mask != 0 ||
			(kept ? &clauses[i] == kept
			      : clauses[i].action != policy->profile->default_action))
			ret[left++] = clauses[i];
	return left;
}

static size_t widen(
	const struct policy *policy, const struct clause *clauses, size_t count, struct clause *ret)
{
	(void)policy;
	for (size_t i = 0; i < count; i++) {
		ret[i] = clauses[i];
		memset(ret[i].bits, (int)architectures[clauses[i].arch].bits, sizeof(ret[i].bits));
	}
	return count;
}

static verdict simplify(verdict action)
{
	return verdict_permits(action) ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO;
}

static void simplify_clauses(struct policy *policy)
{
	for (size_t i = 0; i < policy->clause_count; i++)
		policy->clauses[i].action = simplify(policy->clauses[i].action);
}

static bool same_clauses(const struct clause *a, const struct clause *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (a[i].rule != b[i].rule || a[i].conditions != b[i].conditions ||
			memcmp(a[i].bits, b[i].bits, a[i].condition_count) != 0)
			return false;
	return true;
}

/* Fills the two policies with the calls for which `reading` changes the clauses. */
static void take_changed(
	struct peer *peer, size_t (*reading)(const struct policy *policy,
				   const struct clause *clauses, size_t count, struct clause *ret))
{
	const struct policy *policy = peer->checker->policy;
	size_t count;

	for (size_t i = 0; i < policy->clause_count; i += count) {
		const struct clause *clauses = &policy->clauses[i];
		struct clause *changed = &peer->theirs.clauses[peer->theirs.clause_count];
		size_t left;

		policy_clauses(policy, clauses->arch, clauses->number, &count);
		left = reading(policy, clauses, count, changed);
		if (left == count && same_clauses(clauses, changed, count))
			continue;
		peer->theirs.clause_count += left;
		memcpy(&peer->ours.clauses[peer->ours.clause_count], clauses,
			count * sizeof(*clauses));
		peer->ours.clause_count += count;
	}
}

static int report_range(const struct range *range, void *data)
{
	struct peer *peer = data;
	struct example example = range->examples[RELATION_LAXER];
	uint32_t more = range->last - range->first;

	if (!example.found)
		return 0;
	for (uint32_t i = 0; i <= more && i < MOST_NUMBERS; i++) {
		const struct clause *ours, *theirs;

		example.call.nr = (int)(range->first + i);
		example.b = simulate_policy(peer->checker->policy, &example.call, &ours);
		example.a = simulate_policy(&peer->theirs, &example.call, &theirs);
		if (!verdict_permits(example.a) || verdict_permits(example.b))
			continue;
		example.a = theirs ? theirs->rule->action
				   : peer->checker->policy->profile->default_action;
		if ((ours || theirs) &&
			check_arch(peer->checker->policy, (ours ? ours : theirs)->name) ==
				(ours ? ours : theirs)->arch)
			peer->report(peer->checker, &example, ours, theirs);
	}
	return 0;
}

static int compare(struct peer *peer, struct error *err)
{
	struct layer layers[2] = {{&peer->theirs, NULL}, {&peer->ours, NULL}};
	struct meaning meanings[2];
	struct prover *prover;
	int r = prover_create(peer->ours.target.arch, &prover, err);

	for (int i = 0; i < 2 && r == 0; i++)
		r = prove_meaning(prover, &(struct stack){NULL, &layers[i], 1}, &meanings[i], err);
	if (r == 0)
		r = prove_ranges(prover, &meanings[0], &meanings[1], report_range, peer, err);
	prover_destroy(prover);
	return r;
}

static void write_argument(struct word_list *list, const char *name, unsigned index, uint64_t value)
{
	const char *argument = syscall_argument_name(name, index);
	char upper[32] = "";

	if (value >> 32 == 1)
		snprintf(upper, sizeof(upper), " | 1<<32");
	else if (value >> 32 != 0)
		snprintf(upper, sizeof(upper), " | %#x<<32", (unsigned)(value >> 32));
	if (argument)
		word_list_add(list, "%s = %u%s", argument, (unsigned)value, upper);
	else
		word_list_add(list, "argument %u = %u%s", index, (unsigned)value, upper);
}

/* The arguments that matter, as `(family = 40 | 1<<32)`; "" where none does. */
static void write_call(struct word_list *list, const char *name, const struct example *example)
{
	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++)
		if (example->words & 3U << (WORD_ARGUMENTS + 2 * i))
			write_argument(list, name, i, example->call.args[i]);
}

static void report_wide(struct checker *checker, const struct example *example,
	const struct clause *ours, const struct clause *theirs)
{
	const struct clause *clause = theirs ? theirs : ours;
	struct word_list arguments = {0};
	char words[2][32];

	write_call(&arguments, clause->name, example);
	checker->findings->incomplete |= arguments.failed;
	check_report(checker, "wide-compare", SEVERITY_WARNING, clause_place(clause),
		"compare by SCMP_CMP_MASKED_EQ with the mask 0xffffffff (an order takes a few of "
		"them), or "
		"load the profile by the hook or the shim, which do",
		"%s(%s) gets %s when runc, crun, docker or containerd load the profile: libseccomp "
		"compares 64 bits, the kernel uses the lower ones, for which %s is meant",
		clause->name, arguments.text ? arguments.text : "",
		verdict_format(example->a, words[0], sizeof(words[0])),
		verdict_format(example->b, words[1], sizeof(words[1])));
	word_list_finish(&arguments);
}

/* One of the two is there. */
static void report_contradiction(struct checker *checker, const struct example *example,
	const struct clause *ours, const struct clause *theirs)
{
	const struct clause *stricter = ours ? ours : theirs;
	char words[2][32];

	verdict_format(example->a, words[0], sizeof(words[0]));
	verdict_format(example->b, words[1], sizeof(words[1]));
	if (theirs) {
		struct place other = clause_place(theirs);

		check_report(checker, "contradiction", SEVERITY_WARNING, clause_place(stricter),
			"remove the rule that is not meant, or write conditions under which only "
			"one of them holds",
			"%s has %s here and %s at %u:%u: oci-seccomp loads the stricter, but runc, "
			"crun and docker the other",
			stricter->name, words[1], words[0], other.line, other.column);
	} else if (ours) {
		check_report(checker, "contradiction", SEVERITY_WARNING, clause_place(ours),
			"remove the rule that is not meant",
			"%s has %s here, but runc, crun and docker do not load this rule and "
			"answer %s",
			ours->name, words[1], words[0]);
	}
}

static int check_reading(struct checker *checker,
	size_t (*reading)(const struct policy *policy, const struct clause *clauses, size_t count,
		struct clause *ret),
	void (*report)(struct checker *checker, const struct example *example,
		const struct clause *ours, const struct clause *theirs),
	struct error *err)
{
	struct peer peer = {
		checker, *checker->policy->profile, *checker->policy, *checker->policy, report};
	AUTO_FREE struct clause *ours = NULL, *theirs = NULL;
	size_t count = checker->policy->clause_count;

	if (count == 0)
		return 0;
	peer.ours.clauses = ours = calloc(count, sizeof(*ours));
	peer.theirs.clauses = theirs = calloc(count, sizeof(*theirs));
	if (!ours || !theirs)
		return error_memory(err);
	peer.ours.clause_count = peer.theirs.clause_count = 0;
	take_changed(&peer, reading);
	peer.profile.default_action = simplify(peer.profile.default_action);
	peer.ours.profile = peer.theirs.profile = &peer.profile;
	peer.ours.enosys = peer.theirs.enosys = false;
	simplify_clauses(&peer.ours);
	simplify_clauses(&peer.theirs);
	return peer.ours.clause_count > 0 ? compare(&peer, err) : 0;
}

int check_peers(struct checker *checker, struct error *err)
{
	int r = check_reading(checker, keep_as_libseccomp, report_contradiction, err);

	return r < 0 ? r : check_reading(checker, widen, report_wide, err);
}
