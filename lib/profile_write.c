/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First the names that matter are gathered, then each is decided: its arguments are divided into
 * regions, once for each architecture, and what can be written of it is compared with each of them
 * as libseccomp will see it there (profile_write_decide.c). What concerns the object as a whole is
 * checked in profile_write_check.c. Only then is anything printed (profile_write_text.c).
 *
 * A worked example. RuntimeDefault allows the socket families below 38, 39, and above 40, and
 * denies the others. Its regions that are not the default are blocks of values of argument 0:
 * 0-31, 32-35, 36-37, 39, 41, 42-43, 44-47, 48-63, 64-127, and so on to 2^31, each an entry with a
 * masked comparison that leaves the upper half of the argument open, as the kernel does. (Blocks
 * that differ in one bit alone become one: 39 and 47, say.)
 */
#include "profile_write_internal.h"

#include "cleanup.h"
#include "syscalls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

static int compare_decisions(const void *left, const void *right)
{
	const struct decision *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static struct decision *find_decision(const struct writer *writer, const char *name)
{
	struct decision key = {.name = name};

	if (writer->decision_count == 0)
		return NULL;
	return bsearch(
		&key, writer->decisions, writer->decision_count, sizeof(key), compare_decisions);
}

/* Appended: to be sorted before the next find_decision. */
static int append_name(struct writer *writer, const char *name, bool named)
{
	if (writer->decision_count == writer->decision_capacity) {
		size_t larger = writer->decision_capacity ? 2 * writer->decision_capacity : 512;
		struct decision *moved =
			reallocarray(writer->decisions, larger, sizeof(*writer->decisions));

		if (!moved)
			return error_memory(writer->err);
		writer->decisions = moved;
		writer->decision_capacity = larger;
	}
	writer->decisions[writer->decision_count++] =
		(struct decision){.name = name, .named = named};
	return 0;
}

static void sort_names(struct writer *writer)
{
	size_t kept = 0;

	if (writer->decision_count == 0)
		return;
	qsort(writer->decisions, writer->decision_count, sizeof(*writer->decisions),
		compare_decisions);
	for (size_t i = 1; i < writer->decision_count; i++)
		if (strcmp(writer->decisions[kept].name, writer->decisions[i].name) != 0)
			writer->decisions[++kept] = writer->decisions[i];
	writer->decision_count = kept + 1;
}

/* The name by which a clause's number is written: its own, or the multiplexer's. */
static const char *written_name(const struct clause *clause)
{
	if (!clause->call_mask)
		return clause->name;
	return syscall_number(clause->arch, "ipc") == (int)clause->number ? "ipc" : "socketcall";
}

static int gather_names(struct writer *writer)
{
	for (size_t p = 0; p < writer->count; p++) {
		const struct policy *policy = writer->policies[p];
		const char *last = "";

		/* Clauses of one rule and number stand together. */
		for (size_t i = 0; i < policy->clause_count; i++) {
			const char *name = written_name(&policy->clauses[i]);
			int r;

			if (!writer_has(writer, (int)policy->clauses[i].arch) ||
				strcmp(name, last) == 0)
				continue;
			last = name;
			r = append_name(writer, name, true);
			if (r < 0)
				return r;
		}
	}
	sort_names(writer);
	return 0;
}

/* The largest number on an architecture of the names that are written, but for those beside the
 * sequence: what runc takes for the newest. `named`: also of those that have a rule but are not
 * written, as they have the default action. */
static int newest_written(const struct writer *writer, enum arch arch, bool named)
{
	int newest = SYSCALL_NONE;

	for (size_t i = 0; i < writer->decision_count; i++) {
		const struct decision *decision = &writer->decisions[i];
		int number = decision->numbers[arch];
		uint32_t last;

		if ((decision->written.count > 0 || (named && decision->named)) &&
			number > newest && !syscall_beside_sequence(arch, (uint32_t)number, &last))
			newest = number;
	}
	return newest;
}

/* The smallest and the largest number from which policies answer ENOSYS; false: none does. */
static bool newest_range(const struct writer *writer, enum arch arch, int *smallest, int *largest)
{
	bool found = false;

	for (size_t p = 0; p < writer->count; p++) {
		const struct policy *policy = writer->policies[p];
		int newest = policy->newest[arch];

		if (!policy->enosys || newest == SYSCALL_NONE)
			continue;
		*smallest = !found || newest < *smallest ? newest : *smallest;
		*largest = !found || newest > *largest ? newest : *largest;
		found = true;
	}
	return found;
}

/*
 * Calls that no rule names, too new for one of the policies and not newer than what runc will take
 * for the newest, so that it is us who must say ENOSYS. A name that is added may be a large number
 * on another architecture: runc's limit there is then above ours, and what is between gets the
 * default action. It is looked at again in the next round.
 */
static int decide_unnamed(struct writer *writer, bool *ret_added)
{
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		int smallest, largest, last;

		if (!writer_has(writer, arch) ||
			!newest_range(writer, (enum arch)arch, &smallest, &largest))
			continue;
		last = newest_written(writer, (enum arch)arch, true);
		last = last > largest ? last : largest;
		for (int number = smallest + 1; number <= last; number++) {
			const char *name = syscall_name((enum arch)arch, (uint32_t)number);
			int r;

			if (!name || find_decision(writer, name))
				continue;
			r = append_name(writer, name, false);
			if (r == 0)
				r = decide_name(
					writer, &writer->decisions[writer->decision_count - 1]);
			if (r < 0)
				return r;
			sort_names(writer);
			*ret_added = true;
		}
	}
	return 0;
}

