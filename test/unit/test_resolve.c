/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve.h"

#include "support.h"

#include <linux/seccomp.h>

UNIT_SUITE(resolve);

#define CONTAINER_KEY "io.oci-seccomp.profile/app"
#define CONTAINER_ALPHA_KEY "container.seccomp.security.alpha.kubernetes.io/app"
#define POD_KEY "io.oci-seccomp.profile"
#define POD_ALPHA_KEY "seccomp.security.alpha.kubernetes.io/pod"
#define CRI_NAME "'io.kubernetes.cri.container-name':'app'"
#define CRI_SANDBOX "'io.kubernetes.cri.container-type':'sandbox'"

static char profile_root[] = "/var/lib/kubelet/seccomp";
static char config_file[] = "/etc/oci-seccomp/config.json";
static char node_path[] = "node.json";
static char baseline_path[] = "floor.json";

/* As shipped. */
static struct node_config shipped_config(void)
{
	return (struct node_config){
		.file = config_file,
		.profile_root = profile_root,
		.default_profile = {CHOICE_RUNTIME_DEFAULT, NULL},
	};
}

static struct bundle make_bundle(const char *annotations, bool engine)
{
	AUTO_FREE char *source = format_text("{'annotations':{%s},'linux':{%s}}", annotations,
		engine ? "'seccomp':{'defaultAction':'SCMP_ACT_ERRNO'}" : "");
	struct sample sample = sample_make(source);
	struct error err = ERROR_INIT;
	struct bundle bundle;
	int r = bundle_parse("config.json", sample.text, sample.length, &bundle, &err);

	cr_assert_eq(r, 0, "%s: %s", source, r < 0 ? error_message(&err) : "");
	return bundle;
}

static void expect_choice(const struct profile_choice *choice, enum choice_kind kind,
	const char *path, const char *what)
{
	cr_expect_eq(choice->kind, kind, "%s: %d", what, choice->kind);
	if (path)
		cr_expect(choice->path && !strcmp(choice->path, path), "%s: %s", what,
			choice->path ? choice->path : "no path");
	else
		cr_expect_null(choice->path, "%s", what);
}

/* Each source in each spelling. */
Test(resolve, every_annotation_in_every_spelling)
{
	static const struct {
		const char *key;
		enum source source;
	} sources[] = {
		{CONTAINER_KEY, SOURCE_CONTAINER},
		{CONTAINER_ALPHA_KEY, SOURCE_CONTAINER_ALPHA},
		{POD_KEY, SOURCE_POD},
		{POD_ALPHA_KEY, SOURCE_POD_ALPHA},
	};
	static const struct {
		const char *value;
		enum choice_kind kind; /* CHOICE_NONE: refused */
		const char *path;
	} values[] = {
		{"RuntimeDefault", CHOICE_RUNTIME_DEFAULT, NULL},
		{"runtime/default", CHOICE_RUNTIME_DEFAULT, NULL},
		{"docker/default", CHOICE_RUNTIME_DEFAULT, NULL},
		{"Localhost/a/b.json", CHOICE_LOCALHOST, "a/b.json"},
		{"localhost/a/b.json", CHOICE_LOCALHOST, "a/b.json"},
		{"Unconfined", CHOICE_UNCONFINED, NULL},
		{"unconfined", CHOICE_UNCONFINED, NULL},
		{"", CHOICE_NONE, NULL},
		{"default", CHOICE_NONE, NULL},
		{"localhost/../x", CHOICE_NONE, NULL},
		{"localhost//etc/passwd", CHOICE_NONE, NULL},
	};

	for (size_t s = 0; s < ARRAY_LENGTH(sources); s++) {
		for (size_t v = 0; v < ARRAY_LENGTH(values); v++) {
			AUTO_FREE char *annotations =
				format_text(CRI_NAME ",'%s':'%s'", sources[s].key, values[v].value);
			AUTO_FREE char *origin = format_text(
				"annotation %s=\"%s\"", sources[s].key, values[v].value);
			struct node_config config = shipped_config();
			struct bundle bundle = make_bundle(annotations, false);
			struct error err = ERROR_INIT;
			struct resolution found;
			int r = resolve(&bundle, &config, ASKER_REWRITER, &found, &err);

			cr_expect_eq(r, values[v].kind == CHOICE_NONE ? -EINVAL : 0, "%s: %d",
				annotations, r);
			if (r == 0) {
				cr_expect_eq(found.source, sources[s].source, "%s", annotations);
				expect_choice(&found.profile, values[v].kind, values[v].path,
					annotations);
				expect_choice(&found.baseline, CHOICE_NONE, NULL, annotations);
				cr_expect_str_eq(found.origin, origin);
				cr_expect_not(found.engine);
				cr_expect_not(found.sandbox);
				cr_expect_str_eq(found.container, "app");
				resolution_finish(&found);
			} else {
				cr_expect_eq(err.code, -EINVAL);
				cr_expect(contains(error_message(&err), sources[s].key), "%s",
					error_message(&err));
			}
			error_finish(&err);
			bundle_finish(&bundle);
		}
	}
}

