/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Reads the words of describe.h as a person does, and says whether they hold for a call. */

#include "call.h"
#include "constants.h"
#include "support.h"
#include "syscalls.h"

struct words {
	const char *all, *rest;
	enum arch arch;
	const char *name;
	const struct seccomp_data *call;
	unsigned index; /* of the latest argument, whose constants come next */
};

static inline bool skip_word(struct words *words, const char *word)
{
	if (strncmp(words->rest, word, strlen(word)) != 0)
		return false;
	words->rest += strlen(word);
	return true;
}

static inline uint64_t read_words_argument(struct words *words)
{
	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++) {
		unsigned place = syscall_argument_index(words->arch, words->name, i);
		const char *known = syscall_argument_name(words->name, place);
		AUTO_FREE char *label = known ? strdup(known) : format_text("argument %u", i);
		size_t length = strlen(label);
		unsigned bits = syscall_argument_bits(words->arch, words->name, i);

		if (strncmp(words->rest, label, length) != 0 || !strchr(" ", words->rest[length]))
			continue;
		words->rest += length;
		words->index = i;
		return bits < 64 ? words->call->args[i] & ((UINT64_C(1) << bits) - 1)
				 : words->call->args[i];
	}
	cr_assert_fail("%s: no argument of %s at \"%s\"", words->all, words->name, words->rest);
	abort();
}

static inline uint64_t read_words_value(struct words *words)
{
	uint64_t all = 0, part;

	do {
		size_t length = strcspn(words->rest, " |,})");
		AUTO_FREE char *word = strndup(words->rest, length);

		if (word[0] >= '0' && word[0] <= '9')
			part = strtoull(word, NULL, 0);
		else
			cr_assert(constants_lookup(
					  words->arch, words->name, words->index, word, &part),
				"%s: unknown %s", words->all, word);
		all |= part;
		words->rest += length;
	} while (skip_word(words, "|"));
	return all;
}

static inline bool read_words_set(struct words *words, uint64_t argument)
{
	bool found = false;

	do
		found |= read_words_value(words) == argument;
	while (skip_word(words, ", "));
	cr_assert(skip_word(words, "}"), "%s", words->all);
	return found;
}

static inline bool read_words_comparison(struct words *words, uint64_t argument)
{
	if (skip_word(words, " == "))
		return argument == read_words_value(words);
	if (skip_word(words, " != "))
		return argument != read_words_value(words);
	if (skip_word(words, " <= "))
		return argument <= read_words_value(words);
	if (skip_word(words, " >= "))
		return argument >= read_words_value(words);
	if (skip_word(words, " < "))
		return argument < read_words_value(words);
	if (skip_word(words, " > "))
		return argument > read_words_value(words);
	if (skip_word(words, " in {"))
		return read_words_set(words, argument);
	if (skip_word(words, " not in {"))
		return !read_words_set(words, argument);
	cr_assert_fail("%s: at \"%s\"", words->all, words->rest);
	abort();
}

static inline bool read_words(struct words *words);

static inline bool read_words_term(struct words *words)
{
	const char *start = words->rest;
	uint64_t argument, low;
	bool holds;

	if (*start >= '0' && *start <= '9') { /* 5 <= a <= 9 */
		low = read_words_value(words);
		cr_assert(skip_word(words, " <= "), "%s", words->all);
		argument = read_words_argument(words);
		return read_words_comparison(words, argument) && low <= argument;
	}
	if (!skip_word(words, "(")) {
		argument = read_words_argument(words);
		return read_words_comparison(words, argument);
	}
	if (*words->rest != '(' && !(*words->rest >= '0' && *words->rest <= '9')) {
		argument = read_words_argument(words);
		if (skip_word(words, " & ")) {
			argument &= read_words_value(words);
			cr_assert(skip_word(words, ")"), "%s", words->all);
			return read_words_comparison(words, argument);
		}
	}
	words->rest = start + 1;
	holds = read_words(words);
	cr_assert(skip_word(words, ")"), "%s: at \"%s\"", words->all, words->rest);
	return holds;
}

/* `and` binds closer than `or`. */
static inline bool read_words(struct words *words)
{
	bool any = false, all;

	do {
		all = read_words_term(words);
		while (skip_word(words, " and "))
			all &= read_words_term(words);
		any |= all;
	} while (skip_word(words, " or "));
	return any;
}

static inline bool words_hold(
	const char *text, enum arch arch, const char *name, const struct seccomp_data *call)
{
	struct words words = {text, text, arch, name, call, 0};
	bool holds = read_words(&words);

	cr_assert_eq(*words.rest, '\0', "%s: at \"%s\"", text, words.rest);
	return holds;
}
