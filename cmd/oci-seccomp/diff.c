/* SPDX-License-Identifier: Apache-2.0 */
#include "diff.h"
#include "output.h"
#include "side.h"
#include "verbs.h"

#include "cleanup.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum requirement_of_relation {
	REQUIRE_SAME,
	REQUIRE_STRICTER, /* or the same */
};

struct request {
	struct target target;
	enum format format;
	enum requirement_of_relation require;
	char **names;
};

/* What became of the old verdict. */
static const char *const changes_in_words[RELATION_COUNT] = {
	[RELATION_STRICTER] = "tightened",
	[RELATION_LAXER] = "loosened",
	[RELATION_DIFFERENT] = "changed",
};

static const char *const colours[RELATION_COUNT] = {
	[RELATION_STRICTER] = "green",
	[RELATION_LAXER] = "red",
	[RELATION_DIFFERENT] = "yellow",
};

/* Writes `x86_64` into `buffer` and returns it. */
static const char *format_arch(int arch, char buffer[static 32])
{
	const char *name = architectures[arch].name + strlen("SCMP_ARCH_");
	size_t length = 0;

	for (; name[length] && length < 31; length++)
		buffer[length] = (char)tolower(name[length]);
	buffer[length] = '\0';
	return buffer;
}

/* Calls `each` with the name of every architecture of the change. */
static void for_each_arch(const struct change *change, FILE *out,
	void (*each)(FILE *out, const char *name, bool first))
{
	bool first = true;
	char name[32];

	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		if (!(change->architectures & UINT32_C(1) << arch))
			continue;
		each(out, format_arch(arch, name), first);
		first = false;
	}
	if (first)
		each(out, "others", true);
}

static void print_word(FILE *out, const char *name, bool first)
{
	fprintf(out, "%s%s", first ? "" : ", ", name);
}

static void print_string(FILE *out, const char *name, bool first)
{
	fprintf(out, "%s\"%s\"", first ? "" : ", ", name);
}

const char *change_word(enum relation relation)
{
	return changes_in_words[relation];
}

char *change_architectures(const struct change *change)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	for_each_arch(change, out, print_word);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* `if ...`, or `for some arguments, as ...`; NULL: no memory. */
static char *format_when(const struct change *change)
{
	const char *text = change->condition ? change->condition : change->example;
	char *result;

	if (!text)
		return strdup("");
	if (asprintf(&result, "%s %s", change->condition ? "if" : "for some arguments, as", text) <
		0)
		return NULL;
	return result;
}

static int add_row(struct output *output, const struct change *change)
{
	enum relation relation = change_relation(change);
	AUTO_FREE char *where = change_architectures(change), *when = format_when(change);
	char word[32];

	if (!where || !when)
		return -ENOMEM;
	output_row(output);
	output_cell(output, 0, change->call, NULL);
	output_cell(output, 1, changes_in_words[relation], colours[relation]);
	output_cell(output, 2, verdict_format(change->was, word, sizeof(word)), NULL);
	output_cell(output, 3, verdict_format(change->is, word, sizeof(word)), NULL);
	output_cell(output, 4, where, NULL);
	output_cell(output, 5, when, NULL);
	return 0;
}

static int print_table(const struct changes *changes, struct error *err)
{
	static const struct column columns[] = {
		{"CALL", 0, 0},
		{"CHANGE", 0, 0},
		{"WAS", 0, 0},
		{"IS", 0, 0},
		{"ARCHITECTURES", 0, 0},
		{"WHEN", SCOLS_FL_WRAP, 0},
	};
	struct output output;
	int r = 0;

	output_init(&output, FORMAT_TABLE, "changes", columns, ARRAY_LENGTH(columns));
	for (size_t i = 0; i < changes->count && r == 0; i++)
		r = add_row(&output, &changes->items[i]);
	r = r < 0 ? error_memory(err) : output_print(&output, err);
	output_finish(&output);
	return r;
}

/* The relation of the two sides: in one word, and as a sentence of their names. */
static const char *relation_word(const struct proof *proof)
{
	switch (proof->relation) {
	case RELATION_SAME:
		return "same";
	case RELATION_STRICTER:
		return "stricter";
	case RELATION_LAXER:
		return "laxer";
	default:
		return proof->examples[RELATION_STRICTER].found ||
				       proof->examples[RELATION_LAXER].found
			       ? "incomparable"
			       : "different";
	}
}

/* NULL: no memory. */
static char *format_relation(const struct proof *proof, char **names)
{
	AUTO_FREE char *a = text_printable(names[0]), *b = text_printable(names[1]);
	const char *word = relation_word(proof);
	char *text;
	int length;

	if (!a || !b)
		return NULL;
	if (proof->relation == RELATION_SAME)
		length = asprintf(&text, "%s and %s mean the same", a, b);
	else if (proof->relation != RELATION_DIFFERENT)
		length = asprintf(&text, "%s is %s than %s", a, word, b);
	else if (!strcmp(word, "different"))
		length = asprintf(
			&text, "%s and %s are equally strict, with other errors or data", a, b);
	else
		length = asprintf(&text, "%s and %s are incomparable: neither is stricter", a, b);
	return length < 0 ? NULL : text;
}

