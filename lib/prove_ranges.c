/* SPDX-License-Identifier: Apache-2.0 */
#include "prove_internal.h"

#include <errno.h>

enum { MOST_PIECES = 1 << 20 }; /* a condition on the lowest bit alone would have 2^31 */

struct interval {
	uint32_t first, last;
	diagram_id node;
};

/* Goes through the values of one word, in the largest intervals that lead to one node. */
struct walk {
	const struct diagrams *diagrams;
	enum data_word word;
	int (*each)(void *data, const struct interval *interval);
	void *data;
	struct interval pending;
	bool has_pending;
	size_t *pieces;
};

static int take_piece(struct walk *walk, struct interval piece)
{
	int r = 0;

	if (++*walk->pieces > MOST_PIECES)
		return -E2BIG;
	if (walk->has_pending && walk->pending.node == piece.node) {
		walk->pending.last = piece.last;
		return 0;
	}
	if (walk->has_pending)
		r = walk->each(walk->data, &walk->pending);
	walk->pending = piece;
	walk->has_pending = true;
	return r;
}

/* The values whose bits above the lowest `bits` are those of `prefix`. */
static int walk_bits(struct walk *walk, unsigned bits, uint32_t prefix, diagram_id id)
{
	const struct diagram_node *node = &walk->diagrams->nodes[id];
	uint32_t level = 32 * (uint32_t)walk->word + 32 - bits, half;
	int r;

	if (node->level >= 32 * ((uint32_t)walk->word + 1)) {
		uint32_t last = bits == 32 ? UINT32_MAX : prefix | ((UINT32_C(1) << bits) - 1);

		return take_piece(walk, (struct interval){prefix, last, id});
	}
	half = UINT32_C(1) << (bits - 1);
	r = walk_bits(walk, bits - 1, prefix, node->level == level ? node->no : id);
	return r < 0 ? r
		     : walk_bits(walk, bits - 1, prefix | half,
			       node->level == level ? node->yes : id);
}

static int walk_word(struct walk *walk, diagram_id id)
{
	int r = walk_bits(walk, 32, 0, id);

	return r < 0 ? r : walk->each(walk->data, &walk->pending);
}

struct listing {
	struct search search;
	struct range range; /* at hand: its architectures */
	int (*each)(const struct range *range, void *data);
	void *data;
	struct error *err;
	size_t pieces;
};

static int list_numbers(void *data, const struct interval *interval)
{
	struct listing *listing = data;
	struct range range = {listing->range.first_arch, listing->range.last_arch, interval->first,
		interval->last, search_relation(&listing->search, interval->node), {{0}},
		interval->node};

	if (range.relation == RELATION_SAME)
		return 0;
	for (int i = 0; i < RELATION_COUNT; i++) {
		struct example *example = &range.examples[i];
		int r;

		example->call.arch = range.first_arch;
		example->call.nr = (int)range.first;
		example->words = 1U << WORD_ARCH | 1U << WORD_NR;
		r = search_below(
			&listing->search, interval->node, (enum relation)i, example, listing->err);
		if (r < 0)
			return r;
	}
	return listing->each(&range, listing->data);
}

static int list_architectures(void *data, const struct interval *interval)
{
	struct listing *listing = data;
	struct walk walk = {.diagrams = &listing->search.prover->diagrams,
		.word = WORD_NR,
		.each = list_numbers,
		.data = listing,
		.pieces = &listing->pieces};

	if (search_relation(&listing->search, interval->node) == RELATION_SAME)
		return 0;
	listing->range.first_arch = interval->first;
	listing->range.last_arch = interval->last;
	return walk_word(&walk, interval->node);
}

int prove_ranges(struct prover *prover, const struct meaning *a, const struct meaning *b,
	int (*each)(const struct range *range, void *data), void *data, struct error *err)
{
	struct listing listing = {.each = each, .data = data, .err = err};
	struct walk walk = {.diagrams = &prover->diagrams,
		.word = WORD_ARCH,
		.each = list_architectures,
		.data = &listing,
		.pieces = &listing.pieces};
	diagram_id pairs;
	int r = prove_pairs(prover, a, b, &pairs, err);

	if (r < 0)
		return r;
	r = search_init(&listing.search, prover, a, b, pairs, err);
	if (r < 0)
		return r;
	r = walk_word(&walk, pairs);
	search_finish(&listing.search);
	if (r == -E2BIG && listing.pieces > MOST_PIECES)
		return error_set(
			err, r, "the numbers that differ are scattered too widely to list");
	return r;
}
