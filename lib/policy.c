/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include "syscalls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

static bool includes_hold(const struct requirement *includes, const struct target *target)
{
	if (includes->architectures && !(includes->architectures & UINT32_C(1) << target->arch))
		return false;
	if ((includes->capabilities & target->capabilities) != includes->capabilities)
		return false;
	return !includes->has_kernel || kernel_version_at_least(target->kernel, includes->kernel);
}

static bool excludes_hold(const struct requirement *excludes, const struct target *target)
{
	if (excludes->architectures & UINT32_C(1) << target->arch)
		return true;
	if (excludes->capabilities & target->capabilities)
		return true;
	return excludes->has_kernel && kernel_version_at_least(target->kernel, excludes->kernel);
}

static uint32_t select_architectures(
	const struct profile *profile, const struct target *target, bool native_only)
{
	uint32_t native = UINT32_C(1) << target->arch, listed = profile->architectures | native;

	for (size_t i = 0; i < profile->architecture_map_count; i++)
		if (profile->architecture_maps[i].arch == target->arch)
			listed |= profile->architecture_maps[i].sub_architectures;
	if (native_only)
		return native;
	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if (!arch_runs_on((enum arch)arch, target->arch))
			listed &= ~(UINT32_C(1) << arch);
	return listed;
}

static bool wants_enosys(verdict default_action)
{
	switch (default_action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
		return false;
	default:
		return true;
	}
}

static void note_newest(struct policy *policy, enum arch arch, int number)
{
	uint32_t last;

	if (syscall_beside_sequence(arch, (uint32_t)number, &last))
		return;
	if (number > policy->newest[arch])
		policy->newest[arch] = number;
}

static int append_clause(struct policy *policy, size_t *capacity, const struct clause *clause)
{
	if (policy->clause_count == POLICY_CLAUSE_LIMIT)
		return -E2BIG;
	if (policy->clause_count == *capacity) {
		size_t larger = *capacity ? *capacity * 2 : 1024;
		struct clause *moved =
			reallocarray(policy->clauses, larger, sizeof(*policy->clauses));

		if (!moved)
			return -ENOMEM;
		policy->clauses = moved;
		*capacity = larger;
	}
	policy->clauses[policy->clause_count++] = *clause;
	return 0;
}

struct selection {
	struct policy *policy;
	size_t capacity;
};

static int add_conditions(struct selection *selection, struct clause clause,
	const struct condition *conditions, size_t count)
{
	clause.conditions = conditions;
	clause.condition_count = count;
	if (count > sizeof(clause.bits))
		return -EINVAL; /* never: no index stands twice here */
	for (size_t i = 0; i < count; i++)
		clause.bits[i] = (unsigned char)syscall_argument_bits(
			clause.arch, clause.name, conditions[i].index);
	return append_clause(selection->policy, &selection->capacity, &clause);
}

static int add_direct(struct selection *selection, struct clause clause)
{
	const struct rule *rule = clause.rule;

	clause.unseen =
		rule->condition_count > 0 && syscall_arguments_in_memory(clause.arch, clause.name);
	if (clause.unseen)
		return add_conditions(selection, clause, NULL, 0);
	if (!rule->conditions_repeat)
		return add_conditions(selection, clause, rule->conditions, rule->condition_count);
	for (size_t i = 0; i < rule->condition_count; i++) {
		int r = add_conditions(selection, clause, &rule->conditions[i], 1);

		if (r < 0)
			return r;
	}
	return 0;
}

static int add_multiplexed(struct selection *selection, struct clause clause)
{
	struct multiplexed way;

	if (!syscall_multiplexed(clause.arch, clause.name, &way))
		return 0;
	clause.unseen = clause.rule->condition_count > 0;
	clause.number = (uint32_t)way.number;
	clause.call = way.call;
	clause.call_mask = way.mask;
	return append_clause(selection->policy, &selection->capacity, &clause);
}

/* `number`: the name's, or SYSCALL_NONE. */
static int add_name(struct selection *selection, enum arch arch, const struct rule *rule,
	const char *name, int number)
{
	struct clause clause = {.arch = arch, .action = rule->action, .name = name, .rule = rule};

	if (number != SYSCALL_NONE) {
		int r;

		clause.number = (uint32_t)number;
		r = add_direct(selection, clause);
		if (r < 0)
			return r;
	}
	return add_multiplexed(selection, clause);
}