/* The name of the newest number of a policy, from its rules: also of those that do not apply. */
static const char *newest_name(const struct writer *writer, enum arch arch, int number)
{
	for (size_t p = 0; p < writer->count; p++) {
		const struct profile *profile = writer->policies[p]->profile;

		for (size_t i = 0; i < profile->rule_count; i++)
			for (size_t j = 0; j < profile->rules[i].name_count; j++)
				if (syscall_number(arch, profile->rules[i].names[j]) == number)
					return profile->rules[i].names[j];
	}
	return NULL;
}

/*
 * runc answers ENOSYS for numbers above all names of the object, whatever their action. Where the
 * newest name of the policies has the default action it would be missing, so it is written for
 * that: the runtimes count its number and skip its rule. With a default laxer than ERRNO runc does
 * not.
 */
static int add_anchor(struct writer *writer, enum arch arch)
{
	int smallest, largest = SYSCALL_NONE, named = newest_written(writer, arch, true);
	struct decision *decision;
	const char *name;

	newest_range(writer, arch, &smallest, &largest);
	largest = named > largest ? named : largest;
	name = largest == SYSCALL_NONE ? NULL : newest_name(writer, arch, largest);
	if (!name || newest_written(writer, arch, false) >= largest)
		return 0;
	decision = find_decision(writer, name);
	if (!decision) {
		int r = append_name(writer, name, false);

		if (r < 0)
			return r;
		sort_names(writer);
		decision = find_decision(writer, name);
	}
	decision->anchor = true;
	return 0;
}

static int add_anchors(struct writer *writer)
{
	bool answers = !verdict_stricter(SECCOMP_RET_ERRNO, writer->fallback);
	int r = 0;

	for (int arch = 0; arch < ARCH_COUNT && r == 0 && answers; arch++)
		if (writer_has(writer, arch))
			r = add_anchor(writer, (enum arch)arch);
	return r;
}

/* A policy that kills and has no name on an architecture kills there whatever the number. runc
 * would answer ENOSYS above the names that others bring in. */
static int check_nameless(const struct writer *writer)
{
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		int smallest, largest;

		if (!writer_has(writer, arch) ||
			(!newest_range(writer, (enum arch)arch, &smallest, &largest) &&
				newest_written(writer, (enum arch)arch, true) == SYSCALL_NONE))
			continue;
		for (size_t p = 0; p < writer->count; p++) {
			const struct policy *policy = writer->policies[p];

			if (policy->newest[arch] != SYSCALL_NONE ||
				!verdict_stricter(
					policy->profile->default_action, SECCOMP_RET_ERRNO))
				continue;
			return error_set(writer->err, -EOPNOTSUPP,
				"linux.seccomp cannot say that calls of %s newer than all rules "
				"are killed, as %s has it, which names none of its syscalls",
				architectures[arch].name, policy->profile->name);
		}
	}
	return 0;
}

static int write_policies(struct writer *writer, char **ret_json)
{
	bool added;
	int r;

	if (!peer_takes(writer->fallback))
		return error_set(writer->err, -EOPNOTSUPP,
			"linux.seccomp cannot say what the default action means: libseccomp takes "
			"no errno above 4094");
	r = check_listeners(writer);
	if (r == 0)
		r = check_defaults(writer);
	if (r == 0)
		r = check_foreign(writer);
	if (r == 0)
		r = gather_names(writer);
	for (size_t i = 0; i < writer->decision_count && r == 0; i++)
		r = decide_name(writer, &writer->decisions[i]);
	do {
		added = false;
		if (r == 0)
			r = decide_unnamed(writer, &added);
	} while (r == 0 && added);
	for (size_t i = 0; i < writer->decision_count && r == 0; i++)
		r = check_multiplexers(writer, &writer->decisions[i]);
	if (r == 0 && !writer->laxest)
		r = check_nameless(writer);
	if (r == 0)
		r = check_loads(writer);
	if (r == 0)
		r = add_anchors(writer);
	return r < 0 ? r : print_object(writer, ret_json);
}

int profile_write(const struct policy *const *policies, size_t count, enum together together,
	char **ret_json, struct error *err)
{
	static verdict (*const picks[])(verdict, verdict) = {
		[TOGETHER_STACKED] = pick_stacked,
		[TOGETHER_STRICTEST] = pick_strictest,
		[TOGETHER_LAXEST] = pick_laxest,
	};
	struct writer writer = {.policies = policies,
		.count = count,
		.laxest = together == TOGETHER_LAXEST,
		.pick = picks[together],
		.err = err};
	int r;

	if (count == 0)
		return error_set(err, -EINVAL, "no profile to write");
	writer.native = policies[0]->target.arch;
	writer.architectures = policies[0]->architectures;
	writer.fallback = policies[0]->profile->default_action;
	for (size_t p = 1; p < count; p++) {
		if (writer.laxest)
			writer.architectures |= policies[p]->architectures;
		else
			writer.architectures &= policies[p]->architectures;
		writer.fallback =
			writer.pick(writer.fallback, policies[p]->profile->default_action);
	}
	r = write_policies(&writer, ret_json);
	for (size_t i = 0; i < writer.decision_count; i++)
		regions_finish(&writer.decisions[i].written);
	free(writer.decisions);
	return r;
}
