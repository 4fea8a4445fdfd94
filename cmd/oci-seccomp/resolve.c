/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve.h"

#include "cleanup.h"
#include "filter.h"
#include "host.h"
#include "output.h"
#include "rewrite.h"
#include "text.h"
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
	const char *bundle;
	const char *config; /* NULL: the usual one */
	enum asker asker;
	enum format format;
};

struct answer {
	struct resolution resolution;
	bool engine_set;
	bool chosen;	      /* what decides could be understood */
	struct error refusal; /* why the container is not to be created; code 0: it is */
};

static bool has_profile(const struct profile_choice *choice)
{
	return choice->kind == CHOICE_RUNTIME_DEFAULT || choice->kind == CHOICE_LOCALHOST;
}

/* The file that is read for it, owned by the caller; NULL: none, or no memory. */
static char *choice_file(const struct profile_choice *choice, const struct node_config *config)
{
	char *file = NULL;

	if (choice->kind == CHOICE_RUNTIME_DEFAULT)
		return config->runtime_default ? strdup(config->runtime_default) : NULL;
	if (choice->kind == CHOICE_LOCALHOST &&
		asprintf(&file, "%s/%s", config->profile_root, choice->path) < 0)
		return NULL;
	return file;
}

/* As hook and shim would, but for writing anything. */
static int try_choice(const struct profile_choice *choice, const struct node_config *config,
	uint64_t capabilities, struct error *err)
{
	struct diagnostics diagnostics = {0};
	struct program program;
	struct profile profile;
	struct policy policy;
	struct target target;
	int r = has_profile(choice) ? host_target(&target, err) : 0;

	if (r < 0 || !has_profile(choice))
		return r;
	target.capabilities = capabilities;
	r = resolve_read_profile(choice, config, &profile, &diagnostics, err);
	diagnostics_finish(&diagnostics);
	if (r < 0)
		return r;
	r = policy_select(&profile, &target, config->native_arch_only, &policy, err);
	if (r == 0) {
		r = filter_build(&policy, &program, err);
		policy_finish(&policy);
	}
	if (r == 0)
		program_finish(&program);
	profile_finish(&profile);
	return r;
}

static int try_rewrite(
	const struct bundle *bundle, const struct node_config *config, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	bool changed;

	return rewrite_config(bundle, config, false, &text, &length, &changed, err);
}

static void try_all(const struct bundle *bundle, const struct node_config *config, enum asker asker,
	struct answer *answer)
{
	struct resolution *resolution = &answer->resolution;
	struct error *err = &answer->refusal;
	int r = resolve_choose(resolution, config, err);

	answer->chosen = r == 0;
	if (r == 0) {
		r = try_choice(&resolution->profile, config, bundle->capabilities, err);
		if (r < 0)
			error_prefix(err, r, "%s", resolution->origin);
	}
	if (r == 0) {
		r = try_choice(&resolution->baseline, config, bundle->capabilities, err);
		if (r < 0)
			error_prefix(err, r, "baseline of %s", config->file);
	}
	if (r == 0 && asker == ASKER_REWRITER)
		r = try_rewrite(bundle, config, err);
	(void)r; /* it is in the refusal */
}

static const char *engine_word(const struct answer *answer)
{
	if (!answer->engine_set)
		return "none";
	return answer->resolution.engine ? "stays" : "replaced";
}

/* Tables */

static int print_sources(const struct resolution *resolution, struct error *err)
{
	static const struct column columns[] = {
		{"SOURCE", 0, 0}, {"KEY", 0, 0}, {"SAYS", 0, 0}, {"DECIDES", 0, 0}};
	struct output output;
	int r;

	output_init(&output, FORMAT_TABLE, "sources", columns, ARRAY_LENGTH(columns));
	for (int source = 0; source < SOURCE_COUNT; source++) {
		const struct source_finding *finding = &resolution->findings[source];
		bool decides = resolution->source == (enum source)source;
		AUTO_FREE char *key = text_printable(finding->key ? finding->key : "-");
		AUTO_FREE char *value = text_printable(finding->value ? finding->value : "-");

		output_row(&output);
		output_cell(&output, 0, source_name((enum source)source), NULL);
		output_cell(&output, 1, key, NULL);
		output_cell(&output, 2, value, decides ? "green" : NULL);
		output_cell(&output, 3, decides ? "yes" : NULL, NULL);
	}
	r = output_print(&output, err);
	output_finish(&output);
	return r;
}

/* `none`: what stands for no choice. */
static int print_choice_line(const char *word, const struct profile_choice *choice,
	const char *none, const struct node_config *config, struct error *err)
{
	AUTO_FREE char *name = choice->kind == CHOICE_NONE ? strdup(none) : choice_format(choice);
	AUTO_FREE char *printable = name ? text_printable(name) : NULL;
	AUTO_FREE char *file = choice_file(choice, config);
	AUTO_FREE char *printable_file = file ? text_printable(file) : NULL;

	if (!printable)
		return error_memory(err);
	printf("%-9s %s", word, printable);
	if (printable_file)
		printf(" (%s)", printable_file);
	putchar('\n');
	return 0;
}

