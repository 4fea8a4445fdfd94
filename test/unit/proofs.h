/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Questions to prove.h, and checks of its answers that trust nothing but simulate.h. */

#include "calls.h"
#include "prove.h"

#include <linux/audit.h>

#define STACK(...)                                                                                 \
	(struct stack)                                                                             \
	{                                                                                          \
		NULL, (const struct layer[]){__VA_ARGS__},                                         \
			sizeof((const struct layer[]){__VA_ARGS__}) / sizeof(struct layer)         \
	}
#define POLICY(pointer)                                                                            \
	{                                                                                          \
		.policy = (pointer)                                                                \
	}
#define PROGRAM(pointer)                                                                           \
	{                                                                                          \
		.program = (pointer)                                                               \
	}

/* What the kernel makes of a verdict, once more and by another form than prove.c's. */
static inline verdict effect(verdict value)
{
	if (value >> 16 == 0x7fff || value >> 16 == 0x7ffc || value >> 16 == 0x7fc0 ||
		value >> 16 == 0)
		return value & 0xffff0000;
	if (value >> 16 == 5) /* ERRNO */
		return (value & 0xffff) > 4095 ? 0x50fff : value;
	if (value >> 16 == 3 || value >> 16 == 0x7ff0) /* TRAP, TRACE */
		return value;
	return SECCOMP_RET_KILL_PROCESS;
}

static inline verdict stack_effect(struct stack stack, const struct seccomp_data *call)
{
	verdict strictest = SECCOMP_RET_ALLOW;

	for (size_t i = stack.count; i-- > 0;) {
		const struct layer *layer = &stack.layers[i];
		verdict value;

		if (layer->policy)
			value = simulate_policy(layer->policy, call, NULL);
		else
			cr_assert_eq(simulate_program(layer->program, call, &value, NULL), 0);
		if (verdict_stricter(value, strictest))
			strictest = value;
	}
	return effect(strictest);
}

static inline enum relation relation_of(verdict a, verdict b)
{
	if (verdict_stricter(a, b))
		return RELATION_STRICTER;
	if (verdict_stricter(b, a))
		return RELATION_LAXER;
	return a == b ? RELATION_SAME : RELATION_DIFFERENT;
}

/* The examples are what they claim to be and fit the relation; the host's byte order. */
static inline void check_proof(
	const char *what, const struct proof *proof, struct stack a, struct stack b)
{
	static const unsigned fitting[] = {
		[RELATION_SAME] = 0,
		[RELATION_STRICTER] = 1U << RELATION_STRICTER,
		[RELATION_LAXER] = 1U << RELATION_LAXER,
	};
	unsigned found = 0;

	for (int i = 0; i < RELATION_COUNT; i++) {
		const struct example *example = &proof->examples[i];

		if (!example->found)
			continue;
		found |= 1U << i;
		cr_assert_eq(stack_effect(a, &example->call), example->a, "%s", what);
		cr_assert_eq(stack_effect(b, &example->call), example->b, "%s", what);
		cr_assert_eq((int)relation_of(example->a, example->b), i, "%s", what);
	}
	if (proof->relation == RELATION_DIFFERENT)
		cr_assert(found & 1U << RELATION_DIFFERENT ||
				  found == (1U << RELATION_STRICTER | 1U << RELATION_LAXER),
			"%s: found %#x", what, found);
	else
		cr_assert_eq(found, fitting[proof->relation], "%s: found %#x", what, found);
}

/* A call may be treated so only if an example of that is given. */
static inline void check_call(const char *what, const struct proof *proof, struct stack a,
	struct stack b, const struct seccomp_data *call)
{
	verdict x = stack_effect(a, call), y = stack_effect(b, call);
	enum relation relation = relation_of(x, y);

	cr_assert(relation == RELATION_SAME || proof->examples[relation].found,
		"%s: arch %#x nr %#x args %#llx %#llx %#llx: %#x against %#x, which was said not "
		"to "
		"occur",
		what, call->arch, (unsigned)call->nr, (unsigned long long)call->args[0],
		(unsigned long long)call->args[1], (unsigned long long)call->args[2], x, y);
}

static inline void assert_relation(
	const char *what, enum arch native, struct stack a, struct stack b, enum relation expected)
{
	struct error err = ERROR_INIT;
	struct proof proof;
	int r = prove_stacks(native, &a, &b, &proof, &err);

	cr_assert_eq(r, 0, "%s: %s", what, error_message(&err));
	cr_assert_eq(proof.relation, expected, "%s: relation %d", what, proof.relation);
}