Test(resolve, an_error_names_the_accepted_forms)
{
	static const char *const parts[] = {"annotation " POD_KEY "=\"Confined\"", "RuntimeDefault",
		"Localhost/", "Unconfined", "/var/lib/kubelet/seccomp"};
	struct node_config config = shipped_config();
	struct bundle bundle = make_bundle("'" POD_KEY "':'Confined'", false);
	struct error err = ERROR_INIT;
	struct resolution found;

	cr_assert_eq(resolve(&bundle, &config, ASKER_HOOK, &found, &err), -EINVAL);
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
		cr_expect(contains(error_message(&err), parts[i]), "%s", error_message(&err));
	error_finish(&err);
	bundle_finish(&bundle);
}

/*
 * Every set of sources, either asker, both settings of `override`: the first that says something
 * decides. Bit N of `set`: enum source N says `N.json`; the node always says something.
 */
static enum source first_of(unsigned set, enum asker asker, bool override_always)
{
	enum source first = SOURCE_ENGINE;

	if (override_always)
		set &= ~(1U << SOURCE_ENGINE);
	/* What the hook loads comes on top of the engine's: annotations are asked all the same. */
	if (asker == ASKER_HOOK && (set & 0x1e))
		set &= ~(1U << SOURCE_ENGINE);
	while (!(set & 1U << first))
		first++;
	return first;
}

static struct bundle make_bundle_of_set(unsigned set)
{
	static const char *const keys[SOURCE_COUNT] = {
		[SOURCE_CONTAINER] = CONTAINER_KEY,
		[SOURCE_CONTAINER_ALPHA] = CONTAINER_ALPHA_KEY,
		[SOURCE_POD] = POD_KEY,
		[SOURCE_POD_ALPHA] = POD_ALPHA_KEY,
	};
	char annotations[1024] = CRI_NAME;

	for (int source = SOURCE_POD_ALPHA; source >= SOURCE_CONTAINER; source--) {
		size_t length = strlen(annotations);

		if (set & 1U << source)
			snprintf(annotations + length, sizeof(annotations) - length,
				",'%s':'localhost/%d.json'", keys[source], source);
	}
	return make_bundle(annotations, set & 1U << SOURCE_ENGINE);
}

static void check_set(unsigned set, enum asker asker, bool override_always)
{
	AUTO_FREE char *what =
		format_text("set %x, asker %d, override %d", set, asker, override_always);
	enum source wanted = first_of(set | 1U << SOURCE_NODE, asker, override_always);
	AUTO_FREE char *path =
		wanted == SOURCE_NODE ? strdup(node_path) : format_text("%d.json", wanted);
	struct bundle bundle = make_bundle_of_set(set);
	struct node_config config = shipped_config();
	struct error err = ERROR_INIT;
	struct resolution found;
	bool engine = set & 1U << SOURCE_ENGINE;

	config.override_always = override_always;
	config.default_profile = (struct profile_choice){CHOICE_LOCALHOST, node_path};
	cr_assert_eq(resolve(&bundle, &config, asker, &found, &err), 0, "%s: %s", what,
		error_message(&err));
	cr_expect_eq(found.source, wanted, "%s: %d", what, found.source);
	if (wanted == SOURCE_ENGINE)
		expect_choice(&found.profile, CHOICE_NONE, NULL, what);
	else
		expect_choice(&found.profile, CHOICE_LOCALHOST, path, what);
	/* The hook cannot take the engine's profile away; a rewriter replaces it or leaves it. */
	cr_expect_eq(found.engine, engine && (asker == ASKER_HOOK || wanted == SOURCE_ENGINE), "%s",
		what);
	resolution_finish(&found);
	bundle_finish(&bundle);
}

Test(resolve, the_first_source_decides)
{
	for (unsigned set = 0; set < 1U << SOURCE_NODE; set++) {
		for (int override_always = 0; override_always < 2; override_always++) {
			check_set(set, ASKER_HOOK, override_always);
			check_set(set, ASKER_REWRITER, override_always);
		}
	}
}

struct resolve_case {
	const char *annotations;
	bool engine, override_always, deny;
	enum asker asker;
	int code;
	enum source source;
	enum choice_kind kind;
	const char *path;
	bool engine_stays, sandbox;
	const char *container;
};

static void check_case(const struct resolve_case *c, size_t number)
{
	AUTO_FREE char *what = format_text("case %zu: %s", number, c->annotations);
	struct bundle bundle = make_bundle(c->annotations, c->engine);
	struct node_config config = shipped_config();
	struct error err = ERROR_INIT;
	struct resolution found;
	int r;

	config.override_always = c->override_always;
	config.deny_unconfined = c->deny;
	r = resolve(&bundle, &config, c->asker, &found, &err);
	cr_expect_eq(r, c->code, "%s: %d, %s", what, r, r < 0 ? error_message(&err) : "");
	if (r == 0) {
		cr_expect_eq(found.source, c->source, "%s: %d", what, found.source);
		expect_choice(&found.profile, c->kind, c->path, what);
		cr_expect_eq(found.engine, c->engine_stays, "%s", what);
		cr_expect_eq(found.sandbox, c->sandbox, "%s", what);
		if (c->container)
			cr_expect(found.container && !strcmp(found.container, c->container), "%s",
				what);
		else
			cr_expect_null(found.container, "%s", what);
		cr_expect_not_null(found.origin);
		resolution_finish(&found);
	}
	error_finish(&err);
	bundle_finish(&bundle);
}

