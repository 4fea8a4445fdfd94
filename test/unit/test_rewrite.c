/* SPDX-License-Identifier: Apache-2.0 */
#include "rewrite.h"

#include "support.h"
#include "syscalls.h"

UNIT_SUITE(rewrite);

/* A node whose profile root has chmod.json, ptrace.json and bad.json. */
static struct node_config make_node(void)
{
	struct node_config config = {.file = strdup("node.json"), .profile_root = temp_dir()};

	config.default_profile.kind = CHOICE_RUNTIME_DEFAULT;
	write_file(config.profile_root, "chmod.json",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"fchmod\"],"
		"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":71}]}");
	write_file(config.profile_root, "ptrace.json",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[],\"syscalls\":[{\"names\":"
		"[\"ptrace\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":72}]}");
	write_file(config.profile_root, "bad.json", "{\"defaultAction\":\"SCMP_ACT_DENY\"}");
	return config;
}

static void finish_node(struct node_config *config)
{
	remove_tree(TAKE_PTR(config->profile_root));
	node_config_finish(config);
}

static int rewrite_for(bool for_crun, const char *source, const struct node_config *config,
	char **ret_text, bool *ret_changed, struct error *err)
{
	struct sample sample = sample_make(source);
	struct bundle bundle;
	size_t length = 0;
	int r = bundle_parse("config.json", sample.text, sample.length, &bundle, err);

	cr_assert_eq(r, 0, "%s", source);
	r = rewrite_config(&bundle, config, for_crun, ret_text, &length, ret_changed, err);
	if (r == 0) {
		cr_expect_eq(length, strlen(*ret_text));
		cr_expect_eq(*ret_changed, strcmp(*ret_text, bundle.document.text) != 0);
	}
	bundle_finish(&bundle);
	return r;
}

static int rewrite(const char *source, const struct node_config *config, char **ret_text,
	bool *ret_changed, struct error *err)
{
	return rewrite_for(false, source, config, ret_text, ret_changed, err);
}

#define CHMOD "'annotations':{'io.oci-seccomp.profile':'Localhost/chmod.json'}"
#define UNCONFINED "'annotations':{'io.oci-seccomp.profile':'Unconfined'}"
#define ENGINE                                                                                     \
	"'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['mount'],"     \
	"'action':'SCMP_ACT_ERRNO','errnoRet':73}]}}"

/* Which errno numbers of the profiles above the text has: 71 chmod, 72 ptrace, 73 the engine's. */
static void expect_errnos(const char *source, const char *text, const char *wanted)
{
	for (int number = 71; number <= 73; number++) {
		AUTO_FREE char *rule = format_text("\"errnoRet\":%d", number);
		AUTO_FREE char *word = format_text("%d", number);

		cr_expect_eq(contains(text, rule), contains(wanted, word), "%s: %s\n%s", source,
			word, text);
	}
}

