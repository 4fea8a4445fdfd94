/* SPDX-License-Identifier: Apache-2.0 */
#include "toml.h"

#include "support.h"

UNIT_SUITE(toml);

/* One line for each item: LINE PATH TYPE TEXT, an element's type with a "+". */
static int print_item(void *context, const struct toml_item *item, struct error *err)
{
	static const char *const types[] = {
		[TOML_TABLE] = "table",
		[TOML_ARRAY] = "array",
		[TOML_STRING] = "string",
		[TOML_OTHER] = "other",
	};
	FILE *stream = context;

	fprintf(stream, "%u ", item->line);
	for (size_t i = 0; i < item->depth; i++)
		fprintf(stream, "%s%s", i ? "/" : "", item->keys[i]);
	fprintf(stream, " %s%s", item->element ? "+" : "", types[item->type]);
	if (item->text)
		fprintf(stream, " <%s>", item->text);
	fputc('\n', stream);
	return item->text && !strcmp(item->text, "stop") ? error_set(err, -ECANCELED, "stopped")
							 : 0;
}

static int read_text(const char *text, char **ret, struct error *err)
{
	size_t length;
	FILE *stream = open_memstream(ret, &length);
	int r;

	cr_assert_not_null(stream);
	r = toml_read("x.toml", text, strlen(text), print_item, stream, err);
	cr_assert_eq(fclose(stream), 0);
	return r;
}

