/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cleanup.h"
#include "io.h"
#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_SIZE_LIMIT = 64 * 1024 };

static const char *after_prefix(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static bool has_parent_element(const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += length + strspn(path + length, "/");
	}
	return false;
}

static int check_path(const char *path, const char *profile_root, struct error *err)
{
	const char *below;

	if (path[0] == '\0')
		return error_set(err, -EINVAL,
			"the path is empty: Localhost/<path below %s> is expected", profile_root);
	if (path[0] == '/') {
		below = after_prefix(path, profile_root);
		return error_set(err, -EINVAL,
			"the path \"%s\" is absolute; it must be relative to %s%s%s", path,
			profile_root, below && below[0] == '/' ? ": Localhost" : "",
			below && below[0] == '/' ? below : "");
	}
	if (has_parent_element(path))
		return error_set(err, -EINVAL,
			"the path \"%s\" contains \"..\"; profiles lie below %s", path,
			profile_root);
	return 0;
}

/* The one way to write a path: without "." and repeated slashes. Owned by the caller; NULL: no memory. */
static char *plain_path(const char *path)
{
	char *plain = malloc(strlen(path) + 1), *end = plain;

	if (!plain)
		return NULL;
	while (*path) {
		size_t length = strcspn(path, "/");
		bool is_last = path[length] == '\0';

		if (length > 1 || (length == 1 && *path != '.') || is_last) {
			end = mempcpy(end, path, length);
			if (!is_last)
				*end++ = '/';
		}
		path += length + !is_last;
	}
	*end = '\0';
	return plain;
}

int choice_parse(
	const char *text, const char *profile_root, struct profile_choice *ret, struct error *err)
{
	static const struct {
		const char *text;
		enum choice_kind kind;
	} words[] = {
		{"RuntimeDefault", CHOICE_RUNTIME_DEFAULT},
		{"runtime/default", CHOICE_RUNTIME_DEFAULT},
		{"docker/default", CHOICE_RUNTIME_DEFAULT},
		{"Unconfined", CHOICE_UNCONFINED},
		{"unconfined", CHOICE_UNCONFINED},
	};
	const char *path = after_prefix(text, "Localhost/");
	char *copy;
	int r;

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (strcmp(text, words[i].text) != 0)
			continue;
		*ret = (struct profile_choice){words[i].kind, NULL};
		return 0;
	}
	if (!path)
		path = after_prefix(text, "localhost/");
	if (!path)
		return error_set(err, -EINVAL,
			"\"%s\" names no profile; use RuntimeDefault, Localhost/<path below %s> or "
			"Unconfined",
			text, profile_root);
	r = check_path(path, profile_root, err);
	if (r < 0)
		return r;
	copy = plain_path(path);
	if (!copy)
		return error_memory(err);
	*ret = (struct profile_choice){CHOICE_LOCALHOST, copy};
	return 0;
}

void choice_finish(struct profile_choice *choice)
{
	free(choice->path);
	choice->path = NULL;
	choice->kind = CHOICE_NONE;
}

bool choice_equal(const struct profile_choice *a, const struct profile_choice *b)
{
	return a->kind == b->kind && (a->kind != CHOICE_LOCALHOST || !strcmp(a->path, b->path));
}

char *choice_format(const struct profile_choice *choice)
{
	static const char *const words[] = {
		[CHOICE_NONE] = "no profile",
		[CHOICE_RUNTIME_DEFAULT] = "RuntimeDefault",
		[CHOICE_LOCALHOST] = "Localhost/",
		[CHOICE_UNCONFINED] = "Unconfined",
	};
	char *text;

	return asprintf(&text, "%s%s", words[choice->kind], choice->path ? choice->path : "") < 0
		       ? NULL
		       : text;
}

struct config_reader {
	struct node_config *config;
	const struct json *default_profile, *baseline; /* parsed once profileRoot is known */
};

static struct node_config *config_of(void *target)
{
	return ((struct config_reader *)target)->config;
}

static void read_path(struct json_reader *reader, const struct json *value, char **ret)
{
	if (json_expect(reader, value, JSON_STRING) && value->text[0] != '/')
		json_report(reader, value, SEVERITY_ERROR, "\"%s\" is not an absolute path",
			value->text);
	else if (value->type == JSON_STRING)
		json_read_string(reader, value, ret);
}

/* One of two words: `*ret` becomes whether it is the second. */
static void read_either(struct json_reader *reader, const struct json *value, const char *first,
	const char *second, bool *ret)
{
	if (!json_expect(reader, value, JSON_STRING))
		return;
	*ret = strcmp(value->text, second) == 0;
	if (!*ret && strcmp(value->text, first) != 0)
		json_report(reader, value, SEVERITY_ERROR, "must be \"%s\" or \"%s\", not \"%s\"",
			first, second, value->text);
}

static void read_profile_root(struct json_reader *reader, const struct json *value, void *target)
{
	read_path(reader, value, &config_of(target)->profile_root);
}

static void read_runtime_default(struct json_reader *reader, const struct json *value, void *target)
{
	if (value->type != JSON_STRING || strcmp(value->text, "builtin") != 0)
		read_path(reader, value, &config_of(target)->runtime_default);
}

static void read_runtime(struct json_reader *reader, const struct json *value, void *target)
{
	read_path(reader, value, &config_of(target)->runtime);
}

static void read_cache_dir(struct json_reader *reader, const struct json *value, void *target)
{
	read_path(reader, value, &config_of(target)->cache_dir);
}

static void read_record_dir(struct json_reader *reader, const struct json *value, void *target)
{
	read_path(reader, value, &config_of(target)->record_dir);
}

static void read_recorder(struct json_reader *reader, const struct json *value, void *target)
{
	read_path(reader, value, &config_of(target)->recorder);
}