Test(rewrite, what_is_written)
{
	static const struct {
		const char *source;
		bool override, baseline; /* ptrace.json */
		bool changed, seccomp;
		const char *errnos;
	} cases[] = {
		{"{}", false, false, true, true, ""}, /* RuntimeDefault */
		{"{" CHMOD "}", false, false, true, true, "71"},
		{"{" UNCONFINED "}", false, false, false, false, ""},
		{"{" ENGINE "}", false, false, false, true, "73"},
		{"{" CHMOD "," ENGINE "}", false, false, false, true, "73"},
		{"{" UNCONFINED "," ENGINE "}", false, false, false, true, "73"},
		{"{" UNCONFINED ",'linux':{'seccomp':{}}}", false, false, true, false, ""},
		{"{" CHMOD "," ENGINE "}", true, false, true, true, "71"},
		{"{" UNCONFINED "," ENGINE "}", true, false, true, false, ""},
		{"{" CHMOD "}", false, true, true, true, "71 72"},
		{"{" UNCONFINED "}", false, true, true, true, "72"},
		{"{" CHMOD "," ENGINE "}", false, true, true, true, "72 73"},
		{"{" CHMOD "," ENGINE "}", true, true, true, true, "71 72"},
		{"{" UNCONFINED "," ENGINE "}", true, true, true, true, "72"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct node_config config = make_node();
		struct error err = ERROR_INIT;
		bool changed;
		char *text;
		int r;

		config.override_always = cases[i].override;
		if (cases[i].baseline)
			config.baseline =
				(struct profile_choice){CHOICE_LOCALHOST, strdup("ptrace.json")};
		r = rewrite(cases[i].source, &config, &text, &changed, &err);
		cr_assert_eq(r, 0, "%s: %s", cases[i].source, r < 0 ? error_message(&err) : "");
		cr_expect_eq(changed, cases[i].changed, "%s\n%s", cases[i].source, text);
		cr_expect_eq(contains(text, "\"seccomp\""), cases[i].seccomp, "%s", text);
		expect_errnos(cases[i].source, text, cases[i].errnos);
		free(text);
		finish_node(&config);
	}
}

Test(rewrite, log_denials)
{
	static const struct {
		const char *profile, *flags;
	} cases[] = {
		/* no flags mean the runtime's own, which must then be named */
		{"chmod.json", "\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_SPEC_"
			       "ALLOW\"]"},
		{"ptrace.json", "\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct node_config config = make_node();
		bool changed;
		char *text;

		config.log_denials = true;
		config.default_profile =
			(struct profile_choice){CHOICE_LOCALHOST, strdup(cases[i].profile)};
		cr_assert_eq(rewrite("{}", &config, &text, &changed, NULL), 0);
		cr_expect(contains(text, cases[i].flags), "%s", text);
		free(text);
		finish_node(&config);
	}
}

Test(rewrite, a_container_asks_for_its_denials_to_be_logged)
{
	struct node_config config = make_node();
	bool changed;
	char *text;

	config.default_profile = (struct profile_choice){CHOICE_LOCALHOST, strdup("ptrace.json")};
	cr_assert_eq(rewrite("{'annotations':{'io.oci-seccomp.log':'true'}}", &config, &text,
			     &changed, NULL),
		0);
	cr_expect(contains(text, "\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]"), "%s", text);
	free(text);
	finish_node(&config);
}

Test(rewrite, refuses)
{
	static const struct {
		const char *source, *message;
	} cases[] = {
		{"{'annotations':{'io.oci-seccomp.profile':'Localhost/bad.json'}}",
			"annotation io.oci-seccomp.profile=\"Localhost/bad.json\": /"},
		{"{'annotations':{'io.oci-seccomp.profile':'Localhost/none.json'}}",
			"/none.json: there is no such profile on this node"},
		/* the engine's profile is read because of the baseline; places are config.json's */
		{"{\n'linux':{\n\t'seccomp': {'defaultAction':'SCMP_ACT_ALLOW',\n"
		 "'syscalls':[{'names':['no_such_call'],'action':'SCMP_ACT_ERRNO'}]}}}",
			"linux.seccomp of the engine: config.json:4:23: syscalls[0].names[0]: "},
		{"{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_MAYBE'}}}",
			"linux.seccomp of the engine: config.json:1:38: defaultAction: "},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct node_config config = make_node();
		struct error err = ERROR_INIT;
		char *text = NULL;
		bool changed;

		config.baseline = (struct profile_choice){CHOICE_LOCALHOST, strdup("ptrace.json")};
		cr_expect_lt(rewrite(cases[i].source, &config, &text, &changed, &err), 0);
		cr_expect(contains(error_message(&err), cases[i].message), "%s: %s",
			cases[i].source, error_message(&err));
		cr_expect_null(text);
		error_finish(&err);
		finish_node(&config);
	}
}

/* A runtime skips a rule for a call that its libseccomp does not know; one that restricts would be a
 * hole. */
static void try_restriction(const char *profile, const char *name, bool known)
{
	struct node_config config = make_node();
	struct error err = ERROR_INIT;
	char *text = NULL;
	bool changed;
	int r;

	write_file(config.profile_root, "newer.json", profile);
	r = rewrite("{'annotations':{'io.oci-seccomp.profile':'Localhost/newer.json'}}", &config,
		&text, &changed, &err);
	if (known) {
		cr_expect_eq(r, 0, "%s", error_message(&err));
		cr_expect(contains(text, name), "%s", text);
	} else {
		cr_expect_eq(r, -EOPNOTSUPP);
		cr_expect(contains(error_message(&err), name), "%s", error_message(&err));
	}
	free(text);
	error_finish(&err);
	finish_node(&config);
}

Test(rewrite, a_restriction_that_a_runtime_would_skip)
{
	try_restriction(
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"listns\"],"
		"\"action\":\"SCMP_ACT_ERRNO\"}]}",
		"listns", syscall_known_to_libseccomp("listns"));
}

/* It knows the call, but not on each architecture. */
Test(rewrite, a_restriction_that_a_runtime_would_skip_on_one_architecture)
{
#if defined(__x86_64__)
	const bool known = syscall_numbered_by_libseccomp(ARCH_X32, "map_shadow_stack");
#else
	const bool known = true; /* the other architecture is left out there */
#endif

	try_restriction(
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\","
		"\"SCMP_ARCH_X32\"],\"syscalls\":[{\"names\":[\"map_shadow_stack\"],"
		"\"action\":\"SCMP_ACT_ERRNO\"}]}",
		"map_shadow_stack", known);
}

#define CHMOD_AND_FOREIGN                                                                          \
	"'annotations':{'io.oci-seccomp.profile':'Localhost/chmod.json',"                          \
	"'run.oci.seccomp_bpf_data':''}"
#define FOREIGN "'annotations':{'run.oci.seccomp_bpf_data':'BgAAAAAA/38='}"

static char *must_rewrite(const char *source, const struct node_config *config)
{
	struct error err = ERROR_INIT;
	bool changed;
	char *text;
	int r = rewrite_for(true, source, config, &text, &changed, &err);

	cr_assert_eq(r, 0, "%s: %s", source, r < 0 ? error_message(&err) : "");
	return text;
}

/* What is behind the key of crun's annotation, owned by the caller. */
static char *program_in(const char *text)
{
	static const char key[] = "\"run.oci.seccomp_bpf_data\":\"";
	const char *start = strstr(text, key);

	cr_assert_not_null(start, "%s", text);
	start += strlen(key);
	return strndup(start, strcspn(start, "\""));
}

/* The program is that of linux.seccomp, so a bundle that is used again is found to be in order. */
Test(rewrite, crun_gets_the_program_too)
{
	struct node_config config = make_node();
	AUTO_FREE char *first = must_rewrite("{" CHMOD "}", &config);
	AUTO_FREE char *second = must_rewrite(first, &config);
	AUTO_FREE char *program = program_in(first);
	AUTO_FREE char *untouched = must_rewrite("{" ENGINE "}", &config);

	cr_expect(contains(first, "\"errnoRet\":71"));
	cr_expect_eq(strlen(program) % 4, 0);
	cr_expect_str_eq(first, second);
	cr_expect_not(contains(untouched, "bpf_data"));
	finish_node(&config);
}

Test(rewrite, another_program_for_crun_is_refused)
{
	static const char *const sources[] = {
		"{" FOREIGN "}",
		"{" FOREIGN "," ENGINE "}",
		"{" CHMOD_AND_FOREIGN "}",
	};
	struct node_config config = make_node();

	for (size_t i = 0; i < 2 * ARRAY_LENGTH(sources); i++) {
		struct error err = ERROR_INIT;
		bool changed;
		char *text;

		cr_assert_eq(rewrite_for(i % 2, sources[i / 2], &config, &text, &changed, &err),
			-EPERM, "%s", sources[i / 2]);
		cr_expect(contains(error_message(&err),
				  "annotation run.oci.seccomp_bpf_data: crun would load"),
			"%s", error_message(&err));
		error_finish(&err);
	}
	finish_node(&config);
}

Test(rewrite, override_replaces_a_program_for_crun)
{
	struct node_config config = make_node();
	AUTO_FREE char *plain = NULL, *engine = NULL, *unconfined = NULL;

	config.override_always = true;
	plain = must_rewrite("{" FOREIGN "}", &config);
	engine = must_rewrite("{" FOREIGN "," ENGINE "}", &config);
	unconfined = must_rewrite("{'annotations':{'io.oci-seccomp.profile':'Unconfined',"
				  "'run.oci.seccomp_bpf_data':''}," ENGINE "}",
		&config);
	cr_expect_not(contains(plain, "BgAAAAAA/38="));
	cr_expect_not(contains(engine, "BgAAAAAA/38="));
	cr_expect_not(contains(unconfined, "bpf_data"));
	cr_expect_not(contains(unconfined, "seccomp\":{"));
	finish_node(&config);
}

/* A bundle that was used before there was a baseline, or under another one. */
Test(rewrite, the_program_of_a_run_before_is_replaced)
{
	struct node_config config = make_node();
	AUTO_FREE char *first = must_rewrite(
			       "{'annotations':{'io.oci-seccomp.profile':'Localhost/chmod.json'}}",
			       &config),
		       *second = NULL, *before = NULL, *after = NULL;
	struct error err = ERROR_INIT;
	bool changed;

	config.baseline = (struct profile_choice){CHOICE_LOCALHOST, strdup("ptrace.json")};
	cr_assert_eq(rewrite_for(true, first, &config, &second, &changed, &err), 0, "%s",
		error_message(&err));
	before = program_in(first);
	after = program_in(second);
	cr_expect_str_neq(before, after);
	cr_expect(contains(second, "ptrace"));
	finish_node(&config);
}

/* What runc reads in place of the profile, or beside it. */
Test(rewrite, keys_that_readers_take_differently)
{
	static const struct {
		const char *source, *message;
	} cases[] = {
		{"{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ERRNO'},'Seccomp':null}}",
			"\"seccomp\" stands twice"},
		{"{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ERRNO'}},'Linux':{'seccomp':null}"
		 "}",
			"\"linux\" stands twice"},
		{"{'linux':{'Seccomp':{'defaultAction':'SCMP_ACT_ERRNO'}}}", "must be written"},
	};
	static const char *const engines[] = {
		"{'linux':{'seccomp':{'DefaultAction':'SCMP_ACT_ERRNO'}}}",
		"{'linux':{'seccomp':{'defaultAction':null,'defaultAction':'SCMP_ACT_ERRNO'}}}",
		"{'linux':{'seccomp':{'\u017fyscalls':[{}]}}}",
	};
	struct node_config config = make_node();
	bool changed;
	char *text;

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;

		cr_assert_eq(rewrite(cases[i].source, &config, &text, &changed, &err), -EINVAL,
			"%s", cases[i].source);
		cr_expect(
			contains(error_message(&err), cases[i].message), "%s", error_message(&err));
		error_finish(&err);
	}
	/* The engine's: nothing is put in its place. */
	for (size_t i = 0; i < ARRAY_LENGTH(engines); i++) {
		AUTO_FREE char *rewritten = NULL;
		struct error err = ERROR_INIT;

		cr_assert_eq(rewrite(engines[i], &config, &rewritten, &changed, &err), 0, "%s: %s",
			engines[i], error_message(&err));
		cr_expect_not(changed, "%s", rewritten);
	}
	finish_node(&config);
}

/* Nothing is taken away by a program where there is no profile. */
Test(rewrite, a_program_for_crun_beside_unconfined)
{
	static const char source[] = "{'annotations':{'io.oci-seccomp.profile':'Unconfined',"
				     "'run.oci.seccomp_bpf_data':'BgAAAAAA/38='}}";
	struct node_config config = make_node();
	AUTO_FREE char *text = must_rewrite(source, &config);

	cr_expect(contains(text, "BgAAAAAA/38="));
	finish_node(&config);
}
