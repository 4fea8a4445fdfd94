/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include "support.h"

UNIT_SUITE(arguments);

enum { WORDS = 40 };

/* Splits a line at spaces; '' is an empty word. argv[0] is put in front. */
static int split(char *line, char **argv)
{
	static char program[] = "oci-seccomp-runtime", empty[] = "";
	char *rest, *word = strtok_r(line, " ", &rest);
	int argc = 0;

	argv[argc++] = program;
	for (; word; word = strtok_r(NULL, " ", &rest)) {
		cr_assert_lt(argc, WORDS - 1);
		argv[argc++] = strcmp(word, "''") ? word : empty;
	}
	argv[argc] = NULL;
	return argc;
}

static void expect_word(const char *line, const char *what, const char *got, const char *wanted)
{
	cr_expect_str_eq(got ? got : "-", wanted ? wanted : "-", "%s: %s is %s, not %s", line, what,
		got ? got : "-", wanted ? wanted : "-");
}

struct reading {
	const char *line;
	const char *command, *id, *bundle, *config, *log, *format;
};

static void check(const struct reading *wanted)
{
	AUTO_FREE char *line = strdup(wanted->line);
	struct error err = ERROR_INIT;
	struct arguments got;
	char *argv[WORDS];
	int argc = split(line, argv);
	int r = arguments_parse(argc, argv, &got, &err);

	cr_assert_eq(r, 0, "%s: %s", wanted->line, r < 0 ? error_message(&err) : "");
	expect_word(wanted->line, "the command", got.command, wanted->command);
	expect_word(wanted->line, "the id", got.id, wanted->id);
	expect_word(wanted->line, "the bundle", got.bundle, wanted->bundle);
	expect_word(wanted->line, "the config", got.config, wanted->config);
	expect_word(wanted->line, "the log", got.log, wanted->log);
	expect_word(wanted->line, "the format", got.log_format, wanted->format);
	cr_expect_eq(got.rewrites, wanted->bundle != NULL, "%s", wanted->line);
}