static void read_trace_syscall(struct json_reader *reader, const struct json *value, void *target)
{
	read_either(reader, value, "deny", "allow", &config_of(target)->trace_syscall);
}

static void read_unconfined(struct json_reader *reader, const struct json *value, void *target)
{
	read_either(reader, value, "allow", "deny", &config_of(target)->deny_unconfined);
}

static void read_override(struct json_reader *reader, const struct json *value, void *target)
{
	read_either(reader, value, "never", "always", &config_of(target)->override_always);
}

static void read_log_denials(struct json_reader *reader, const struct json *value, void *target)
{
	json_read_boolean(reader, value, &config_of(target)->log_denials);
}

static void read_native_only(struct json_reader *reader, const struct json *value, void *target)
{
	json_read_boolean(reader, value, &config_of(target)->native_arch_only);
}

static void keep_default_profile(struct json_reader *reader, const struct json *value, void *target)
{
	(void)reader;
	((struct config_reader *)target)->default_profile = value;
}

static void keep_baseline(struct json_reader *reader, const struct json *value, void *target)
{
	(void)reader;
	((struct config_reader *)target)->baseline = value;
}

static void read_choice(struct json_reader *reader, const struct json *value,
	const char *profile_root, struct profile_choice *ret)
{
	struct error err = ERROR_INIT;

	if (!json_expect(reader, value, JSON_STRING))
		return;
	choice_finish(ret);
	if (choice_parse(value->text, profile_root, ret, &err) < 0)
		json_report(reader, value, SEVERITY_ERROR, "%s", error_message(&err));
	error_finish(&err);
}

static void read_choices(struct json_reader *reader, const struct config_reader *state)
{
	struct node_config *config = state->config;

	if (state->default_profile) {
		read_choice(reader, state->default_profile, config->profile_root,
			&config->default_profile);
		if (config->default_profile.kind == CHOICE_UNCONFINED && config->deny_unconfined)
			json_report(reader, state->default_profile, SEVERITY_ERROR,
				"must not be Unconfined where \"unconfined\" is \"deny\"");
	}
	if (!state->baseline ||
		(state->baseline->type == JSON_STRING && state->baseline->text[0] == '\0'))
		return;
	read_choice(reader, state->baseline, config->profile_root, &config->baseline);
	if (config->baseline.kind == CHOICE_UNCONFINED)
		json_report(reader, state->baseline, SEVERITY_ERROR,
			"must not be Unconfined; leave it empty to have no baseline");
}

static int set_defaults(struct node_config *config, struct error *err)
{
	config->profile_root = strdup("/var/lib/kubelet/seccomp");
	config->cache_dir = strdup("/var/cache/oci-seccomp");
	config->default_profile.kind = CHOICE_RUNTIME_DEFAULT;
	return config->profile_root && config->cache_dir ? 0 : error_memory(err);
}

static int parse(
	const char *file, char *text, size_t length, struct node_config *config, struct error *err)
{
	static const struct json_field fields[] = {
		{"baseline", false, keep_baseline},
		{"cacheDir", false, read_cache_dir},
		{"defaultProfile", false, keep_default_profile},
		{"logDenials", false, read_log_denials},
		{"nativeArchOnly", false, read_native_only},
		{"override", false, read_override},
		{"profileRoot", false, read_profile_root},
		{"recordDir", false, read_record_dir},
		{"recorder", false, read_recorder},
		{"runtime", false, read_runtime},
		{"runtimeDefault", false, read_runtime_default},
		{"traceSyscall", false, read_trace_syscall},
		{"unconfined", false, read_unconfined},
	};
	struct diagnostics diagnostics = {0};
	struct json_document document;
	struct json_reader reader = {.document = &document, .diagnostics = &diagnostics};
	struct config_reader state = {.config = config};
	int r = json_parse(file, text, length, &document, err);

	if (r < 0)
		return r;
	json_read_object(&reader, document.root, fields, ARRAY_LENGTH(fields), &state);
	read_choices(&reader, &state);
	r = diagnostics_result(&diagnostics, err);
	diagnostics_finish(&diagnostics);
	json_document_finish(&document);
	return r;
}

static int read_config(
	const char *file, bool may_be_missing, struct node_config *config, struct error *err)
{
	AUTO_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text;
	size_t length;
	int r;

	/* A link that leads nowhere is there: its file may be so in a moment, and may restrict. */
	if (fd < 0 && errno == ENOENT && may_be_missing && readlink(file, &(char){0}, 1) < 0 &&
		errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_set_errno(err, -errno, "node configuration %s: cannot open", file);
	config->file = strdup(file);
	if (!config->file)
		return error_memory(err);
	r = io_read_trusted(fd, file, CONFIG_SIZE_LIMIT, &text, &length, err);
	if (r == 0)
		r = parse(file, text, length, config, err);
	return r < 0 ? error_prefix(err, r, "node configuration") : 0;
}

int node_config_read(const char *file, struct node_config *ret, struct error *err)
{
	struct node_config config = {0};
	const char *named = file ? file : getenv("OCI_SECCOMP_CONFIG");
	int r;

	if (named && named[0] == '\0')
		named = NULL;
	r = set_defaults(&config, err);
	if (r == 0)
		r = read_config(named ? named : NODE_CONFIG_FILE, !named, &config, err);
	if (r < 0) {
		node_config_finish(&config);
		return r;
	}
	*ret = config;
	return 0;
}

void node_config_finish(struct node_config *config)
{
	free(config->file);
	free(config->profile_root);
	free(config->runtime_default);
	choice_finish(&config->default_profile);
	choice_finish(&config->baseline);
	free(config->runtime);
	free(config->cache_dir);
	free(config->record_dir);
	free(config->recorder);
	memset(config, 0, sizeof(*config));
}
