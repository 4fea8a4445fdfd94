/* SPDX-License-Identifier: Apache-2.0 */
#include "splice.h"

#include "support.h"

UNIT_SUITE(splice);

static struct json_document parse(const char *source)
{
	struct sample sample = sample_make(source);
	struct error err = ERROR_INIT;
	struct json_document document;
	int r = json_parse("config.json", sample.text, sample.length, &document, &err);

	cr_assert_eq(r, 0, "%s: %s", source, r < 0 ? error_message(&err) : "");
	return document;
}

/* In samples ' stands for ". */
static void check(const char *before, const char *object, const char *after)
{
	struct json_document document = parse(before);
	struct sample wanted = sample_make(after);
	struct sample value = sample_make(object ? object : "");
	struct error err = ERROR_INIT;
	char *text;
	size_t length;
	int r = splice_seccomp(&document, object ? value.text : NULL, &text, &length, &err);

	cr_assert_eq(r, 0, "%s: %s", before, r < 0 ? error_message(&err) : "");
	cr_assert_eq(length, strlen(text));
	cr_expect_str_eq(text, wanted.text, "%s\nbecomes\n%s\nnot\n%s", before, text, wanted.text);
	free(text);
	free(wanted.text);
	free(value.text);
	json_document_finish(&document);
}

