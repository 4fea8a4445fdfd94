/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include "cleanup.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum meaning {
	PLAIN,	/* takes no value */
	VALUED, /* takes one that is not asked for here */
	BUNDLE,
	CONFIG,
	LOG,
	LOG_FORMAT,
	ROOT,
	INFORMS, /* the runtime tells something and ends */
	UNKNOWN,
};

struct option_name {
	const char *name; /* of more than one letter */
	char letter;	  /* NUL: none */
	enum meaning meaning;
};

/* Options of runc 1.1 to 1.4 and crun before the command. */
static const struct option_name global_options[] = {
	{"cgroup-manager", '\0', VALUED},
	{"criu", '\0', VALUED},
	{"debug", '\0', PLAIN},
	{"help", 'h', INFORMS},
	{"help", '?', INFORMS},
	{"log", '\0', LOG},
	{"log-format", '\0', LOG_FORMAT},
	{"log-level", '\0', VALUED},
	{"root", '\0', ROOT},
	{"rootless", '\0', VALUED},
	{"systemd-cgroup", '\0', PLAIN},
	{"usage", '\0', INFORMS},
	{"version", 'v', INFORMS},
	{"version", 'V', INFORMS},
};

/* Options of create, run and restore. */
static const struct option_name bundle_options[] = {
	{"auto-dedup", '\0', PLAIN},
	{"bundle", 'b', BUNDLE},
	{"config", 'f', CONFIG},
	{"console-socket", '\0', VALUED},
	{"detach", 'd', PLAIN},
	{"empty-ns", '\0', VALUED},
	{"ext-unix-sk", '\0', PLAIN},
	{"file-locks", '\0', PLAIN},
	{"help", 'h', INFORMS},
	{"help", '?', INFORMS},
	{"image-path", '\0', VALUED},
	{"keep", '\0', PLAIN},
	{"lazy-pages", '\0', PLAIN},
	{"link-remap", '\0', PLAIN},
	{"lsm-mount-context", '\0', VALUED},
	{"lsm-profile", '\0', VALUED},
	{"manage-cgroups-mode", '\0', VALUED},
	{"no-new-keyring", '\0', PLAIN},
	{"no-pivot", '\0', PLAIN},
	{"no-subreaper", '\0', PLAIN},
	{"parent-path", '\0', VALUED},
	{"pid-file", '\0', VALUED},
	{"pidfd-socket", '\0', VALUED},
	{"preserve-fds", '\0', VALUED},
	{"shell-job", '\0', PLAIN},
	{"tcp-established", '\0', PLAIN},
	{"usage", '\0', INFORMS},
	{"work-path", '\0', VALUED},
};

/* The commands that read a bundle, and the others, of which nothing more is read. */
static const char *const rewritten[] = {"create", "restore", "run"};
static const char *const passed[] = {"checkpoint", "delete", "events", "exec", "features", "h",
	"help", "init", "kill", "list", "mounts", "pause", "ps", "resume", "spec", "start", "state",
	"update"};

struct parser {
	char **argv;
	int argc, next;
	const struct option_name *options; /* that are known where it stands */
	size_t option_count;
	const char *unknown; /* the first option that no table has; NULL: none */
	bool informs;
	struct arguments *arguments;
};

