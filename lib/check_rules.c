/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that do nothing, and rules that are not what they look like. */
#include "check_internal.h"

#include "prove.h"
#include "syscalls.h"

#include <errno.h>

/* Rules for one call; the time grows with the square of their number. */
enum { MOST_RIVALS = 256 };

/* The rules for one call, and for which arguments each of them holds. */
struct rivals {
	struct checker *checker;
	struct diagrams *diagrams;
	const struct clause *clauses;
	size_t count;
	diagram_id conditions[MOST_RIVALS];
};

/* Whether `other` takes from `clause` the calls that both match. A later unconditional rule of the
 * same action does not, but makes the conditions idle all the same. */
static bool beats(const struct clause *other, const struct clause *clause)
{
	if (verdict_stricter(other->action, clause->action))
		return true;
	if (verdict_stricter(clause->action, other->action))
		return false;
	return other < clause || (other->action == clause->action && other->condition_count == 0 &&
					 clause->condition_count > 0);
}

/* One of the clauses that leave nothing to a clause, if there is one that does it alone that; NULL where
 * they leave some. */
static const struct clause *find_shadow(const struct rivals *rivals, size_t index)
{
	struct diagrams *diagrams = rivals->diagrams;
	diagram_id whole = rivals->conditions[index], left = whole;
	const struct clause *together = NULL;

	for (size_t i = 0; i < rivals->count; i++) {
		const struct clause *other = &rivals->clauses[i];

		if (i == index || other->call_mask != 0 || !beats(other, &rivals->clauses[index]))
			continue;
		if (diagram_choice(diagrams, rivals->conditions[i], DIAGRAM_FALSE, whole) ==
			DIAGRAM_FALSE)
			return other;
		if (left == DIAGRAM_FALSE)
			continue;
		left = diagram_choice(diagrams, rivals->conditions[i], DIAGRAM_FALSE, left);
		if (left == DIAGRAM_FALSE)
			together = other;
	}
	return together;
}

static bool has_requirement(const struct rule *rule)
{
	const struct requirement *sets[] = {&rule->includes, &rule->excludes};

	for (int i = 0; i < 2; i++)
		if (sets[i]->capabilities || sets[i]->architectures || sets[i]->has_kernel)
			return true;
	return false;
}

static void report_shadow(
	struct checker *checker, const struct clause *clause, const struct clause *shadow)
{
	struct place by = clause_place(shadow);
	char action[32], other[32];

	verdict_format(clause->action, action, sizeof(action));
	verdict_format(shadow->action, other, sizeof(other));
	if (clause->action != shadow->action)
		check_report(checker, "shadowed-rule", SEVERITY_WARNING, clause_place(clause),
			"remove the one that is not meant",
			"%s of %s never decides: %s at %u:%u comes first for every such call",
			action, clause->name, other, by.line, by.column);
	else if (clause->condition_count > 0)
		check_report(checker, "shadowed-rule", SEVERITY_WARNING, clause_place(clause),
			"remove the rule that is not meant",
			"the conditions on %s have no effect: the rule at %u:%u has %s for every "
			"such call",
			clause->name, by.line, by.column, other);
	else
		check_report(checker, "shadowed-rule", SEVERITY_NOTE, clause_place(clause),
			"remove one of them", "%s has %s already at %u:%u", clause->name, action,
			by.line, by.column);
}

/* Rules for different capabilities often meet when a container has both. */
static bool may_meet(const struct clause *clause, const struct clause *shadow)
{
	return clause->action == shadow->action &&
	       (has_requirement(clause->rule) || has_requirement(shadow->rule));
}

/* libseccomp keeps both, and which of them decides depends on how it lays out its tree. */
static bool lacks_order(
	const struct checker *checker, const struct clause *a, const struct clause *b)
{
	return verdict_stricter(a->action, b->action) && a->call_mask == 0 && b->call_mask == 0 &&
	       a->condition_count > 0 && b->condition_count > 0 &&
	       a->action != checker->policy->profile->default_action &&
	       b->action != checker->policy->profile->default_action;
}

