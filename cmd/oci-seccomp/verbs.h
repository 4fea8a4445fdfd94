/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "config.h"
#include "policy.h"
#include "program.h"

/* Exit codes of every verb, beside EXIT_SUCCESS: 1 a finding or a failure, 2 wrong usage. */
enum { EXIT_USAGE = 2 };

struct verb {
	const char *name;
	const char *arguments; /* as the usage line shows them */
	const char *help;      /* one line */
	/* argv[0] is the verb. Returns the exit code. */
	int (*run)(const struct verb *verb, int argc, char **argv);
};

int verb_cache(const struct verb *verb, int argc, char **argv);
int verb_check(const struct verb *verb, int argc, char **argv);
int verb_compile(const struct verb *verb, int argc, char **argv);
int verb_denials(const struct verb *verb, int argc, char **argv);
int verb_diff(const struct verb *verb, int argc, char **argv);
int verb_disasm(const struct verb *verb, int argc, char **argv);
int verb_import(const struct verb *verb, int argc, char **argv);
int verb_install(const struct verb *verb, int argc, char **argv);
int verb_merge(const struct verb *verb, int argc, char **argv);
int verb_optimize(const struct verb *verb, int argc, char **argv);
int verb_prove(const struct verb *verb, int argc, char **argv);
int verb_ps(const struct verb *verb, int argc, char **argv);
int verb_query(const struct verb *verb, int argc, char **argv);
int verb_record(const struct verb *verb, int argc, char **argv);
int verb_resolve(const struct verb *verb, int argc, char **argv);
int verb_run(const struct verb *verb, int argc, char **argv);
int verb_show(const struct verb *verb, int argc, char **argv);
int verb_sync(const struct verb *verb, int argc, char **argv);
int verb_uninstall(const struct verb *verb, int argc, char **argv);
int verb_verify(const struct verb *verb, int argc, char **argv);

/* Says what is wrong with the arguments (NULL: getopt already has) and how they go. Returns
 * EXIT_USAGE. */
int verb_usage(const struct verb *verb, const char *problem);

/* Prints the error once, frees it and returns EXIT_FAILURE. */
int verb_failure(struct error *err);

/* Reads a PROFILE argument: RuntimeDefault (the built-in one), `-` for standard input, or a file.
 */
int read_profile_argument(const char *argument, struct profile *ret,
	struct diagnostics *diagnostics, struct error *err) __attribute__((warn_unused_result));

/* The same, and what it means on the target. Both are the caller's to finish, the policy first. */
int read_policy_argument(const char *argument, const struct target *target, struct profile *profile,
	struct policy *ret, struct error *err) __attribute__((warn_unused_result));

/* Whether an argument that may be either is a PROGRAM.bpf, by the ending of its name. */
bool is_program_argument(const char *argument);

/* Reads a file (`-`: standard input) with a raw BPF program, as decode.h has them. */
int read_program_argument(const char *path, struct program *ret, struct error *err)
	__attribute__((warn_unused_result));

/* -EINVAL: not the number of a process. */
int read_pid_argument(const char *value, pid_t *ret, struct error *err)
	__attribute__((warn_unused_result));

/* What --for takes. -EINVAL: runtime_calls knows no such runtime. */
int read_runtime_argument(const char *value, const char **ret, struct error *err)
	__attribute__((warn_unused_result));

/* The directories that --root names, as containers_find takes them. */
struct state_roots {
	const char *items[17]; /* ends with NULL */
	size_t count;
};

/* -E2BIG: there are too many. */
int state_roots_add(struct state_roots *roots, const char *directory, struct error *err)
	__attribute__((warn_unused_result));

/* The options that set the target: --arch, --cap, --caps, --kernel; getopt_long values. */
enum target_option {
	TARGET_ARCH = 256,
	TARGET_CAP,
	TARGET_CAPS,
	TARGET_KERNEL,
};

#define TARGET_USAGE "[--arch ARCH] [--cap CAP]... [--caps all|default|none] [--kernel K.M]"

#define TARGET_OPTIONS                                                                             \
	{"arch", required_argument, NULL, TARGET_ARCH},                                            \
		{"cap", required_argument, NULL, TARGET_CAP},                                      \
		{"caps", required_argument, NULL, TARGET_CAPS},                                    \
	{                                                                                          \
		"kernel", required_argument, NULL, TARGET_KERNEL                                   \
	}

/* Takes one such option. -EINVAL: the value is none. */
int target_set(struct target *target, int option, const char *value, struct error *err)
	__attribute__((warn_unused_result));
