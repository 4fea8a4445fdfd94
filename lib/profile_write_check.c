/* SPDX-License-Identifier: Apache-2.0 */
#include "profile_write_internal.h"

#include "syscalls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

int check_listeners(const struct writer *writer)
{
	const struct profile *first = NULL;

	for (size_t p = 0; p < writer->count; p++) {
		const struct profile *profile = writer->policies[p]->profile;

		if (!policy_notifies(writer->policies[p]))
			continue;
		if (first &&
			(!same_text(first->listener_path, profile->listener_path) ||
				!same_text(first->listener_metadata, profile->listener_metadata)))
			return error_set(writer->err, -EOPNOTSUPP,
				"linux.seccomp has one listener; %s and %s name different ones",
				first->name, profile->name);
		first = first ? first : profile;
	}
	return 0;
}

int check_defaults(const struct writer *writer)
{
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		const char *without = NULL;
		verdict rest = 0;

		for (size_t p = 0; p < writer->count && writer_has(writer, arch); p++) {
			const struct policy *policy = writer->policies[p];
			verdict one = policy->profile->default_action;

			if (!(policy->architectures & UINT32_C(1) << arch)) {
				one = policy_foreign();
				without = policy->profile->name;
			}
			rest = p == 0 ? one : writer->pick(rest, one);
		}
		if (without && rest != writer->fallback)
			return error_set(writer->err, -EOPNOTSUPP,
				"linux.seccomp cannot say what is meant for calls of %s, which %s "
				"does not list: it has one default action for all architectures",
				architectures[arch].name, without);
	}
	return 0;
}

static bool kills_process(const struct policy *policy, enum arch arch)
{
	if (policy->profile->default_action == SECCOMP_RET_KILL_PROCESS)
		return true;
	for (size_t i = 0; i < policy->clause_count; i++)
		if (policy->clauses[i].arch == arch &&
			policy->clauses[i].action == SECCOMP_RET_KILL_PROCESS)
			return true;
	return false;
}

/* Calls of an architecture that one policy does not have kill the thread there; another policy may
 * want the process killed. */
int check_foreign(const struct writer *writer)
{
	for (size_t p = 0; p < writer->count; p++) {
		const struct policy *policy = writer->policies[p];
		uint32_t lost = policy->architectures & ~writer->architectures;

		for (int arch = 0; arch < ARCH_COUNT; arch++)
			if (lost & UINT32_C(1) << arch && kills_process(policy, (enum arch)arch))
				return error_set(writer->err, -EOPNOTSUPP,
					"linux.seccomp cannot say that calls of %s kill the "
					"process, as %s has it: they kill the thread, since "
					"another profile does not list it",
					architectures[arch].name, policy->profile->name);
	}
	return 0;
}

/* Calls up to this number are known to every libseccomp that is supported. */
enum { OLD_NUMBER = 435 };

static bool is_plain_and_known(const struct decision *decision, int number)
{
	return decision->written.count == 1 && cube_is_all(&decision->written.items[0].cube) &&
	       number != SYSCALL_NONE && ((uint32_t)number & ~X32_SYSCALL_BIT) <= OLD_NUMBER;
}

/*
 * libseccomp (2.5.4 to 2.6.1) has rules for calls that an architecture does not have, too, and
 * leaves them out only when it makes instructions of them: with the load of the number, if such a
 * rule comes first. Unconditional rules come first, and among them those that the architecture has.
 */
static int check_load(const struct writer *writer, enum arch arch)
{
	const char *missing = NULL;

	/* It looks for x32's bit in the number first. */
	if (arch == ARCH_X86_64 && !writer_has(writer, ARCH_X32))
		return 0;
	for (size_t i = 0; i < writer->decision_count; i++) {
		const struct decision *decision = &writer->decisions[i];
		int number = decision->numbers[arch];

		if (is_plain_and_known(decision, number))
			return 0;
		if (decision->written.count > 0 && number == SYSCALL_NONE)
			missing = decision->name;
	}
	if (!missing)
		return 0;
	return error_set(writer->err, -EOPNOTSUPP,
		"linux.seccomp cannot say what the rules for %s mean: libseccomp mistakes the "
		"architecture for the number of a call on %s, which has no such call, unless there "
		"is an unconditional rule for a call that it has",
		missing, architectures[arch].name);
}

int check_loads(const struct writer *writer)
{
	int r = 0;

	for (int arch = 0; arch < ARCH_COUNT && r == 0; arch++)
		if (writer_has(writer, arch))
			r = check_load(writer, (enum arch)arch);
	return r;
}