Test(resolve, container_names)
{
	static const char alpha[] = ",'container.seccomp.security.alpha.kubernetes.io/";
	static const struct {
		const char *names, *container; /* NULL: no name */
	} cases[] = {
		{"'io.kubernetes.cri.container-name':'app'", "app"},
		{"'io.kubernetes.container.name':'app'", "app"},
		{"'io.kubernetes.container.name':'other','io.kubernetes.cri.container-name':'app'",
			"app"},
		{"'io.kubernetes.cri-o.ContainerName':'app'", NULL},
		{"'x':'y'", NULL},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		/* The names of other containers say nothing about this one. */
		AUTO_FREE char *annotations = format_text("%s%sapp':'localhost/app.json'"
							  "%sother':'localhost/other.json'"
							  "%sap':'localhost/ap.json'"
							  ",'" POD_KEY "':'localhost/pod.json'",
			cases[i].names, alpha, alpha, alpha);
		struct resolve_case c = {.annotations = annotations,
			.source = cases[i].container ? SOURCE_CONTAINER_ALPHA : SOURCE_POD,
			.kind = CHOICE_LOCALHOST,
			.path = cases[i].container ? "app.json" : "pod.json",
			.container = cases[i].container};

		for (int asker = ASKER_HOOK; asker <= ASKER_REWRITER; asker++) {
			c.asker = (enum asker)asker;
			check_case(&c, i);
		}
	}
}

