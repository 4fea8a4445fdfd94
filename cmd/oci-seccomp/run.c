/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "filter.h"
#include "host.h"
#include "load.h"
#include "simulate.h"
#include "syscalls.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As shells have them. */
enum { EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127 };

static int refuse_notify(const char *name, struct error *err)
{
	return error_set(err, -EOPNOTSUPP,
		"%s: SCMP_ACT_NOTIFY asks an agent, and there is none without a container; take "
		"those rules out, or try the profile with the hook",
		name);
}

static int read_program(const char *path, struct program *ret, struct error *err)
{
	int r = read_program_argument(path, ret, err);

	for (size_t i = 0; r == 0 && i < ret->length; i++) {
		const struct sock_filter *instruction = &ret->code[i];

		if (instruction->code == (BPF_RET | BPF_K) &&
			(instruction->k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			r = refuse_notify(path, err);
	}
	if (r < 0)
		program_finish(ret);
	return r;
}

static int build(const struct profile *profile, const struct target *target, struct program *ret,
	struct error *err)
{
	struct policy policy;
	int r = policy_select(profile, target, false, &policy, err);

	if (r < 0)
		return r;
	r = policy_notifies(&policy) ? refuse_notify(profile->name, err)
				     : filter_build(&policy, ret, err);
	policy_finish(&policy);
	return r;
}

static uint32_t usual_flags(void)
{
	return load_flags_supported(SECCOMP_FILTER_FLAG_SPEC_ALLOW) ? SECCOMP_FILTER_FLAG_SPEC_ALLOW
								    : 0;
}

static int read_filter(const char *argument, const struct target *target, struct load_filter *ret,
	struct error *err)
{
	struct diagnostics diagnostics = {0};
	struct profile profile;
	int r;

	*ret = (struct load_filter){.flags = usual_flags()};
	if (is_program_argument(argument))
		return read_program(argument, &ret->program, err);
	r = read_profile_argument(argument, &profile, &diagnostics, err);
	diagnostics_finish(&diagnostics);
	if (r < 0)
		return r;
	if (profile.has_flags) /* the kernel takes WAIT_KILLABLE_RECV with a listener alone */
		ret->flags = profile.flags & ~(uint32_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	r = build(&profile, target, &ret->program, err);
	profile_finish(&profile);
	return r;
}

/* Without the loader the filter is in force when the command is yet to be executed. */
static int check_execve(const char *argument, const struct target *target,
	const struct program *program, struct error *err)
{
	struct seccomp_data call = {
		.arch = architectures[target->arch].audit,
		.nr = syscall_number(target->arch, "execve"),
	};
	char word[32];
	verdict value;
	int r = simulate_program(program, &call, &value, NULL);

	if (r < 0)
		return error_set_errno(err, r, "%s", argument);
	if (!verdict_stricter(value, SECCOMP_RET_LOG))
		return 0;
	return error_set(err, -EPERM,
		"%s: execve is %s, so the command cannot be started under the filter; permit it, "
		"or be root in the initial user namespace and under no other filter",
		argument, verdict_format(value, word, sizeof(word)));
}

static int confine(const char *argument, const struct target *target,
	const struct load_filter *filter, struct error *err)
{
	int r;

	if (load_possible(NULL) == 0)
		return load_into_self(filter, err);
	r = check_execve(argument, target, &filter->program, err);
	return r < 0 ? r : load_without_privilege(filter, err);
}

/* Returns when the command could not be executed. */
static int execute(char **command)
{
	int code;

	execvp(command[0], command);
	code = errno;
	fprintf(stderr, "oci-seccomp: %s: cannot execute: %s\n", command[0], strerror(code));
	return code == ENOENT || code == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
}

static int run(const char *argument, const struct target *target, char **command)
{
	struct error err = ERROR_INIT;
	struct load_filter filter;
	int r = read_filter(argument, target, &filter, &err);

	if (r == 0)
		r = confine(argument, target, &filter, &err);
	program_finish(&filter.program);
	return r < 0 ? verb_failure(&err) : execute(command);
}

int verb_run(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		{"cap", required_argument, NULL, TARGET_CAP},
		{"caps", required_argument, NULL, TARGET_CAPS},
		{0},
	};
	struct error err = ERROR_INIT;
	bool capabilities = false;
	struct target target;
	int option, r = host_target(&target, &err);

	while (r == 0 && (option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		capabilities = true;
		r = target_set(&target, option, optarg, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (!capabilities)
		target.capabilities = host_bounding_set();
	if (argc - optind < 3 || strcmp(argv[optind + 1], "--") != 0)
		return verb_usage(verb, "a profile, -- and a command are needed");
	return run(argv[optind], &target, argv + optind + 2);
}
