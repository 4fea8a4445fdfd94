/* SPDX-License-Identifier: Apache-2.0 */
#include "merge.h"

#include "cleanup.h"
#include "profile_write.h"
#include "prove.h"
#include "syscalls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_conditions(const struct clause *a, const struct clause *b)
{
	int order = ORDER(a->condition_count, b->condition_count);

	for (size_t i = 0; i < a->condition_count && order == 0; i++) {
		const struct condition *x = &a->conditions[i], *y = &b->conditions[i];

		order = ORDER(x->index, y->index);
		if (order == 0)
			order = ORDER(x->comparison, y->comparison);
		if (order == 0)
			order = ORDER(x->value, y->value);
		if (order == 0)
			order = ORDER(x->datum, y->datum);
	}
	return order;
}

static int compare_clauses(const struct clause *a, const struct clause *b)
{
	int order = ORDER(a->arch, b->arch);

	if (order == 0)
		order = ORDER(a->number, b->number);
	if (order == 0)
		order = ORDER(a->action, b->action);
	if (order == 0)
		order = ORDER(a->call, b->call);
	if (order == 0)
		order = strcmp(a->name, b->name);
	return order ? order : compare_conditions(a, b);
}

/* By content: the regions of two policies come out in another order when the policies do. */
static int compare_policies(const void *left, const void *right)
{
	const struct policy *a = *(const struct policy *const *)left;
	const struct policy *b = *(const struct policy *const *)right;
	int order = ORDER(a->profile->default_action, b->profile->default_action);

	if (order == 0)
		order = ORDER(a->architectures, b->architectures);
	if (order == 0)
		order = ORDER(a->clause_count, b->clause_count);
	for (int arch = 0; arch < ARCH_COUNT && order == 0; arch++)
		order = ORDER(a->newest[arch], b->newest[arch]);
	for (size_t i = 0; i < a->clause_count && order == 0; i++)
		order = compare_clauses(&a->clauses[i], &b->clauses[i]);
	return order;
}

static int check_flags(const struct policy *const *policies, size_t count, struct error *err)
{
	const struct profile *first = policies[0]->profile;

	for (size_t i = 1; i < count; i++) {
		const struct profile *other = policies[i]->profile;

		if (first->has_flags != other->has_flags || first->flags != other->flags)
			return error_set(err, -EOPNOTSUPP,
				"%s and %s have different flags; give them the same ones, or none",
				first->name, other->name);
	}
	return 0;
}

static int read_object(const char *json, struct profile *ret, struct error *err)
{
	struct diagnostics diagnostics = {0};
	char *text = strdup(json);
	int r;

	if (!text)
		return error_memory(err);
	r = profile_parse("the merged profile", text, strlen(json), ret, &diagnostics, err);
	diagnostics_finish(&diagnostics);
	return r;
}

static int refuse(const struct proof *proof, struct error *err)
{
	const struct example *example = &proof->examples[RELATION_LAXER];
	const char *name;
	uint32_t number;
	char words[2][32];

	for (int i = 0; i < RELATION_COUNT && !example->found; i++)
		example = &proof->examples[i];
	number = (uint32_t)example->call.nr;
	name = syscall_name(arch_of_call(example->call.arch, number), number);
	return error_set(err, -EOPNOTSUPP,
		"linux.seccomp cannot say what is meant for %s (number 0x%x): %s, where it would "
		"say "
		"%s",
		name ? name : "a call without a name", number,
		verdict_format(example->b, words[0], sizeof(words[0])),
		verdict_format(example->a, words[1], sizeof(words[1])));
}

/* That the result means what the policies do together. */
static int prove_with(struct prover *prover, const struct policy *const *policies, size_t count,
	enum merge merge, const struct policy *result, struct error *err)
{
	const struct layer layer = {.policy = result};
	const struct stack stack = {"the merged profile", &layer, 1};
	AUTO_FREE struct layer *layers = calloc(count, sizeof(*layers));
	AUTO_FREE struct meaning *parts = calloc(count, sizeof(*parts));
	struct meaning joined, merged;
	struct proof proof;
	int r = 0;

	if (!layers || !parts)
		return error_memory(err);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct stack part = {policies[i]->profile->name, &layers[i], 1};

		layers[i].policy = policies[i];
		r = prove_meaning(prover, &part, &parts[i], err);
	}
	if (r == 0)
		r = prove_join(prover, parts, count,
			merge == MERGE_UNION ? JOIN_LAXEST : JOIN_STRICTEST, &joined, err);
	if (r == 0)
		r = prove_meaning(prover, &stack, &merged, err);
	if (r == 0)
		r = prove_compare(prover, &merged, &joined, &proof, err);
	if (r == 0 && proof.relation != RELATION_SAME)
		r = refuse(&proof, err);
	return r;
}

static int prove_object(const struct policy *const *policies, size_t count, enum merge merge,
	const char *json, struct error *err)
{
	struct prover *prover;
	struct profile profile;
	struct policy policy;
	int r = read_object(json, &profile, err);

	if (r < 0)
		return r;
	r = policy_select(&profile, &policies[0]->target, false, &policy, err);
	if (r == 0) {
		r = prover_create(policy.target.arch, &prover, err);
		if (r == 0) {
			r = prove_with(prover, policies, count, merge, &policy, err);
			prover_destroy(prover);
		}
		policy_finish(&policy);
	}
	profile_finish(&profile);
	return r;
}

/* Together they know all names: a call is too new only if it is newer than every name of any. Where
 * ENOSYS is as strict as the default action that changes no more than the errno. */
static void share_newest(struct policy *policies, size_t count)
{
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		int newest = SYSCALL_NONE;

		for (size_t i = 0; i < count; i++)
			if (policies[i].newest[arch] > newest)
				newest = policies[i].newest[arch];
		for (size_t i = 0; i < count; i++) {
			verdict rest = policies[i].profile->default_action;

			if (policies[i].newest[arch] != SYSCALL_NONE &&
				(rest & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
				policies[i].newest[arch] = newest;
		}
	}
}

int merge_policies(const struct policy *const *policies, size_t count, enum merge merge,
	char **ret_json, struct error *err)
{
	AUTO_FREE struct policy *copies = calloc(count, sizeof(*copies));
	AUTO_FREE const struct policy **sorted = calloc(count, sizeof(const struct policy *));
	AUTO_FREE char *json = NULL;
	int r;

	if (!copies || !sorted)
		return error_memory(err);
	for (size_t i = 0; i < count; i++) {
		copies[i] = *policies[i];
		sorted[i] = &copies[i];
	}
	share_newest(copies, count);
	qsort(sorted, count, sizeof(const struct policy *), compare_policies);
	r = check_flags(policies, count, err);
	if (r == 0)
		r = profile_write(sorted, count,
			merge == MERGE_UNION ? TOGETHER_LAXEST : TOGETHER_STRICTEST, &json, err);
	if (r == 0)
		r = prove_object(sorted, count, merge, json, err);
	if (r == 0)
		*ret_json = TAKE_PTR(json);
	return r;
}
