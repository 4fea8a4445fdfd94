/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "support.h"

UNIT_SUITE(json);

static int parse_bytes(
	const char *text, size_t length, struct json_document *ret, struct error *err)
{
	/* Exactly as long as it is: what reads beyond the end is caught. */
	char *copy = malloc(length ? length : 1);

	cr_assert_not_null(copy);
	memcpy(copy, text, length);
	return json_parse("name", copy, length, ret, err);
}

static struct json_document parse_sample(const char *source)
{
	struct sample sample = sample_make(source);
	struct json_document document;
	struct error err = ERROR_INIT;
	int r = json_parse("name", sample.text, sample.length, &document, &err);

	cr_assert_eq(r, 0, "%s: %s", source, r < 0 ? error_message(&err) : "");
	return document;
}

/* A member's or an item's value by a path such as `a[1].b`. */
static const struct json *find_node(const struct json *node, const char *wanted)
{
	AUTO_FREE char *path = json_path(node);

	cr_assert_not_null(path);
	if (!strcmp(path, wanted))
		return node;
	for (const struct json *child = node->first; child; child = child->next) {
		const struct json *found = find_node(child, wanted);

		if (found)
			return found;
	}
	return NULL;
}

Test(json, values_remember_their_place)
{
	static const char source[] = "\n { 'a' : [ 1 , -2.5e3,'x\\n' ] ,\n"
				     "\t'b':{'c':null , 'd':true,'e' :false},'f':'\xc3\xa4'\n} ";
	static const struct {
		const char *path, *slice, *key;
		enum json_type type;
		size_t index, count;
	} cases[] = {
		{"a", "[ 1 , -2.5e3,'x\\n' ]", "a", JSON_ARRAY, 0, 3},
		{"a[0]", "1", NULL, JSON_NUMBER, 0, 0},
		{"a[1]", "-2.5e3", NULL, JSON_NUMBER, 1, 0},
		{"a[2]", "'x\\n'", NULL, JSON_STRING, 2, 0},
		{"b", "{'c':null , 'd':true,'e' :false}", "b", JSON_OBJECT, 1, 3},
		{"b.c", "null", "c", JSON_NULL, 0, 0},
		{"b.d", "true", "d", JSON_BOOLEAN, 1, 0},
		{"b.e", "false", "e", JSON_BOOLEAN, 2, 0},
		{"f", "'\xc3\xa4'", "f", JSON_STRING, 2, 0},
	};
	struct json_document document = parse_sample(source);

	cr_expect_eq(document.root->start, 2);
	cr_expect_eq(document.root->end, document.length - 1);
	cr_expect_null(document.root->parent);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct json *node = find_node(document.root, cases[i].path);
		struct sample slice = sample_make(cases[i].slice);

		cr_assert_not_null(node, "%s", cases[i].path);
		cr_expect_eq(node->type, cases[i].type);
		cr_expect_eq(node->index, cases[i].index);
		cr_expect_eq(node->count, cases[i].count);
		cr_expect(node->end - node->start == slice.length &&
				  !memcmp(document.text + node->start, slice.text, slice.length),
			"%s: [%zu, %zu)", cases[i].path, node->start, node->end);
		free(slice.text);
		if (!cases[i].key) {
			cr_expect_null(node->key);
			cr_expect_eq(node->key_start, node->start);
			continue;
		}
		cr_expect_str_eq(node->key, cases[i].key);
		cr_expect_eq(document.text[node->key_start], '"', "%s", cases[i].path);
		cr_expect_eq(document.text[node->key_start + 1], cases[i].key[0]);
	}
	cr_expect_str_eq(find_node(document.root, "a[1]")->text, "-2.5e3");
	cr_expect_str_eq(find_node(document.root, "a[2]")->text, "x\n");
	cr_expect(find_node(document.root, "b.d")->boolean);
	cr_expect_not(find_node(document.root, "b.e")->boolean);
	json_document_finish(&document);
}

Test(json, the_root_may_be_any_value)
{
	static const struct {
		const char *source;
		enum json_type type;
	} cases[] = {
		{"null", JSON_NULL},
		{"true", JSON_BOOLEAN},
		{"'x'", JSON_STRING},
		{"[]", JSON_ARRAY},
		{"{}", JSON_OBJECT},
		{"12", JSON_NUMBER},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *spaced = format_text(" %s ", cases[i].source);
		struct json_document document = parse_sample(spaced);

		cr_expect_eq(document.root->type, cases[i].type);
		cr_expect_eq(document.root->start, 1, "%s", spaced);
		cr_expect_eq(document.root->end, strlen(spaced) - 1, "%s", spaced);
		json_document_finish(&document);
	}
}

