/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first of two annotations that is there. */
static int either_annotation(const struct bundle *bundle, const char *first, const char *second,
	const char **ret, struct error *err)
{
	int r = bundle_annotation(bundle, first, ret, err);

	return r < 0 || *ret ? r : bundle_annotation(bundle, second, ret, err);
}

/* containerd's key, then the label that the kubelet sets and CRI-O copies. */
static int container_name(const struct bundle *bundle, const char **ret, struct error *err)
{
	return either_annotation(bundle, "io.kubernetes.cri.container-name",
		"io.kubernetes.container.name", ret, err);
}

int resolve_prefix_container(
	struct error *err, int code, const struct bundle *bundle, const char *id)
{
	const char *name = NULL;

	if (bundle && container_name(bundle, &name, NULL) == 0 && name)
		return error_prefix(err, code, "container \"%s\" (%s)", name, id);
	return error_prefix(err, code, "container %s", id);
}

int resolve_identify(
	const struct bundle *bundle, const char **ret_name, bool *ret_sandbox, struct error *err)
{
	const char *type;
	int r = container_name(bundle, ret_name, err);

	if (r < 0)
		return r;
	r = either_annotation(bundle, "io.kubernetes.cri.container-type",
		"io.kubernetes.cri-o.ContainerType", &type, err);
	if (r < 0)
		return r;
	*ret_sandbox = type && strcmp(type, "sandbox") == 0;
	return 0;
}

/* The rows of the table, in the order in which they are asked. */
static const struct {
	const char *name, *key;
	bool by_container; /* the container's name follows the key */
} rows[SOURCE_COUNT] = {
	[SOURCE_ENGINE] = {"engine", "linux.seccomp", false},
	[SOURCE_CONTAINER] = {"container", "io.oci-seccomp.profile/", true},
	[SOURCE_CONTAINER_ALPHA] = {"container-alpha",
		"container.seccomp.security.alpha.kubernetes.io/", true},
	[SOURCE_POD] = {"pod", "io.oci-seccomp.profile", false},
	[SOURCE_POD_ALPHA] = {"pod-alpha", "seccomp.security.alpha.kubernetes.io/pod", false},
	[SOURCE_NODE] = {"node", "defaultProfile", false},
};

const char *source_name(enum source source)
{
	return rows[source].name;
}

static int say(struct source_finding *finding, const char *value, struct error *err)
{
	finding->value = value ? strdup(value) : NULL;
	return value && !finding->value ? error_memory(err) : 0;
}

static int ask(enum source source, const struct bundle *bundle, const struct node_config *config,
	struct source_finding *finding, struct error *err)
{
	const char *value;
	int r;

	switch (source) {
	case SOURCE_ENGINE:
		return say(finding, bundle->seccomp ? "set" : NULL, err);
	case SOURCE_NODE:
		finding->value = choice_format(&config->default_profile);
		return finding->value ? 0 : error_memory(err);
	default:
		r = bundle_annotation(bundle, finding->key, &value, err);
		return r < 0 ? r : say(finding, value, err);
	}
}