static void report_overlap(
	struct checker *checker, const struct clause *stricter, const struct clause *laxer)
{
	struct place place = clause_place(laxer);
	char words[2][32];

	check_report(checker, "contradiction", SEVERITY_WARNING, clause_place(stricter),
		"write conditions under which only one of them holds",
		"%s has %s here and %s at %u:%u for some of the same calls: oci-seccomp loads the "
		"stricter, but runc, crun and docker one or the other, or fail",
		stricter->name, verdict_format(stricter->action, words[0], sizeof(words[0])),
		verdict_format(laxer->action, words[1], sizeof(words[1])), place.line,
		place.column);
}

/* The first rule that it meets and that has no order with it. */
static void check_overlap(struct rivals *rivals, size_t index)
{
	for (size_t i = 0; i < rivals->count; i++) {
		if (!lacks_order(rivals->checker, &rivals->clauses[index], &rivals->clauses[i]) ||
			diagram_choice(rivals->diagrams, rivals->conditions[i],
				rivals->conditions[index], DIAGRAM_FALSE) == DIAGRAM_FALSE)
			continue;
		report_overlap(rivals->checker, &rivals->clauses[index], &rivals->clauses[i]);
		return;
	}
}

static void check_shadow(struct rivals *rivals, size_t index)
{
	struct checker *checker = rivals->checker;
	const struct clause *clause = &rivals->clauses[index];
	const struct clause *shadow = find_shadow(rivals, index);

	if (shadow && rivals->diagrams->failure == 0 && !may_meet(clause, shadow) &&
		!check_is_dropped(checker, shadow) && !lacks_order(checker, shadow, clause))
		report_shadow(checker, clause, shadow);
}

static void check_rivals(struct rivals *rivals)
{
	for (size_t i = 0; i < rivals->count; i++)
		rivals->conditions[i] = prove_clause(rivals->diagrams, &rivals->clauses[i]);
	for (size_t i = 0; i < rivals->count && rivals->diagrams->failure == 0; i++) {
		const struct clause *clause = &rivals->clauses[i];

		if (clause->call_mask != 0 ||
			check_arch(rivals->checker->policy, clause->name) != clause->arch)
			continue;
		check_overlap(rivals, i);
		check_shadow(rivals, i);
	}
}

static void check_repeats(struct checker *checker)
{
	const struct profile *profile = checker->policy->profile;

	for (size_t i = 0; i < profile->rule_count; i++) {
		const struct rule *rule = &profile->rules[i];

		if (rule->conditions_repeat)
			check_report(checker, "repeated-index", SEVERITY_WARNING,
				(struct place){rule->line, rule->column},
				"for \"or\" write a rule for each condition; for \"and\" on one "
				"argument write a single SCMP_CMP_MASKED_EQ, or the opposite as a "
				"rule that denies",
				"an argument has two conditions, so each of the %zu conditions is "
				"a rule of its own: any one of them is enough",
				rule->condition_count);
	}
}

int check_rules(struct checker *checker, struct error *err)
{
	const struct policy *policy = checker->policy;
	struct diagrams diagrams;
	struct rivals rivals = {.checker = checker, .diagrams = &diagrams};
	int r;

	check_repeats(checker);
	diagrams_init(&diagrams);
	for (size_t i = 0; i < policy->clause_count && diagrams.failure == 0; i += rivals.count) {
		rivals.clauses = &policy->clauses[i];
		policy_clauses(policy, rivals.clauses->arch, rivals.clauses->number, &rivals.count);
		if (rivals.count > 1 && rivals.count <= MOST_RIVALS)
			check_rivals(&rivals);
	}
	r = diagrams.failure;
	diagrams_finish(&diagrams);
	if (r == -E2BIG)
		return error_set(err, r, "%s: its conditions are too many to compare the rules",
			policy->profile->name);
	return r < 0 ? error_memory(err) : 0;
}
