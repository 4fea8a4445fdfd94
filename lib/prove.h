/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "diagram.h"
#include "error.h"
#include "policy.h"
#include "program.h"

/*
 * Whether two stacks of filters mean the same for every architecture, number, argument and
 * instruction pointer; and where they do not, a call that shows it. What cannot be decided is an
 * error, never "the same", and every example is checked with simulate.h before it is given.
 */
struct prover;

/* One filter of a process: a policy or a program. Neither is owned. */
struct layer {
	const struct policy *policy;   /* NULL: it is the program */
	const struct program *program; /* NULL: it is the policy */
};

/* What layers do together, as the kernel combines them. */
struct meaning {
	const struct layer *layers; /* not owned; oldest first; must outlive the meaning, as what
				     * they point to */
	size_t count;
	diagram_id decision; /* of one prover */
};

/* What `a` is beside `b`. Stricter is what the kernel prefers, see verdict_stricter; the same action
 * with another errno or other data is neither. */
enum relation {
	RELATION_SAME,
	RELATION_STRICTER,
	RELATION_LAXER,
	RELATION_DIFFERENT,
	RELATION_COUNT,
};

struct example {
	bool found;
	struct seccomp_data call;
	uint32_t words; /* bit N: the answer depends on enum data_word N */
	verdict a, b;
};

/* `relation`: SAME; STRICTER when some call is treated so and none otherwise but the same; LAXER
 * likewise; else DIFFERENT. Of each way in which single calls differ there is an example. */
struct proof {
	enum relation relation;
	struct example examples[RELATION_COUNT];
	diagram_id pairs; /* for prove_ranges */
};

/* Numbers that differ, all in the same way: the same pair of verdicts for the same arguments. */
struct range {
	uint32_t first_arch, last_arch; /* as a filter sees them; often one */
	uint32_t first, last;
	enum relation relation;
	struct example examples[RELATION_COUNT];
};

/* `native` is the architecture of the kernel whose filters these are. -ENOMEM. */
int prover_create(enum arch native, struct prover **ret, struct error *err)
	__attribute__((warn_unused_result));
void prover_destroy(struct prover *prover);

/* -EOPNOTSUPP: a program computes in a way that is not followed here; -E2BIG: it would take too much
 * time or memory; -EINVAL: the kernel takes no such program; -ENOMEM. */
int prove_meaning(struct prover *prover, const struct layer *layers, size_t count,
	struct meaning *ret, struct error *err) __attribute__((warn_unused_result));

/* Whether a failure says that the question cannot be answered here, not that it was no question. */
bool prove_cannot_tell(int r);

/* -E2BIG and -ENOMEM as above; -EIO: an example does not stand the test, which is a fault here. */
int prove_compare(struct prover *prover, const struct meaning *a, const struct meaning *b,
	struct proof *ret, struct error *err) __attribute__((warn_unused_result));

/* Calls `each` for every range in which the two differ, in order of architecture and number; what
 * it returns below zero ends that and is returned, the error being set already. -E2BIG: they are
 * scattered over too many ranges; otherwise as above. */
int prove_ranges(struct prover *prover, const struct meaning *a, const struct meaning *b,
	const struct proof *proof, int (*each)(const struct range *range, void *data), void *data,
	struct error *err) __attribute__((warn_unused_result));