Test(resolve, sandboxes_take_the_runtime_default)
{
#define EVERYTHING                                                                                 \
	"," CRI_NAME ",'" CONTAINER_KEY "':'unconfined','" CONTAINER_ALPHA_KEY                     \
	"':'unconfined','" POD_KEY "':'unconfined','" POD_ALPHA_KEY "':'unconfined'"
	static const struct resolve_case cases[] = {
		{CRI_SANDBOX EVERYTHING, false, false, false, ASKER_HOOK, 0, SOURCE_NODE,
			CHOICE_RUNTIME_DEFAULT, NULL, false, true, "app"},
		{CRI_SANDBOX EVERYTHING, false, false, true, ASKER_REWRITER, 0, SOURCE_NODE,
			CHOICE_RUNTIME_DEFAULT, NULL, false, true, "app"},
		{"'io.kubernetes.cri-o.ContainerType':'sandbox'" EVERYTHING, false, false, false,
			ASKER_REWRITER, 0, SOURCE_NODE, CHOICE_RUNTIME_DEFAULT, NULL, false, true,
			"app"},
		/* unless the engine set its own */
		{CRI_SANDBOX EVERYTHING, true, false, false, ASKER_REWRITER, 0, SOURCE_ENGINE,
			CHOICE_NONE, NULL, true, true, "app"},
		{CRI_SANDBOX EVERYTHING, true, false, false, ASKER_HOOK, 0, SOURCE_ENGINE,
			CHOICE_NONE, NULL, true, true, "app"},
		{CRI_SANDBOX, true, true, false, ASKER_REWRITER, 0, SOURCE_NODE,
			CHOICE_RUNTIME_DEFAULT, NULL, false, true, NULL},
		/* a container is none, and the runtime's own key counts before CRI-O's */
		{"'io.kubernetes.cri.container-type':'container'," CRI_NAME, false, false, false,
			ASKER_HOOK, 0, SOURCE_NODE, CHOICE_RUNTIME_DEFAULT, NULL, false, false,
			"app"},
		{"'io.kubernetes.cri.container-type':'container',"
		 "'io.kubernetes.cri-o.ContainerType':'sandbox','" POD_KEY "':'unconfined'",
			false, false, false, ASKER_HOOK, 0, SOURCE_POD, CHOICE_UNCONFINED, NULL,
			false, false, NULL},
		{"'io.kubernetes.cri.container-type':'Sandbox','" POD_KEY "':'unconfined'", false,
			false, false, ASKER_HOOK, 0, SOURCE_POD, CHOICE_UNCONFINED, NULL, false,
			false, NULL},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		check_case(&cases[i], i);
}

/* Whatever the node's defaultProfile is. */
Test(resolve, sandboxes_do_not_take_the_nodes_default)
{
	struct bundle bundle = make_bundle(CRI_SANDBOX, false);
	struct node_config config = shipped_config();
	struct error err = ERROR_INIT;
	struct resolution found;

	config.default_profile = (struct profile_choice){CHOICE_LOCALHOST, node_path};
	cr_assert_eq(resolve(&bundle, &config, ASKER_HOOK, &found, &err), 0);
	expect_choice(&found.profile, CHOICE_RUNTIME_DEFAULT, NULL, "sandbox");
	cr_expect_str_eq(found.origin, "sandbox container");
	resolution_finish(&found);
	bundle_finish(&bundle);
}

Test(resolve, the_engine_and_the_node)
{
	static const char pod[] = "'" POD_KEY "':'localhost/pod.json'";
	static const char unconfined[] = "'" POD_KEY "':'unconfined'";
	static const char nonsense[] = "'" POD_KEY "':'nonsense'";
	static const struct resolve_case cases[] = {
		/* nobody says anything: the node */
		{"", false, false, false, ASKER_HOOK, 0, SOURCE_NODE, CHOICE_RUNTIME_DEFAULT, NULL,
			false, false, NULL},
		{"", false, false, false, ASKER_REWRITER, 0, SOURCE_NODE, CHOICE_RUNTIME_DEFAULT,
			NULL, false, false, NULL},
		/* the engine: a rewriter leaves it, the hook has nothing to add */
		{"", true, false, false, ASKER_HOOK, 0, SOURCE_ENGINE, CHOICE_NONE, NULL, true,
			false, NULL},
		{"", true, false, false, ASKER_REWRITER, 0, SOURCE_ENGINE, CHOICE_NONE, NULL, true,
			false, NULL},
		/* the hook's filter is added, so an annotation can only tighten */
		{pod, true, false, false, ASKER_HOOK, 0, SOURCE_POD, CHOICE_LOCALHOST, "pod.json",
			true, false, NULL},
		{pod, true, false, false, ASKER_REWRITER, 0, SOURCE_ENGINE, CHOICE_NONE, NULL, true,
			false, NULL},
		{unconfined, true, false, false, ASKER_HOOK, 0, SOURCE_POD, CHOICE_UNCONFINED, NULL,
			true, false, NULL},
		{unconfined, true, false, false, ASKER_REWRITER, 0, SOURCE_ENGINE, CHOICE_NONE,
			NULL, true, false, NULL},
		/* override: what decides replaces the engine's */
		{pod, true, true, false, ASKER_REWRITER, 0, SOURCE_POD, CHOICE_LOCALHOST,
			"pod.json", false, false, NULL},
		{unconfined, true, true, false, ASKER_REWRITER, 0, SOURCE_POD, CHOICE_UNCONFINED,
			NULL, false, false, NULL},
		{"", true, true, false, ASKER_REWRITER, 0, SOURCE_NODE, CHOICE_RUNTIME_DEFAULT,
			NULL, false, false, NULL},
		{unconfined, true, true, false, ASKER_HOOK, 0, SOURCE_POD, CHOICE_UNCONFINED, NULL,
			true, false, NULL},
		/* the node denies Unconfined */
		{unconfined, false, false, true, ASKER_HOOK, -EPERM, SOURCE_NODE, CHOICE_NONE, NULL,
			false, false, NULL},
		{unconfined, false, false, true, ASKER_REWRITER, -EPERM, SOURCE_NODE, CHOICE_NONE,
			NULL, false, false, NULL},
		{unconfined, true, true, true, ASKER_REWRITER, -EPERM, SOURCE_NODE, CHOICE_NONE,
			NULL, false, false, NULL},
		{pod, false, false, true, ASKER_HOOK, 0, SOURCE_POD, CHOICE_LOCALHOST, "pod.json",
			false, false, NULL},
		{"", false, false, true, ASKER_HOOK, 0, SOURCE_NODE, CHOICE_RUNTIME_DEFAULT, NULL,
			false, false, NULL},
		/* where the engine decides, an annotation is not looked into */
		{unconfined, true, false, true, ASKER_REWRITER, 0, SOURCE_ENGINE, CHOICE_NONE, NULL,
			true, false, NULL},
		{nonsense, true, false, false, ASKER_REWRITER, 0, SOURCE_ENGINE, CHOICE_NONE, NULL,
			true, false, NULL},
		{nonsense, true, false, false, ASKER_HOOK, -EINVAL, SOURCE_NODE, CHOICE_NONE, NULL,
			false, false, NULL},
		{nonsense, false, false, false, ASKER_REWRITER, -EINVAL, SOURCE_NODE, CHOICE_NONE,
			NULL, false, false, NULL},
		/* nor one that a better one hides */
		{CRI_NAME ",'" CONTAINER_KEY "':'runtime/default','" POD_KEY "':'nonsense'", false,
			false, false, ASKER_HOOK, 0, SOURCE_CONTAINER, CHOICE_RUNTIME_DEFAULT, NULL,
			false, false, "app"},
		{CRI_NAME ",'" CONTAINER_KEY "':'nonsense','" POD_KEY "':'runtime/default'", false,
			false, false, ASKER_HOOK, -EINVAL, SOURCE_NODE, CHOICE_NONE, NULL, false,
			false, NULL},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		check_case(&cases[i], i);
}

Test(resolve, denied_unconfined_names_annotation_and_node)
{
	struct bundle bundle = make_bundle("'" POD_ALPHA_KEY "':'unconfined'", false);
	struct node_config config = shipped_config();
	struct error err = ERROR_INIT;
	struct resolution found;

	config.deny_unconfined = true;
	cr_assert_eq(resolve(&bundle, &config, ASKER_HOOK, &found, &err), -EPERM);
	cr_expect(contains(error_message(&err), "annotation " POD_ALPHA_KEY "=\"unconfined\""),
		"%s", error_message(&err));
	cr_expect(contains(error_message(&err), config_file), "%s", error_message(&err));
	error_finish(&err);
	bundle_finish(&bundle);
}

Test(resolve, annotations_that_are_no_strings)
{
	static const char *const annotations[] = {
		"'" POD_KEY "':5",
		"'" POD_KEY "':null",
		"'" POD_KEY "':'runtime/default','" POD_KEY "':'unconfined'",
		"'io.kubernetes.cri.container-name':{}",
		"'io.kubernetes.cri.container-type':['sandbox']",
		CRI_NAME ",'" CONTAINER_KEY "':true",
	};
	struct node_config config = shipped_config();

	for (size_t i = 0; i < ARRAY_LENGTH(annotations); i++) {
		struct bundle bundle = make_bundle(annotations[i], false);
		struct error err = ERROR_INIT;
		struct resolution found;

		cr_expect_eq(resolve(&bundle, &config, ASKER_HOOK, &found, &err), -EINVAL, "%s",
			annotations[i]);
		cr_expect(contains(error_message(&err), "config.json: the annotation "), "%s",
			error_message(&err));
		error_finish(&err);
		bundle_finish(&bundle);
	}
}

/* The floor comes with whatever was resolved. */
Test(resolve, the_baseline)
{
	static const struct {
		const char *annotations;
		bool engine;
		enum choice_kind kind;
	} cases[] = {
		{"", false, CHOICE_RUNTIME_DEFAULT},
		{"'" POD_KEY "':'localhost/a'", false, CHOICE_LOCALHOST},
		{"'" POD_KEY "':'Unconfined'", false, CHOICE_UNCONFINED},
		{CRI_SANDBOX, false, CHOICE_RUNTIME_DEFAULT},
		{"", true, CHOICE_NONE},
	};
	static const enum choice_kind baselines[] = {
		CHOICE_NONE, CHOICE_LOCALHOST, CHOICE_RUNTIME_DEFAULT};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		for (size_t b = 0; b < ARRAY_LENGTH(baselines); b++) {
			bool local = baselines[b] == CHOICE_LOCALHOST;
			struct bundle bundle = make_bundle(cases[i].annotations, cases[i].engine);
			struct node_config config = shipped_config();
			struct error err = ERROR_INIT;
			struct resolution found;

			config.baseline =
				(struct profile_choice){baselines[b], local ? baseline_path : NULL};
			cr_assert_eq(resolve(&bundle, &config, ASKER_REWRITER, &found, &err), 0);
			cr_expect_eq(found.profile.kind, cases[i].kind);
			expect_choice(&found.baseline, baselines[b], local ? baseline_path : NULL,
				cases[i].annotations);
			resolution_finish(&found);
			bundle_finish(&bundle);
		}
	}
}

Test(resolve, what_each_source_said)
{
	struct bundle bundle = make_bundle(CRI_NAME
		",'" POD_KEY "':'unconfined','" CONTAINER_ALPHA_KEY "':'localhost/x'",
		false);
	struct bundle nameless = make_bundle("'" POD_ALPHA_KEY "':'unconfined'", false);
	struct node_config config = shipped_config();
	struct error err = ERROR_INIT;
	struct resolution found;

	cr_assert_eq(resolve(&bundle, &config, ASKER_HOOK, &found, &err), 0);
	cr_expect_str_eq(found.findings[SOURCE_CONTAINER].key, CONTAINER_KEY);
	cr_expect_null(found.findings[SOURCE_CONTAINER].value);
	cr_expect_str_eq(found.findings[SOURCE_CONTAINER_ALPHA].key, CONTAINER_ALPHA_KEY);
	cr_expect_str_eq(found.findings[SOURCE_CONTAINER_ALPHA].value, "localhost/x");
	cr_expect_str_eq(found.findings[SOURCE_POD].key, POD_KEY);
	cr_expect_str_eq(found.findings[SOURCE_POD].value, "unconfined");
	cr_expect_str_eq(found.findings[SOURCE_POD_ALPHA].key, POD_ALPHA_KEY);
	cr_expect_null(found.findings[SOURCE_POD_ALPHA].value);
	cr_expect_str_eq(found.findings[SOURCE_ENGINE].key, "linux.seccomp");
	cr_expect_null(found.findings[SOURCE_ENGINE].value);
	cr_expect_str_eq(found.findings[SOURCE_NODE].key, "defaultProfile");
	cr_expect_str_eq(found.findings[SOURCE_NODE].value, "RuntimeDefault");
	resolution_finish(&found);
	cr_expect_null(found.origin);
	resolution_finish(&found);

	cr_assert_eq(resolve(&nameless, &config, ASKER_HOOK, &found, &err), 0);
	cr_expect_null(found.findings[SOURCE_CONTAINER].key);
	cr_expect_null(found.findings[SOURCE_CONTAINER_ALPHA].key);
	cr_expect_str_eq(found.findings[SOURCE_POD_ALPHA].value, "unconfined");
	resolution_finish(&found);
	bundle_finish(&nameless);
	bundle_finish(&bundle);
}

/* The table is there for a container that is refused. */
Test(resolve, sources_without_a_choice)
{
	struct bundle bundle = make_bundle("'" POD_KEY "':'Confined'", true);
	struct node_config config = shipped_config();
	struct error err = ERROR_INIT;
	struct resolution found;

	cr_assert_eq(resolve_source(&bundle, &config, ASKER_HOOK, &found, &err), 0);
	cr_expect_eq(found.source, SOURCE_POD);
	cr_expect(found.engine);
	cr_expect_str_eq(found.findings[SOURCE_ENGINE].value, "set");
	cr_expect_str_eq(found.findings[SOURCE_POD].value, "Confined");
	cr_expect_eq(resolve_choose(&found, &config, &err), -EINVAL);
	cr_expect_eq(found.source, SOURCE_POD);
	expect_choice(&found.profile, CHOICE_NONE, NULL, "refused");
	resolution_finish(&found);
	error_finish(&err);
	bundle_finish(&bundle);
}

Test(resolve, origins)
{
	static char other[] = "/node.json";
	static const struct {
		const char *annotations;
		bool engine;
		char *file;
		const char *part;
	} cases[] = {
		{"", true, config_file, "linux.seccomp"},
		{CRI_SANDBOX, false, config_file, "sandbox"},
		{"", false, other, "defaultProfile of /node.json"},
		{"", false, NULL, "defaultProfile of "},
		{"'" POD_KEY "':'unconfined'", false, NULL,
			"annotation " POD_KEY "=\"unconfined\""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct bundle bundle = make_bundle(cases[i].annotations, cases[i].engine);
		struct node_config config = shipped_config();
		struct error err = ERROR_INIT;
		struct resolution found;

		config.file = cases[i].file;
		cr_assert_eq(resolve(&bundle, &config, ASKER_REWRITER, &found, &err), 0);
		cr_expect(contains(found.origin, cases[i].part), "case %zu: %s", i, found.origin);
		cr_expect_not(contains(found.origin, "(null)"));
		resolution_finish(&found);
		bundle_finish(&bundle);
	}
}

/* Reading the profile that was chosen. */

static const char small_profile[] = "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}";

static int read_local(char *root, char *path, struct error *err)
{
	struct profile_choice choice = {CHOICE_LOCALHOST, path};
	struct node_config config = {.profile_root = root};
	struct diagnostics diagnostics = {0};
	struct profile profile;
	int r = resolve_read_profile(&choice, &config, &profile, &diagnostics, err);

	diagnostics_finish(&diagnostics);
	if (r == 0) {
		AUTO_FREE char *file = format_text("%s/%s", root, path);

		cr_expect_eq(profile.default_action, SECCOMP_RET_ALLOW);
		cr_expect_str_eq(profile.name, file);
		profile_finish(&profile);
	}
	return r;
}

/* DIRECTORY/root is the profile root, DIRECTORY/outside is not below it. */
static char *make_root(void)
{
	char *directory = temp_dir();
	AUTO_FREE char *root = format_text("%s/root", directory);
	AUTO_FREE char *fifo = format_text("%s/root/fifo", directory);
	AUTO_FREE char *absolute = format_text("%s/outside.json", directory);
	AUTO_FREE char *inside = format_text("%s/root/a.json", directory);
	AUTO_FREE char *large = malloc(PROFILE_SIZE_LIMIT + 1);

	cr_assert_not_null(large);
	memset(large, ' ', PROFILE_SIZE_LIMIT + 1);
	memcpy(large, small_profile, sizeof(small_profile) - 1);
	make_dir(directory, "root");
	make_dir(directory, "outside");
	write_file(directory, "outside.json", small_profile);
	write_file(directory, "outside/o.json", small_profile);
	write_file(root, "a.json", small_profile);
	write_file(root, "broken.json", "{\n  \"defaultAction\": \"SCMP_ACT_ALOW\"\n}");
	make_dir(root, "sub");
	write_file(root, "sub/b.json", small_profile);
	write_bytes(root, "limit.json", large, PROFILE_SIZE_LIMIT, 0644);
	write_bytes(root, "large.json", large, PROFILE_SIZE_LIMIT + 1, 0644);
	write_bytes(root, "group.json", small_profile, strlen(small_profile), 0664);
	write_bytes(root, "world.json", small_profile, strlen(small_profile), 0646);
	cr_assert_eq(mkfifo(fifo, 0644), 0);
	make_link("a.json", root, "link.json");
	make_link("sub/../a.json", root, "winding.json");
	make_link("sub", root, "sublink");
	make_link("../a.json", root, "sub/up.json");
	make_link("../outside.json", root, "escape.json");
	make_link("../outside", root, "escape");
	make_link("../../outside.json", root, "sub/escape.json");
	make_link(absolute, root, "absolute.json");
	make_link(inside, root, "absolute-inside.json");
	make_link("/proc/self/exe", root, "magic.json");
	make_link("nowhere.json", root, "dangling.json");
	make_link("loop.json", root, "loop.json");
	/* A ConfigMap volume: PROFILE -> ..data/PROFILE, ..data -> ..TIMESTAMP */
	make_dir(root, "..2026_01_02_03_04_05.678");
	write_file(root, "..2026_01_02_03_04_05.678/map.json", small_profile);
	make_link("..2026_01_02_03_04_05.678", root, "..data");
	make_link("..data/map.json", root, "map.json");
	return directory;
}

Test(resolve, files_below_the_root)
{
	static const struct {
		const char *path;
		int code;
		const char *what; /* of the message */
	} cases[] = {
		{"a.json", 0, NULL},
		{"./a.json", 0, NULL},
		{"sub/b.json", 0, NULL},
		{"sub//b.json", 0, NULL},
		{"limit.json", 0, NULL},
		/* links that stay inside */
		{"link.json", 0, NULL},
		{"winding.json", 0, NULL},
		{"sublink/b.json", 0, NULL},
		{"sub/up.json", 0, NULL},
		{"map.json", 0, NULL},
		{"..data/map.json", 0, NULL},
		/* links that do not; an absolute one is not followed, wherever it leads */
		{"escape.json", -EXDEV, "leads out of"},
		{"escape/o.json", -EXDEV, "leads out of"},
		{"sub/escape.json", -EXDEV, "leads out of"},
		{"absolute.json", -EXDEV, "leads out of"},
		{"absolute-inside.json", -EXDEV, "leads out of"},
		{"magic.json", -EXDEV, "leads out of"},
		/* were they to get this far */
		{"../outside.json", -EXDEV, ""},
		{"sub/../../outside.json", -EXDEV, ""},
		{"/etc/passwd", -EXDEV, ""},
		/* nothing there */
		{"missing.json", -ENOENT, "no such profile"},
		{"missing/a.json", -ENOENT, "no such profile"},
		{"dangling.json", -ENOENT, "no such profile"},
		{"a.json/b.json", -ENOTDIR, "no such profile"},
		{"loop.json", -ELOOP, ""},
		/* not a file that root can trust */
		{"fifo", -EINVAL, "not a regular file"},
		{"sub", -EINVAL, "not a regular file"},
		{"..data", -EINVAL, "not a regular file"},
		{"large.json", -EFBIG, "1024 KiB"},
		{"group.json", -EPERM, "group or others"},
		{"world.json", -EPERM, "group or others"},
		{"broken.json", -EINVAL, ":2:20: defaultAction: unknown action \"SCMP_ACT_ALOW\""},
	};
	char *directory = make_root();
	AUTO_FREE char *root = format_text("%s/root", directory);
	unsigned descriptors = count_descriptors();

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *path = strdup(cases[i].path);
		AUTO_FREE char *file = format_text("%s/%s", root, path);
		struct error err = ERROR_INIT;
		int r = read_local(root, path, &err);

		cr_expect_eq(
			r, cases[i].code, "%s: %d, %s", path, r, r < 0 ? error_message(&err) : "");
		if (r < 0) {
			cr_expect_eq(err.code, r);
			cr_expect(contains(error_message(&err), file), "%s", error_message(&err));
		}
		if (r < 0 && cases[i].what)
			cr_expect(contains(error_message(&err), cases[i].what), "%s: %s", path,
				error_message(&err));
		error_finish(&err);
	}
	cr_expect_eq(count_descriptors(), descriptors);
	remove_tree(directory);
}

Test(resolve, files_of_somebody_else)
{
	char path[] = "a.json", *directory;
	AUTO_FREE char *root = NULL;
	AUTO_FREE char *file = NULL;
	struct error err = ERROR_INIT;

	require_root();
	directory = temp_dir();
	root = strdup(directory);
	file = format_text("%s/a.json", root);
	write_file(root, "a.json", small_profile);
	cr_expect_eq(read_local(root, path, &err), 0);
	cr_assert_eq(chown(file, 4242, 0), 0);
	cr_expect_eq(read_local(root, path, &err), -EPERM);
	cr_expect(contains(error_message(&err), "4242"), "%s", error_message(&err));
	error_finish(&err);
	remove_tree(directory);
}

Test(resolve, roots)
{
	static const struct {
		const char *name;
		int code;
	} cases[] = {{"root", 0}, {"link", 0}, {"missing", -ENOENT}, {"outside.json", -ENOTDIR}};
	char *directory = make_root();

	make_link("root", directory, "link");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *root = format_text("%s/%s", directory, cases[i].name);
		char path[] = "a.json";
		struct error err = ERROR_INIT;
		int r = read_local(root, path, &err);

		cr_expect_eq(r, cases[i].code, "%s: %d", root, r);
		if (r < 0)
			cr_expect(contains(error_message(&err), root), "%s", error_message(&err));
		error_finish(&err);
	}
	remove_tree(directory);
}