Test(splice, sets)
{
	static const struct {
		const char *before, *after; /* with the object {'a':1} */
	} cases[] = {
		/* there: the value alone changes, whatever it was */
		{"{'linux':{'seccomp':{}}}", "{'linux':{'seccomp':{'a':1}}}"},
		{"{'linux':{'seccomp':null}}", "{'linux':{'seccomp':{'a':1}}}"},
		{"{'linux':{'seccomp' : [ 1, 2 ] }}", "{'linux':{'seccomp' : {'a':1} }}"},
		{"{'linux':{'seccomp':'x','b':2}}", "{'linux':{'seccomp':{'a':1},'b':2}}"},
		{"{'linux':{'b':2,'seccomp':{'defaultAction':'SCMP_ACT_KILL'},'c':3},'d':4}",
			"{'linux':{'b':2,'seccomp':{'a':1},'c':3},'d':4}"},
		{"{'linux':{'seccomp':12345678901234567890}}", "{'linux':{'seccomp':{'a':1}}}"},
		/* not there */
		{"{'linux':{}}", "{'linux':{'seccomp':{'a':1}}}"},
		{"{'linux':{ \n\t}}", "{'linux':{'seccomp':{'a':1} \n\t}}"},
		{"{'linux':{'b':2}}", "{'linux':{'b':2,'seccomp':{'a':1}}}"},
		{"{'linux':{ 'b' : 2 } }", "{'linux':{ 'b' : 2, 'seccomp':{'a':1} } }"},
		{"{\n 'linux': {\n  'b': 2,\n  'c': {}\n }\n}\n",
			"{\n 'linux': {\n  'b': 2,\n  'c': {},\n  'seccomp':{'a':1}\n }\n}\n"},
		{"{'linux':{'b':2 ,\r\n\t'c':3}}",
			"{'linux':{'b':2 ,\r\n\t'c':3,\r\n\t'seccomp':{'a':1}}}"},
		/* no linux, or null */
		{"{}", "{'linux':{'seccomp':{'a':1}}}"},
		{" { } ", " {'linux':{'seccomp':{'a':1}} } "},
		{"{'b':2}", "{'b':2,'linux':{'seccomp':{'a':1}}}"},
		{"{\n\t'b': 2\n}", "{\n\t'b': 2,\n\t'linux':{'seccomp':{'a':1}}\n}"},
		{"{'linux':null}", "{'linux':{'seccomp':{'a':1}}}"},
		{"{'b':2, 'linux' : null , 'c':3}",
			"{'b':2, 'linux' : {'seccomp':{'a':1}} , 'c':3}"},
		/* members of these names elsewhere */
		{"{'seccomp':1,'b':{'linux':2,'seccomp':3},'linux':{'b':{'seccomp':4}}}",
			"{'seccomp':1,'b':{'linux':2,'seccomp':3},"
			"'linux':{'b':{'seccomp':4},'seccomp':{'a':1}}}"},
		/* what a parser would not give back as it was */
		{"{'b':18446744073709551616.50e+3,'b':'\\u00e9\\/',\t'linux':{'seccomp':0} \n}",
			"{'b':18446744073709551616.50e+3,'b':'\\u00e9\\/',\t'linux':"
			"{'seccomp':{'a':1}} \n}"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		check(cases[i].before, "{'a':1}", cases[i].after);
}

Test(splice, removes)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{"{'linux':{'seccomp':{}}}", "{'linux':{}}"},
		{"{'linux':{ 'seccomp' : {'a':[1]} }}", "{'linux':{  }}"},
		{"{'linux':{'seccomp':null}}", "{'linux':{}}"},
		{"{'linux':{'seccomp':{},'b':2}}", "{'linux':{'b':2}}"},
		{"{'linux':{\n 'seccomp': {},\n 'b': 2\n}}", "{'linux':{\n 'b': 2\n}}"},
		{"{'linux':{\n 'b': 2,\n 'seccomp': {}\n}}", "{'linux':{\n 'b': 2\n}}"},
		{"{'linux':{'b':2 , 'seccomp':{} , 'c':3}}", "{'linux':{'b':2 , 'c':3}}"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		check(cases[i].before, NULL, cases[i].after);
}

Test(splice, what_is_so_already_stays)
{
	static const char *const texts[] = {
		"{}",
		" { 'linux' : null }\n",
		"{'linux':{}}",
		"{'linux':{ 'b' : { 'seccomp' : 1 } } , 'seccomp' : 2 }",
	};
	static const char with[] = "{ 'linux' : { 'b':1, 'seccomp' : { 'a' :  1e3 } } }\n";

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		check(texts[i], NULL, texts[i]);
	check(with, "{ 'a' :  1e3 }", with);
}

Test(splice, refuses)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"[]", "config.json: must be an object, not an array"},
		{"{'linux':[]}", "config.json:1:10: linux: must be an object, not an array"},
		{"{'linux':'x'}", "config.json:1:10: linux: must be an object, not a string"},
		{"{'linux':{},\n'linux':{}}", "config.json:2:1: \"linux\" stands twice"},
		{"{'linux':null,'linux':{}}", "config.json:1:15: \"linux\" stands twice"},
		{"{'linux':{'seccomp':{},'seccomp':{}}}",
			"config.json:1:24: \"seccomp\" stands twice"},
		/* runc takes these for linux and seccomp */
		{"{'linux':{},'Linux':{}}", "config.json:1:13: \"linux\" stands twice"},
		{"{'LINUX':{}}", "config.json:1:2: \"LINUX\" must be written \"linux\""},
		{"{'linux':{'Seccomp':{}}}", "config.json:1:11: \"Seccomp\" must be written"},
		{"{'linux':{'\\u017feccomp':{}}}", "must be written \"seccomp\""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct json_document document = parse(cases[i].text);
		struct error err = ERROR_INIT;
		char *text = NULL;
		size_t length;

		cr_expect_eq(splice_seccomp(&document, "{}", &text, &length, &err), -EINVAL, "%s",
			cases[i].text);
		cr_expect(contains(error_message(&err), cases[i].message), "%s: %s", cases[i].text,
			error_message(&err));
		cr_expect_null(text);
		error_finish(&err);
		cr_expect_eq(splice_seccomp(&document, NULL, &text, &length, NULL), -EINVAL);
		json_document_finish(&document);
	}
}

/* Random objects with random white space: set, find, remove. */
static size_t put(char *text, size_t length, const char *part)
{
	memcpy(text + length, part, strlen(part));
	return length + strlen(part);
}

static size_t put_white(char *text, size_t length)
{
	static const char *const parts[] = {"", "", " ", "\n", "\t", "\r\n  ", " \n\n"};

	return put(text, length, parts[(size_t)rand() % ARRAY_LENGTH(parts)]);
}

