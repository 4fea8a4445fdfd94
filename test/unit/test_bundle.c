/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle.h"

#include "support.h"

#include <linux/capability.h>

UNIT_SUITE(bundle);

static int parse_bundle(const char *source, struct bundle *ret, struct error *err)
{
	struct sample sample = sample_make(source);

	return bundle_parse("config.json", sample.text, sample.length, ret, err);
}

#define CAPABILITY(number) (UINT64_C(1) << (number))

Test(bundle, what_is_read)
{
	static const struct {
		const char *source;
		bool annotations, seccomp;
		uint64_t capabilities;
	} cases[] = {
		{"{}", false, false, 0},
		{"{'ociVersion':'1.0.2','root':{'path':'r'},'hooks':{},'mounts':[]}", false, false,
			0},
		{"{'annotations':null,'linux':null,'process':null}", false, false, 0},
		{"{'annotations':{}}", true, false, 0},
		{"{'annotations':{'a':'b'},'linux':{'resources':{}}}", true, false, 0},
		/* what counts as a profile of the engine: runc runs {} unfiltered */
		{"{'linux':{'seccomp':null}}", false, false, 0},
		{"{'linux':{'seccomp':{}}}", false, false, 0},
		{"{'linux':{'seccomp':{'defaultAction':''}}}", false, false, 0},
		{"{'linux':{'seccomp':{'defaultAction':'','syscalls':[]}}}", false, false, 0},
		{"{'linux':{'seccomp':{'syscalls':null,'architectures':['SCMP_ARCH_X86']}}}", false,
			false, 0},
		{"{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'}}}", false, true, 0},
		{"{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[{}]}}}", false,
			true, 0},
		{"{'linux':{'seccomp':{'syscalls':[{'names':['read']}]}}}", false, true, 0},
		/* the bounding set alone */
		{"{'process':{}}", false, false, 0},
		{"{'process':{'capabilities':null}}", false, false, 0},
		{"{'process':{'capabilities':{}}}", false, false, 0},
		{"{'process':{'capabilities':{'bounding':[]}}}", false, false, 0},
		{"{'process':{'capabilities':{'effective':['CAP_SYS_ADMIN'],"
		 "'permitted':['CAP_SYS_ADMIN'],'ambient':['CAP_SYS_ADMIN']}}}",
			false, false, 0},
		{"{'process':{'capabilities':{'bounding':['CAP_CHOWN','CAP_BPF','CAP_SYS_ADMIN'],"
		 "'effective':['CAP_KILL']}}}",
			false, false,
			CAPABILITY(CAP_CHOWN) | CAPABILITY(CAP_BPF) | CAPABILITY(CAP_SYS_ADMIN)},
		{"{'process':{'capabilities':{'bounding':['CAP_OF_TOMORROW','CAP_KILL']}}}", false,
			false, CAPABILITY(CAP_KILL)},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;
		struct bundle bundle;
		int r = parse_bundle(cases[i].source, &bundle, &err);

		cr_assert_eq(r, 0, "%s: %s", cases[i].source, error_message(&err));
		cr_expect_eq(
			bundle.annotations != NULL, cases[i].annotations, "%s", cases[i].source);
		cr_expect_eq(bundle.seccomp != NULL, cases[i].seccomp, "%s", cases[i].source);
		cr_expect_eq(bundle.capabilities, cases[i].capabilities, "%s", cases[i].source);
		bundle_finish(&bundle);
		cr_expect_null(bundle.annotations);
		bundle_finish(&bundle);
	}
}