Test(resolve, runtime_default)
{
	struct profile_choice choice = {CHOICE_RUNTIME_DEFAULT, NULL};
	char *directory = make_root();
	AUTO_FREE char *file = format_text("%s/root/a.json", directory);
	AUTO_FREE char *broken = format_text("%s/root/broken.json", directory);
	AUTO_FREE char *group = format_text("%s/root/group.json", directory);
	AUTO_FREE char *link = format_text("%s/root/escape.json", directory);
	AUTO_FREE char *missing = format_text("%s/missing.json", directory);
	AUTO_FREE char *large = format_text("%s/root/large.json", directory);
	AUTO_FREE char *fifo = format_text("%s/root/fifo", directory);
	const struct {
		char *file; /* NULL: the built-in one */
		int code;
	} cases[] = {
		{NULL, 0},
		{file, 0},
		{link, 0}, /* the node's own configuration may lead anywhere */
		{broken, -EINVAL},
		{group, -EPERM},
		{missing, -ENOENT},
		{large, -EFBIG},
		{fifo, -EINVAL},
	};
	unsigned descriptors = count_descriptors();

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct node_config config = {
			.profile_root = profile_root, .runtime_default = cases[i].file};
		struct diagnostics diagnostics = {0};
		struct error err = ERROR_INIT;
		struct profile profile;
		int r = resolve_read_profile(&choice, &config, &profile, &diagnostics, &err);

		cr_expect_eq(r, cases[i].code, "case %zu: %d, %s", i, r,
			r < 0 ? error_message(&err) : "");
		if (r == 0) {
			cr_expect_str_eq(
				profile.name, cases[i].file ? cases[i].file : "RuntimeDefault");
			cr_expect_eq(profile.rule_count > 0, !cases[i].file);
			profile_finish(&profile);
		} else {
			cr_expect(contains(error_message(&err), cases[i].file), "%s",
				error_message(&err));
		}
		diagnostics_finish(&diagnostics);
		error_finish(&err);
	}
	cr_expect_eq(count_descriptors(), descriptors);
	remove_tree(directory);
}

