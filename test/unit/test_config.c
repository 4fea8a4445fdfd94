/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "support.h"

UNIT_SUITE(config);

Test(config, choices)
{
	static const struct {
		const char *text;
		enum choice_kind kind; /* CHOICE_NONE: refused */
		const char *path;      /* or what the message says */
	} cases[] = {
		{"RuntimeDefault", CHOICE_RUNTIME_DEFAULT, NULL},
		{"runtime/default", CHOICE_RUNTIME_DEFAULT, NULL},
		{"docker/default", CHOICE_RUNTIME_DEFAULT, NULL},
		{"Unconfined", CHOICE_UNCONFINED, NULL},
		{"unconfined", CHOICE_UNCONFINED, NULL},
		{"Localhost/a.json", CHOICE_LOCALHOST, "a.json"},
		{"localhost/a.json", CHOICE_LOCALHOST, "a.json"},
		{"localhost/a/b/c.json", CHOICE_LOCALHOST, "a/b/c.json"},
		{"localhost/a..b", CHOICE_LOCALHOST, "a..b"},
		{"localhost/..data/x", CHOICE_LOCALHOST, "..data/x"},
		{"localhost/x..", CHOICE_LOCALHOST, "x.."},
		{"localhost/...", CHOICE_LOCALHOST, "..."},
		{"localhost/./a", CHOICE_LOCALHOST, "a"},
		{"localhost/a//./b/././c", CHOICE_LOCALHOST, "a/b/c"},
		{"localhost/.a/b./.", CHOICE_LOCALHOST, ".a/b./."},
		{"localhost/localhost/a", CHOICE_LOCALHOST, "localhost/a"},
		{"", CHOICE_NONE, "names no profile"},
		{"runtimedefault", CHOICE_NONE, "names no profile"},
		{"Runtime/Default", CHOICE_NONE, "names no profile"},
		{"RuntimeDefault ", CHOICE_NONE, "names no profile"},
		{" Unconfined", CHOICE_NONE, "names no profile"},
		{"UNCONFINED", CHOICE_NONE, "names no profile"},
		{"Unconfined/x", CHOICE_NONE, "names no profile"},
		{"LOCALHOST/a", CHOICE_NONE, "names no profile"},
		{"Localhost", CHOICE_NONE, "names no profile"},
		{"a.json", CHOICE_NONE, "\"a.json\" names no profile"},
		{"a.json", CHOICE_NONE, "RuntimeDefault, Localhost/<path below /r> or Unconfined"},
		{"localhost/", CHOICE_NONE, "/r"},
		{"localhost//etc/x", CHOICE_NONE, "absolute"},
		{"Localhost//r/x.json", CHOICE_NONE, "Localhost/x.json"},
		{"localhost/..", CHOICE_NONE, "\"..\""},
		{"localhost/../x", CHOICE_NONE, "\"..\""},
		{"localhost/a/../b", CHOICE_NONE, "\"..\""},
		{"localhost/a//..//b", CHOICE_NONE, "\"..\""},
		{"localhost/a/..", CHOICE_NONE, "\"..\""},
		{"localhost/a/../", CHOICE_NONE, "\"..\""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct profile_choice choice = {CHOICE_NONE, NULL};
		struct error err = ERROR_INIT;
		int r = choice_parse(cases[i].text, "/r", &choice, &err);

		cr_expect_eq(r, cases[i].kind == CHOICE_NONE ? -EINVAL : 0, "\"%s\": %d",
			cases[i].text, r);
		cr_expect_eq(choice.kind, cases[i].kind, "\"%s\"", cases[i].text);
		if (r < 0)
			cr_expect(contains(error_message(&err), cases[i].path), "\"%s\": %s",
				cases[i].text, error_message(&err));
		else if (cases[i].path)
			cr_expect(choice.path && !strcmp(choice.path, cases[i].path), "\"%s\"",
				cases[i].text);
		else
			cr_expect_null(choice.path);
		error_finish(&err);
		choice_finish(&choice);
		cr_expect(choice.kind == CHOICE_NONE && !choice.path);
		choice_finish(&choice);
	}
}

/* Writes DIRECTORY/config.json and reads it. */
static int read_sample(
	const char *directory, const char *source, struct node_config *ret, struct error *err)
{
	AUTO_FREE char *file = format_text("%s/config.json", directory);
	struct sample sample = sample_make(source);

	write_bytes(directory, "config.json", sample.text, sample.length, 0644);
	free(sample.text);
	return node_config_read(file, ret, err);
}

static void expect_defaults(const struct node_config *config)
{
	cr_expect_str_eq(config->profile_root, "/var/lib/kubelet/seccomp");
	cr_expect_null(config->runtime_default);
	cr_expect_eq(config->default_profile.kind, CHOICE_RUNTIME_DEFAULT);
	cr_expect_eq(config->baseline.kind, CHOICE_NONE);
	cr_expect_not(config->deny_unconfined);
	cr_expect_not(config->override_always);
	cr_expect_not(config->native_arch_only);
	cr_expect_null(config->runtime);
	cr_expect_not_null(config->cache_dir);
}

Test(config, choices_are_equal_by_what_they_name)
{
	static const char *const texts[] = {"RuntimeDefault", "runtime/default", "Unconfined",
		"Localhost/a.json", "localhost/a.json", "Localhost/b.json"};
	static const char names[] = "RRUaab"; /* the same letter: the same profile */
	struct profile_choice choices[ARRAY_LENGTH(texts)];
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		cr_assert_eq(choice_parse(texts[i], "/", &choices[i], &err), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		for (size_t j = 0; j < ARRAY_LENGTH(texts); j++)
			cr_expect_eq(choice_equal(&choices[i], &choices[j]), names[i] == names[j],
				"%s and %s", texts[i], texts[j]);
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		choice_finish(&choices[i]);
}

Test(config, an_empty_object_has_the_defaults)
{
	static const char *const sources[] = {"{}", "{'profileRoot':null,'runtimeDefault':null,"
						    "'defaultProfile':null,'unconfined':null,"
						    "'override':null,'baseline':null,"
						    "'logDenials':null,'nativeArchOnly':null,"
						    "'runtime':null,'cacheDir':null}"};
	char *directory = temp_dir();

	for (size_t i = 0; i < ARRAY_LENGTH(sources); i++) {
		AUTO_FREE char *file = format_text("%s/config.json", directory);
		struct error err = ERROR_INIT;
		struct node_config config;

		cr_assert_eq(read_sample(directory, sources[i], &config, &err), 0, "%s",
			error_message(&err));
		expect_defaults(&config);
		cr_expect_str_eq(config.file, file);
		node_config_finish(&config);
		cr_expect_null(config.profile_root);
		node_config_finish(&config);
	}
	remove_tree(directory);
}

Test(config, every_key)
{
	static const char source[] =
		"{'baseline':'Localhost/floor.json','cacheDir':'/c','defaultProfile':"
		"'localhost/d.json','logDenials':true,'nativeArchOnly':true,'override':'always',"
		"'profileRoot':'/p','runtime':'/usr/bin/crun','runtimeDefault':'/rd.json',"
		"'unconfined':'deny'}";
	struct error err = ERROR_INIT;
	char *directory = temp_dir();
	struct node_config config;

	cr_assert_eq(read_sample(directory, source, &config, &err), 0, "%s", error_message(&err));
	cr_expect_eq(config.baseline.kind, CHOICE_LOCALHOST);
	cr_expect_str_eq(config.baseline.path, "floor.json");
	cr_expect_str_eq(config.cache_dir, "/c");
	cr_expect_eq(config.default_profile.kind, CHOICE_LOCALHOST);
	cr_expect_str_eq(config.default_profile.path, "d.json");
	cr_expect(config.log_denials);
	cr_expect(config.native_arch_only);
	cr_expect(config.override_always);
	cr_expect_str_eq(config.profile_root, "/p");
	cr_expect_str_eq(config.runtime, "/usr/bin/crun");
	cr_expect_str_eq(config.runtime_default, "/rd.json");
	cr_expect(config.deny_unconfined);
	node_config_finish(&config);
	remove_tree(directory);
}

Test(config, accepted_values)
{
	static const char *const sources[] = {
		"{'unconfined':'allow','override':'never','runtimeDefault':'builtin',"
		"'baseline':'','logDenials':false,'nativeArchOnly':false}",
		"{'defaultProfile':'RuntimeDefault'}",
	};
	struct error err = ERROR_INIT;
	char *directory = temp_dir();
	struct node_config config;

	for (size_t i = 0; i < ARRAY_LENGTH(sources); i++) {
		cr_assert_eq(read_sample(directory, sources[i], &config, &err), 0, "%s",
			error_message(&err));
		expect_defaults(&config);
		node_config_finish(&config);
	}
	cr_assert_eq(read_sample(directory, "{'defaultProfile':'Unconfined'}", &config, &err), 0);
	cr_expect_eq(config.default_profile.kind, CHOICE_UNCONFINED);
	node_config_finish(&config);
	cr_assert_eq(read_sample(directory, "{'baseline':'RuntimeDefault'}", &config, &err), 0);
	cr_expect_eq(config.baseline.kind, CHOICE_RUNTIME_DEFAULT);
	node_config_finish(&config);
	remove_tree(directory);
}

Test(config, what_is_refused)
{
	static const struct {
		const char *source; /* @: where the message says it is */
		const char *what;
	} cases[] = {
		{"@", "empty"},
		{"@[]", "must be an object"},
		{"{}@{}", "not valid JSON"},
		{"{\n'profilRoot':@'/x'}", "unknown key \"profilRoot\"; did you mean profileRoot?"},
		{"{'x':@1}", "unknown key \"x\""},
		{"{'override':'never',\n'override':@'never'}", "stands twice"},
		{"{'profileRoot':@'relative'}", "\"relative\" is not an absolute path"},
		{"{'profileRoot':@''}", "not an absolute path"},
		{"{'profileRoot':@5}", "must be a string"},
		{"{'runtimeDefault':@'Builtin'}", "runtimeDefault: "},
		{"{'runtimeDefault':@5}", "must be a string"},
		{"{'runtime':@'runc'}", "not an absolute path"},
		{"{'cacheDir':@'c'}", "not an absolute path"},
		{"{'unconfined':@'Allow'}", "must be \"allow\" or \"deny\", not \"Allow\""},
		{"{'unconfined':@false}", "must be a string"},
		{"{'override':@'sometimes'}", "must be \"never\" or \"always\", not"},
		{"{'logDenials':@'true'}", "must be true or false"},
		{"{'nativeArchOnly':@1}", "must be true or false"},
		{"{'defaultProfile':@'x'}", "\"x\" names no profile"},
		{"{'defaultProfile':@''}", "names no profile"},
		{"{'defaultProfile':@{}}", "must be a string"},
		{"{'defaultProfile':@'localhost/../x'}", "\"..\""},
		{"{'baseline':@'x'}", "\"x\" names no profile"},
		{"{'baseline':@5}", "must be a string"},
		{"{'baseline':@'Unconfined'}", "Unconfined"},
		/* whatever their order */
		{"{'defaultProfile':@'Unconfined','unconfined':'deny'}", "Unconfined"},
		{"{'unconfined':'deny','defaultProfile':@'Unconfined'}", "Unconfined"},
		{"{'defaultProfile':@'localhost//p/x','profileRoot':'/p'}", "relative to /p"},
	};
	char *directory = temp_dir();

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct sample sample = sample_make(cases[i].source);
		AUTO_FREE char *place = format_text("%s/config.json:%u:%u: ", directory,
			sample.marks[0].line, sample.marks[0].column);
		struct error err = ERROR_INIT;
		struct node_config config;
		int r = read_sample(directory, cases[i].source, &config, &err);

		free(sample.text);
		cr_assert_eq(r, -EINVAL, "%s: %d", cases[i].source, r);
		cr_expect(contains(error_message(&err), cases[i].what), "%s: %s", cases[i].source,
			error_message(&err));
		cr_expect(contains(error_message(&err), place), "%s: %s", cases[i].source,
			error_message(&err));
		cr_expect(contains(error_message(&err), "node configuration"));
		error_finish(&err);
	}
	remove_tree(directory);
}

Test(config, all_errors_are_counted)
{
	struct error err = ERROR_INIT;
	char *directory = temp_dir();
	struct node_config config;

	cr_assert_eq(read_sample(directory, "{'runtime':'x','cacheDir':5,'z':1,'baseline':'q'}",
			     &config, &err),
		-EINVAL);
	cr_expect(contains(error_message(&err), "first of 4 errors"), "%s", error_message(&err));
	error_finish(&err);
	remove_tree(directory);
}

Test(config, files_that_others_could_change)
{
	static const struct {
		mode_t mode;
		int code;
	} cases[] = {{0644, 0}, {0600, 0}, {0664, -EPERM}, {0646, -EPERM}, {0666, -EPERM}};
	char *directory = temp_dir();
	AUTO_FREE char *file = format_text("%s/config.json", directory);

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;
		struct node_config config;
		int r;

		write_bytes(directory, "config.json", "{}", 2, cases[i].mode);
		r = node_config_read(file, &config, &err);
		cr_expect_eq(r, cases[i].code, "%04o: %d", cases[i].mode, r);
		if (r == 0)
			node_config_finish(&config);
		else
			cr_expect(contains(error_message(&err), file));
		error_finish(&err);
	}
	remove_tree(directory);
}

