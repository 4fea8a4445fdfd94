/* SPDX-License-Identifier: Apache-2.0 */
#include "complete.h"

#include "cleanup.h"
#include "host.h"
#include "names.h"
#include "syscalls.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What is to be completed, and what has to stand in front of it: the option of `--option=`. */
struct wanted {
	const char *prefix;
	int option_length;
	const char *option;
};

static void offer(const struct wanted *wanted, const char *word, const char *description)
{
	if (strncmp(word, wanted->prefix, strlen(wanted->prefix)) != 0)
		return;
	printf("%.*s%s", wanted->option_length, wanted->option, word);
	printf(description ? "\t%s\n" : "\n", description);
}

/* Placeholders */

static void offer_architectures(const struct wanted *wanted)
{
	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if (arch != ARCH_X32)
			offer(wanted, architectures[arch].go_name, NULL);
}

static void offer_capabilities(const struct wanted *wanted)
{
	char name[64];

	for (unsigned i = 0; host_capability_name(i, name, sizeof(name)); i++)
		offer(wanted, name, NULL);
}

static void offer_calls(const struct wanted *wanted)
{
	enum { NUMBERS = 1024 }; /* more than any table has */
	struct target target;

	if (host_target(&target, NULL) < 0)
		return;
	for (uint32_t number = 0; number < NUMBERS; number++) {
		const char *name = syscall_name(target.arch, number);

		if (name)
			offer(wanted, name, NULL);
	}
}

static void offer_command(const struct wanted *wanted)
{
	(void)wanted;
	puts(":command");
}

static void offer_directories(const struct wanted *wanted)
{
	(void)wanted;
	puts(":directories");
}

static void offer_engines(const struct wanted *wanted)
{
	static const char *const engines[] = {"containerd", "crio", "docker", "podman"};

	for (size_t i = 0; i < ARRAY_LENGTH(engines); i++)
		offer(wanted, engines[i], NULL);
}

static void offer_nothing(const struct wanted *wanted)
{
	(void)wanted;
}

static void offer_profiles(const struct wanted *wanted)
{
	offer(wanted, "RuntimeDefault", "the built-in profile");
	puts(":files");
}

/* Whatever else is a file. */
static const struct {
	const char *name;
	void (*offer)(const struct wanted *wanted);
} placeholders[] = {
	{"A", offer_profiles},
	{"ARCH", offer_architectures},
	{"B", offer_profiles},
	{"CALL", offer_calls},
	{"CAP", offer_capabilities},
	{"COMMAND", offer_command},
	{"DIR", offer_directories},
	{"ENGINE", offer_engines},
	{"FORMAT", offer_nothing},
	{"ID", offer_nothing},
	{"K.M", offer_nothing},
	{"NAME", offer_nothing},
	{"PID", offer_nothing},
	{"PROFILE", offer_profiles},
	{"SOURCE_DIR", offer_directories},
	{"TIME", offer_nothing},
};

static void offer_alternative(const struct wanted *wanted, const char *word)
{
	if (!isupper((unsigned char)word[0])) {
		offer(wanted, word, NULL);
		return;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(placeholders); i++)
		if (!strcmp(placeholders[i].name, word)) {
			placeholders[i].offer(wanted);
			return;
		}
	puts(":files");
}

static bool is_option(const char *text)
{
	return text[0] == '-' && text[1] != '\0' && strcmp(text, "--") != 0;
}

static void offer_alternatives(const struct wanted *wanted, const char *words, bool options)
{
	AUTO_FREE char *copy = strdup(words);
	char *rest = copy, *word;

	while (rest && (word = strsep(&rest, "|")))
		if (is_option(word) == options)
			offer_alternative(wanted, word);
}

/* The grammar */

enum { TOKEN_LIMIT = 64 };

struct token {
	char text[TOKEN_LIMIT]; /* without brackets and dots */
	bool closes;		/* a bracket */
	bool repeats;
};

/* How long it is, with what closes behind it. A value ends where another option may stand. */
static size_t token_length(const char *start)
{
	size_t length = strcspn(start, " ");
	const char *other = start[0] == '-' ? NULL : memmem(start, length, "|--", 3);

	return other ? (size_t)(other - start) : length;
}

