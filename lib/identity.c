/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Equal meanings are the same node of one table of diagrams (prove.h), so a program is looked up
 * among the profiles by a number, once each has been proved.
 */
#include "identity.h"

#include "bundle.h"
#include "cleanup.h"
#include "host.h"
#include "identity_internal.h"
#include "io.h"
#include "profile.h"
#include "prove.h"
#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct known {
	char *name;   /* owned */
	char *config; /* owned; the text of an engine's profile; NULL: known to the host */
	struct profile profile;
};

/* What a known profile means to a container. */
struct understood {
	size_t known;
	uint64_t capabilities;
	enum reading reading;
	bool failed;
	diagram_id decision;
};

struct examined {
	const struct sock_filter *code; /* not owned */
	bool failed;
	diagram_id decision;
};

struct identities {
	const struct node_config *config; /* not owned */
	struct target target;
	struct prover *prover;
	unsigned generation; /* of the prover */
	struct known *known; /* owned */
	size_t known_count;
	struct understood *understood; /* owned */
	size_t understood_count;
	struct examined *examined; /* owned */
	size_t examined_count;
};

/* The table of diagrams is full: what was proved is void, and a new one begins. */
static int start_over(struct identities *identities, struct error *err)
{
	prover_destroy(identities->prover);
	identities->prover = NULL;
	identities->generation++;
	identities->understood_count = 0;
	identities->examined_count = 0;
	return prover_create(identities->target.arch, &identities->prover, err);
}

/* 0: `*ret` is the decision, or `*ret_failed`: there is none. */
static int decide(struct identities *identities, const struct layer *layer, diagram_id *ret,
	bool *ret_failed, struct error *err)
{
	const struct stack stack = {.layers = layer, .count = 1};
	struct meaning meaning = {0};
	int r = prove_meaning(identities->prover, &stack, &meaning, NULL);

	*ret = meaning.decision;
	*ret_failed = r < 0;
	if (r == -ENOMEM)
		return error_memory(err);
	return r == -E2BIG ? start_over(identities, err) : 0;
}

static int understand(struct identities *identities, struct understood *what, struct error *err)
{
	struct target target = identities->target;
	const struct known *known = &identities->known[what->known];
	struct layer layer = {0};
	struct policy policy;
	int r;

	target.capabilities = what->capabilities;
	r = policy_select(&known->profile, &target,
		identities->config->native_arch_only && !known->config, &policy, NULL);
	what->failed = r < 0;
	if (r < 0)
		return r == -ENOMEM ? error_memory(err) : 0;
	identity_reread(&policy, what->reading);
	layer.policy = &policy;
	r = decide(identities, &layer, &what->decision, &what->failed, err);
	policy_finish(&policy);
	return r;
}

static int find_understood(
	struct identities *identities, struct understood *what, struct error *err)
{
	struct understood *moved;
	int r;

	for (size_t i = 0; i < identities->understood_count; i++) {
		const struct understood *other = &identities->understood[i];

		if (other->known == what->known && other->reading == what->reading &&
			other->capabilities == what->capabilities) {
			*what = *other;
			return 0;
		}
	}
	r = understand(identities, what, err);
	if (r < 0)
		return r;
	moved = reallocarray(
		identities->understood, identities->understood_count + 1, sizeof(*moved));
	if (!moved)
		return error_memory(err);
	identities->understood = moved;
	identities->understood[identities->understood_count++] = *what;
	return 0;
}

static int find_examined(struct identities *identities, const struct program *program,
	struct examined *ret, struct error *err)
{
	const struct layer layer = {.program = program};
	struct examined *moved;
	int r;

	for (size_t i = 0; i < identities->examined_count; i++) {
		if (identities->examined[i].code != program->code)
			continue;
		*ret = identities->examined[i];
		return 0;
	}
	ret->code = program->code;
	r = decide(identities, &layer, &ret->decision, &ret->failed, err);
	if (r < 0)
		return r;
	moved = reallocarray(identities->examined, identities->examined_count + 1, sizeof(*moved));
	if (!moved)
		return error_memory(err);
	identities->examined = moved;
	identities->examined[identities->examined_count++] = *ret;
	return 0;
}

/* Known profiles */

static int parse(const struct known *known, const char *text, size_t length, struct profile *ret)
{
	const struct profile_text named = {.name = known->name, .text = text, .length = length};
	struct diagnostics diagnostics = {0};
	int r = profile_text_parse(&named, ret, &diagnostics, NULL);

	diagnostics_finish(&diagnostics);
	return r;
}

static void known_finish(struct known *known)
{
	free(known->name);
	free(known->config);
	profile_finish(&known->profile);
}

/* `name` and `config` are taken over, `text` ends with NUL. A profile with errors is passed over;
 * -ENOMEM. */
static int learn(struct identities *identities, char *name, const char *text, size_t length,
	char *config, struct error *err)
{
	struct known known = {.name = name, .config = config}, *moved;
	int r = name ? parse(&known, text, length, &known.profile) : -ENOMEM;

	if (r == 0) {
		moved = reallocarray(
			identities->known, identities->known_count + 1, sizeof(*moved));
		if (moved) {
			identities->known = moved;
			identities->known[identities->known_count++] = known;
			return 0;
		}
		r = -ENOMEM;
	}
	known_finish(&known);
	return r == -ENOMEM ? error_memory(err) : 0;
}

static int learn_choice(
	struct identities *identities, const struct profile_choice *choice, struct error *err)
{
	struct profile_text text;
	char *name = NULL;
	int r;

