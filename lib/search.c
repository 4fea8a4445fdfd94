/* SPDX-License-Identifier: Apache-2.0 */
#include "search.h"

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
	intervals->items[intervals->count++] = (struct interval){start, node, weight};
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* Where to part the intervals [low, high) so that both sides weigh about the same. */
static size_t middle_of(const struct interval *items, size_t low, size_t high)
{
	uint64_t total = 0, below = 0, smallest = UINT64_MAX;
	size_t middle = low + 1;

	for (size_t i = low; i < high; i++)
		total += items[i].weight;
	for (size_t i = low + 1; i < high; i++) {
		below += items[i - 1].weight;
		if (distance(below, total - below) >= smallest)
			break; /* it only grows from here on */
		smallest = distance(below, total - below);
		middle = i;
	}
	return middle;
}

static node_id search_range(
	struct graph *graph, uint32_t offset, const struct interval *items, size_t low, size_t high)
{
	node_id above, below;
	size_t middle;

	if (high - low == 1)
		return items[low].node;
	middle = middle_of(items, low, high);
	above = search_range(graph, offset, items, middle, high);
	below = search_range(graph, offset, items, low, middle);
	return graph_branch(
		graph, offset, UINT32_MAX, GRAPH_AT_LEAST, items[middle].start, above, below);
}

node_id search_node(struct graph *graph, uint32_t offset, const struct intervals *intervals)
{
	return search_range(graph, offset, intervals->items, 0, intervals->count);
}