static int add_rule(struct selection *selection, enum arch arch, const struct rule *rule)
{
	struct policy *policy = selection->policy;
	bool selected = !excludes_hold(&rule->excludes, &policy->target) &&
			includes_hold(&rule->includes, &policy->target);

	for (size_t i = 0; i < rule->name_count; i++) {
		int number = syscall_number(arch, rule->names[i]);
		int r = 0;

		if (number != SYSCALL_NONE)
			note_newest(policy, arch, number);
		if (selected)
			r = add_name(selection, arch, rule, rule->names[i], number);
		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_clauses(const void *left, const void *right)
{
	const struct clause *a = left, *b = right;

	if (a->arch != b->arch)
		return a->arch < b->arch ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	if (a->conditions != b->conditions)
		return a->conditions < b->conditions ? -1 : 1;
	/* Two names of one rule may share a multiplexer. */
	return a->call < b->call ? -1 : a->call > b->call;
}

/* What the calls of one number get whatever their arguments: those of a multiplexer each by itself, and
 * in the place of no such call, 0, those that are none. A rule for a multiplexer by its own name says
 * nothing of its single calls. */
struct otherwise {
	verdict actions[64]; /* more than a multiplexer has calls */
	uint64_t known;	     /* bit N: actions[N] is by a rule, not the default */
};

static void note_otherwise(struct otherwise *otherwise, const struct clause *clause)
{
	verdict *action = &otherwise->actions[clause->call];
	uint64_t bit = UINT64_C(1) << clause->call;

	if (clause->unseen || clause->condition_count > 0)
		return;
	if (!(otherwise->known & bit) || verdict_stricter(clause->action, *action))
		*action = clause->action;
	otherwise->known |= bit;
}

static bool is_worth_keeping(
	const struct otherwise *otherwise, const struct clause *clause, verdict default_action)
{
	if (!clause->unseen || verdict_stricter(clause->action, default_action))
		return true;
	return otherwise->known & UINT64_C(1) << clause->call &&
	       verdict_stricter(clause->action, otherwise->actions[clause->call]);
}

/* Drops the clauses with conditions that cannot be seen where they would not restrict. */
static void settle_unseen(struct policy *policy)
{
	size_t kept = 0, end;

	for (size_t start = 0; start < policy->clause_count; start = end) {
		const struct clause *first = &policy->clauses[start];
		enum arch arch = first->arch;
		uint32_t number = first->number;
		struct otherwise otherwise = {.known = 0};

		for (end = start; end < policy->clause_count && policy->clauses[end].arch == arch &&
				  policy->clauses[end].number == number;
			end++)
			note_otherwise(&otherwise, &policy->clauses[end]);
		for (size_t i = start; i < end; i++)
			if (is_worth_keeping(&otherwise, &policy->clauses[i],
				    policy->profile->default_action))
				policy->clauses[kept++] = policy->clauses[i];
	}
	policy->clause_count = kept;
}

int policy_select(const struct profile *profile, const struct target *target, bool native_only,
	struct policy *ret, struct error *err)
{
	struct policy policy = {.profile = profile, .target = *target};
	struct selection selection = {.policy = &policy};
	int r = 0;

	policy.architectures = select_architectures(profile, target, native_only);
	policy.enosys = wants_enosys(profile->default_action);
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		policy.newest[arch] = SYSCALL_NONE;
		if (!(policy.architectures & UINT32_C(1) << arch))
			continue;
		/* Without numbers no rule would apply, and one that denies would be a hole. */
		if (syscall_number((enum arch)arch, "read") == SYSCALL_NONE) {
			policy_finish(&policy);
			return error_set(err, -EOPNOTSUPP,
				"%s: the syscall numbers of %s are not known here; a newer "
				"libseccomp may know them",
				profile->name, architectures[arch].name);
		}
		for (size_t i = 0; i < profile->rule_count && r == 0; i++)
			r = add_rule(&selection, (enum arch)arch, &profile->rules[i]);
	}
	if (r < 0) {
		policy_finish(&policy);
		return r == -E2BIG ? error_set(err, r, "%s: more than %d rules", profile->name,
					     POLICY_CLAUSE_LIMIT)
				   : error_memory(err);
	}
	if (policy.clause_count > 0)
		qsort(policy.clauses, policy.clause_count, sizeof(*policy.clauses),
			compare_clauses);
	settle_unseen(&policy);
	*ret = policy;
	return 0;
}

void policy_finish(struct policy *policy)
{
	free(policy->clauses);
	memset(policy, 0, sizeof(*policy));
}

static bool is_before(const struct clause *clause, enum arch arch, uint32_t number)
{
	return clause->arch != arch ? clause->arch < arch : clause->number < number;
}

const struct clause *policy_clauses(
	const struct policy *policy, enum arch arch, uint32_t number, size_t *ret_count)
{
	size_t low = 0, high = policy->clause_count, end;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (is_before(&policy->clauses[middle], arch, number))
			low = middle + 1;
		else
			high = middle;
	}
	end = low;
	while (end < policy->clause_count && policy->clauses[end].arch == arch &&
		policy->clauses[end].number == number)
		end++;
	*ret_count = end - low;
	return policy->clauses ? &policy->clauses[low] : NULL;
}

verdict policy_fallback(
	const struct policy *policy, enum arch arch, uint32_t number, uint32_t *ret_last)
{
	int newest = policy->newest[arch];
	uint32_t last = UINT32_MAX;
	bool newer = false;

	if (policy->enosys && newest != SYSCALL_NONE) {
		newer = !syscall_beside_sequence(arch, number, &last) && number > (uint32_t)newest;
		if (number <= (uint32_t)newest && last > (uint32_t)newest)
			last = (uint32_t)newest;
	}
	if (ret_last)
		*ret_last = last;
	return newer ? SECCOMP_RET_ERRNO | ENOSYS : policy->profile->default_action;
}

verdict policy_foreign(void)
{
	return SECCOMP_RET_KILL_THREAD;
}

bool policy_notifies(const struct policy *policy)
{
	for (size_t i = 0; i < policy->clause_count; i++)
		if ((policy->clauses[i].action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return true;
	return false;
}
