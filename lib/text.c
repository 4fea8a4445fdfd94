/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The length of the character that starts with `first`, and the smallest that needs that length. */
static size_t sequence_length(unsigned char first, uint32_t *ret_bits, uint32_t *ret_smallest)
{
	static const struct {
		unsigned char mask, pattern;
		size_t length;
		uint32_t smallest;
	} forms[] = {
		{0x80, 0x00, 1, 0x0},
		{0xe0, 0xc0, 2, 0x80},
		{0xf0, 0xe0, 3, 0x800},
		{0xf8, 0xf0, 4, 0x10000},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((first & forms[i].mask) != forms[i].pattern)
			continue;
		*ret_bits = first & (unsigned char)~forms[i].mask;
		*ret_smallest = forms[i].smallest;
		return forms[i].length;
	}
	return 0;
}

/* The length of the UTF-8 character at `text`, 0 where there is none. */
static size_t character_length(const char *text, size_t length)
{
	uint32_t character, smallest;
	size_t bytes = sequence_length((unsigned char)text[0], &character, &smallest);

	if (bytes == 0 || bytes > length)
		return 0;
	for (size_t i = 1; i < bytes; i++) {
		unsigned char next = (unsigned char)text[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (next & 0x3f);
	}
	if (character < smallest || character > 0x10ffff ||
		(character >= 0xd800 && character <= 0xdfff))
		return 0;
	return bytes;
}

bool text_is_utf8(const char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t bytes = 1;

		if ((unsigned char)text[i] >= 0x80)
			bytes = character_length(text + i, length - i);
		if (bytes == 0)
			return false;
		i += bytes;
	}
	return true;
}

/* C0, DEL and C1 controls, the separators that some terminals take for a new line, and what turns the
 * direction of the text (U+202A to U+202E, U+2066 to U+2069). */
static bool is_control(const char *text, size_t bytes)
{
	unsigned char first = (unsigned char)text[0];

	if (bytes == 1)
		return first < 0x20 || first == 0x7f;
	if (bytes == 2)
		return first == 0xc2 && (unsigned char)text[1] < 0xa0;
	return bytes == 3 &&
	       ((!memcmp(text, "\xe2\x80", 2) && (unsigned char)text[2] >= 0xa8 &&
			(unsigned char)text[2] <= 0xae) ||
		       (!memcmp(text, "\xe2\x81", 2) && (unsigned char)text[2] >= 0xa6 &&
			       (unsigned char)text[2] <= 0xa9));
}

char *text_printable(const char *text)
{
	size_t length = strlen(text), out = 0;
	char *copy = malloc(4 * length + 1);

	if (!copy)
		return NULL;
	for (size_t i = 0; i < length;) {
		size_t bytes = character_length(text + i, length - i);
		bool plain = bytes > 0 && !is_control(text + i, bytes);

		if (bytes == 0)
			bytes = 1;
		for (size_t j = 0; j < bytes; j++) {
			if (plain)
				copy[out++] = text[i + j];
			else
				out += (size_t)sprintf(
					copy + out, "\\x%02x", (unsigned char)text[i + j]);
		}
		i += bytes;
	}
	copy[out] = '\0';
	return copy;
}

size_t text_cut(const char *text, size_t limit)
{
	size_t length = strlen(text);

	if (length <= limit)
		return length;
	while (limit > 0 && ((unsigned char)text[limit] & 0xc0) == 0x80)
		limit--;
	return limit;
}

/* The surrogate that a \u escape at `source` stands for, else 0. */
static unsigned long surrogate_at(const char *source, size_t length)
{
	char digits[5] = "";
	unsigned long unit;

	if (length < 6 || source[0] != '\\' || source[1] != 'u')
		return 0;
	memcpy(digits, source + 2, 4);
	unit = strtoul(digits, NULL, 16);
	return unit >= 0xd800 && unit <= 0xdfff ? unit : 0;
}

bool text_has_half_pair(const char *source, size_t length)
{
	const char *end = source + length;

	while ((source = memchr(source, '\\', (size_t)(end - source)))) {
		unsigned long unit = surrogate_at(source, (size_t)(end - source));

		if (unit == 0) {
			source += source + 1 < end ? 2 : 1; /* an escaped backslash is no escape */
			continue;
		}
		if (unit >= 0xdc00 || surrogate_at(source + 6, (size_t)(end - source) - 6) < 0xdc00)
			return true;
		source += 12;
	}
	return false;
}

void text_write_json(FILE *out, const char *text)
{
	fputc('"', out);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c < 0x20 || *c == 0x7f)
			fprintf(out, "\\u%04x", *c);
		else
			fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	}
	fputc('"', out);
}
