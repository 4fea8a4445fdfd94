/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "call.h"
#include "cleanup.h"
#include "constants.h"
#include "output.h"
#include "show.h"
#include "simulate.h"
#include "syscalls.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* What is asked, and where the answers go. */
struct questions {
	const struct policy *policy;
	char **calls; /* ends with NULL */
	bool all;     /* every call of the architecture instead */
	enum format format;
	FILE *out;
	size_t answered;
};

static void write_place(
	FILE *out, const struct policy *policy, const struct clause *clause, verdict value)
{
	if (clause)
		fprintf(out, "%s:%u:%u", policy->profile->name, clause->rule->line,
			clause->rule->column);
	else if (value == policy->profile->default_action)
		fputs("default action", out);
	else
		fputs("newer than every name in the profile", out);
}

static void write_json(
	struct questions *questions, const char *text, const struct description *description)
{
	fputs(questions->answered++ ? ",\n    {\"call\": " : "    {\"call\": ", questions->out);
	text_write_json(questions->out, text);
	fprintf(questions->out, ", \"name\": \"%s\", ", description->name);
	write_json_call(questions->out, description);
	fputs("}", questions->out);
}

/* A call whose arguments are known: one verdict. */
static void answer_one(struct questions *questions, const char *text, const char *name,
	const struct seccomp_data *call)
{
	const struct clause *clause;
	struct outcome outcome = {.action = simulate_policy(questions->policy, call, &clause)};
	struct description description = {.name = name,
		.arch = questions->policy->target.arch,
		.number = (uint32_t)call->nr,
		.outcomes = &outcome,
		.count = 1};
	unsigned line;
	char word[32];

	if (questions->format == FORMAT_JSON) {
		if (clause) {
			line = clause->rule->line;
			outcome.lines = &line;
			outcome.line_count = 1;
		}
		write_json(questions, text, &description);
		return;
	}
	fprintf(questions->out, "%-24s %-16s ", text,
		verdict_format(outcome.action, word, sizeof(word)));
	write_place(questions->out, questions->policy, clause, outcome.action);
	fputs("\n", questions->out);
}

/* A call whose arguments are open: one verdict, or several and when. */
static void answer_open(
	struct questions *questions, const char *text, const struct description *description)
{
	struct seccomp_data call = {
		.arch = architectures[description->arch].audit, .nr = (int)description->number};

	if (questions->format == FORMAT_JSON) {
		write_json(questions, text, description);
	} else if (description->count == 1) {
		answer_one(questions, text, description->name, &call);
	} else {
		fprintf(questions->out, "%-24s %-16s ", text, "conditional");
		describe_outcomes(questions->out, description);
		fputs("\n", questions->out);
	}
}

static int answer_all(struct questions *questions, struct error *err)
{
	struct descriptions calls;
	int r = describe_all(questions->policy, questions->policy->target.arch, &calls, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < calls.count; i++)
		answer_open(questions, calls.items[i].name, &calls.items[i]);
	descriptions_finish(&calls);
	return 0;
}

/* Bit N: a rule tests argument N of the call. */
static unsigned tested_arguments(const struct policy *policy, const struct call *call)
{
	unsigned tested = 0;
	size_t count;
	const struct clause *clauses =
		policy_clauses(policy, policy->target.arch, (uint32_t)call->data.nr, &count);

	for (size_t i = 0; i < count; i++) {
		tested |= clauses[i].call_mask != 0;
		for (size_t j = 0; j < clauses[i].condition_count; j++)
			tested |= 1U << clauses[i].conditions[j].index;
	}
	return tested;
}

/* A name that is in no table may be left open as long as no rule asks for it. */
static int refuse_unknown(
	const char *text, const struct call *call, enum arch arch, unsigned open, struct error *err)
{
	char hint[128];

	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++) {
		const char *word = call->words[i];

		if (!(open & 1U << i) || !word[0])
			continue;
		constants_hint(arch, call->name, i, word, hint, sizeof(hint));
		return error_set(err, -EINVAL, "\"%s\": unknown constant \"%s\"%s", text, word,
			hint[0] ? hint : "; give its number instead");
	}
	return 0;
}

static int answer(struct questions *questions, const char *text, struct error *err)
{
	const struct policy *policy = questions->policy;
	struct description description;
	struct call call;
	unsigned open;
	int r = call_parse(text, policy->target.arch, &call, err);

	if (r < 0)
		return r;
	open = call.open & tested_arguments(policy, &call);
	if (!open) {
		answer_one(questions, text, call.name, &call.data);
		return 0;
	}
	r = refuse_unknown(text, &call, policy->target.arch, open, err);
	if (r == 0)
		r = describe_call(policy, policy->target.arch, call.name, (uint32_t)call.data.nr,
			&description, err);
	if (r < 0)
		return r;
	answer_open(questions, text, &description);
	description_finish(&description);
	return 0;
}

static int answer_each(struct questions *questions, struct error *err)
{
	int r = 0;

	for (char **text = questions->calls; *text && r == 0; text++) {
		AUTO_FREE char *printable = text_printable(*text);

		r = printable ? answer(questions, printable, err) : error_memory(err);
	}
	return r;
}

/* Nothing is printed when one of the calls has no answer. */
static int query(struct questions *questions, struct error *err)
{
	bool json = questions->format == FORMAT_JSON;
	AUTO_FREE char *text = NULL;
	size_t length;
	int r;

	questions->out = open_memstream(&text, &length);
	if (!questions->out)
		return error_memory(err);
	if (json) {
		fputs("{\n  \"profile\": ", questions->out);
		text_write_json(questions->out, questions->policy->profile->name);
		fputs(",\n  \"calls\": [\n", questions->out);
	}
	r = questions->all ? answer_all(questions, err) : answer_each(questions, err);
	if (json)
		fputs("\n  ]\n}\n", questions->out);
	if (fclose(questions->out) != 0)
		return error_memory(err);
	if (r == 0)
		fwrite(text, 1, length, stdout);
	return r;
}

int verb_query(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {TARGET_OPTIONS, {"all", no_argument, NULL, 'a'},
		{"format", required_argument, NULL, 'f'}, {0}};
	struct questions questions = {.format = FORMAT_TABLE};
	struct error err = ERROR_INIT;
	struct profile profile;
	struct policy policy;
	struct target target;
	int option, r = host_target(&target, &err);

	while (r == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		if (option == 'a')
			questions.all = true;
		else if (option == 'f')
			r = format_parse(optarg, 1U << FORMAT_TABLE | 1U << FORMAT_JSON,
				&questions.format, &err);
		else
			r = target_set(&target, option, optarg, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (questions.all ? argc - optind != 1 : argc - optind < 2)
		return verb_usage(verb, questions.all
						? "with --all a profile alone is needed"
						: "a profile and at least one call are needed");
	r = read_policy_argument(argv[optind], &target, &profile, &policy, &err);
	if (r < 0)
		return verb_failure(&err);
	questions.policy = &policy;
	questions.calls = argv + optind + 1;
	r = query(&questions, &err);
	policy_finish(&policy);
	profile_finish(&profile);
	return r < 0 ? verb_failure(&err) : EXIT_SUCCESS;
}
