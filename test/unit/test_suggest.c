/* SPDX-License-Identifier: Apache-2.0 */
#include "suggest.h"

#include "support.h"

UNIT_SUITE(suggest);

enum { MOST_CANDIDATES = 5 };

struct suggestion_case {
	const char *word;
	const char *candidates[MOST_CANDIDATES];
	const char *best; /* NULL: none */
};

static const struct suggestion_case suggestion_cases[] = {
	/* nothing to choose from, or nothing near */
	{"openat", {NULL}, NULL},
	{"openat", {"socket", "ptrace"}, NULL},
	{"x", {"socket", "ptrace"}, NULL},
	{"", {"read"}, NULL},
	/* one change: a letter more, less, another */
	{"opennat", {"close", "openat"}, "openat"},
	{"opnat", {"close", "openat"}, "openat"},
	{"openet", {"close", "openat"}, "openat"},
	/* a swap of neighbours is one change: two would be too many for so short a word */
	{"raed", {"read"}, "read"},
	{"eadr", {"read"}, NULL},
	/* without regard to case */
	{"READ", {"read"}, "read"},
	{"scmp_act_allow", {"SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW"}, "SCMP_ACT_ALLOW"},
	/* the nearest, wherever it stands */
	{"opena", {"openat2", "openat", "open_tree"}, "openat"},
	{"opena", {"openat", "openat2", "open_tree"}, "openat"},
	{"SCMP_ACT_KIL", {"SCMP_ACT_LOG", "SCMP_ACT_KILL", "SCMP_ACT_ALLOW"}, "SCMP_ACT_KILL"},
	/* of equals the first */
	{"setuif", {"setuid", "setuix"}, "setuid"},
};

static const char *best_of(const struct suggestion_case *c, char *buffer, size_t size)
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, c->word);
	for (size_t i = 0; i < MOST_CANDIDATES && c->candidates[i]; i++)
		suggestion_consider(&suggestion, c->candidates[i]);
	return suggestion_format(&suggestion, buffer, size);
}

Test(suggest, nearest_candidate)
{
	for (size_t i = 0; i < ARRAY_LENGTH(suggestion_cases); i++) {
		const struct suggestion_case *c = &suggestion_cases[i];
		AUTO_FREE char *wanted =
			format_text(c->best ? "; did you mean %s?" : "%s", c->best ? c->best : "");
		char buffer[64];
		const char *found = best_of(c, buffer, sizeof(buffer));

		cr_expect(found == buffer);
		cr_expect_str_eq(found, wanted, "case %zu, \"%s\": \"%s\"", i, c->word, found);
	}
}

Test(suggest, words_of_any_length)
{
	char word[401];

	for (size_t length = 0; length < sizeof(word); length++) {
		struct suggestion suggestion;
		char buffer[16];

		memset(word, 'x', length);
		word[length] = '\0';
		suggestion_init(&suggestion, word);
		suggestion_consider(&suggestion, "openat");
		suggestion_init(&suggestion, "openat");
		suggestion_consider(&suggestion, word);
		cr_expect_str_empty(suggestion_format(&suggestion, buffer, sizeof(buffer)));
	}
}

Test(suggest, a_small_buffer_is_not_overrun)
{
	struct suggestion suggestion;
	char buffer[12] = "zzzzzzzzzzz";

	suggestion_init(&suggestion, "opena");
	suggestion_consider(&suggestion, "openat");
	suggestion_format(&suggestion, buffer, 8);
	cr_expect_eq(buffer[7], '\0');
	cr_expect_str_eq(buffer + 8, "zzz");
}
