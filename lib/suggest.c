/* SPDX-License-Identifier: Apache-2.0 */
#include "suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_WORD = 63 };

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

static int same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment distance, by rows; both words are at most LONGEST_WORD long. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][LONGEST_WORD + 1];
	size_t *before = rows[0], *previous = rows[1], *current = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		previous[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *oldest = before;

		current[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t cost = same_letter(a[i - 1], b[j - 1]) ? 0 : 1;

			current[j] = smallest(
				previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
				same_letter(a[i - 2], b[j - 1]) && before[j - 2] + 1 < current[j])
				current[j] = before[j - 2] + 1;
		}
		before = previous;
		previous = current;
		current = oldest;
	}
	return previous[b_length];
}

void suggestion_init(struct suggestion *suggestion, const char *word)
{
	suggestion->word = word;
	suggestion->best = NULL;
	suggestion->distance = strlen(word) / 3 + 1;
	if (suggestion->distance > 4)
		suggestion->distance = 4;
}

void suggestion_consider_as(
	struct suggestion *suggestion, const char *spelling, const char *candidate)
{
	size_t word_length = strlen(suggestion->word), length = strlen(spelling);
	size_t gap = word_length > length ? word_length - length : length - word_length;
	size_t distance;

	if (word_length > LONGEST_WORD || length > LONGEST_WORD || gap >= suggestion->distance)
		return;
	distance = edit_distance(suggestion->word, word_length, spelling, length);
	if (distance >= suggestion->distance)
		return;
	suggestion->distance = distance;
	suggestion->best = candidate;
}

void suggestion_consider(struct suggestion *suggestion, const char *candidate)
{
	suggestion_consider_as(suggestion, candidate, candidate);
}

const char *suggestion_format(const struct suggestion *suggestion, char *buffer, size_t buffer_size)
{
	buffer[0] = '\0';
	if (suggestion->best)
		snprintf(buffer, buffer_size, "; did you mean %s?", suggestion->best);
	return buffer;
}