Test(resolve, findings_that_are_no_errors)
{
	static const char text[] =
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\":"
		" [\"read\", \"of_tomorrow\"], \"action\": \"SCMP_ACT_ALLOW\"}]}";
	char path[] = "a.json", *directory = temp_dir();
	struct profile_choice choice = {CHOICE_LOCALHOST, path};
	struct node_config config = {.profile_root = directory};
	struct diagnostics diagnostics = {0};
	struct error err = ERROR_INIT;
	struct profile profile;

	write_file(directory, "a.json", text);
	cr_assert_eq(resolve_read_profile(&choice, &config, &profile, &diagnostics, &err), 0, "%s",
		error_message(&err));
	cr_expect_eq(diagnostics.count, 1);
	cr_expect_eq(diagnostics.errors, 0);
	profile_finish(&profile);
	diagnostics_finish(&diagnostics);
	remove_tree(directory);
}

Test(resolve, log)
{
	static const struct {
		const char *annotation;
		bool node, log;
	} cases[] = {
		{"", false, false},
		{"", true, true},
		{"'io.oci-seccomp.log':'true'", false, true},
		{"'io.oci-seccomp.log':'false'", false, false},
		{"'io.oci-seccomp.log':'false'", true, true},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct bundle bundle = make_bundle(cases[i].annotation, false);
		struct node_config config = shipped_config();
		struct resolution resolution;

		config.log_denials = cases[i].node;
		cr_assert_eq(resolve(&bundle, &config, ASKER_HOOK, &resolution, NULL), 0);
		cr_expect_eq(resolution.log, cases[i].log, "case %zu", i);
		resolution_finish(&resolution);
		bundle_finish(&bundle);
	}
}

Test(resolve, log_says_what_cannot_be_understood)
{
	struct bundle bundle = make_bundle("'io.oci-seccomp.log':'yes'", true);
	struct node_config config = shipped_config();
	struct error err = ERROR_INIT;
	struct resolution resolution;

	cr_assert_eq(resolve(&bundle, &config, ASKER_REWRITER, &resolution, &err), -EINVAL);
	cr_expect_str_eq(error_message(&err),
		"annotation io.oci-seccomp.log=\"yes\": must be \"true\" or \"false\"");
	error_finish(&err);
	bundle_finish(&bundle);
}