/* An object of up to four members; the one named `special`, if it is drawn, has that value. */
static size_t put_object(char *text, size_t length, const char *key, const char *value)
{
	static const char *const keys[] = {"\"a\"", "\"\\u0062\"", "\"c,}{\"", "\"\""};
	static const char *const values[] = {
		"1", "\"}\"", "[ { } ,{}]", "{\"seccomp\": 9007199254740993}", "1E400", "null"};
	size_t count = (size_t)rand() % 5, special = (size_t)rand() % 8;

	length = put(text, length, "{");
	length = put_white(text, length);
	for (size_t i = 0; i < count; i++) {
		length = put(text, length, i == special ? key : keys[i % ARRAY_LENGTH(keys)]);
		length = put_white(text, length);
		length = put(text, length, ":");
		length = put_white(text, length);
		length = put(text, length,
			i == special ? value : values[(size_t)rand() % ARRAY_LENGTH(values)]);
		length = put_white(text, length);
		if (i + 1 < count) {
			length = put(text, length, ",");
			length = put_white(text, length);
		}
	}
	length = put(text, length, "}");
	text[length] = '\0';
	return length;
}

static char *random_config(void)
{
	char inner[1024];
	char *text = malloc(4096);

	cr_assert_not_null(text);
	put_object(inner, 0, "\"seccomp\"", rand() % 4 ? "{\"defaultAction\":\"x\"}" : "null");
	put_object(text, 0, "\"linux\"", rand() % 8 ? inner : "null");
	return text;
}

static struct json_document parse_copy(const char *text)
{
	struct error err = ERROR_INIT;
	struct json_document document;
	char *copy = strdup(text);
	int r = json_parse("config.json", copy, strlen(text), &document, &err);

	cr_assert_eq(r, 0, "%s\n%s", text, r < 0 ? error_message(&err) : "");
	return document;
}

/* How many bytes two texts share at their start and, beyond that, at their end. */
static size_t count_shared(const char *left, const char *right)
{
	size_t a = strlen(left), b = strlen(right), shorter = a < b ? a : b, start = 0, end = 0;

	while (start < shorter && left[start] == right[start])
		start++;
	while (end < shorter - start && left[a - end - 1] == right[b - end - 1])
		end++;
	return start + end;
}

static void check_random(const char *before)
{
	static const char object[] = "{\"mark\": [0]}";
	struct json_document document = parse_copy(before), spliced;
	const struct json *found = json_member(json_member(document.root, "linux"), "seccomp");
	size_t kept = document.length - (found ? found->end - found->start : 0);
	char *text, *removed;
	size_t length;

	cr_assert_eq(splice_seccomp(&document, object, &text, &length, NULL), 0, "%s", before);
	spliced = parse_copy(text);
	found = json_member(json_member(spliced.root, "linux"), "seccomp");
	cr_assert_not_null(found, "%s\n%s", before, text);
	cr_expect_eq(found->end - found->start, strlen(object));
	cr_expect(!strncmp(text + found->start, object, strlen(object)), "%s", text);
	/* All the other bytes are there; but for null and the like, which is replaced. */
	cr_expect_geq(count_shared(before, text) + strlen("null"), kept, "%s\n%s", before, text);
	cr_assert_eq(splice_seccomp(&spliced, NULL, &removed, &length, NULL), 0);
	json_document_finish(&spliced);
	spliced = parse_copy(removed);
	cr_expect_null(json_member(json_member(spliced.root, "linux"), "seccomp"), "%s", removed);
	free(text);
	free(removed);
	json_document_finish(&spliced);
	json_document_finish(&document);
}

Test(splice, random_texts)
{
	srand(4);
	for (int i = 0; i < 20000; i++) {
		char *text = random_config();

		check_random(text);
		free(text);
	}
}

static const struct json *find_item(const struct json_document *document, const char *const *keys,
	enum json_type type, const char *key)
{
	const struct json *container = NULL;
	struct error err = ERROR_INIT;
	int r = splice_find(document, keys, type, &container, &err);

