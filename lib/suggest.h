/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/*
 * "Did you mean ...?": the candidate nearest to a word that nobody knows. Feed every valid word to
 * suggestion_consider, then ask for the best.
 */
struct suggestion {
	const char *word; /* not owned */
	const char *best; /* not owned; NULL: nothing near enough */
	size_t distance;
};

void suggestion_init(struct suggestion *suggestion, const char *word);

/* As suggestion_consider, but `candidate` is what is suggested when `spelling` is near. */
void suggestion_consider_as(
	struct suggestion *suggestion, const char *spelling, const char *candidate);

/* Letters are compared without regard to case; a swap of neighbours counts as one change. */
void suggestion_consider(struct suggestion *suggestion, const char *candidate);

/* Writes `; did you mean BEST?` into `buffer`, or the empty string. Returns `buffer`. */
const char *suggestion_format(
	const struct suggestion *suggestion, char *buffer, size_t buffer_size);
