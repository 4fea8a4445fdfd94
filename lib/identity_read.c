/* SPDX-License-Identifier: Apache-2.0 */
#include "identity_internal.h"

#include "syscalls.h"

#include <stdbool.h>

static bool same_call(const struct clause *a, const struct clause *b)
{
	return a->arch == b->arch && a->number == b->number;
}

/* Of the rules for a call, the first without conditions; rules with the default action are skipped. */
static void keep_first(struct policy *policy)
{
	size_t kept = 0, start = 0; /* of the call at hand, among what is kept */
	bool settled = false;

	for (size_t i = 0; i < policy->clause_count; i++) {
		struct clause clause = policy->clauses[i];

		if (i == 0 || !same_call(&clause, &policy->clauses[i - 1])) {
			start = kept;
			settled = false;
		}
		if (settled || clause.action == policy->profile->default_action)
			continue;
		settled = clause.condition_count == 0 && clause.call_mask == 0;
		if (settled)
			kept = start;
		policy->clauses[kept++] = clause;
	}
	policy->clause_count = kept;
}

static void drop_unknown(struct policy *policy)
{
	size_t kept = 0;

	for (size_t i = 0; i < policy->clause_count; i++)
		if (syscall_numbered_by_libseccomp(
			    policy->clauses[i].arch, policy->clauses[i].name))
			policy->clauses[kept++] = policy->clauses[i];
	policy->clause_count = kept;
}

/* runc knows no numbers beside the sequence: x32's own, 512 and up, count as the newest. */
static int newest_known(const struct profile *profile, enum arch arch)
{
	int newest = SYSCALL_NONE;

	for (size_t i = 0; i < profile->rule_count; i++)
		for (size_t n = 0; n < profile->rules[i].name_count; n++) {
			const char *name = profile->rules[i].names[n];
			int number = syscall_number(arch, name);

			if (number > newest && syscall_numbered_by_libseccomp(arch, name))
				newest = number;
		}
	return newest;
}

/* libseccomp tests all bits of what it takes for a register: on x32 32 of them. */
static void widen(struct clause *clause)
{
	for (size_t i = 0; i < clause->condition_count; i++)
		clause->bits[i] = clause->arch == ARCH_X32
					  ? 32
					  : (unsigned char)architectures[clause->arch].bits;
}

void identity_reread(struct policy *policy, enum reading reading)
{
	if (reading == READ_EXACT)
		return;
	drop_unknown(policy);
	if (reading == READ_NATIVE || reading == READ_NATIVE_CRUN) {
		keep_first(policy);
		for (size_t i = 0; i < policy->clause_count; i++)
			widen(&policy->clauses[i]);
	}
	if (reading == READ_WRITTEN_CRUN || reading == READ_NATIVE_CRUN)
		policy->enosys = false;
	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if (policy->architectures & UINT32_C(1) << arch)
			policy->newest[arch] = newest_known(policy->profile, (enum arch)arch);
}
