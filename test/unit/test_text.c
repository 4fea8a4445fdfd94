/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include "support.h"

UNIT_SUITE(text);

Test(text, utf8)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{"", true},
		{"plain", true},
		{"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7", true},
		{"\xf4\x8f\xbf\xbf", true},
		{"\x80", false},
		{"\xc3", false},
		{"\xc3(", false},
		{"\xc0\x80", false},
		{"\xe0\x80\xaf", false},
		{"\xed\xa0\x80", false},
		{"\xf4\x90\x80\x80", false},
		{"\xff", false},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		cr_expect_eq(text_is_utf8(cases[i].text, strlen(cases[i].text)), cases[i].valid,
			"case %zu", i);
}

Test(text, half_pairs)
{
	static const struct {
		const char *source;
		bool half;
	} cases[] = {
		{"\"plain\"", false},
		{"\"\\ud83d\\udc27\"", false},
		{"\"\\ud83d\"", true},
		{"\"\\ud83dx\"", true},
		{"\"\\udc27\"", true},
		{"\"\\udc27\\ud83d\"", true},
		{"\"\\\\ud83d\"", false},
		{"\"\\\\\\ud83d\"", true},
		{"\"\\u0041\"", false},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		cr_expect_eq(text_has_half_pair(cases[i].source, strlen(cases[i].source)),
			cases[i].half, "%s", cases[i].source);
}

Test(text, printable)
{
	static const struct {
		const char *text, *printable;
	} cases[] = {
		{"plain \xc3\xa9", "plain \xc3\xa9"},
		{"two\nlines", "two\\x0alines"},
		{"\x1b[31mred", "\\x1b[31mred"},
		{"tab\tdel\x7f", "tab\\x09"
				 "del\\x7f"},
		{"csi \xc2\x9b"
		 "31m",
			"csi \\xc2\\x9b"
			"31m"},
		{"bad \xff\xc3", "bad \\xff\\xc3"},
		{"line separator \xe2\x80\xa8.", "line separator \\xe2\\x80\\xa8."},
		{"turned \xe2\x80\xae \xe2\x81\xa6 \xe2\x80\xaf",
			"turned \\xe2\\x80\\xae \\xe2\\x81\\xa6 \xe2\x80\xaf"},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *printable = text_printable(cases[i].text);

		cr_expect_str_eq(printable, cases[i].printable, "case %zu: %s", i, printable);
	}
}