	cr_assert_eq(r, 0, "%s: %s", document->text, r < 0 ? error_message(&err) : "");
	return type == JSON_OBJECT ? json_member(container, key) : container->last;
}

/* Inserts, expects `wanted` (NULL: whatever), removes, expects the text of before. */
static void check_inverse(const char *before, const char *const *keys, enum json_type type,
	const char *item, const char *wanted)
{
	struct json_document document = parse_copy(before), inserted;
	struct error err = ERROR_INIT;
	char *text, *removed;
	size_t length;
	int r = splice_insert(&document, keys, type, item, &text, &length, &err);

	cr_assert_eq(r, 0, "%s: %s", before, r < 0 ? error_message(&err) : "");
	cr_expect_eq(length, strlen(text));
	if (wanted)
		cr_expect_str_eq(text, wanted, "%s\nbecomes\n%s\nnot\n%s", before, text, wanted);
	inserted = parse_copy(text);
	r = splice_remove(
		&inserted, find_item(&inserted, keys, type, "mark"), &removed, &length, &err);
	cr_assert_eq(r, 0);
	cr_expect_str_eq(removed, before, "%s\nbecomes\n%s\nand then\n%s", before, text, removed);
	free(removed);
	free(text);
	json_document_finish(&inserted);
	json_document_finish(&document);
}

static const char *const hook_keys[] = {"hooks", "createRuntime", NULL};

Test(splice, inserts_and_removes)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		/* the path is not there */
		{"{}", "{ 'hooks':{'createRuntime':[{'a':1}]}}"},
		{" {\n} ", " { 'hooks':{'createRuntime':[{'a':1}]}\n} "},
		{"{'b':2}", "{'b':2,'hooks':{'createRuntime':[{'a':1}]}}"},
		{"{\r\n\t'b': 2\r\n}\r\n",
			"{\r\n\t'b': 2,\r\n\t'hooks':{'createRuntime':[{'a':1}]}\r\n}\r\n"},
		/* there and empty */
		{"{'hooks':{}}", "{'hooks':{ 'createRuntime':[{'a':1}]}}"},
		{"{'hooks':{ }}", "{'hooks':{ 'createRuntime':[{'a':1}] }}"},
		{"{'hooks':{\t}}", "{'hooks':{ 'createRuntime':[{'a':1}]\t}}"},
		{"{'hooks':{'createRuntime':[]}}", "{'hooks':{'createRuntime':[ {'a':1}]}}"},
		{"{'hooks':{'createRuntime' : [\n\n]}}",
			"{'hooks':{'createRuntime' : [ {'a':1}\n\n]}}"},
		/* null */
		{"{'hooks':null}", "{'hooks':{\t'createRuntime':[{'a':1}]}}"},
		{"{'hooks': null , 'b':2}", "{'hooks': {\t'createRuntime':[{'a':1}]} , 'b':2}"},
		{"{'hooks':{'createRuntime':null}}", "{'hooks':{'createRuntime':[\t{'a':1}]}}"},
		/* there and not empty */
		{"{'hooks':{'poststop':[1]}}",
			"{'hooks':{'poststop':[1],'createRuntime':[{'a':1}]}}"},
		{"{'hooks':{'createRuntime':[ 1 , 2 ] }}",
			"{'hooks':{'createRuntime':[ 1 , 2, {'a':1} ] }}"},
		{"{'hooks':{'createRuntime':[\n  {}\n ]\n}}",
			"{'hooks':{'createRuntime':[\n  {},\n  {'a':1}\n ]\n}}"},
		{"{'hooks':{'createRuntime':[{'b':1e400}],'x':1.0}}",
			"{'hooks':{'createRuntime':[{'b':1e400},{'a':1}],'x':1.0}}"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct sample before = sample_make(cases[i].before);
		struct sample after = sample_make(cases[i].after);

		check_inverse(before.text, hook_keys, JSON_ARRAY, "{\"a\":1}", after.text);
		free(before.text);
		free(after.text);
	}
}