Test(config, files_of_somebody_else)
{
	struct error err = ERROR_INIT;
	struct node_config config;
	char *directory;
	AUTO_FREE char *file = NULL;

	require_root();
	directory = temp_dir();
	file = format_text("%s/config.json", directory);
	write_file(directory, "config.json", "{}");
	cr_assert_eq(chown(file, 4242, 0), 0);
	cr_expect_eq(node_config_read(file, &config, &err), -EPERM);
	error_finish(&err);
	remove_tree(directory);
}

Test(config, files_that_are_none)
{
	static const struct {
		const char *name;
		int code;
	} cases[] = {
		{"missing", -ENOENT}, {"directory", -EINVAL}, {"fifo", -EINVAL}, {"large", -EFBIG}};
	char *directory = temp_dir();
	AUTO_FREE char *fifo = format_text("%s/fifo", directory);
	AUTO_FREE char *large = calloc(1, 1024 * 1024);

	cr_assert_not_null(large);
	make_dir(directory, "directory");
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	write_bytes(directory, "large", large, 1024 * 1024, 0644);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *file = format_text("%s/%s", directory, cases[i].name);
		struct error err = ERROR_INIT;
		struct node_config config;
		int r = node_config_read(file, &config, &err);

		cr_expect_eq(r, cases[i].code, "%s: %d", file, r);
		cr_expect(contains(error_message(&err), file), "%s", error_message(&err));
		error_finish(&err);
	}
	remove_tree(directory);
}