Test(toml, items)
{
	static const struct {
		const char *text, *items;
	} cases[] = {
		{"", ""},
		{"\n \t\r\n# a [b] = \"c\n", ""},
		{"version = 2", "1 version other <2>\n"},
		{"a=1 # b\r\nc\t=\ttrue#d", "1 a other <1>\n2 c other <true>\n"},
		{"a = -1.5e3\nb = +inf\nc = 1979-05-27T07:32:00Z\nd = 0xF_F",
			"1 a other <-1.5e3>\n2 b other <+inf>\n3 c other <1979-05-27T07:32:00Z>\n"
			"4 d other <0xF_F>\n"},
		/* keys */
		{"a.b . \"c.d\".'e' = 1", "1 a/b/c.d/e other <1>\n"},
		{"[a]\nb=1\n[ c . \"d e\" ] # f\ng=2\n[[h]]\ni=3",
			"1 a table\n2 a/b other <1>\n3 c/d e table\n4 c/d e/g other <2>\n"
			"5 h +table\n6 h/i other <3>\n"},
		{"\"\" = 1\n'' = 2", "1  other <1>\n2  other <2>\n"},
		/* strings */
		{"a = \"b # ] \\\"c\\\\ \\t\"", "1 a string <b # ] \"c\\ \t>\n"},
		{"a = 'b\\n\"'", "1 a string <b\\n\">\n"},
		{"a = ''\nb = \"\"", "1 a string <>\n2 b string <>\n"},
		{"a = \"\"\"\nb\n\"c\" \\\n   d\"\"\"\ne = 1",
			"1 a string <b\n\"c\" d>\n5 e other <1>\n"},
		{"a = '''b\\\n''c'''' \nd = 1", "1 a string <b\\\n''c'>\n3 d other <1>\n"},
		{"a = \"[plugins]\"", "1 a string <[plugins]>\n"},
		{"a = '''\n[plugins]\n'''", "1 a string <[plugins]\n>\n"},
		/* arrays and inline tables */
		{"a = []", "1 a array\n"},
		{"a = [ 1, \"b\",\n # c\n 'd' , ] # e",
			"1 a array\n1 a +other <1>\n1 a +string <b>\n3 a +string <d>\n"},
		{"a = [[1],[]]", "1 a array\n1 a +array\n1 a +other <1>\n1 a +array\n"},
		{"a = {}", "1 a table\n"},
		{"[a]\nb = { c = 1 , d.e = \"f\" }\ng = 2",
			"1 a table\n2 a/b table\n2 a/b/c other <1>\n2 a/b/d/e string <f>\n"
			"3 a/g other <2>\n"},
		{"a = [{b=1}]", "1 a array\n1 a +table\n1 a/b other <1>\n"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;
		char *items;
		int r = read_text(cases[i].text, &items, &err);

		cr_expect_eq(r, 0, "%s: %s", cases[i].text, r < 0 ? error_message(&err) : "");
		cr_expect_str_eq(items, cases[i].items, "%s\ngives\n%s\nnot\n%s", cases[i].text,
			items, cases[i].items);
		free(items);
		error_finish(&err);
	}
}

Test(toml, refuses)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"a", "x.toml:1: \"=\" is expected behind a key"},
		{"\n\na = ", "x.toml:3: a value is expected"},
		{"a = b", "x.toml:1: a value is expected"},
		{"a = 1 b = 2", "x.toml:1: something stands behind the value or the header"},
		{"[a] b = 2", "x.toml:1: something stands behind"},
		{"= 1", "x.toml:1: a key is expected"},
		{"a. = 1", "x.toml:1: a key is expected"},
		{"[]", "x.toml:1: a key is expected"},
		{"[a", "x.toml:1: \"]\" is expected behind the name of a table"},
		{"[[a]", "x.toml:1: \"]\" is expected"},
		{"\xc3\xa4 = 1", "x.toml:1: a key is expected"},
		{"\"\"\"a\"\"\" = 1", "x.toml:1: a key must stand in one line"},
		{"a = \"b", "x.toml:1: a string does not end"},
		{"a = 'b\n'", "x.toml:1: a string does not end"},
		{"a = \"\"\"b\n\n", "x.toml:3: a string does not end"},
		{"a = \"\\u00e9\"", "x.toml:1: an escape in a string that is not understood"},
		{"a = \"\\", "x.toml:1: an escape"},
		{"a = \"\x01\"", "x.toml:1: a string contains a control character"},
		{"a = [1 2]", "x.toml:1: \",\" or \"]\" is expected in an array"},
		{"a = [1", "x.toml:1: \",\" or \"]\" is expected in an array"},
		{"a = [,]", "x.toml:1: a value is expected"},
		{"a = {b=1", "x.toml:1: \",\" or \"}\" is expected in a table"},
		{"a = {b=1,\nc=1}", "x.toml:1: a key is expected"},
		{"a = 1979-05-27 07:32:00", "x.toml:1: something stands behind"},
		{"a = \"\xff\"", "x.toml: is no text in UTF-8"},
		{"a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "x.toml:1: nested too deeply"},
		{"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = 1",
			"x.toml:1: more than 32 keys in a path"},
		{"a = \"stop\"\nb", "stopped"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;
		char *items;

		cr_expect_lt(read_text(cases[i].text, &items, &err), 0, "%s", cases[i].text);
		cr_expect(contains(error_message(&err), cases[i].message), "%s: %s", cases[i].text,
			error_message(&err));
		free(items);
		error_finish(&err);
	}
}

Test(toml, refuses_a_nul)
{
	static const char text[] = "a = 1\0b = 2";
	struct error err = ERROR_INIT;

	cr_expect_eq(
		toml_read("x.toml", text, sizeof(text) - 1, print_item, stderr, &err), -EINVAL);
	error_finish(&err);
}

/* Each beginning of a text ends without a read beyond it, which the sanitizers would see. */
Test(toml, cut_short)
{
	static const char text[] =
		"a.\"b\" = [ 1, { c = '''d\\\n''' } ]\n[[ e ]]\nf = \"\"\"\\\"g\\\n\"\"\"";

	for (size_t length = 0; length < sizeof(text); length++) {
		AUTO_FREE char *part = strndup(text, length);
		char *items;

		(void)read_text(part, &items, NULL);
		free(items);
	}
}
