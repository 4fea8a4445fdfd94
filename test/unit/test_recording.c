/* SPDX-License-Identifier: Apache-2.0 */
#include "recording.h"

#include "support.h"

/* What annotations ask for, and what they must not. Starting a recording is e2e/record_hook. */

UNIT_SUITE(recording);

static int ask(const char *annotations, const struct node_config *config, struct recording *ret,
	struct error *err)
{
	AUTO_FREE char *source = format_text("{'annotations':{%s}}", annotations);
	struct sample sample = sample_make(source);
	struct bundle bundle;
	int r;

	cr_assert_eq(bundle_parse("config.json", sample.text, sample.length, &bundle, err), 0, "%s",
		error_message(err));
	r = recording_ask(&bundle, config, "c0ffee", ret, err);
	bundle_finish(&bundle);
	return r;
}

Test(recording, what_is_asked_for)
{
	static const struct {
		const char *annotations, *output, *base;
	} cases[] = {
		{"", NULL, NULL},
		{"'io.oci-seccomp.profile':'RuntimeDefault'", NULL, NULL},
		{"'io.oci-seccomp.record':'app'", "/r/app-c0ffee.json", NULL},
		{"'io.oci-seccomp.record':'App_1.2-x'", "/r/App_1.2-x-c0ffee.json", NULL},
		{"'io.kubernetes.cri.container-name':'web','io.oci-seccomp.record':'pod',"
		 "'io.oci-seccomp.record/web':'web'",
			"/r/web-c0ffee.json", NULL},
		{"'io.kubernetes.cri.container-name':'web','io.oci-seccomp.record/other':'other'",
			NULL, NULL},
		{"'io.kubernetes.cri.container-type':'sandbox','io.oci-seccomp.record':'pod'", NULL,
			NULL},
		{"'io.containers.trace-syscall':'of:/a/b'", "/a/b", NULL},
		{"'io.containers.trace-syscall':'of: /a/b ;if:\\t/c'", "/a/b", "/c"},
		{"'io.containers.trace-syscall':'if:/c;of:/a/b'", "/a/b", "/c"},
		{"'io.oci-seccomp.record':'app','io.containers.trace-syscall':'of:/a/b'",
			"/r/app-c0ffee.json", NULL},
	};
	struct node_config config = {.record_dir = (char[]){"/r"}, .trace_syscall = true};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct recording recording;
		struct error err = ERROR_INIT;

		cr_assert_eq(ask(cases[i].annotations, &config, &recording, &err), 0, "%s: %s",
			cases[i].annotations, error_message(&err));
		cr_expect_str_eq(recording.output ? recording.output : "-",
			cases[i].output ? cases[i].output : "-", "%s", cases[i].annotations);
		cr_expect_str_eq(recording.base ? recording.base : "-",
			cases[i].base ? cases[i].base : "-", "%s", cases[i].annotations);
		recording_finish(&recording);
	}
}

Test(recording, what_is_refused)
{
	static const struct {
		const char *annotations;
		bool directory;
		int code;
		const char *message;
	} cases[] = {
		{"'io.oci-seccomp.record':'app'", false, -EPERM, "names no \"recordDir\""},
		{"'io.oci-seccomp.record':'../x'", true, -EINVAL, "is called by letters"},
		{"'io.oci-seccomp.record':''", true, -EINVAL, "is called by letters"},
		{"'io.oci-seccomp.record':'-x'", true, -EINVAL, "is called by letters"},
		{"'io.oci-seccomp.record':'.x'", true, -EINVAL, "is called by letters"},
		{"'io.oci-seccomp.record':'a b'", true, -EINVAL, "is called by letters"},
		{"'io.oci-seccomp.record':5", true, -EINVAL, "io.oci-seccomp.record"},
		{"'io.containers.trace-syscall':''", true, -EINVAL, "is expected"},
		{"'io.containers.trace-syscall':'/a'", true, -EINVAL, "is expected"},
		{"'io.containers.trace-syscall':'of:'", true, -EINVAL, "is not absolute"},
		{"'io.containers.trace-syscall':'of:a'", true, -EINVAL, "is not absolute"},
		{"'io.containers.trace-syscall':'if:/a'", true, -EINVAL, "no of:/FILE"},
		{"'io.containers.trace-syscall':'of:/a;of:/b'", true, -EINVAL, "is expected"},
		{"'io.containers.trace-syscall':'of:/a; if:/b'", true, -EINVAL, "is expected"},
		{"'io.containers.trace-syscall':'of:/a;if:/b;'", true, -EINVAL, "more than one"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct node_config config = {
			.record_dir = cases[i].directory ? (char[]){"/r"} : NULL,
			.trace_syscall = true};
		struct recording recording = {0};
		struct error err = ERROR_INIT;

		cr_expect_eq(ask(cases[i].annotations, &config, &recording, &err), cases[i].code,
			"%s: %s", cases[i].annotations, error_message(&err));
		cr_expect(strstr(error_message(&err), cases[i].message), "%s: %s",
			cases[i].annotations, error_message(&err));
		error_finish(&err);
	}
}

/* An annotation chooses no path unless the node lets it. */
Test(recording, paths_are_off)
{
	struct node_config config = {.record_dir = (char[]){"/r"}};
	struct recording recording;
	struct error err = ERROR_INIT;

	cr_assert_eq(
		ask("'io.containers.trace-syscall':'of:/etc/passwd'", &config, &recording, &err),
		0);
	cr_expect_null(recording.output);
}
