/* SPDX-License-Identifier: Apache-2.0 */
#include "containerd_config.h"

#include "support.h"

UNIT_SUITE(containerd_config);

#define V2 "[plugins.'io.containerd.grpc.v1.cri'"
#define V3 "[plugins.\"io.containerd.cri.v1.runtime\""
#define IMPORTS "imports = ['/etc/containerd/conf.d/*.toml']\n"

/* A root with the directories of containerd. */
static char *make_root(const char *main_file, const char *imported)
{
	char *directory = temp_dir();

	make_dir(directory, "etc");
	make_dir(directory, "etc/containerd");
	make_dir(directory, "etc/containerd/conf.d");
	if (main_file)
		write_file(directory, "etc/containerd/config.toml", main_file);
	if (imported)
		write_file(directory, "etc/containerd/conf.d/other.toml", imported);
	/* what install wrote before says nothing */
	write_file(directory, "etc/containerd/conf.d/oci-seccomp.toml", V2 "]\n");
	return directory;
}

static int read_root(const char *directory, struct containerd_config *config, struct error *err)
{
	struct root root;
	int r = root_open(directory, &root, err);

	cr_assert_eq(r, 0);
	r = containerd_config_read(&root, config, err);
	root_finish(&root);
	return r;
}

/* Of a place the end, behind the root, which is NULL where there is none. */
static void expect_place(const char *text, const char *place, const char *wanted)
{
	if (!wanted)
		cr_expect_null(place, "%s: %s", text, place);
	else
		cr_expect(place && strlen(place) > strlen(wanted) &&
				  !strcmp(place + strlen(place) - strlen(wanted), wanted),
			"%s: %s, not %s", text, place, wanted);
}

