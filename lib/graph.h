/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "program.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A decision graph over struct seccomp_data and its assembly into BPF. Nodes are made from the
 * leaves up; equal nodes are one node (hash-consing), so equal tails are shared. A test whose
 * answer is known, or does not matter, makes no node.
 */
typedef uint32_t node_id;

enum graph_test {
	GRAPH_EQUAL,	/* word == k */
	GRAPH_GREATER,	/* word > k, unsigned; no node has it, as it is AT_LEAST k + 1 */
	GRAPH_AT_LEAST, /* word >= k, unsigned */
};

/* Nodes that it goes to have smaller indexes than its own. */
struct graph_node {
	bool is_return;
	enum graph_test test;
	uint32_t offset, mask, k; /* k: of a return the verdict */
	node_id yes, no;
};

struct graph {
	struct graph_node *nodes; /* owned */
	size_t count, capacity;
	node_id *buckets; /* owned; hash table of indexes into nodes, plus one */
	size_t bucket_count;
	bool failed; /* memory ran out, or more nodes than a program could hold: see graph_assemble
		      */
};

void graph_init(struct graph *graph);
void graph_finish(struct graph *graph);

/* Ends with the kernel's verdict `value`. */
node_id graph_return(struct graph *graph, uint32_t value);

/* Goes on at `yes` when the 32-bit word at `offset` of struct seccomp_data, under `mask`, passes
 * the test against `k`, else at `no`. */
node_id graph_branch(struct graph *graph, uint32_t offset, uint32_t mask, enum graph_test test,
	uint32_t k, node_id yes, node_id no);

/* Copies what is reached from `root` to the end of `to`, in the order in which a program is best laid
 * out: what belongs together stands together. Returns the copy of `root`. */
node_id graph_copy(struct graph *to, const struct graph *from, node_id root);

/* The program that starts at `root`. -E2BIG: more than BPF_MAXINSNS instructions; -ENOMEM. */
int graph_assemble(const struct graph *graph, node_id root, struct program *ret, struct error *err)
	__attribute__((warn_unused_result));