static void write_member(FILE *out, const char *key, const char *value)
{
	fprintf(out, "\"%s\": ", key);
	if (value)
		text_write_json(out, value);
	else
		fputs("null", out);
	fputs(", ", out);
}

static void write_json(FILE *out, const struct changes *changes)
{
	fprintf(out, "{\n   \"relation\": \"%s\",\n   \"changes\": [",
		relation_word(&changes->proof));
	for (size_t i = 0; i < changes->count; i++) {
		const struct change *change = &changes->items[i];
		char word[32];

		fputs(i == 0 ? "\n      {" : ",\n      {", out);
		write_member(out, "call", change->call);
		write_member(out, "change", changes_in_words[change_relation(change)]);
		write_member(out, "was", verdict_format(change->was, word, sizeof(word)));
		write_member(out, "is", verdict_format(change->is, word, sizeof(word)));
		write_member(out, "condition", change->condition);
		write_member(out, "example", change->example);
		fputs("\"architectures\": [", out);
		for_each_arch(change, out, print_string);
		fputs("]}", out);
	}
	fputs(changes->count > 0 ? "\n   ]\n}\n" : "]\n}\n", out);
}

static int write_html(FILE *out, const struct request *request, const struct changes *changes,
	const char *relation)
{
	AUTO_FREE char *title = NULL;
	int length = asprintf(&title, "%s \xe2\x86\x92 %s", request->names[0], request->names[1]);

	if (length < 0) {
		title = NULL;
		return -ENOMEM;
	}
	return diff_html(out, changes, title, relation);
}

/* As a whole: a page or document that is cut off is none. */
static int print_document(const struct request *request, const struct changes *changes,
	const char *relation, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int r = 0;

	if (!out)
		return error_memory(err);
	if (request->format == FORMAT_JSON)
		write_json(out, changes);
	else
		r = write_html(out, request, changes, relation);
	if (fclose(out) != 0 || r < 0)
		return error_memory(err);
	fwrite(text, 1, length, stdout);
	return 0;
}

static int print_changes(
	const struct request *request, const struct changes *changes, struct error *err)
{
	AUTO_FREE char *relation = format_relation(&changes->proof, request->names);
	int r = 0;

	if (!relation)
		return error_memory(err);
	if (request->format != FORMAT_TABLE)
		return print_document(request, changes, relation, err);
	if (changes->count > 0)
		r = print_table(changes, err);
	if (r == 0)
		puts(relation);
	return r;
}

static bool meets(const struct proof *proof, enum requirement_of_relation require)
{
	if (require == REQUIRE_SAME)
		return proof->relation == RELATION_SAME;
	return !proof->examples[RELATION_LAXER].found;
}

static int diff(const struct request *request, struct side *sides, struct error *err)
{
	struct changes changes;
	struct stack stacks[2];
	int r = 0, result;

	for (int i = 0; i < 2 && r == 0; i++)
		r = side_read(request->names[i], &request->target, &sides[i], &stacks[i], err);
	if (r == 0)
		r = compare_stacks(request->target.arch, &stacks[0], &stacks[1], &changes, err);
	if (prove_cannot_tell(r))
		r = error_prefix(err, r, "cannot tell");
	if (r < 0)
		return verb_failure(err);
	result = meets(&changes.proof, request->require) ? EXIT_SUCCESS : EXIT_FAILURE;
	r = print_changes(request, &changes, err);
	changes_finish(&changes);
	return r < 0 ? verb_failure(err) : result;
}

static int parse_require(const char *value, enum requirement_of_relation *ret, struct error *err)
{
	if (strcmp(value, "stricter") != 0 && strcmp(value, "same") != 0)
		return error_set(
			err, -EINVAL, "--require takes stricter or same, not \"%s\"", value);
	*ret = value[1] == 't' ? REQUIRE_STRICTER : REQUIRE_SAME;
	return 0;
}

static int set_option(struct request *request, int option, struct error *err)
{
	switch (option) {
	case 'f':
		return format_parse(optarg,
			1U << FORMAT_TABLE | 1U << FORMAT_JSON | 1U << FORMAT_HTML,
			&request->format, err);
	case 'r':
		return parse_require(optarg, &request->require, err);
	default:
		return target_set(&request->target, option, optarg, err);
	}
}

int verb_diff(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		TARGET_OPTIONS,
		{"format", required_argument, NULL, 'f'},
		{"require", required_argument, NULL, 'r'},
		{0},
	};
	struct request request = {.format = FORMAT_TABLE, .require = REQUIRE_SAME};
	struct error err = ERROR_INIT;
	struct side sides[2] = {0};
	int option, result, r = host_target(&request.target, &err);

	while (r == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		r = set_option(&request, option, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (argc - optind != 2)
		return verb_usage(verb, "two sides are needed");
	request.names = argv + optind;
	result = diff(&request, sides, &err);
	for (size_t i = 0; i < ARRAY_LENGTH(sides); i++)
		side_finish(&sides[i]);
	return result;
}