	if (resolve_read_text(choice, identities->config, &text, NULL) < 0)
		return 0;
	if (choice->kind == CHOICE_RUNTIME_DEFAULT)
		name = strdup("RuntimeDefault");
	else if (asprintf(&name, "Localhost/%s", choice->path) < 0)
		name = NULL;
	r = learn(identities, name, text.text, text.length, NULL, err);
	profile_text_finish(&text);
	return r;
}

static int learn_file(struct identities *identities, const char *path, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t length;

	if (io_read_file(AT_FDCWD, path, path, PROFILE_SIZE_LIMIT, &text, &length, NULL) < 0)
		return 0;
	return learn(identities, strdup(path), text, length, NULL, err);
}

static bool is_profile_name(const char *name)
{
	size_t length = strlen(name), suffix = strlen(".json");

	return name[0] != '.' && length > suffix && !strcmp(name + length - suffix, ".json");
}

static int compare_names(const FTSENT **left, const FTSENT **right)
{
	return strcmp((*left)->fts_name, (*right)->fts_name);
}

static int learn_root(struct identities *identities, struct error *err)
{
	char *root = identities->config->profile_root, *roots[] = {root, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, compare_names);
	FTSENT *file;
	int r = 0;

	if (!walk)
		return errno == ENOMEM ? error_memory(err) : 0;
	while (r == 0 && (file = fts_read(walk))) {
		struct profile_choice choice = {.kind = CHOICE_LOCALHOST};

		if (file->fts_info == FTS_D && file->fts_level > 0 && file->fts_name[0] == '.')
			fts_set(walk, file, FTS_SKIP);
		if ((file->fts_info != FTS_F && file->fts_info != FTS_SL) ||
			!is_profile_name(file->fts_name))
			continue;
		choice.path = file->fts_path + strlen(root);
		choice.path += strspn(choice.path, "/");
		r = learn_choice(identities, &choice, err);
	}
	fts_close(walk);
	return r;
}

static int learn_all(struct identities *identities, struct error *err)
{
	static const struct profile_choice runtime_default = {.kind = CHOICE_RUNTIME_DEFAULT};
	static const char *const files[] = {
		"/etc/containers/seccomp.json", "/usr/share/containers/seccomp.json"};
	int r = learn_choice(identities, &runtime_default, err);

	if (r == 0)
		r = learn_root(identities, err);
	for (size_t i = 0; i < ARRAY_LENGTH(files) && r == 0; i++)
		r = learn_file(identities, files[i], err);
	return r;
}

/* Containers of one kind have the same text. `*ret` is where in `known` it is. */
static int learn_config(
	struct identities *identities, const char *file, size_t *ret, struct error *err)
{
	AUTO_FREE char *text = NULL;
	struct bundle bundle;
	char *config_text;
	size_t length, config_length;

	*ret = identities->known_count;
	if (io_read_file(AT_FDCWD, file, file, BUNDLE_SIZE_LIMIT, &config_text, &config_length,
		    NULL) < 0 ||
		bundle_parse("config.json", config_text, config_length, &bundle, NULL) < 0)
		return 0;
	text = bundle.seccomp ? bundle_seccomp_text(&bundle, &length) : NULL;
	bundle_finish(&bundle);
	for (size_t i = 0; text && i < identities->known_count; i++) {
		if (!identities->known[i].config || strcmp(identities->known[i].config, text) != 0)
			continue;
		*ret = i;
		return 0;
	}
	return text ? learn(identities, strdup("config.json"), text, length, strdup(text), err) : 0;
}

int identities_create(const struct node_config *config, struct identities **ret, struct error *err)
{
	struct identities *identities = calloc(1, sizeof(*identities));
	int r;

	if (!identities)
		return error_memory(err);
	identities->config = config;
	r = host_target(&identities->target, err);
	if (r == 0)
		r = start_over(identities, err);
	if (r == 0)
		r = learn_all(identities, err);
	if (r < 0)
		identities_destroy(identities);
	else
		*ret = identities;
	return r;
}

void identities_destroy(struct identities *identities)
{
	if (!identities)
		return;
	for (size_t i = 0; i < identities->known_count; i++)
		known_finish(&identities->known[i]);
	free(identities->known);
	free(identities->understood);
	free(identities->examined);
	prover_destroy(identities->prover);
	free(identities);
}

/* 1: it is the one. */
static int try_known(struct identities *identities, const struct program *program,
	struct understood *what, struct error *err)
{
	for (int i = 0; i < 3; i++) {
		unsigned generation = identities->generation;
		struct examined examined = {0};
		int r = find_understood(identities, what, err);

		if (r == 0)
			r = find_examined(identities, program, &examined, err);
		if (r < 0)
			return r;
		/* Nodes of two tables say nothing of each other. */
		if (generation == identities->generation)
			return !what->failed && !examined.failed &&
			       examined.decision == what->decision;
	}
	return 0;
}

int identities_find(struct identities *identities, const struct program *program,
	uint64_t capabilities, const char *config_file, struct identity *ret, struct error *err)
{
	size_t engine = (size_t)-1;
	int r = config_file ? learn_config(identities, config_file, &engine, err) : 0;

	for (int reading = 0; reading < READINGS && r == 0; reading++)
		for (size_t i = 0; i < identities->known_count && r == 0; i++) {
			struct understood what = {.known = i,
				.capabilities = capabilities,
				.reading = (enum reading)reading};

			if (identities->known[i].config && i != engine)
				continue;
			r = try_known(identities, program, &what, err);
			if (r > 0)
				*ret = (struct identity){
					identities->known[i].name, reading == READ_EXACT};
		}
	if (r == 0)
		*ret = (struct identity){0};
	return r < 0 ? r : 0;
}