Test(splice, inserts_and_removes_in_random_texts)
{
	static const char *const keys[] = {"linux", "seccomp", NULL};

	srand(5);
	for (int i = 0; i < 20000; i++) {
		char inner[1024], text[4096];

		put_object(inner, 0, "\"seccomp\"", rand() % 4 ? "{ }" : "null");
		put_object(text, 0, "\"linux\"", rand() % 8 ? inner : "null");
		check_inverse(text, keys, JSON_OBJECT, "\"mark\":[0]", NULL);
	}
}

/* What others changed meanwhile stays, and so does what was there before. */
Test(splice, removes_one_item_of_a_changed_text)
{
	static const struct {
		const char *before, *after; /* without the 3 */
	} cases[] = {
		{"{'hooks':{'createRuntime':[1,2,3]}}", "{'hooks':{'createRuntime':[1,2]}}"},
		{"{'hooks':{'createRuntime':[3]},'b':2}", "{'b':2}"},
		{"{'hooks':{'createRuntime':[3],'b':2}}", "{'hooks':{'b':2}}"},
		{"{'hooks':{\n 'createRuntime': [\n  3\n ]\n}}",
			"{'hooks':{\n 'createRuntime': [\n  \n ]\n}}"},
		{"{'hooks': {'createRuntime':[3]}}", "{'hooks': {}}"},
		{"{'hooks':{\t'createRuntime':[3] }}", "{'hooks':{\t }}"},
		{"{'hooks':{'createRuntime':[3]}}\n", ""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct json_document document = parse(cases[i].before);
		struct sample after = sample_make(cases[i].after);
		const struct json *item = find_item(&document, hook_keys, JSON_ARRAY, NULL);
		char *text;
		size_t length;

		cr_assert_eq(splice_remove(&document, item, &text, &length, NULL), 0);
		cr_expect_eq(length, after.length);
		cr_expect_str_eq(text, after.text, "%s\nbecomes\n%s\nnot\n%s", cases[i].before,
			text, after.text);
		free(text);
		free(after.text);
		json_document_finish(&document);
	}
}

Test(splice, replaces_a_value)
{
	struct json_document document = parse("{'b': [ 1 , 'x' ] }");
	char *text;
	size_t length;

	cr_assert_eq(
		splice_value(&document, document.root->first->last, "{}", &text, &length, NULL), 0);
	cr_expect_str_eq(text, "{\"b\": [ 1 , {} ] }");
	free(text);
	json_document_finish(&document);
}

Test(splice, finds_no_container_of_another_type)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"[]", "config.json: must be an object, not an array"},
		{"null", "config.json: must be an object, not null"},
		{"{'hooks':[]}", "config.json:1:10: hooks: must be an object, not an array"},
		{"{'hooks':{'createRuntime':{}}}",
			"config.json:1:27: hooks.createRuntime: must be an array, not an object"},
		{"{'hooks':{'createRuntime':[],\n 'createRuntime':[]}}",
			"config.json:2:2: \"createRuntime\" stands twice"},
		{"{'hooks':{'CREATERUNTIME':[]}}",
			"config.json:1:11: \"CREATERUNTIME\" must be written \"createRuntime\""},
		{"{'hoo\\u212as':{}}", "must be written \"hooks\""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct json_document document = parse(cases[i].text);
		const struct json *found = NULL;
		struct error err = ERROR_INIT;
		char *text = NULL;
		size_t length;

		cr_expect_eq(splice_find(&document, hook_keys, JSON_ARRAY, &found, &err), -EINVAL,
			"%s", cases[i].text);
		cr_expect(contains(error_message(&err), cases[i].message), "%s: %s", cases[i].text,
			error_message(&err));
		cr_expect_null(found);
		error_finish(&err);
		cr_expect_eq(
			splice_insert(&document, hook_keys, JSON_ARRAY, "1", &text, &length, NULL),
			-EINVAL);
		cr_expect_null(text);
		json_document_finish(&document);
	}
}
