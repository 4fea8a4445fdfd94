/* SPDX-License-Identifier: Apache-2.0 */
#include "search.h"

#include "cleanup.h"

#include <stdlib.h>
#include <string.h>

void intervals_finish(struct intervals *intervals)
{
	free(intervals->items);
	memset(intervals, 0, sizeof(*intervals));
}

void intervals_add(struct intervals *intervals, uint32_t start, node_id node, uint64_t weight)
{
	if (intervals->count > 0 && intervals->items[intervals->count - 1].node == node) {
		intervals->items[intervals->count - 1].weight += weight;
		return;
	}
	if (intervals->count == intervals->capacity) {
		size_t capacity = intervals->capacity ? intervals->capacity * 2 : 256;
		struct interval *moved = reallocarray(intervals->items, capacity, sizeof(*moved));

		if (!moved) {
			intervals->failed = true;
			return;
		}
		intervals->items = moved;
		intervals->capacity = capacity;
	}
	intervals->items[intervals->count++] =
		(struct interval){start, node, weight > 0 ? weight : 1};
}

enum { EXCEPTIONS = 2 };

/*
 * A leaf of the search: a few neighbours that all go to `node`, but for single values, which are
 * tested for equality first. A value that differs from those around it takes one test there, and
 * would take two in a search by order. With two such values in a leaf the search is no deeper than
 * without.
 */
struct leaf {
	uint32_t start;
	node_id node;
	uint64_t weight;
	const struct interval *exceptions[EXCEPTIONS]; /* not owned; the heavier one first */
	size_t exception_count;
};

static bool is_single(const struct intervals *intervals, size_t i)
{
	const struct interval *item = &intervals->items[i];

	return i + 1 < intervals->count ? item[1].start == item->start + 1
					: item->start == UINT32_MAX;
}

/* The leaf of the intervals [low, high), of which `base` is one; false where there is none. */
static bool make_leaf(
	const struct intervals *intervals, size_t low, size_t high, size_t base, struct leaf *ret)
{
	struct leaf leaf = {
		.start = intervals->items[low].start, .node = intervals->items[base].node};

	for (size_t i = low; i < high; i++) {
		const struct interval *item = &intervals->items[i];

		leaf.weight += item->weight;
		if (item->node == leaf.node)
			continue;
		if (leaf.exception_count == EXCEPTIONS || !is_single(intervals, i))
			return false;
		leaf.exceptions[leaf.exception_count++] = item;
	}
	if (leaf.exception_count == 2 && leaf.exceptions[1]->weight > leaf.exceptions[0]->weight) {
		const struct interval *lighter = leaf.exceptions[0];

		leaf.exceptions[0] = leaf.exceptions[1];
		leaf.exceptions[1] = lighter;
	}
	*ret = leaf;
	return true;
}

/* The last leaf of the best cover of the intervals below an index, and what that cover costs. */
struct cover {
	struct leaf leaf;
	size_t from;  /* the leaf's first interval */
	size_t tests; /* of all leaves, and the tests that part them */
};

/* Considers leaves that end before interval `high`. */
static void extend_cover(const struct intervals *intervals, struct cover *covers, size_t high)
{
	struct cover *best = &covers[high];
	size_t longest = 2 * EXCEPTIONS + 1; /* of neighbours no two have the same node */

	best->tests = SIZE_MAX;
	for (size_t low = high; low-- > 0 && high - low <= longest;) {
		for (size_t base = low; base < high && base < low + EXCEPTIONS + 1; base++) {
			struct leaf leaf;
			size_t tests;

			if (!make_leaf(intervals, low, high, base, &leaf))
				continue;
			tests = covers[low].tests + leaf.exception_count + 1;
			if (tests >= best->tests)
				continue;
			*best = (struct cover){leaf, low, tests};
		}
	}
}

/* Parts the intervals into leaves with the fewest tests; of equals the shorter leaves. Returns the
 * number of leaves in `leaves`, which has room for one an interval. */
static size_t part_into_leaves(
	const struct intervals *intervals, struct cover *covers, struct leaf *leaves)
{
	size_t count = 0;

	covers[0].tests = 0;
	for (size_t high = 1; high <= intervals->count; high++)
		extend_cover(intervals, covers, high);
	for (size_t high = intervals->count; high > 0; high = covers[high].from)
		leaves[count++] = covers[high].leaf;
	for (size_t i = 0; i < count / 2; i++) {
		struct leaf swapped = leaves[i];

		leaves[i] = leaves[count - 1 - i];
		leaves[count - 1 - i] = swapped;
	}
	return count;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* Where to part the leaves [low, high) so that both sides weigh about the same. */
static size_t middle_of(const struct leaf *leaves, size_t low, size_t high)
{
	uint64_t total = 0, below = 0, smallest = UINT64_MAX;
	size_t middle = low + 1;

	for (size_t i = low; i < high; i++)
		total += leaves[i].weight;
	for (size_t i = low + 1; i < high; i++) {
		below += leaves[i - 1].weight;
		if (distance(below, total - below) >= smallest)
			break; /* it only grows from here on */
		smallest = distance(below, total - below);
		middle = i;
	}
	return middle;
}

static node_id leaf_node(struct graph *graph, uint32_t offset, const struct leaf *leaf)
{
	node_id node = leaf->node;

	for (size_t i = leaf->exception_count; i-- > 0;)
		node = graph_branch(graph, offset, UINT32_MAX, GRAPH_EQUAL,
			leaf->exceptions[i]->start, leaf->exceptions[i]->node, node);
	return node;
}

static node_id search_range(
	struct graph *graph, uint32_t offset, const struct leaf *leaves, size_t low, size_t high)
{
	node_id above, below;
	size_t middle;

	if (high - low == 1)
		return leaf_node(graph, offset, &leaves[low]);
	middle = middle_of(leaves, low, high);
	above = search_range(graph, offset, leaves, middle, high);
	below = search_range(graph, offset, leaves, low, middle);
	return graph_branch(
		graph, offset, UINT32_MAX, GRAPH_AT_LEAST, leaves[middle].start, above, below);
}

node_id search_node(struct graph *graph, uint32_t offset, struct intervals *intervals)
{
	AUTO_FREE struct cover *covers = calloc(intervals->count + 1, sizeof(*covers));
	AUTO_FREE struct leaf *leaves = calloc(intervals->count, sizeof(*leaves));
	node_id node = 0;

	if (covers && leaves)
		node = search_range(
			graph, offset, leaves, 0, part_into_leaves(intervals, covers, leaves));
	else
		intervals->failed = true;
	return node;
}
