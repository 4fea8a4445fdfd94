/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "prove.h"

struct prover {
	struct diagrams diagrams;
	enum arch native;
};

/* What one program returns for each call, as it is: the kernel's reading of it comes later. */
int prove_program(struct prover *prover, const struct program *program, diagram_id *ret,
	struct error *err) __attribute__((warn_unused_result));

/* simulate_policy's verdict for each call. */
int prove_policy(struct prover *prover, const struct policy *policy, diagram_id *ret,
	struct error *err) __attribute__((warn_unused_result));

/* The pairs of verdicts that differ, the one of `a` in the upper half; 0 where they are the same. */
int prove_pairs(struct prover *prover, const struct meaning *a, const struct meaning *b,
	diagram_id *ret, struct error *err) __attribute__((warn_unused_result));

/* The kernel's reading of a verdict (__seccomp_filter): data where it is used, an errno cut to the
 * largest, and an action that it does not know kills the process. */
verdict prove_reading(verdict value);

/* Of two verdicts the one that the join takes. */
verdict prove_pick(enum join join, verdict a, verdict b);

/* The error of a failure of the prover's diagrams, or 0. */
int prove_failure(const struct prover *prover, struct error *err)
	__attribute__((warn_unused_result));

/* A search for calls in a diagram of pairs. */
struct search {
	const struct prover *prover;
	const struct meaning *a, *b;
	unsigned char *reach; /* owned; of each node, bit N: it leads to a pair of relation N */
	diagram_id pairs;
};

int search_init(struct search *search, const struct prover *prover, const struct meaning *a,
	const struct meaning *b, diagram_id pairs, struct error *err)
	__attribute__((warn_unused_result));
void search_finish(struct search *search);

enum relation search_relation(const struct search *search, diagram_id id);

/* A call of that relation, if there is one; of those with a name, if there is one. */
int search_anywhere(const struct search *search, enum relation relation, struct example *ret,
	struct error *err) __attribute__((warn_unused_result));

/* A call of that relation that `id` leads to, if there is one. `ret->call` has what leads to `id`. */
int search_below(const struct search *search, diagram_id id, enum relation relation,
	struct example *ret, struct error *err) __attribute__((warn_unused_result));
