/* SPDX-License-Identifier: Apache-2.0 */
/* oci-seccomp(1): the operator's command. */
#include "verbs.h"

#include "cleanup.h"
#include "complete.h"
#include "decode.h"
#include "io.h"
#include "runtime_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct verb verbs[] = {
	/* sorted by name */
	{"cache", "[--config FILE] list|warm|clear", "see, fill or empty the cache of programs",
		verb_cache},
	{"check",
		"[--strict] [--only ID]... [--ignore ID]... "
		"[--format text|json|sarif] " TARGET_USAGE " PROFILE...",
		"report every error, trap and hole of a profile, with its place", verb_check},
	{"compile", "[--format bpf|asm|c|pfc|oci] [--native] " TARGET_USAGE " PROFILE -o FILE",
		"make a raw BPF program of a profile, or show what it becomes", verb_compile},
	{"denials",
		"[--since TIME] [--until TIME] [--container ID] [--process NAME] [--each] "
		"[--follow] [--root DIR]... "
		"[--format table|json] [--suggest PROFILE [--apply] " TARGET_USAGE "] "
		"[[--local] FILE|-]",
		"show what seccomp denied on this host, or in a log", verb_denials},
	{"diff", TARGET_USAGE " [--require stricter|same] [--format table|json|html] A B",
		"list the calls that B (PROFILE or PROGRAM.bpf, stacks with +) treats unlike A",
		verb_diff},
	{"disasm", "[--format text|dot|json] [--arch ARCH] FILE|--pid PID [--index N]",
		"show a raw BPF program, or the filters of a process, in words", verb_disasm},
	{"import", "[-o FILE] [--for runc|crun] [--arch ARCH] strace|audit|sysdig FILE...",
		"make a profile of the calls in another tool's log", verb_import},
	{"install", "[--root DIR] [--dry-run] ENGINE|bundle DIR",
		"register with bundle DIR, containerd, crio, docker or podman", verb_install},
	{"merge", TARGET_USAGE " --union|--intersect PROFILE PROFILE... -o OUT",
		"make one profile of what any, or what all of several profiles permit", verb_merge},
	{"optimize", "[--weights FILE] PROGRAM.bpf... -o OUT.bpf",
		"make one smaller and faster program of one, or of a stack of them", verb_optimize},
	{"prove", TARGET_USAGE " A B",
		"say whether A and B (PROFILE or PROGRAM.bpf, stacks with +) mean the same",
		verb_prove},
	{"ps", "[--all] [--format table|json] [--config FILE] [--root DIR]...",
		"list the containers of this host and what confines them", verb_ps},
	{"query", TARGET_USAGE " [--format table|json] PROFILE CALL...|--all",
		"say what a profile does to a call, as chmod or socket(AF_ALG)", verb_query},
	{"record",
		"[-o FILE] [--base PROFILE] [--args] [--for runc|crun] [--label TEXT] "
		"[--duration TIME] [--stop-when-quiet TIME] [--background] "
		"[--try PROFILE [--cap CAP]... [--caps all|default|none]] [--root DIR]... "
		"--container ID|--container-pid PID|--pid PID|-- COMMAND [ARG]...",
		"record the system calls of a command or container, and write their profile",
		verb_record},
	{"resolve", "--bundle DIR [--config FILE] [--for hook|shim] [--format table|json]",
		"say which profile a container gets, and why", verb_resolve},
	{"run", "[--cap CAP]... [--caps all|default|none] PROFILE -- COMMAND [ARG]...",
		"start a command under a profile (or PROGRAM.bpf), without a container", verb_run},
	{"show", TARGET_USAGE " [--format table|json|html] PROFILE",
		"show what a profile means, call by call, in groups", verb_show},
	{"sync", "[--to DIR] [--config FILE] [--watch] SOURCE_DIR",
		"keep the profiles of a directory in the profile root", verb_sync},
	{"uninstall", "[--root DIR] [--dry-run] ENGINE|bundle DIR", "take back what install did",
		verb_uninstall},
	{"verify", "(--pid PID|--container ID) [--root DIR]... " TARGET_USAGE " PROFILE",
		"say whether what is in force is as strict as a profile", verb_verify},
};

static void print_usage(FILE *stream)
{
	fputs("Usage: oci-seccomp VERB [ARGUMENT]...\n"
	      "\n"
	      "Tools for the seccomp profiles of containers.\n"
	      "\n",
		stream);
	for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++)
		fprintf(stream, "  %-10s %s\n", verbs[i].name, verbs[i].help);
	fputs("\n"
	      "PROFILE is a file, - for standard input, or RuntimeDefault.\n"
	      "oci-seccomp VERB --help shows the arguments of a verb; see oci-seccomp(1).\n",
		stream);
}

