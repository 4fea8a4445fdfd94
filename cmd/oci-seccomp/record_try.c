/* SPDX-License-Identifier: Apache-2.0 */
/* What a profile would have denied. */
#include "record_verb.h"

#include "cleanup.h"
#include "denial.h"
#include "output.h"
#include "simulate.h"
#include "syscalls.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void try_watch(const struct policy *policy, struct recorder *recorder)
{
	for (size_t i = 0; i < policy->clause_count; i++) {
		const struct clause *clause = &policy->clauses[i];
		uint8_t arguments = 0;

		for (size_t j = 0; j < clause->condition_count; j++)
			arguments |= (uint8_t)(1U << clause->conditions[j].index);
		if (arguments)
			recorder_watch(recorder, clause->name, arguments);
	}
}

struct trial {
	const struct policy *policy;
	struct output output;
	size_t denied;
};

static void put_place(
	struct output *output, const struct policy *policy, const struct clause *clause)
{
	char place[512];

	if (clause)
		snprintf(place, sizeof(place), "%s:%u:%u", policy->profile->name,
			clause->rule->line, clause->rule->column);
	output_text(output, 4, clause ? place : "default action", NULL);
}

/* `name=VALUE ...` of what was looked at. */
static void put_arguments(
	struct output *output, const struct observed_call *call, const uint64_t arguments[6])
{
	char text[256] = "";
	size_t length = 0;

	for (unsigned i = 0; i < 6; i++) {
		const char *name = syscall_argument_name(call->name, i);

		if (call->watched & 1U << i && length < sizeof(text))
			length += (size_t)snprintf(text + length, sizeof(text) - length,
				"%s%s=%#" PRIx64, length ? " " : "", name ? name : "?",
				arguments[i]);
	}
	output_text(output, 2, text, NULL);
}

/* `arguments` NULL: they do not matter. */
static void try_one(
	struct trial *trial, const struct observed_call *call, const uint64_t arguments[6])
{
	int number = syscall_number(call->arch, call->name);
	struct seccomp_data data = {.arch = architectures[call->arch].audit, .nr = number};
	const struct clause *clause;
	verdict value;
	char word[32];

	if (arguments)
		memcpy(data.args, arguments, sizeof(data.args));
	value = simulate_policy(trial->policy, &data, &clause);
	if (!denial_refused(value & SECCOMP_RET_ACTION_FULL))
		return;
	trial->denied++;
	output_row(&trial->output);
	output_cell(&trial->output, 0, call->name, NULL);
	output_cell(&trial->output, 1, architectures[call->arch].name + strlen("SCMP_ARCH_"), NULL);
	if (arguments)
		put_arguments(&trial->output, call, arguments);
	output_cell(&trial->output, 3, verdict_format(value, word, sizeof(word)), NULL);
	put_place(&trial->output, trial->policy, clause);
}

int try_print(const struct policy *policy, const struct observed *observed, size_t *ret_denied,
	struct error *err)
{
	static const struct column columns[] = {
		{"SYSCALL", 0, SCOLS_JSON_STRING},
		{"ARCH", 0, SCOLS_JSON_STRING},
		{"ARGUMENTS", 0, SCOLS_JSON_STRING},
		{"ACTION", 0, SCOLS_JSON_STRING},
		{"RULE", 0, SCOLS_JSON_STRING},
	};
	struct trial trial = {.policy = policy};
	int r = 0;

	output_init(&trial.output, FORMAT_TABLE, "denied", columns, ARRAY_LENGTH(columns));
	for (size_t i = 0; i < observed->count; i++) {
		const struct observed_call *call = &observed->items[i];

		for (size_t j = 0; j < call->tuple_count; j++)
			try_one(&trial, call, call->tuples[j]);
		if (call->tuple_count == 0)
			try_one(&trial, call, NULL);
		if (call->open)
			fprintf(stderr,
				"oci-seccomp record: warning: %s: there were more arguments than "
				"could be kept, and some were not tried\n",
				call->name);
	}
	if (trial.denied > 0)
		r = output_print(&trial.output, err);
	output_finish(&trial.output);
	*ret_denied = trial.denied;
	return r;
}
