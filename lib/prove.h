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

/* The filters of a process. None at all allow every call. */
struct stack {
	const char *name;	    /* what messages call it; NULL: nothing. Not owned */
	const struct layer *layers; /* oldest first; not owned */
	size_t count;
};

/* How meanings are joined: each call gets the strictest or the laxest verdict that any of them gives;
 * of equally strict ones ENOSYS, else the smallest errno or data. */
enum join { JOIN_STRICTEST, JOIN_LAXEST };

/* What a stack does, as the kernel combines its layers; or what other meanings do together. What it
 * points to must outlive it. */
struct meaning {
	struct stack stack;
	const struct meaning *parts; /* in place of a stack; NULL: it is of the stack */
	size_t part_count;
	enum join join;
	diagram_id decision;
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
};

/* Numbers that differ, all in the same way: the same pair of verdicts for the same arguments. */
struct range {
	uint32_t first_arch, last_arch; /* as a filter sees them; often one */
	uint32_t first, last;
	enum relation relation;
	struct example examples[RELATION_COUNT];
	diagram_id pairs; /* by the words that follow: of verdicts, that of `a` in the upper half; 0
			     where they are the same */
};

/* The answer to one question; see below for those who ask more. `native` is the architecture of the
 * kernel whose filters these are. */
int prove_stacks(enum arch native, const struct stack *a, const struct stack *b, struct proof *ret,
	struct error *err) __attribute__((warn_unused_result));

/* Whether a failure says that the question cannot be answered here, not that it was no question. */
bool prove_cannot_tell(int r);

/* After -E2BIG or -ENOMEM a prover is of no more use. -ENOMEM. */
int prover_create(enum arch native, struct prover **ret, struct error *err)
	__attribute__((warn_unused_result));
void prover_destroy(struct prover *prover);

/* For those who walk through a meaning or a range; as long as nothing is added. */
const struct diagrams *prover_diagrams(const struct prover *prover);

/* Of the calls with a clause's architecture and number those that its conditions match: DIAGRAM_TRUE. A
 * failure is in `diagrams`. */
diagram_id prove_clause(struct diagrams *diagrams, const struct clause *clause);

/* -EOPNOTSUPP: a program computes in a way that is not followed here; -E2BIG: it would take too much
 * time or memory; -EINVAL: the kernel takes no such program; -ENOMEM. */
int prove_meaning(struct prover *prover, const struct stack *stack, struct meaning *ret,
	struct error *err) __attribute__((warn_unused_result));

/* At least one part. -E2BIG and -ENOMEM as above. */
int prove_join(struct prover *prover, const struct meaning *parts, size_t count, enum join join,
	struct meaning *ret, struct error *err) __attribute__((warn_unused_result));

/* -E2BIG and -ENOMEM as above; -EIO: an example does not stand the test, which is a fault here. */
int prove_compare(struct prover *prover, const struct meaning *a, const struct meaning *b,
	struct proof *ret, struct error *err) __attribute__((warn_unused_result));

/* Calls `each` for every range in which the two differ, in order of architecture and number; what
 * it returns below zero ends that and is returned, the error being set already. -E2BIG: they are
 * scattered over too many ranges; otherwise as above. */
int prove_ranges(struct prover *prover, const struct meaning *a, const struct meaning *b,
	int (*each)(const struct range *range, void *data), void *data, struct error *err)
	__attribute__((warn_unused_result));