/* As go-runc (containerd, docker), conmon (podman, CRI-O) and CRI-O itself write them. */
Test(arguments, engines)
{
	static const struct reading cases[] = {
		{"--root /run/containerd/runc/k8s.io --log /b/log.json --log-format json "
		 "--systemd-cgroup create --bundle /b --pid-file /b/init.pid --console-socket "
		 "/tmp/pty1/pty.sock --no-pivot --no-new-keyring --preserve-fds 3 c1",
			"create", "c1", "/b", NULL, "/b/log.json", "json"},
		{"--root /run/runc --debug --log /b/log.json --log-format json --rootless=true "
		 "create --bundle /b --pid-file /b/init.pid c1",
			"create", "c1", "/b", NULL, "/b/log.json", "json"},
		{"--root /r --log /b/log.json --log-format json run --bundle /b --detach "
		 "--pid-file p "
		 "--keep c1",
			"run", "c1", "/b", NULL, "/b/log.json", "json"},
		{"--root /r --log /b/restore.log --log-format json restore --image-path /i "
		 "--work-path /w --tcp-established --file-locks --ext-unix-sk --empty-ns network "
		 "--manage-cgroups-mode soft --detach -no-subreaper --pid-file p --bundle /b c1",
			"restore", "c1", "/b", NULL, "/b/restore.log", "json"},
		{"--root /r --log /b/l --log-format json start c1", "start", "c1", NULL, NULL,
			"/b/l", "json"},
		{"--root /r --log /b/l --log-format json delete --force c1", "delete", NULL, NULL,
			NULL, "/b/l", "json"},
		{"start", "start", NULL, NULL, NULL, NULL, NULL},
		{"--root /r kill --all c1 9", "kill", NULL, NULL, NULL, NULL, NULL},
		{"--root /r exec --process /tmp/p --detach --pid-file p c1", "exec", NULL, NULL,
			NULL, NULL, NULL},
		{"--root /r events --stats c1", "events", NULL, NULL, NULL, NULL, NULL},
		{"--root /r update --resources=- c1", "update", NULL, NULL, NULL, NULL, NULL},
		{"--log-format json --version", NULL, NULL, NULL, NULL, NULL, "json"},
		{"features", "features", NULL, NULL, NULL, NULL, NULL},
		{"--systemd-cgroup --root=/run/crun create --bundle /b --pid-file /b/pidfile c1",
			"create", "c1", "/b", NULL, NULL, NULL},
		{"--cgroup-manager=systemd --log-level=debug create --no-pivot --bundle /b "
		 "--pid-file p --console-socket s c1",
			"create", "c1", "/b", NULL, NULL, NULL},
		{"--root=/run/runc exec --pid-file p --process s --detach c1", "exec", NULL, NULL,
			NULL, NULL, NULL},
		{"--root=/r restore --detach --image-path /i --work-path /w --bundle /b --pid-file "
		 "p --runtime-opt c1",
			"restore", "c1", "/b", NULL, NULL, NULL},
		{"--root /run/runc --systemd-cgroup state c1", "state", NULL, NULL, NULL, NULL,
			NULL},
		{"--root /run/runc --systemd-cgroup kill c1 15", "kill", NULL, NULL, NULL, NULL,
			NULL},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		check(&cases[i]);
}

Test(arguments, forms)
{
	static const struct reading cases[] = {
		/* the bundle, in all that Go and getopt take */
		{"create c1", "create", "c1", ".", NULL, NULL, NULL},
		{"create -b /b c1", "create", "c1", "/b", NULL, NULL, NULL},
		{"create -b=/b c1", "create", "c1", "/b", NULL, NULL, NULL},
		{"create -b/b c1", "create", "c1", "/b", NULL, NULL, NULL},
		{"create --b /b c1", "create", "c1", "/b", NULL, NULL, NULL},
		{"create --bundle=/b c1", "create", "c1", "/b", NULL, NULL, NULL},
		{"create -bundle /b c1", "create", "c1", "/b", NULL, NULL, NULL},
		{"create -bundle=/b c1", "create", "c1", "/b", NULL, NULL, NULL},
		{"create --bun /b c1", "create", "c1", "/b", NULL, NULL, NULL},
		{"create --bu=/b c1", "create", "c1", "/b", NULL, NULL, NULL},
		{"run -db /b c1", "run", "c1", "/b", NULL, NULL, NULL},
		{"run -db/b c1", "run", "c1", "/b", NULL, NULL, NULL},
		{"run -d -b /b c1", "run", "c1", "/b", NULL, NULL, NULL},
		{"run c1 --bundle /b", "run", "c1", "/b", NULL, NULL, NULL},
		{"run c1 -d -b /b", "run", "c1", "/b", NULL, NULL, NULL},
		{"create -b /a -b /b c1", "create", "c1", "/b", NULL, NULL, NULL},
		{"create --bundle= c1", "create", "c1", ".", NULL, NULL, NULL},
		{"create --bundle '' c1", "create", "c1", ".", NULL, NULL, NULL},
		{"create --bundle -odd c1", "create", "c1", "-odd", NULL, NULL, NULL},
		{"create --bundle a=b c1", "create", "c1", "a=b", NULL, NULL, NULL},
		{"create --bundle=a=b c1", "create", "c1", "a=b", NULL, NULL, NULL},
		{"create --no-pivot=true --bundle=/b c1", "create", "c1", "/b", NULL, NULL, NULL},
		/* what only looks like an option */
		{"create -- --bundle /b", "create", "--bundle", ".", NULL, NULL, NULL},
		{"create -b /b -- -b /c", "create", "-b", "/b", NULL, NULL, NULL},
		{"create --pid-file --bundle -b /b c1", "create", "c1", "/b", NULL, NULL, NULL},
		{"create --console-socket -b c1", "create", "c1", ".", NULL, NULL, NULL},
		{"create -", "create", "-", ".", NULL, NULL, NULL},
		/* crun's name of the configuration */
		{"run -f other.json c1", "run", "c1", ".", "other.json", NULL, NULL},
		{"run --config=/x/other.json -b /b c1", "run", "c1", "/b", "/x/other.json", NULL,
			NULL},
		{"run --conf x.json c1", "run", "c1", ".", "x.json", NULL, NULL},
		/* global options */
		{"-log /l -log-format=json create c1", "create", "c1", ".", NULL, "/l", "json"},
		{"--log=/l create c1", "create", "c1", ".", NULL, "/l", NULL},
		{"--log /a --log /l create c1", "create", "c1", ".", NULL, "/l", NULL},
		{"--root create create c1", "create", "c1", ".", NULL, NULL, NULL},
		{"--root=create state run", "state", NULL, NULL, NULL, NULL, NULL},
		{"--rootless auto run c1", "run", "c1", ".", NULL, NULL, NULL},
		{"--criu /c --debug run c1", "run", "c1", ".", NULL, NULL, NULL},
		{"-root /r --debug=true create c1", "create", "c1", ".", NULL, NULL, NULL},
		{"-- create -b /b c1", "create", "c1", "/b", NULL, NULL, NULL},
		/* options of these names that belong to the command */
		{"exec c1 create --bundle /b", "exec", NULL, NULL, NULL, NULL, NULL},
		{"exec c1 --log /l", "exec", NULL, NULL, NULL, NULL, NULL},
		{"spec -b /b", "spec", NULL, NULL, NULL, NULL, NULL},
		/* nothing is created */
		{"", NULL, NULL, NULL, NULL, NULL, NULL},
		{"--help", NULL, NULL, NULL, NULL, NULL, NULL},
		{"-h create", NULL, NULL, NULL, NULL, NULL, NULL},
		{"-v", NULL, NULL, NULL, NULL, NULL, NULL},
		{"-V", NULL, NULL, NULL, NULL, NULL, NULL},
		{"--usage", NULL, NULL, NULL, NULL, NULL, NULL},
		{"of-tomorrow c1 create", "of-tomorrow", NULL, NULL, NULL, NULL, NULL},
		{"--of-tomorrow state c1", "state", NULL, NULL, NULL, NULL, NULL},
		{"--of-tomorrow x state c1", "x", NULL, NULL, NULL, NULL, NULL},
		{"--of-tomorrow exec c1 run", "exec", NULL, NULL, NULL, NULL, NULL},
		{"--of-tomorrow=x create c1", "create", "c1", ".", NULL, NULL, NULL},
		{"--of-tomorrow create c1", "create", "c1", ".", NULL, NULL, NULL},
		{"create --of-tomorrow -b /b c1", "create", "c1", "/b", NULL, NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		check(&cases[i]);
}

Test(arguments, help_of_a_command_rewrites_nothing)
{
	static const char *const lines[] = {"create --help", "run -h", "create -?",
		"restore --usage", "create -b /b c1 --help"};
	static const char *const others[] = {"create --help=false c1", "create -- --help"};
	struct arguments arguments;
	char *argv[WORDS];

	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		AUTO_FREE char *line = strdup(lines[i]);

		cr_assert_eq(arguments_parse(split(line, argv), argv, &arguments, NULL), 0);
		cr_expect_not(arguments.rewrites, "%s", lines[i]);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
		AUTO_FREE char *line = strdup(others[i]);

		cr_assert_eq(arguments_parse(split(line, argv), argv, &arguments, NULL), 0);
		cr_expect(arguments.rewrites, "%s", others[i]);
	}
}

Test(arguments, refused)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{"--log /l create --bundle", "the option --bundle needs a value"},
		{"--log /l create -b", "the option -b needs a value"},
		{"--log /l --root", "the option --root needs a value"},
		{"--log /l create --con x c1", "the option --con is short for more than one"},
		{"--log /l --of-tomorrow x create c1",
			"the option --of-tomorrow is not known here, so it is not clear whether "
			"\"x\" is its value or the command; write --of-tomorrow=x"},
		{"--log /l -z x run c1", "the option -z is not known here"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *line = strdup(cases[i].line);
		struct error err = ERROR_INIT;
		struct arguments arguments;
		char *argv[WORDS];
		int argc = split(line, argv);

		cr_expect_eq(arguments_parse(argc, argv, &arguments, &err), -EINVAL, "%s",
			cases[i].line);
		cr_expect(contains(error_message(&err), cases[i].message), "%s: %s", cases[i].line,
			error_message(&err));
		/* where to tell of it */
		expect_word(cases[i].line, "the log", arguments.log, "/l");
		error_finish(&err);
	}
}
