/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program as a diagram. The program is run for all calls at once: a register or a word of memory
 * holds a constant or bits of one word of the call, so every test of it is a condition on that word.
 * Where a test leaves both ways open, both are gone.
 *
 * A *spot* is a place in the program and what is held there that is still of use. Jumps only go
 * forward, so spots are visited in the order of their places: whoever leads to a spot has been
 * visited before it, and a spot that several lead to is visited once. Then, from the last to the
 * first, each spot gets its diagram: that of its return, or the choice between those of the two that
 * it leads to.
 */
#include "decode.h"
#include "prove_internal.h"
#include "prove_machine.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_SPOTS = 65536,
	MOST_SPOTS_AT_A_PLACE = 256,
	NOWHERE = -1,
};

struct outcome {
	int yes, no; /* the spots that it leads to; NOWHERE: it returns */
	diagram_id condition;
	diagram_id decision;
};

struct spot {
	struct machine machine;
	int next_here; /* another spot of the same place; NOWHERE: none */
	struct outcome outcome;
};

/* On the way from a spot to the next test or the return. */
struct walk {
	struct machine machine;
	size_t place;
	bool ended;
	struct outcome outcome;
};

struct run {
	struct prover *prover;
	const struct program *program;
	struct spot *spots; /* owned */
	size_t count, capacity;
	int here[BPF_MAXINSNS];	       /* the first spot of each place */
	uint32_t useful[BPF_MAXINSNS]; /* bit N: slot N may be read from here on */
};

static void find_useful(struct run *run)
{
	for (size_t i = run->program->length; i-- > 0;) {
		const struct sock_filter *code = &run->program->code[i];
		uint32_t after = 0;

		if (code->code == (BPF_JMP | BPF_JA))
			after = run->useful[i + 1 + code->k];
		else if (BPF_CLASS(code->code) == BPF_JMP)
			after = run->useful[i + 1 + code->jt] | run->useful[i + 1 + code->jf];
		else if (BPF_CLASS(code->code) != BPF_RET)
			after = run->useful[i + 1];
		run->useful[i] = (after & ~machine_writes(code)) | machine_reads(code);
	}
}

/* The spot for a place and a machine, found or made. */
static int lead_to(struct run *run, size_t place, const struct machine *machine, int *ret)
{
	struct spot spot = {.machine = *machine};
	int others = 0;

	for (int i = 0; i < SLOT_COUNT; i++)
		if (!(run->useful[place] & 1U << i))
			spot.machine.slots[i] = (struct diagram_bits){0};
	for (int i = run->here[place]; i != NOWHERE; i = run->spots[i].next_here, others++) {
		*ret = i;
		if (!memcmp(&run->spots[i].machine, &spot.machine, sizeof(spot.machine)))
			return 0;
	}
	if (others == MOST_SPOTS_AT_A_PLACE || run->count == MOST_SPOTS)
		return -E2BIG;
	if (run->count == run->capacity) {
		size_t larger = run->capacity ? run->capacity * 2 : 256;
		struct spot *moved = reallocarray(run->spots, larger, sizeof(*moved));

		if (!moved)
			return -ENOMEM;
		run->spots = moved;
		run->capacity = larger;
	}
	spot.next_here = run->here[place];
	run->spots[run->count] = spot;
	run->here[place] = *ret = (int)run->count++;
	return 0;
}

static int run_jump(struct run *run, struct walk *walk, const struct sock_filter *code)
{
	diagram_id condition;
	int r;

	if (BPF_OP(code->code) == BPF_JA) {
		walk->place += code->k;
		return 0;
	}
	r = machine_test(&walk->machine, code, &run->prover->diagrams, &condition);
	if (r < 0)
		return r;
	if (condition == DIAGRAM_TRUE || condition == DIAGRAM_FALSE) {
		walk->place += condition == DIAGRAM_TRUE ? code->jt : code->jf;
		return 0;
	}
	walk->ended = true;
	walk->outcome.condition = condition;
	r = lead_to(run, walk->place + 1 + code->jt, &walk->machine, &walk->outcome.yes);
	return r < 0 ? r
		     : lead_to(run, walk->place + 1 + code->jf, &walk->machine, &walk->outcome.no);
}

static int run_instruction(struct run *run, struct walk *walk)
{
	const struct sock_filter *code = &run->program->code[walk->place];
	struct diagrams *diagrams = &run->prover->diagrams;
	int r;

	switch (BPF_CLASS(code->code)) {
	case BPF_JMP:
		return run_jump(run, walk, code);
	case BPF_RET:
		walk->ended = true;
		return machine_return(&walk->machine, code, diagrams, &walk->outcome.decision);
	default:
		r = machine_run(&walk->machine, code, architectures[run->prover->native].big_endian,
			&walk->ended);
		if (walk->ended)
			walk->outcome.decision = diagram_end(diagrams, 0);
		return r;
	}
}

static int walk_failure(const struct walk *walk, int r, const struct run *run, struct error *err)
{
	if (r == -EOPNOTSUPP)
		return error_set(err, r,
			"instruction %zu (code 0x%02x) computes with words of the call in a way "
			"that is not followed",
			walk->place, run->program->code[walk->place].code);
	if (r == -E2BIG)
		return error_set(
			err, r, "instruction %zu: too many states of the registers", walk->place);
	return error_memory(err);
}

static int visit(struct run *run, int index, size_t place, struct error *err)
{
	struct walk walk = {.machine = run->spots[index].machine,
		.place = place,
		.outcome = {.yes = NOWHERE, .no = NOWHERE}};

	while (!walk.ended) {
		int r = run_instruction(run, &walk);

		if (r < 0)
			return walk_failure(&walk, r, run, err);
		if (!walk.ended)
			walk.place++;
	}
	run->spots[index].outcome = walk.outcome;
	return 0;
}

static int visit_all(struct run *run, struct error *err)
{
	struct machine machine = {0};
	int first, r;

	memset(run->here, 0xff, sizeof(run->here)); /* NOWHERE */
	r = lead_to(run, 0, &machine, &first);
	if (r < 0)
		return error_memory(err);
	for (size_t place = 0; place < run->program->length; place++)
		for (int i = run->here[place]; i != NOWHERE; i = run->spots[i].next_here) {
			r = visit(run, i, place, err);
			if (r < 0)
				return r;
		}
	return 0;
}

static void decide_all(struct run *run)
{
	for (size_t place = run->program->length; place-- > 0;)
		for (int i = run->here[place]; i != NOWHERE; i = run->spots[i].next_here) {
			struct outcome *outcome = &run->spots[i].outcome;

			if (outcome->yes != NOWHERE)
				outcome->decision =
					diagram_choice(&run->prover->diagrams, outcome->condition,
						run->spots[outcome->yes].outcome.decision,
						run->spots[outcome->no].outcome.decision);
		}
}

int prove_program(
	struct prover *prover, const struct program *program, diagram_id *ret, struct error *err)
{
	struct run *run;
	int r = program_check(program, err);

	if (r < 0)
		return r;
	run = malloc(sizeof(*run));
	if (!run)
		return error_memory(err);
	run->prover = prover;
	run->program = program;
	run->spots = NULL;
	run->count = run->capacity = 0;
	find_useful(run);
	r = visit_all(run, err);
	if (r == 0) {
		decide_all(run);
		*ret = run->spots[run->here[0]].outcome.decision;
		r = prove_failure(prover, err);
	}
	free(run->spots);
	free(run);
	return r;
}