static int print_table(const struct answer *answer, const struct request *request,
	const struct node_config *config, struct error *err)
{
	const struct resolution *resolution = &answer->resolution;
	AUTO_FREE char *container =
		text_printable(resolution->container ? resolution->container : "without a name");
	int r = container ? print_sources(resolution, err) : error_memory(err);

	if (r < 0)
		return r;
	printf("\nfor       the %s\n", request->asker == ASKER_HOOK ? "hook" : "shim");
	printf("container %s%s\n", container,
		resolution->sandbox ? ", a sandbox: RuntimeDefault unless the engine set one" : "");
	if (answer->chosen)
		r = print_choice_line("profile", &resolution->profile, "the engine's", config, err);
	if (r == 0 && answer->chosen)
		r = print_choice_line("baseline", &resolution->baseline, "none", config, err);
	printf("engine    its profile: %s\n", engine_word(answer));
	printf("usable    %s\n", answer->refusal.code ? "no" : "yes");
	return r;
}

/* JSON */

static void print_text(const char *key, const char *text)
{
	printf("\"%s\": ", key);
	if (text)
		text_write_json(stdout, text);
	else
		fputs("null", stdout);
}

static void print_flag(const char *key, bool value)
{
	printf("\"%s\": %s", key, value ? "true" : "false");
}

static void print_source(const struct resolution *resolution, enum source source)
{
	const struct source_finding *finding = &resolution->findings[source];

	fputs(source == 0 ? "{" : ", {", stdout);
	print_text("source", source_name(source));
	fputs(", ", stdout);
	print_text("key", finding->key);
	fputs(", ", stdout);
	print_text("says", finding->value);
	fputs(", ", stdout);
	print_flag("decides", resolution->source == source);
	putchar('}');
}

static int print_choice(const char *key, const struct profile_choice *choice,
	const struct node_config *config, struct error *err)
{
	AUTO_FREE char *name = choice_format(choice);
	AUTO_FREE char *file = choice_file(choice, config);

	if (!name)
		return error_memory(err);
	printf(", \"%s\": ", key);
	if (choice->kind == CHOICE_NONE) {
		fputs("null", stdout);
		return 0;
	}
	putchar('{');
	print_text("name", name);
	fputs(", ", stdout);
	print_text("file", file);
	putchar('}');
	return 0;
}

static int print_json(const struct answer *answer, const struct request *request,
	const struct node_config *config, struct error *err)
{
	const struct resolution *resolution = &answer->resolution;
	int r;

	putchar('{');
	print_text("for", request->asker == ASKER_HOOK ? "hook" : "shim");
	fputs(", ", stdout);
	print_text("container", resolution->container);
	fputs(", ", stdout);
	print_flag("sandbox", resolution->sandbox);
	fputs(", \"sources\": [", stdout);
	for (int source = 0; source < SOURCE_COUNT; source++)
		print_source(resolution, (enum source)source);
	putchar(']');
	r = print_choice("profile", &resolution->profile, config, err);
	if (r == 0)
		r = print_choice("baseline", &resolution->baseline, config, err);
	fputs(", ", stdout);
	print_text("engine", engine_word(answer));
	fputs(", ", stdout);
	print_text("error", answer->refusal.code ? error_message(&answer->refusal) : NULL);
	fputs("}\n", stdout);
	return r;
}

static int answer_bundle(const struct request *request, const struct node_config *config,
	const struct bundle *bundle, struct error *err)
{
	struct answer answer = {.engine_set = bundle->seccomp != NULL};
	int r = resolve_source(bundle, config, request->asker, &answer.resolution, err);

	if (r < 0)
		return r;
	try_all(bundle, config, request->asker, &answer);
	r = request->format == FORMAT_JSON ? print_json(&answer, request, config, err)
					   : print_table(&answer, request, config, err);
	resolution_finish(&answer.resolution);
	if (r == 0 && answer.refusal.code) {
		r = answer.refusal.code;
		*err = answer.refusal;
	} else {
		error_finish(&answer.refusal);
	}
	return r;
}

static int run(const struct request *request, struct error *err)
{
	struct node_config config;
	struct bundle bundle;
	int r = node_config_read(request->config, &config, err);

	if (r < 0)
		return r;
	r = bundle_read(request->bundle, &bundle, err);
	if (r == 0) {
		r = answer_bundle(request, &config, &bundle, err);
		bundle_finish(&bundle);
	}
	node_config_finish(&config);
	return r;
}

static int parse_asker(const char *value, enum asker *ret, struct error *err)
{
	if (!strcmp(value, "hook"))
		*ret = ASKER_HOOK;
	else if (!strcmp(value, "shim"))
		*ret = ASKER_REWRITER;
	else
		return error_set(err, -EINVAL, "--for takes hook or shim, not \"%s\"", value);
	return 0;
}

int verb_resolve(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		{"bundle", required_argument, NULL, 'b'},
		{"config", required_argument, NULL, 'c'},
		{"for", required_argument, NULL, 'f'},
		{"format", required_argument, NULL, 'o'},
		{0},
	};
	struct request request = {.asker = ASKER_HOOK, .format = FORMAT_TABLE};
	struct error err = ERROR_INIT;
	int option, r = 0;

	while (r == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		if (option == 'b')
			request.bundle = optarg;
		else if (option == 'c')
			request.config = optarg;
		else if (option == 'f')
			r = parse_asker(optarg, &request.asker, &err);
		else
			r = format_parse(optarg, 1U << FORMAT_TABLE | 1U << FORMAT_JSON,
				&request.format, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (!request.bundle || optind < argc)
		return verb_usage(verb, "--bundle DIR is needed, and nothing beside the options");
	return run(&request, &err) < 0 ? verb_failure(&err) : EXIT_SUCCESS;
}