Test(bundle, what_is_refused)
{
	static const struct {
		const char *source, *what;
	} cases[] = {
		{"", "config.json:1:1: "},
		{"{", "config.json:1:2: "},
		{"[]", "config.json:1:1: must be an object"},
		{"{}x", "config.json:1:3: "},
		{"{'annotations':\n[]}", "config.json:2:1: annotations: must be an object"},
		{"{'annotations':{},\n'annotations':{}}",
			"config.json:2:15: annotations: the key \"annotations\" stands twice"},
		{"{'linux':{},\n'linux':{}}", "config.json:2:9: linux: "},
		{"{'linux':5}", "config.json:1:10: linux: must be an object"},
		{"{'linux':{'seccomp':[]}}", "linux.seccomp: must be an object"},
		{"{'linux':{'seccomp':'x'}}", "linux.seccomp: must be an object"},
		{"{'linux':{'seccomp':{},'seccomp':{}}}", "linux.seccomp: the key"},
		{"{'process':[]}", "process: must be an object"},
		{"{'process':{'capabilities':[]}}", "process.capabilities: must be an object"},
		{"{'process':{'capabilities':{'bounding':'CAP_KILL'}}}",
			"process.capabilities.bounding: must be an array"},
		{"{'process':{'capabilities':{'bounding':[1]}}}",
			"process.capabilities.bounding[0]: must be a string"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;
		struct bundle bundle;
		int r = parse_bundle(cases[i].source, &bundle, &err);

		cr_assert_eq(r, -EINVAL, "%s: %d", cases[i].source, r);
		cr_expect_eq(err.code, -EINVAL);
		cr_expect(contains(error_message(&err), cases[i].what), "%s: %s", cases[i].source,
			error_message(&err));
		error_finish(&err);
	}
}

Test(bundle, annotations)
{
	static const struct {
		const char *key, *value; /* NULL: there is none */
		const char *what;	 /* of the message; NULL: no error */
	} cases[] = {
		{"a", "1", NULL},
		{"a.b/c", "x y", NULL},
		{"empty", "", NULL},
		{"missing", NULL, NULL},
		{"A", NULL, NULL},
		{"twice", NULL, "the annotation twice stands twice"},
		{"number", NULL, "the annotation number must be a string, not a number"},
		{"null", NULL, "the annotation null must be a string, not null"},
	};
	struct error err = ERROR_INIT;
	struct bundle bundle;

	cr_assert_eq(parse_bundle("{'annotations':{'a':'1','a.b/c':'x y','empty':'',"
				  "'twice':'1','twice':'1','number':5,'null':null}}",
			     &bundle, &err),
		0);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *value = NULL;
		int r = bundle_annotation(&bundle, cases[i].key, &value, &err);

		cr_expect_eq(r, cases[i].what ? -EINVAL : 0, "%s: %d", cases[i].key, r);
		if (cases[i].what)
			cr_expect(contains(error_message(&err), cases[i].what), "%s",
				error_message(&err));
		else if (cases[i].value)
			cr_expect(value && !strcmp(value, cases[i].value), "%s", cases[i].key);
		else
			cr_expect_null(value);
		error_finish(&err);
	}
	bundle_finish(&bundle);
}

Test(bundle, no_annotations_at_all)
{
	struct error err = ERROR_INIT;
	const char *value = "x";
	struct bundle bundle;

	cr_assert_eq(parse_bundle("{}", &bundle, &err), 0);
	cr_expect_eq(bundle_annotation(&bundle, "a", &value, &err), 0);
	cr_expect_null(value);
	bundle_finish(&bundle);
}

Test(bundle, is_read_from_a_directory)
{
	struct error err = ERROR_INIT;
	char *directory = temp_dir();
	struct bundle bundle;

	cr_expect_eq(bundle_read(directory, &bundle, &err), -ENOENT);
	cr_expect(contains(error_message(&err), directory), "%s", error_message(&err));
	error_finish(&err);
	cr_expect_eq(bundle_read("/nonexistent", &bundle, &err), -ENOENT);
	error_finish(&err);

	write_file(directory, "config.json", "{\"annotations\":{\"a\":\"b\"}}");
	cr_assert_eq(bundle_read(directory, &bundle, &err), 0);
	cr_expect_not_null(bundle.annotations);
	cr_expect(contains(bundle.document.name, directory));
	bundle_finish(&bundle);

	write_file(directory, "config.json", "{\n{");
	cr_expect_eq(bundle_read(directory, &bundle, &err), -EINVAL);
	cr_expect(contains(error_message(&err), "config.json:2:1: "), "%s", error_message(&err));
	error_finish(&err);
	remove_tree(directory);
}

Test(bundle, config_that_is_no_file)
{
	struct error err = ERROR_INIT;
	char *directory = temp_dir();
	struct bundle bundle;

	make_dir(directory, "config.json");
	cr_expect_eq(bundle_read(directory, &bundle, &err), -EINVAL);
	error_finish(&err);
	remove_tree(directory);
}

Test(bundle, size_limit)
{
	AUTO_FREE char *text = malloc(BUNDLE_SIZE_LIMIT + 1);
	struct error err = ERROR_INIT;
	char *directory = temp_dir();
	struct bundle bundle;

	cr_assert_not_null(text);
	memset(text, ' ', BUNDLE_SIZE_LIMIT + 1);
	memcpy(text, "{}", 2);
	write_bytes(directory, "config.json", text, BUNDLE_SIZE_LIMIT, 0644);
	cr_assert_eq(bundle_read(directory, &bundle, &err), 0);
	bundle_finish(&bundle);
	write_bytes(directory, "config.json", text, BUNDLE_SIZE_LIMIT + 1, 0644);
	cr_expect_eq(bundle_read(directory, &bundle, &err), -EFBIG);
	error_finish(&err);
	remove_tree(directory);
}