/* `*position` moves behind it. false: there is none. */
static bool next_token(const char **position, struct token *ret)
{
	const char *start = *position + strspn(*position, " |([");
	size_t whole = token_length(start), length = strcspn(start, " )]");
	char *dots;

	if (length > whole)
		length = whole;
	if (whole == 0)
		return false;
	*position = start + whole;
	*ret = (struct token){
		.closes = length < whole, .repeats = memmem(start, whole, "...", 3) != NULL};
	snprintf(ret->text, sizeof(ret->text), "%.*s", (int)length, start);
	dots = strstr(ret->text, "...");
	if (dots)
		memmove(dots, dots + 3, strlen(dots + 3) + 1);
	return true;
}

/* The token behind an option, when it is the option's value. */
static bool option_value(const struct token *option, const char *position, struct token *ret)
{
	return !option->closes && !strchr(option->text, '|') && position[0] == ' ' &&
	       position[1] != '[' && position[1] != '-' && next_token(&position, ret);
}

static bool is_alternative(const char *words, const char *word, size_t length)
{
	while (*words) {
		size_t one = strcspn(words, "|");

		if (one == length && !strncmp(words, word, length))
			return true;
		words += one + (words[one] == '|');
	}
	return false;
}

/* Whether the verb has the option (`length` characters of `name`) with a value. */
static bool find_value(const struct verb *verb, const char *name, size_t length, struct token *ret)
{
	const char *position = verb->arguments;
	struct token token;

	while (next_token(&position, &token))
		if (is_option(token.text) && is_alternative(token.text, name, length))
			return option_value(&token, position, ret);
	return false;
}

static void offer_options(const struct verb *verb, const struct wanted *wanted)
{
	const char *position = verb->arguments;
	struct token token;

	while (next_token(&position, &token))
		offer_alternatives(wanted, token.text, true);
	offer(wanted, "--help", "the arguments of this verb");
}

/* What stands at the place `index` among the arguments that are neither options nor values. */
static void offer_positional(const struct verb *verb, const struct wanted *wanted, size_t index)
{
	const char *position = verb->arguments;
	struct token token, value;

	while (next_token(&position, &token)) {
		if (is_option(token.text)) {
			if (option_value(&token, position, &value))
				next_token(&position, &value);
			continue;
		}
		if (index == 0 || token.repeats) {
			offer_alternatives(wanted, token.text, false);
			return;
		}
		index--;
	}
}

static void complete_verb(const struct verb *verb, char *const words[], size_t count)
{
	struct wanted wanted = {.prefix = words[count - 1], .option = ""};
	size_t positional = 0;
	bool options = true; /* not behind -- */
	struct token value;
	const char *equals;

	for (size_t i = 0; i + 1 < count; i++) {
		if (!options || !is_option(words[i])) {
			options = options && strcmp(words[i], "--") != 0;
			positional++;
		} else if (find_value(verb, words[i], strlen(words[i]), &value)) {
			if (i + 2 == count) {
				offer_alternatives(&wanted, value.text, false);
				return;
			}
			i++;
		}
	}
	equals = options && is_option(wanted.prefix) ? strchr(wanted.prefix, '=') : NULL;
	if (equals && find_value(verb, wanted.prefix, (size_t)(equals - wanted.prefix), &value)) {
		wanted = (struct wanted){
			equals + 1, (int)(equals + 1 - words[count - 1]), words[count - 1]};
		offer_alternatives(&wanted, value.text, false);
	} else if (options && wanted.prefix[0] == '-') {
		offer_options(verb, &wanted);
		offer_positional(verb, &wanted, positional); /* it may be -- or - */
	} else {
		offer_positional(verb, &wanted, positional);
	}
}

void complete(const struct verb *verbs, size_t count, char *const words[], size_t word_count)
{
	struct wanted wanted = {.option = ""};

	if (word_count == 0)
		return;
	if (word_count == 1) {
		wanted.prefix = words[0];
		for (size_t i = 0; i < count; i++)
			offer(&wanted, verbs[i].name, verbs[i].help);
		offer(&wanted, "--help", "the verbs");
		offer(&wanted, "--version", NULL);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (!strcmp(verbs[i].name, words[0]))
			complete_verb(&verbs[i], words + 1, word_count - 1);
}