static int ask_all(const struct bundle *bundle, const struct node_config *config,
	struct resolution *resolution, struct error *err)
{
	for (int source = 0; source < SOURCE_COUNT; source++) {
		struct source_finding *finding = &resolution->findings[source];
		int r;

		if (rows[source].by_container && !resolution->container)
			continue;
		if (asprintf(&finding->key, "%s%s", rows[source].key,
			    rows[source].by_container ? resolution->container : "") < 0) {
			finding->key = NULL;
			return error_memory(err);
		}
		r = ask((enum source)source, bundle, config, finding, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int set_origin(
	struct resolution *resolution, const struct node_config *config, struct error *err)
{
	const struct source_finding *finding = &resolution->findings[resolution->source];
	int r;

	if (resolution->source == SOURCE_ENGINE)
		r = asprintf(&resolution->origin, "linux.seccomp of the engine");
	else if (resolution->sandbox)
		r = asprintf(&resolution->origin, "sandbox container");
	else if (resolution->source == SOURCE_NODE)
		r = asprintf(&resolution->origin, "defaultProfile of %s",
			config->file ? config->file : "the built-in node configuration");
	else
		r = asprintf(
			&resolution->origin, "annotation %s=\"%s\"", finding->key, finding->value);
	if (r >= 0)
		return 0;
	resolution->origin = NULL;
	return error_memory(err);
}

static int copy_choice(
	const struct profile_choice *choice, struct profile_choice *ret, struct error *err)
{
	ret->kind = choice->kind;
	ret->path = choice->path ? strdup(choice->path) : NULL;
	return choice->path && !ret->path ? error_memory(err) : 0;
}

/* Log lines are no permission, so the author of a pod may ask for them. */
static int read_log(
	const struct bundle *bundle, const struct node_config *config, bool *ret, struct error *err)
{
	static const char key[] = "io.oci-seccomp.log";
	const char *value;
	int r = bundle_annotation(bundle, key, &value, err);

	if (r < 0)
		return r;
	if (value && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return error_set(err, -EINVAL,
			"annotation %s=\"%s\": must be \"true\" or \"false\"", key, value);
	*ret = config->log_denials || (value && !strcmp(value, "true"));
	return 0;
}

static enum source deciding_source(
	const struct resolution *resolution, const struct node_config *config, enum asker asker)
{
	bool engine_decides = resolution->findings[SOURCE_ENGINE].value && !config->override_always;

	if (engine_decides && (asker == ASKER_REWRITER || resolution->sandbox))
		return SOURCE_ENGINE;
	if (resolution->sandbox)
		return SOURCE_NODE;
	for (int source = SOURCE_CONTAINER; source <= SOURCE_POD_ALPHA; source++)
		if (resolution->findings[source].value)
			return (enum source)source;
	return engine_decides ? SOURCE_ENGINE : SOURCE_NODE;
}

static int choose_profile(
	struct resolution *resolution, const struct node_config *config, struct error *err)
{
	enum source source = resolution->source;
	int r;

	if (source == SOURCE_ENGINE)
		return 0;
	if (resolution->sandbox) {
		resolution->profile.kind = CHOICE_RUNTIME_DEFAULT;
		return 0;
	}
	if (source == SOURCE_NODE)
		return copy_choice(&config->default_profile, &resolution->profile, err);
	r = choice_parse(resolution->findings[source].value, config->profile_root,
		&resolution->profile, err);
	if (r < 0)
		return error_prefix(err, r, "%s", resolution->origin);
	if (resolution->profile.kind == CHOICE_UNCONFINED && config->deny_unconfined)
		return error_set(err, -EPERM, "%s: the node configuration %s denies Unconfined",
			resolution->origin, config->file);
	return 0;
}

static int fill(const struct bundle *bundle, const struct node_config *config, enum asker asker,
	struct resolution *resolution, struct error *err)
{
	int r = resolve_identify(bundle, &resolution->container, &resolution->sandbox, err);

	if (r == 0)
		r = read_log(bundle, config, &resolution->log, err);
	if (r == 0)
		r = ask_all(bundle, config, resolution, err);
	if (r < 0)
		return r;
	resolution->source = deciding_source(resolution, config, asker);
	/* A rewriter that comes to another source replaces the engine's profile. */
	resolution->engine = bundle->seccomp != NULL &&
			     (asker == ASKER_HOOK || resolution->source == SOURCE_ENGINE);
	return set_origin(resolution, config, err);
}

int resolve_source(const struct bundle *bundle, const struct node_config *config, enum asker asker,
	struct resolution *ret, struct error *err)
{
	struct resolution resolution = {0};
	int r = fill(bundle, config, asker, &resolution, err);

	if (r < 0) {
		resolution_finish(&resolution);
		return r;
	}
	*ret = resolution;
	return 0;
}

int resolve_choose(
	struct resolution *resolution, const struct node_config *config, struct error *err)
{
	int r = choose_profile(resolution, config, err);

	return r < 0 ? r : copy_choice(&config->baseline, &resolution->baseline, err);
}

int resolve(const struct bundle *bundle, const struct node_config *config, enum asker asker,
	struct resolution *ret, struct error *err)
{
	struct resolution resolution;
	int r = resolve_source(bundle, config, asker, &resolution, err);

	if (r < 0)
		return r;
	r = resolve_choose(&resolution, config, err);
	if (r < 0) {
		resolution_finish(&resolution);
		return r;
	}
	*ret = resolution;
	return 0;
}

void resolution_finish(struct resolution *resolution)
{
	choice_finish(&resolution->profile);
	choice_finish(&resolution->baseline);
	free(resolution->origin);
	for (int source = 0; source < SOURCE_COUNT; source++) {
		free(resolution->findings[source].key);
		free(resolution->findings[source].value);
	}
	memset(resolution, 0, sizeof(*resolution));
}

static int describe_open_failure(int code, const char *file, const char *root, struct error *err)
{
	switch (code) {
	case -ENOENT:
	case -ENOTDIR:
		return error_set(err, code,
			"%s: there is no such profile on this node; put the file there or correct "
			"the path",
			file);
	case -EXDEV:
		return error_set(err, code,
			"%s: a symbolic link leads out of %s; copy the profile below it", file,
			root);
	case -ENXIO:
		return error_set(err, -EINVAL, "%s: is a socket, not a regular file", file);
	case -ENOSYS:
		return error_set(err, code,
			"%s: the kernel has no openat2(2), which Linux 5.6 brought", file);
	default:
		return error_set_errno(err, code, "%s: cannot open", file);
	}
}

static int read_localhost(
	const char *path, const char *root, struct profile_text *ret, struct error *err)
{
	AUTO_FREE char *file = NULL;
	AUTO_CLOSE int root_fd = -1;
	AUTO_CLOSE int fd = -1;
	int r;

	if (asprintf(&file, "%s/%s", root, path) < 0) {
		file = NULL;
		return error_memory(err);
	}
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0 && errno == ENOENT)
		return error_set(err, -ENOENT,
			"%s: there is no such profile on this node, nor the profile root %s; "
			"create it, or set profileRoot in the node configuration",
			file, root);
	if (root_fd < 0)
		return error_set_errno(err, -errno, "profile root %s: cannot open", root);
	fd = io_open_beneath(root_fd, path, 0);
	if (fd < 0)
		return describe_open_failure(fd, file, root, err);
	r = io_read_trusted(fd, file, PROFILE_SIZE_LIMIT, &ret->copy, &ret->length, err);
	if (r < 0)
		return r;
	ret->text = ret->copy;
	ret->name = TAKE_PTR(file);
	return 0;
}

static int read_file(const char *file, struct profile_text *ret, struct error *err)
{
	AUTO_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0)
		return error_set_errno(err, -errno, "runtimeDefault: %s: cannot open", file);
	r = io_read_trusted(fd, file, PROFILE_SIZE_LIMIT, &ret->copy, &ret->length, err);
	ret->text = ret->copy;
	return r;
}

int resolve_read_text(const struct profile_choice *choice, const struct node_config *config,
	struct profile_text *ret, struct error *err)
{
	const char *file = config->runtime_default;
	int r;

	*ret = (struct profile_text){.text = ""};
	if (choice->kind == CHOICE_LOCALHOST)
		return read_localhost(choice->path, config->profile_root, ret, err);
	ret->name = strdup(file ? file : "RuntimeDefault");
	if (!ret->name)
		return error_memory(err);
	if (!file) {
		ret->text = profile_runtime_default_text(&ret->length);
		return 0;
	}
	r = read_file(file, ret, err);
	if (r < 0)
		profile_text_finish(ret);
	return r;
}

void profile_text_finish(struct profile_text *text)
{
	free(text->name);
	free(text->copy);
	*text = (struct profile_text){0};
}

int profile_text_parse(const struct profile_text *text, struct profile *ret,
	struct diagnostics *diagnostics, struct error *err)
{
	char *copy = malloc(text->length + 1);

	if (!copy)
		return error_memory(err);
	memcpy(copy, text->text, text->length); /* it may contain NULs, which the parser refuses */
	copy[text->length] = '\0';
	return profile_parse(text->name, copy, text->length, ret, diagnostics, err);
}

int resolve_read_profile(const struct profile_choice *choice, const struct node_config *config,
	struct profile *ret, struct diagnostics *diagnostics, struct error *err)
{
	AUTO(profile_text_finish) struct profile_text text;
	int r = resolve_read_text(choice, config, &text, err);

	if (r < 0)
		return r;
	return profile_text_parse(&text, ret, diagnostics, err);
}