Test(containerd_config, facts)
{
	static const struct {
		const char *main_file, *imported;
		unsigned version;
		const char *directory;
		bool has_imports, is_imported, has_runtime;
		const char *section, *handler;
	} cases[] = {
		{NULL, NULL, 0, "/etc/containerd/conf.d", false, false, false, NULL, NULL},
		{"version = 2\n", NULL, 2, "/etc/containerd/conf.d", false, false, false, NULL,
			NULL},
		{"version = 3\nimports = []\n", NULL, 3, "/etc/containerd/conf.d", true, false,
			false, NULL, NULL},
		{"version = 2\n" IMPORTS, NULL, 2, "/etc/containerd/conf.d", true, true, false,
			NULL, NULL},
		/* where it imports from */
		{"version = 2\nimports = [ '/etc/a.toml', '/etc/b/*' ]\n", NULL, 2, "/etc/b", true,
			true, false, NULL, NULL},
		{"version = 2\nimports = ['conf.d/*.toml']\n", NULL, 2, "/etc/containerd/conf.d",
			true, false, false, NULL, NULL},
		{"version = 2\nimports = ['/etc/containerd/conf.d/oci-seccomp.toml']\n", NULL, 2,
			"/etc/containerd/conf.d", true, true, false, NULL, NULL},
		{"version = 2\nimports = ['/etc/b/*.conf']\n", NULL, 2, "/etc/containerd/conf.d",
			true, false, false, NULL, NULL},
		{"version = 2\n[plugins]\nimports = ['/etc/b/*']\n", NULL, 2,
			"/etc/containerd/conf.d", false, false, false, NULL, NULL},
		/* what it has of the plugin */
		{"version = 2\n" V2 "]\n", NULL, 2, "/etc/containerd/conf.d", false, false, false,
			"/etc/containerd/config.toml:2", NULL},
		{"version = 2\n[plugins]\n\n" V2 ".cni]\n", NULL, 2, "/etc/containerd/conf.d",
			false, false, false, "config.toml:4", NULL},
		{"version = 2\nplugins.\"io.containerd.grpc.v1.cri\".a = 1\n", NULL, 2,
			"/etc/containerd/conf.d", false, false, false, "config.toml:2", NULL},
		{"version = 2\n[plugins.'io.containerd.grpc.v1.criX']\n", NULL, 2,
			"/etc/containerd/conf.d", false, false, false, NULL, NULL},
		{"version = 2\n# " V2 "]\na = '''\n" V2 "]'''\n", NULL, 2, "/etc/containerd/conf.d",
			false, false, false, NULL, NULL},
		{"version = 2\n" V2 ".containerd.runtimes.runc]\n", NULL, 2,
			"/etc/containerd/conf.d", false, false, true, "config.toml:2", NULL},
		{"version = 2\n" V2 ".containerd.runtimes]\n", NULL, 2, "/etc/containerd/conf.d",
			false, false, false, "config.toml:2", NULL},
		{"version = 3\n\n" V3 ".containerd.runtimes.oci-seccomp.options]\n", NULL, 3,
			"/etc/containerd/conf.d", false, false, true, "config.toml:3",
			"config.toml:3"},
		/* in a file that it imports, and in one that it does not */
		{"version = 2\n" IMPORTS, "\n" V2 ".cni]", 2, "/etc/containerd/conf.d", true, true,
			false, "/conf.d/other.toml:2", NULL},
		{"version = 2\nimports = ['conf.d/*']\n", V2 ".cni]", 2, "/etc/containerd/conf.d",
			true, false, false, "/conf.d/other.toml:1", NULL},
		{"version = 2\n" IMPORTS V2 ".containerd.runtimes.oci-seccomp]\n", V2 ".cni]", 2,
			"/etc/containerd/conf.d", true, true, false, "other.toml:1", NULL},
		{"version = 2\n" IMPORTS V2 ".containerd.runtimes.oci-seccomp]\n", "a = 1", 2,
			"/etc/containerd/conf.d", true, true, true, "config.toml:3",
			"config.toml:3"},
		{"version = 3\n" IMPORTS V3 ".containerd.runtimes.oci-seccomp]\n", V3 ".cni]", 3,
			"/etc/containerd/conf.d", true, true, false, "other.toml:1",
			"config.toml:3"},
		{"version = 2\n", V2 ".cni]", 2, "/etc/containerd/conf.d", false, false, false,
			NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char *directory = make_root(cases[i].main_file, cases[i].imported);
		unsigned descriptors = count_descriptors();
		const char *text = cases[i].main_file ? cases[i].main_file : "no file";
		struct containerd_config config;
		struct error err = ERROR_INIT;
		int r = read_root(directory, &config, &err);

		cr_assert_eq(r, 0, "%s: %s", text, r < 0 ? error_message(&err) : "");
		cr_expect_eq(config.there, cases[i].main_file != NULL);
		cr_expect_eq(config.version, cases[i].version, "%s", text);
		cr_expect_str_eq(config.directory, cases[i].directory, "%s", text);
		cr_expect_eq(config.has_imports, cases[i].has_imports, "%s", text);
		cr_expect_eq(config.imported, cases[i].is_imported, "%s", text);
		cr_expect_eq(config.has_runtime, cases[i].has_runtime, "%s", text);
		expect_place(text, config.section, cases[i].section);
		expect_place(text, config.handler, cases[i].handler);
		containerd_config_finish(&config);
		cr_expect_eq(count_descriptors(), descriptors);
		remove_tree(directory);
	}
}

Test(containerd_config, refuses)
{
	static const struct {
		const char *main_file, *imported, *message;
	} cases[] = {
		{"", NULL, "/etc/containerd/config.toml: has no `version`, which then is 1"},
		{"version = 1\n", NULL, "config.toml: has version 1; install knows 2 and 3"},
		{"version = 'x'\n", NULL, "config.toml:1: version: must be one number"},
		{"version = 2\nversion = 3\n", NULL, "config.toml:2: version: must be one number"},
		{"version = 2\nimports = 'x'\n", NULL,
			"config.toml:2: imports: must be an array of strings"},
		{"version = 2\nimports = [1]\n", NULL, "config.toml:2: imports: must be an array"},
		{"version = 2\n[plugins\n", NULL, "config.toml:2: \"]\" is expected"},
		{"version = 2\n" IMPORTS, "a = \n", "/conf.d/other.toml:1: a value is expected"},
		{"version = 2\n" IMPORTS, "imports = ['x']\n",
			"/conf.d/other.toml: imports other files"},
		{"version = 2\nimports = ['/etc/*/x.toml']\n", NULL,
			"imports \"/etc/*/x.toml\", a pattern of directories"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char *directory = make_root(cases[i].main_file, cases[i].imported);
		unsigned descriptors = count_descriptors();
		struct containerd_config config;
		struct error err = ERROR_INIT;

		cr_expect_eq(
			read_root(directory, &config, &err), -EINVAL, "%s", cases[i].main_file);
		cr_expect(
			contains(error_message(&err), cases[i].message), "%s", error_message(&err));
		error_finish(&err);
		cr_expect_eq(count_descriptors(), descriptors);
		remove_tree(directory);
	}
}

/* Beneath a root its links count from there, and the file itself is none. */
Test(containerd_config, links_stay_beneath_the_root)
{
	char *directory = temp_dir(), *outside = temp_dir();
	AUTO_FREE char *target = format_text("%s/file", outside);
	struct containerd_config config;
	struct error err = ERROR_INIT;

	write_file(outside, "file", "version = 3\n");
	write_file(outside, "config.toml", "version = 3\n");
	make_dir(directory, "etc");
	make_link(outside, directory, "etc/containerd");
	cr_assert_eq(read_root(directory, &config, NULL), 0);
	cr_expect_not(config.there);
	containerd_config_finish(&config);
	make_dir(directory, "real");
	write_file(directory, "real/config.toml", "version = 2\n");
	make_link("/real", directory, "etc/new");
	{
		AUTO_FREE char *from = format_text("%s/etc/new", directory);
		AUTO_FREE char *to = format_text("%s/etc/containerd", directory);

		cr_assert_eq(rename(from, to), 0);
	}
	cr_assert_eq(read_root(directory, &config, NULL), 0);
	cr_expect_eq(config.version, 2);
	containerd_config_finish(&config);
	{
		AUTO_FREE char *from = format_text("%s/real/config.toml", directory);

		cr_assert_eq(unlink(from), 0);
	}
	make_link(target, directory, "real/config.toml");
	cr_expect_eq(read_root(directory, &config, &err), -EINVAL);
	cr_expect(contains(error_message(&err), "is a symbolic link"), "%s", error_message(&err));
	error_finish(&err);
	remove_tree(outside);
	remove_tree(directory);
}
