/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "graph.h"

/*
 * The search for a word's value among intervals, as nodes of a graph: which node a value goes to
 * takes about log2 of the number of intervals tests, fewer for intervals with more weight.
 */
struct interval {
	uint32_t start; /* it ends where the next one starts, the last one at UINT32_MAX */
	node_id node;
	uint64_t weight; /* how often, in relation to the others; 0 counts as 1 */
};

struct intervals {
	struct interval *items; /* owned */
	size_t count, capacity;
	bool failed; /* memory ran out */
};

void intervals_finish(struct intervals *intervals);

/* Values from `start` on, which is above the starts before it (the first one's is 0), go to `node`.
 * Where that is the node of the interval before, the two are one interval. */
void intervals_add(struct intervals *intervals, uint32_t start, node_id node, uint64_t weight);

/* The search for the word at `offset` among one or more intervals. Sets `failed` when memory runs
 * out. */
node_id search_node(struct graph *graph, uint32_t offset, struct intervals *intervals);