int verb_usage(const struct verb *verb, const char *problem)
{
	if (problem)
		fprintf(stderr, "oci-seccomp %s: %s\n", verb->name, problem);
	fprintf(stderr, "Usage: oci-seccomp %s %s\n", verb->name, verb->arguments);
	return EXIT_USAGE;
}

int verb_failure(struct error *err)
{
	fflush(stdout); /* what was said before stands before */
	fprintf(stderr, "oci-seccomp: %s\n", error_message(err));
	error_finish(err);
	return EXIT_FAILURE;
}

int read_profile_argument(const char *argument, struct profile *ret,
	struct diagnostics *diagnostics, struct error *err)
{
	const char *name = argument;
	char *text;
	size_t length;
	int r;

	if (!strcmp(argument, "RuntimeDefault"))
		return profile_runtime_default(ret, err);
	if (!strcmp(argument, "-")) {
		name = "standard input";
		r = io_read(STDIN_FILENO, name, PROFILE_SIZE_LIMIT, &text, &length, err);
	} else {
		r = io_read_file(
			AT_FDCWD, argument, argument, PROFILE_SIZE_LIMIT, &text, &length, err);
	}
	if (r < 0)
		return r;
	return profile_parse(name, text, length, ret, diagnostics, err);
}

int read_policy_argument(const char *argument, const struct target *target, struct profile *profile,
	struct policy *ret, struct error *err)
{
	struct diagnostics diagnostics = {0};
	int r = read_profile_argument(argument, profile, &diagnostics, err);

	diagnostics_finish(&diagnostics);
	if (r < 0)
		return r;
	r = policy_select(profile, target, false, ret, err);
	if (r < 0)
		profile_finish(profile);
	return r;
}

bool is_program_argument(const char *argument)
{
	const char *ending = strrchr(argument, '.');

	return ending && !strcmp(ending, ".bpf");
}

int read_program_argument(const char *path, struct program *ret, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	bool is_input = !strcmp(path, "-");
	const char *name = is_input ? "standard input" : path;
	int r = is_input ? io_read(STDIN_FILENO, name, PROGRAM_SIZE_LIMIT, &text, &length, err)
			 : io_read_file(
				   AT_FDCWD, path, name, PROGRAM_SIZE_LIMIT, &text, &length, err);

	return r < 0 ? r : program_read(name, text, length, ret, err);
}

int read_pid_argument(const char *value, pid_t *ret, struct error *err)
{
	char *end;
	long pid = strtol(value, &end, 10);

	if (pid <= 0 || pid > INT32_MAX || *end)
		return error_set(err, -EINVAL, "\"%s\" is no process number", value);
	*ret = (pid_t)pid;
	return 0;
}

int read_runtime_argument(const char *value, const char **ret, struct error *err)
{
	if (!runtime_calls(value))
		return error_set(err, -EINVAL, "\"%s\" is neither runc nor crun", value);
	*ret = value;
	return 0;
}

int state_roots_add(struct state_roots *roots, const char *directory, struct error *err)
{
	if (roots->count + 1 == ARRAY_LENGTH(roots->items))
		return error_set(err, -E2BIG, "--root can be given %zu times", roots->count);
	roots->items[roots->count++] = directory;
	return 0;
}

/* An answer that did not arrive is none. */
static int finish_output(int result)
{
	bool failed = ferror(stdout);
	struct error err = ERROR_INIT;

	if (fflush(stdout) == 0 && !failed)
		return result;
	if (failed) /* and why is forgotten */
		error_set(&err, -EIO, "standard output: cannot write");
	else
		error_set_errno(&err, -errno, "standard output: cannot write");
	return verb_failure(&err);
}

int main(int argc, char **argv)
{
	static char name[64];

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help")) {
		print_usage(stdout);
		return EXIT_SUCCESS;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("oci-seccomp " VERSION);
		return EXIT_SUCCESS;
	}
	if (!strcmp(argv[1], "--complete")) {
		complete(verbs, ARRAY_LENGTH(verbs), argv + 2, (size_t)argc - 2);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++) {
		const struct verb *verb = &verbs[i];

		if (strcmp(verb->name, argv[1]) != 0)
			continue;
		if (argc == 3 && !strcmp(argv[2], "--help")) {
			printf("Usage: oci-seccomp %s %s\n\n%s\n", verb->name, verb->arguments,
				verb->help);
			return EXIT_SUCCESS;
		}
		/* What getopt calls the program in its messages. */
		snprintf(name, sizeof(name), "oci-seccomp %s", verb->name);
		argv[1] = name;
		return finish_output(verb->run(verb, argc - 1, argv + 1));
	}
	fprintf(stderr, "oci-seccomp: unknown verb \"%s\"\n", argv[1]);
	print_usage(stderr);
	return EXIT_USAGE;
}