Test(json, the_root_may_end_the_text)
{
	static const char *const sources[] = {"null", "true", "'x'", "[]", "{}", "12", "[12]"};

	for (size_t i = 0; i < ARRAY_LENGTH(sources); i++) {
		struct json_document document = parse_sample(sources[i]);

		cr_expect(document.root->start == 0 && document.root->end == strlen(sources[i]),
			"%s: [%zu, %zu)", sources[i], document.root->start, document.root->end);
		json_document_finish(&document);
	}
}

Test(json, the_document_keeps_name_and_text)
{
	struct json_document document = parse_sample("{'a': [1, 2]}");

	cr_expect_str_eq(document.name, "name");
	cr_expect_eq(document.length, 13);
	cr_expect_eq(memcmp(document.text, "{\"a\": [1, 2]}", 13), 0);
	json_document_finish(&document);
	cr_expect_null(document.text);
	cr_expect_null(document.root);
	json_document_finish(&document);
}

Test(json, strings_are_decoded)
{
	static const struct {
		const char *source, *text;
	} cases[] = {
		{"['']", ""},
		{"['a\\'b']", "a\"b"},
		{"['\\\\ \\/ \\b\\f\\n\\r\\t']", "\\ / \b\f\n\r\t"},
		{"['\\u00e4']", "\xc3\xa4"},
		{"['\\u20ac']", "\xe2\x82\xac"},
		{"['\\ud83d\\ude00']", "\xf0\x9f\x98\x80"},
		{"['\xf0\x9f\x98\x80']", "\xf0\x9f\x98\x80"},
		{"['\\u0001']", "\x01"},
		/* the ends of what UTF-8 can say */
		{"['\xc2\x80\xdf\xbf\xe0\xa0\x80']", "\xc2\x80\xdf\xbf\xe0\xa0\x80"},
		{"['\xed\x9f\xbf\xee\x80\x80']", "\xed\x9f\xbf\xee\x80\x80"},
		{"['\xf0\x90\x80\x80\xf4\x8f\xbf\xbf']", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
		/* an escaped backslash is no escape of a surrogate */
		{"['\\\\ud800']", "\\ud800"},
		{"['\\ud83d\\ude00\\ud83d\\ude00']", "\xf0\x9f\x98\x80\xf0\x9f\x98\x80"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct json_document document = parse_sample(cases[i].source);

		cr_expect_str_eq(document.root->first->text, cases[i].text, "%s", cases[i].source);
		json_document_finish(&document);
	}
}

struct refused_text {
	const char *text;
	size_t length; /* 0: it is a string */
	const char *place, *what;
};

static void expect_refused(const struct refused_text *c, size_t number)
{
	size_t length = c->length ? c->length : strlen(c->text);
	struct json_document document = {0};
	struct error err = ERROR_INIT;
	AUTO_FREE char *place = format_text("name:%s: ", c->place);
	int r = parse_bytes(c->text, length, &document, &err);

	cr_expect_eq(r, -EINVAL, "case %zu: %d", number, r);
	if (r == 0) {
		json_document_finish(&document);
		return;
	}
	cr_expect_eq(err.code, -EINVAL);
	cr_expect(strncmp(error_message(&err), place, strlen(place)) == 0, "case %zu, at %s: %s",
		number, c->place, error_message(&err));
	cr_expect(contains(error_message(&err), c->what), "case %zu: %s", number,
		error_message(&err));
	error_finish(&err);
}

Test(json, what_is_not_json)
{
	static const struct refused_text cases[] = {
		{"x", 0, "1:1", "not valid JSON"},
		{"\n\n  x", 0, "3:3", "not valid JSON"},
		{"tru", 0, "1:1", ""},
		{"[1, truf]", 0, "1:5", "not valid JSON"},
		{"[1 2]", 0, "1:4", "not valid JSON"},
		{"[1,]", 0, "1:4", "not valid JSON"},
		{"{\"a\":1,}", 0, "1:8", "not valid JSON"},
		{"{\"a\" 1}", 0, "1:6", "not valid JSON"},
		{"{\"a\":}", 0, "1:6", "not valid JSON"},
		{"{1:2}", 0, "1:2", "not valid JSON"},
		{"]", 0, "1:1", "not valid JSON"},
		{"[01]", 0, "1:3", "not valid JSON"},
		{"[1.]", 0, "1:2", "not valid JSON"},
		{"[-]", 0, "1:2", "not valid JSON"},
		{"[+1]", 0, "1:2", "not valid JSON"},
		{"[NaN]", 0, "1:2", "not valid JSON"},
		{"['a']", 0, "1:2", "not valid JSON"},
		{"[\"\\x\"]", 0, "1:2", "not valid JSON"},
		{"[\"a\nb\"]", 0, "1:2", "not valid JSON"},
		{"// x\n1", 0, "1:1", "not valid JSON"},
		{"/* x */1", 0, "1:1", "not valid JSON"},
		{"\xef\xbb\xbf{}", 0, "1:1", "not valid JSON"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		expect_refused(&cases[i], i);
}

Test(json, trailing_text)
{
	static const struct refused_text cases[] = {
		{"{} x", 0, "1:4", "not valid JSON"},
		{"{}{}", 0, "1:3", "not valid JSON"},
		{"[1]]", 0, "1:4", "not valid JSON"},
		{"1 2", 0, "1:3", "not valid JSON"},
		{"{}\n\n1", 0, "3:1", "not valid JSON"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		expect_refused(&cases[i], i);
}

/* A separator too many: the place is that separator, not what follows. */
Test(json, place_of_a_stray_separator)
{
	static const struct refused_text cases[] = {
		{"[1,,2]", 0, "1:4", "not valid JSON"},
		{"{,}", 0, "1:2", "not valid JSON"},
		{"{\"a\"::1}", 0, "1:6", "not valid JSON"},
		{"[1\n,\n,\n2]", 0, "3:1", "not valid JSON"},
		{"{}\n\n,", 0, "3:1", "not valid JSON"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		expect_refused(&cases[i], i);
}

Test(json, a_nul_in_the_text)
{
	static const struct refused_text cases[] = {
		{"[1,\0 2]", 7, "1:4", "not valid JSON"},
		{"{}\0", 3, "1:3", "not valid JSON"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		expect_refused(&cases[i], i);
}

Test(json, texts_that_end_too_early)
{
	static const struct refused_text cases[] = {
		{"{", 0, "1:2", "too early"},
		{"{\"a\":\n1", 0, "2:2", "too early"},
		{"[1,", 0, "1:4", "too early"},
		{"[\"abc", 0, "1:6", "too early"},
		{"  \n", 0, "2:1", "too early"},
	};
	static const char whole[] = "{\"a\": [1, \"x\", {\"b\": null}]}";
	struct json_document document;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		expect_refused(&cases[i], i);
	cr_expect_eq(parse_bytes("", 0, &document, &err), -EINVAL);
	cr_expect(contains(error_message(&err), "name:1:1: "), "%s", error_message(&err));
	cr_expect(contains(error_message(&err), "empty"), "%s", error_message(&err));
	error_finish(&err);
	for (size_t length = 0; length < sizeof(whole) - 1; length++) {
		cr_expect_eq(
			parse_bytes(whole, length, &document, &err), -EINVAL, "%zu bytes", length);
		error_finish(&err);
	}
}

Test(json, utf8_must_be_valid)
{
	static const struct refused_text cases[] = {
		{"[\"\x80\"]", 0, "1:2", ""},		      /* continuation alone */
		{"[\"\xff\"]", 0, "1:2", ""},		      /* never in UTF-8 */
		{"[\"\xc3\"]", 0, "1:2", ""},		      /* continuation missing */
		{"[\"\xe2\x82\"]", 0, "1:2", ""},	      /* second one missing */
		{"[\"\xf8\x88\x80\x80\x80\"]", 0, "1:2", ""}, /* five bytes */
		{"{\"\xff\": 1}", 0, "1:2", ""},	      /* in a key */
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		expect_refused(&cases[i], i);
}

/* RFC 3629: no overlong form (C0 80 is a NUL in disguise), no surrogate, nothing above U+10FFFF. */
Test(json, utf8_has_one_form_of_each_character)
{
	static const struct refused_text cases[] = {
		{"[\"\xc0\x80\"]", 0, "1:2", ""},
		{"[\"\xc0\xaf\"]", 0, "1:2", ""},
		{"[\"\xe0\x80\xaf\"]", 0, "1:2", ""},
		{"[\"\xf0\x80\x80\xaf\"]", 0, "1:2", ""},
		{"[\"\xed\xa0\x80\"]", 0, "1:2", ""},
		{"[\"\xf4\x90\x80\x80\"]", 0, "1:2", ""},
		{"[\"\xf5\x80\x80\x80\"]", 0, "1:2", ""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		expect_refused(&cases[i], i);
}

/* Half a surrogate pair is no character: it must not turn into another one without a word. */
Test(json, half_a_surrogate_pair)
{
	static const char *const texts[] = {"[\"\\ud800\"]", "[\"\\ud800x\"]", "[\"\\udc00\"]",
		"[\"\\ud800\\ud800\"]", "[\"\\udc00\\ud800\"]", "[\"\\\\\\ud800\"]",
		"[\"\\ud83d\\ude00\\ud83d\"]", "{\"\\ud800\": 1}"};

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct json_document document;
		struct error err = ERROR_INIT;
		int r = parse_bytes(texts[i], strlen(texts[i]), &document, &err);

		cr_expect_eq(r, -EINVAL, "%s became \"%s\"", texts[i],
			r == 0 ? document.root->first->text : "");
		if (r == 0)
			json_document_finish(&document);
		error_finish(&err);
	}
}

Test(json, strings_with_a_nul)
{
	static const char *const texts[] = {"[\"a\\u0000b\"]", "{\"a\\u0000b\": 1}", "\"\\u0000\""};
	struct json_document document;

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct error err = ERROR_INIT;

		cr_expect_eq(parse_bytes(texts[i], strlen(texts[i]), &document, &err), -EINVAL);
		cr_expect(strncmp(error_message(&err), "name:1:", 7) == 0);
		cr_expect(contains(error_message(&err), "NUL"), "%s", error_message(&err));
		error_finish(&err);
	}
}

static char *nested(const char *open, const char *close, size_t levels)
{
	char *text = calloc(1, levels * (strlen(open) + strlen(close)) + 2);

	cr_assert_not_null(text);
	for (size_t i = 0; i < levels; i++)
		strcat(text, open);
	strcat(text, "1");
	for (size_t i = 0; i < levels; i++)
		strcat(text, close);
	return text;
}

Test(json, depth_limit)
{
	static const struct {
		const char *open, *close;
		size_t levels;
		int code;
	} cases[] = {
		{"[", "]", 99, 0},
		{"[", "]", 100, 0},
		{"[", "]", 101, -EINVAL},
		{"[", "]", 5000, -EINVAL},
		{"{\"a\":", "}", 100, 0},
		{"{\"a\":", "}", 101, -EINVAL},
		{"{\"a\":[", "]}", 50, 0},
		{"{\"a\":[", "]}", 51, -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *text = nested(cases[i].open, cases[i].close, cases[i].levels);
		struct json_document document;
		struct error err = ERROR_INIT;
		int r = parse_bytes(text, strlen(text), &document, &err);

		cr_expect_eq(r, cases[i].code, "%zu of %s: %d", cases[i].levels, cases[i].open, r);
		if (r == 0)
			json_document_finish(&document);
		else
			cr_expect(contains(error_message(&err), "100 levels"));
		error_finish(&err);
	}
}

Test(json, depth_is_not_a_count_of_values)
{
	struct json_document document;
	struct error err = ERROR_INIT;
	char text[4001] = "[";

	for (int i = 0; i < 500; i++)
		strcat(text, "[1],{},");
	strcat(text, "0]");
	cr_assert_eq(parse_bytes(text, strlen(text), &document, &err), 0);
	cr_expect_eq(document.root->count, 1001);
	json_document_finish(&document);
}

Test(json, position_of_an_offset)
{
	static const struct {
		size_t offset;
		unsigned line, column;
	} cases[] = {
		{0, 1, 1}, {1, 1, 2}, {2, 2, 1}, /* after the line feed */
		{3, 3, 1}, {4, 3, 2}, {7, 3, 5}, /* columns are bytes: a character of two before */
		{8, 3, 6}, {100, 3, 6},		 /* beyond the end: the end */
	};
	struct json_document document = parse_sample("[\n\n '\xc3\xa4']");

	cr_assert_eq(document.length, 9);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		size_t offset = cases[i].offset;
		unsigned line, column, wanted = cases[i].column + (offset == 100);

		json_position(&document, offset, &line, &column);
		cr_expect(line == cases[i].line && column == wanted, "%zu: %u:%u", offset, line,
			column);
	}
	json_document_finish(&document);
}

Test(json, paths)
{
	static const char *const paths[] = {"", "syscalls", "syscalls[0]", "syscalls[1].action",
		"syscalls[1].args[0].index", "syscalls[2][1][0]", "syscalls[2][1][0].x"};
	struct json_document document = parse_sample(
		"{'syscalls': [1, {'action': 'x', 'args': [{'index': 1}]}, [0, [{'x': 1}]]]}");

	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++)
		cr_expect_not_null(find_node(document.root, paths[i]), "%s", paths[i]);
	json_document_finish(&document);
	document = parse_sample("[[1]]");
	cr_expect_not_null(find_node(document.root, "[0][0]"));
	json_document_finish(&document);
}

Test(json, member_look_up)
{
	static const struct {
		const char *key;
		const char *text; /* NULL: no such member */
	} cases[] = {
		{"a", "1"},
		{"b", NULL},	 /* null */
		{"twice", "2"},	 /* the first */
		{"first", NULL}, /* the first is null */
		{"", "5"},
		{"A", NULL},
		{"missing", NULL},
	};
	struct json_document document = parse_sample("{'a': 1, 'b': null, 'twice': 2, 'twice': 3,"
						     "'first': null, 'first': 4, '': 5, 'c': []}");

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct json *member = json_member(document.root, cases[i].key);

		if (cases[i].text)
			cr_expect(
				member && !strcmp(member->text, cases[i].text), "%s", cases[i].key);
		else
			cr_expect_null(member, "%s", cases[i].key);
	}
	cr_expect_null(json_member(NULL, "a"));
	cr_expect_null(json_member(json_member(document.root, "a"), "a"));
	cr_expect_null(json_member(json_member(document.root, "c"), "a"));
	cr_expect_eq(document.root->count, 8, "duplicate keys are kept");
	json_document_finish(&document);
}

/* Reading by tables. */

struct reading {
	struct json_document document;
	struct diagnostics diagnostics;
	struct json_reader reader;
};

static void reading_start(struct reading *reading, const char *source)
{
	memset(reading, 0, sizeof(*reading));
	reading->document = parse_sample(source);
	reading->reader.document = &reading->document;
	reading->reader.diagnostics = &reading->diagnostics;
}

static void reading_end(struct reading *reading)
{
	diagnostics_finish(&reading->diagnostics);
	json_document_finish(&reading->document);
}

static void expect_finding(const struct reading *reading, size_t index, const char *wanted)
{
	AUTO_FREE char *found = format_finding(&reading->diagnostics, index);

	cr_expect_str_eq(found, wanted, "%s", found);
}

struct counts {
	unsigned one, two;
};

static void read_one(struct json_reader *reader, const struct json *value, void *target)
{
	(void)reader;
	(void)value;
	((struct counts *)target)->one++;
}

static void read_two(struct json_reader *reader, const struct json *value, void *target)
{
	(void)reader;
	(void)value;
	((struct counts *)target)->two++;
}

Test(json, objects_are_read_by_a_table)
{
	static const struct json_field fields[] = {
		{"one", true, read_one},
		{"second", false, read_two},
	};
	static const struct {
		const char *source;
		bool skip_unknown;
		unsigned one, two;
		const char *messages[3];
	} cases[] = {
		{"{'one': 1}", false, 1, 0, {NULL}},
		{"{'second': [], 'one': {}}", false, 1, 1, {NULL}},
		{"{'one': 1, 'second': null}", false, 1, 0, {NULL}},
		{"{}", false, 0, 0, {"name:1:1: \"one\" is missing"}},
		{"\n {'one': null}", false, 0, 0, {"name:2:2: \"one\" is missing"}},
		{"[1]", false, 0, 0, {"name:1:1: must be an object, not an array"}},
		{"null", false, 0, 0, {"name:1:1: must be an object, not null"}},
		{"{'one': 1,\n'secnd': 2}", false, 1, 0,
			{"name:2:10: secnd: unknown key \"secnd\"; did you mean second?"}},
		{"{'one': 1, 'zzzzzz': null}", false, 1, 0,
			{"name:1:22: zzzzzz: unknown key \"zzzzzz\""}},
		{"{'one': 1, 'zzzzzz': 2, 'zzzzzz': 3}", true, 1, 0, {NULL}},
		{"{'one': 1,\n'one': 2}", false, 1, 0,
			{"name:2:8: one: the key \"one\" stands twice"}},
		{"{'one': 1,\n'one': 2}", true, 1, 0,
			{"name:2:8: one: the key \"one\" stands twice"}},
		{"{'one': null, 'one': 1}", false, 0, 0,
			{"name:1:22: one: the key \"one\" stands twice",
				"name:1:1: \"one\" is missing"}},
		{"{'x': 1, 'y': 2}", false, 0, 0,
			{"name:1:7: x: unknown key \"x\"", "name:1:15: y: unknown key \"y\"",
				"name:1:1: \"one\" is missing"}},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct reading reading;
		struct counts counts = {0};
		size_t wanted = 0;

		while (wanted < 3 && cases[i].messages[wanted])
			wanted++;
		reading_start(&reading, cases[i].source);
		reading.reader.skip_unknown = cases[i].skip_unknown;
		json_read_object(&reading.reader, reading.document.root, fields,
			ARRAY_LENGTH(fields), &counts);
		cr_expect_eq(counts.one, cases[i].one, "%s", cases[i].source);
		cr_expect_eq(counts.two, cases[i].two, "%s", cases[i].source);
		cr_assert_eq(reading.diagnostics.count, wanted, "%s", cases[i].source);
		cr_expect_eq(reading.diagnostics.errors, wanted);
		for (size_t n = 0; n < wanted; n++)
			expect_finding(&reading, n, cases[i].messages[n]);
		reading_end(&reading);
	}
}

Test(json, thirty_two_fields)
{
	static char keys[32][4];
	struct json_field fields[32];
	struct reading reading;
	struct counts counts = {0};

	for (size_t i = 0; i < 32; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
		fields[i] = (struct json_field){keys[i], i == 31, read_one};
	}
	reading_start(&reading, "{'k0': 1, 'k31': 1, 'k31': 2}");
	json_read_object(&reading.reader, reading.document.root, fields, 32, &counts);
	cr_expect_eq(counts.one, 2);
	cr_expect_eq(reading.diagnostics.errors, 1);
	reading_end(&reading);
	reading_start(&reading, "{'k0': 1}");
	json_read_object(&reading.reader, reading.document.root, fields, 32, &counts);
	cr_assert_eq(reading.diagnostics.errors, 1);
	expect_finding(&reading, 0, "name:1:1: \"k31\" is missing");
	reading_end(&reading);
}

Test(json, unsigned_numbers)
{
	static const struct {
		const char *source;
		uint64_t limit;
		bool accepted;
		uint64_t value;
	} cases[] = {
		{"[0]", UINT64_MAX, true, 0},
		{"[5]", 5, true, 5},
		{"[6]", 5, false, 0},
		{"[4294967296]", UINT64_MAX, true, UINT64_C(4294967296)},
		{"[9223372036854775808]", UINT64_MAX, true, UINT64_C(9223372036854775808)},
		{"[18446744073709551615]", UINT64_MAX, true, UINT64_MAX},
		{"[18446744073709551616]", UINT64_MAX, false, 0},
		{"[99999999999999999999999999]", UINT64_MAX, false, 0},
		{"[18446744073709551615]", UINT64_MAX - 1, false, 0},
		{"[-1]", UINT64_MAX, false, 0},
		{"[-0]", UINT64_MAX, false, 0},
		{"[1.0]", UINT64_MAX, false, 0},
		{"[1e3]", UINT64_MAX, false, 0},
		{"['1']", UINT64_MAX, false, 0},
		{"[null]", UINT64_MAX, false, 0},
		{"[true]", UINT64_MAX, false, 0},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct reading reading;
		uint64_t value = 4711;
		bool accepted;

		reading_start(&reading, cases[i].source);
		accepted = json_read_unsigned(
			&reading.reader, reading.document.root->first, cases[i].limit, &value);
		cr_expect_eq(accepted, cases[i].accepted, "%s", cases[i].source);
		cr_expect_eq(
			value, cases[i].accepted ? cases[i].value : 4711, "%s", cases[i].source);
		cr_assert_eq(reading.diagnostics.errors, cases[i].accepted ? 0 : 1);
		if (!accepted)
			cr_expect_str_eq(reading.diagnostics.items[0].place, "name:1:2");
		reading_end(&reading);
	}
}

Test(json, strings_and_booleans)
{
	struct reading reading;
	const struct json *string, *boolean;
	char *text = strdup("old");
	bool value = false;

	reading_start(&reading, "['new', true]");
	string = reading.document.root->first;
	boolean = string->next;
	cr_expect(json_read_string(&reading.reader, string, &text));
	cr_expect_str_eq(text, "new");
	cr_expect(json_read_boolean(&reading.reader, boolean, &value));
	cr_expect(value);
	cr_expect_eq(reading.diagnostics.count, 0);
	cr_expect_not(json_read_string(&reading.reader, boolean, &text));
	cr_expect_str_eq(text, "new");
	cr_expect_not(json_read_boolean(&reading.reader, string, &value));
	cr_expect(value);
	cr_assert_eq(reading.diagnostics.errors, 2);
	expect_finding(&reading, 0, "name:1:9: [1]: must be a string, not true or false");
	expect_finding(&reading, 1, "name:1:2: [0]: must be true or false, not a string");
	free(text);
	reading_end(&reading);
}

Test(json, types_that_are_expected)
{
	static const char source[] = "[null, true, 1, 'x', [], {}]";
	static const char *const names[] = {
		"null", "true or false", "a number", "a string", "an array", "an object"};
	struct reading reading;
	const struct json *item;

	reading_start(&reading, source);
	item = reading.document.root->first;
	for (int type = JSON_NULL; type <= JSON_OBJECT; type++, item = item->next) {
		cr_expect_str_eq(json_type_name((enum json_type)type), names[type]);
		for (int wanted = JSON_NULL; wanted <= JSON_OBJECT; wanted++)
			cr_expect_eq(json_expect(&reading.reader, item, (enum json_type)wanted),
				type == wanted);
	}
	cr_expect_eq(reading.diagnostics.errors, 30);
	reading_end(&reading);
}

Test(json, findings_are_collected_in_order)
{
	struct reading reading;
	struct error err = ERROR_INIT;
	const struct json *first;

	reading_start(&reading, "{'a':\n [1]}");
	first = reading.document.root->first;
	json_report(&reading.reader, first, SEVERITY_NOTE, "note %d", 1);
	cr_expect_eq(diagnostics_result(&reading.diagnostics, &err), 0);
	json_report(&reading.reader, first->first, SEVERITY_WARNING, "warning");
	cr_expect_eq(diagnostics_result(&reading.diagnostics, &err), 0);
	cr_expect_eq(err.code, 0);
	json_report(&reading.reader, reading.document.root, SEVERITY_ERROR, "error");
	cr_expect_eq(diagnostics_result(&reading.diagnostics, &err), -EINVAL);
	cr_expect_str_eq(error_message(&err), "name:1:1: error");
	json_report(&reading.reader, first, SEVERITY_ERROR, "another");
	cr_expect_eq(diagnostics_result(&reading.diagnostics, &err), -EINVAL);
	cr_expect_eq(err.code, -EINVAL);
	cr_expect(contains(error_message(&err), "name:1:1: error"));
	cr_expect(contains(error_message(&err), "2 errors"), "%s", error_message(&err));
	error_finish(&err);
	cr_assert_eq(reading.diagnostics.count, 4);
	cr_expect_eq(reading.diagnostics.errors, 2);
	expect_finding(&reading, 0, "name:2:2: a: note 1");
	cr_expect_eq(reading.diagnostics.items[0].severity, SEVERITY_NOTE);
	cr_expect_str_eq(reading.diagnostics.items[0].place, "name:2:2");
	cr_expect_str_eq(reading.diagnostics.items[0].text, "a: note 1");
	expect_finding(&reading, 1, "name:2:3: a[0]: warning");
	cr_expect_eq(reading.diagnostics.items[1].severity, SEVERITY_WARNING);
	reading_end(&reading);
	cr_expect_eq(reading.diagnostics.count, 0);
	cr_expect_eq(reading.diagnostics.errors, 0);
}

Test(json, an_incomplete_collection_is_an_error)
{
	struct diagnostics diagnostics = {.incomplete = true};
	struct error err = ERROR_INIT;

	cr_expect_eq(diagnostics_result(&diagnostics, &err), -ENOMEM);
	cr_expect_eq(err.code, -ENOMEM);
	error_finish(&err);
}