static bool is_among(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

static bool is_rewritten(const char *word)
{
	return is_among(word, rewritten, ARRAY_LENGTH(rewritten));
}

/* A whole name, else (`shortened`) the start of some that all mean the same. */
static int find_name(const struct parser *parser, const char *name, size_t length, bool shortened,
	enum meaning *ret, struct error *err)
{
	enum meaning meaning = UNKNOWN;

	for (size_t i = 0; i < parser->option_count; i++) {
		const struct option_name *option = &parser->options[i];

		if (strncmp(option->name, name, length) != 0)
			continue;
		if (option->name[length] == '\0') {
			*ret = option->meaning;
			return 0;
		}
		if (!shortened)
			continue;
		if (meaning != UNKNOWN && meaning != option->meaning)
			return error_set(err, -EINVAL,
				"the option --%.*s is short for more than one; write it in full",
				(int)length, name);
		meaning = option->meaning;
	}
	*ret = meaning;
	return 0;
}

static enum meaning find_letter(const struct parser *parser, char letter)
{
	for (size_t i = 0; i < parser->option_count; i++)
		if (parser->options[i].letter == letter)
			return parser->options[i].meaning;
	return UNKNOWN;
}

static void store(struct parser *parser, enum meaning meaning, const char *value)
{
	struct arguments *arguments = parser->arguments;

	switch (meaning) {
	case BUNDLE:
		arguments->bundle = value[0] ? value : "."; /* runc */
		break;
	case CONFIG:
		arguments->config = value;
		break;
	case LOG:
		arguments->log = value;
		break;
	case ROOT:
		arguments->root = value;
		break;
	case LOG_FORMAT:
		arguments->log_format = value;
		break;
	default:
		break;
	}
}

/* `value` is NULL where the option itself has none. */
static int take(struct parser *parser, enum meaning meaning, const char *option, const char *value,
	struct error *err)
{
	if (meaning == UNKNOWN && !value && !parser->unknown)
		parser->unknown = option;
	if (meaning == INFORMS && !value)
		parser->informs = true;
	if (meaning == PLAIN || meaning == INFORMS || meaning == UNKNOWN)
		return 0;
	if (!value && parser->next == parser->argc)
		return error_set(err, -EINVAL, "the option %s needs a value", option);
	store(parser, meaning, value ? value : parser->argv[parser->next++]);
	return 0;
}

/* -abVALUE: single letters, of which the last may have a value. */
static int take_letters(struct parser *parser, const char *option, struct error *err)
{
	for (const char *letter = option + 1; *letter; letter++) {
		enum meaning meaning = find_letter(parser, *letter);
		bool last = meaning != PLAIN && meaning != INFORMS;
		int r = take(parser, meaning, option, last && letter[1] ? letter + 1 : NULL, err);

		if (r < 0 || last)
			return r;
	}
	return 0;
}

static int take_option(struct parser *parser, const char *option, struct error *err)
{
	bool twice = option[1] == '-';
	const char *name = option + (twice ? 2 : 1);
	size_t length = strcspn(name, "=");
	const char *value = name[length] == '=' ? name + length + 1 : NULL;
	enum meaning meaning = UNKNOWN;
	int r = 0;

	if (length == 1)
		meaning = find_letter(parser, name[0]);
	if (meaning == UNKNOWN)
		r = find_name(parser, name, length, twice, &meaning, err);
	if (r < 0)
		return r;
	if (meaning == UNKNOWN && !twice)
		return take_letters(parser, option, err);
	return take(parser, meaning, option, value, err);
}

/* Reads options up to the next word that is none; `*ret` NULL at the end. After `--` there are no
 * more options. */
static int next_word(struct parser *parser, bool *ended, const char **ret, struct error *err)
{
	*ret = NULL;
	while (parser->next < parser->argc && !parser->informs) {
		const char *argument = parser->argv[parser->next++];
		int r;

		if (!*ended && !strcmp(argument, "--")) {
			*ended = true;
			continue;
		}
		if (*ended || argument[0] != '-' || argument[1] == '\0') {
			*ret = argument;
			return 0;
		}
		r = take_option(parser, argument, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* An option that nobody here knows may have a value: then the next word is that and not the
 * command, and a command that reads a bundle would be passed on with its bundle as it is. */
static int check_command(const struct parser *parser, const char *command, struct error *err)
{
	if (!parser->unknown || is_rewritten(command) ||
		is_among(command, passed, ARRAY_LENGTH(passed)))
		return 0;
	for (int i = parser->next; i < parser->argc; i++)
		if (is_rewritten(parser->argv[i]))
			return error_set(err, -EINVAL,
				"the option %s is not known here, so it is not clear whether "
				"\"%s\" is its value or the command; write %s=%s",
				parser->unknown, command, parser->unknown, command);
	return 0;
}

static int parse_bundle_options(struct parser *parser, struct error *err)
{
	struct arguments *arguments = parser->arguments;
	bool ended = false;
	const char *word;

	parser->options = bundle_options;
	parser->option_count = ARRAY_LENGTH(bundle_options);
	arguments->rewrites = true;
	arguments->bundle = ".";
	for (;;) {
		int r = next_word(parser, &ended, &word, err);

		if (r < 0)
			return r;
		if (parser->informs)
			arguments->rewrites = false;
		if (!word)
			return 0;
		if (!arguments->id)
			arguments->id = word;
	}
}

int arguments_parse(int argc, char **argv, struct arguments *ret, struct error *err)
{
	struct parser parser = {
		.argv = argv,
		.argc = argc,
		.next = 1,
		.options = global_options,
		.option_count = ARRAY_LENGTH(global_options),
		.arguments = ret,
	};
	bool ended = false;
	const char *command;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = next_word(&parser, &ended, &command, err);
	if (r < 0 || !command)
		return r;
	r = check_command(&parser, command, err);
	if (r < 0)
		return r;
	ret->command = command;
	if (is_rewritten(command))
		return parse_bundle_options(&parser, err);
	/* Its only option is --help, and an id never begins like one. */
	ret->starts = !strcmp(command, "start") && parser.next < argc;
	if (ret->starts)
		ret->id = argv[parser.next];
	return 0;
}
