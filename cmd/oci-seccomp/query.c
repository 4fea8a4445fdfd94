/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "cleanup.h"
#include "simulate.h"
#include "syscalls.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* The arguments in `NAME(1, 0x2)`; `text` starts behind the parenthesis. */
static bool parse_arguments(const char *text, struct seccomp_data *call)
{
	for (unsigned i = 0;; i++) {
		char *end;

		text += strspn(text, " ");
		if (text[0] == ')' && i == 0)
			return text[1] == '\0';
		if (i == SYSCALL_ARGUMENTS || text[0] < '0' || text[0] > '9')
			return false;
		errno = 0;
		call->args[i] = strtoull(text, &end, 0);
		if (errno != 0)
			return false;
		text = end + strspn(end, " ");
		if (text[0] == ')')
			return text[1] == '\0';
		if (text[0] != ',')
			return false;
		text++;
	}
}

static int parse_call(const char *text, enum arch arch, struct seccomp_data *ret, struct error *err)
{
	struct seccomp_data call = {.arch = architectures[arch].audit};
	AUTO_FREE char *name = strndup(text, strcspn(text, "("));
	size_t length;
	char hint[128];
	int number;

	if (!name)
		return error_memory(err);
	length = strlen(name);
	if (!syscall_known(name))
		return error_set(err, -EINVAL, "unknown syscall \"%s\"%s", name,
			syscall_hint(name, hint, sizeof(hint)));
	number = syscall_number(arch, name);
	if (number == SYSCALL_NONE)
		return error_set(
			err, -EINVAL, "%s has no syscall %s", architectures[arch].name, name);
	call.nr = number;
	if (text[length] == '(' && !parse_arguments(text + length + 1, &call))
		return error_set(err, -EINVAL,
			"\"%s\": after the name up to six numbers in parentheses are expected, as "
			"socket(40, 1, 0)",
			text);
	*ret = call;
	return 0;
}

static int answer(const struct policy *policy, const char *text, struct error *err)
{
	const struct clause *clause;
	struct seccomp_data call;
	char word[32];
	verdict value;
	int r = parse_call(text, policy->target.arch, &call, err);

	if (r < 0)
		return r;
	value = simulate_policy(policy, &call, &clause);
	printf("%-24s %-16s ", text, verdict_format(value, word, sizeof(word)));
	if (clause)
		printf("%s:%u:%u\n", policy->profile->name, clause->rule->line,
			clause->rule->column);
	else if (value == policy->profile->default_action)
		puts("default action");
	else
		puts("newer than every name in the profile");
	return 0;
}

static int query(const struct target *target, const char *argument, char **calls, int count,
	struct error *err)
{
	struct diagnostics diagnostics = {0};
	struct profile profile;
	struct policy policy;
	int r = read_profile_argument(argument, &profile, &diagnostics, err);

	diagnostics_finish(&diagnostics);
	if (r < 0)
		return r;
	r = policy_select(&profile, target, false, &policy, err);
	if (r == 0) {
		for (int i = 0; i < count && r == 0; i++)
			r = answer(&policy, calls[i], err);
		policy_finish(&policy);
	}
	profile_finish(&profile);
	return r;
}

int verb_query(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {TARGET_OPTIONS, {0}};
	struct error err = ERROR_INIT;
	struct target target;
	int option, r = host_target(&target, &err);

	while (r == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		r = target_set(&target, option, optarg, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (argc - optind < 2)
		return verb_usage(verb, "a profile and at least one call are needed");
	r = query(&target, argv[optind], argv + optind + 1, argc - optind - 1, &err);
	return r < 0 ? verb_failure(&err) : EXIT_SUCCESS;
}