Test(config, the_environment_names_the_file)
{
	struct error err = ERROR_INIT;
	struct node_config config;
	char *directory = temp_dir();
	AUTO_FREE char *named = format_text("%s/named", directory);
	AUTO_FREE char *given = format_text("%s/given", directory);
	AUTO_FREE char *missing = format_text("%s/missing", directory);

	write_file(directory, "named", "{\"cacheDir\": \"/named\"}");
	write_file(directory, "given", "{\"cacheDir\": \"/given\"}");
	setenv("OCI_SECCOMP_CONFIG", named, 1);
	cr_assert_eq(node_config_read(NULL, &config, &err), 0, "%s", error_message(&err));
	cr_expect_str_eq(config.cache_dir, "/named");
	cr_expect_str_eq(config.file, named);
	node_config_finish(&config);
	cr_assert_eq(node_config_read(given, &config, &err), 0);
	cr_expect_str_eq(config.cache_dir, "/given");
	node_config_finish(&config);
	/* Only the file of the default place may be missing. */
	setenv("OCI_SECCOMP_CONFIG", missing, 1);
	cr_expect_eq(node_config_read(NULL, &config, &err), -ENOENT);
	error_finish(&err);
	remove_tree(directory);
}

Test(config, no_file_at_all)
{
	struct error err = ERROR_INIT;
	struct node_config config;
	static const char *const values[] = {NULL, ""};

	for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
		if (values[i])
			setenv("OCI_SECCOMP_CONFIG", values[i], 1);
		else
			unsetenv("OCI_SECCOMP_CONFIG");
		cr_assert_eq(node_config_read(NULL, &config, &err), 0, "%s", error_message(&err));
		if (access(NODE_CONFIG_FILE, F_OK) == 0) {
			cr_expect_str_eq(config.file, NODE_CONFIG_FILE);
		} else {
			cr_expect_null(config.file);
			expect_defaults(&config);
		}
		node_config_finish(&config);
	}
}

Test(config, choices_are_written_as_they_are_read)
{
	static const char *const texts[] = {"RuntimeDefault", "Localhost/a/b.json", "Unconfined"};
	struct profile_choice none = {CHOICE_NONE, NULL};
	AUTO_FREE char *nothing = choice_format(&none);

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		AUTO(choice_finish) struct profile_choice choice;
		AUTO_FREE char *text = NULL;

		cr_assert_eq(choice_parse(texts[i], "/root", &choice, NULL), 0);
		text = choice_format(&choice);
		cr_expect_str_eq(text, texts[i]);
	}
	cr_expect_str_eq(nothing, "no profile");
}
