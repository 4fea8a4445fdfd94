/* SPDX-License-Identifier: Apache-2.0 */
#include "optimize_internal.h"

#include "cleanup.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

enum {
	NR = offsetof(struct seccomp_data, nr),
	ARCH = offsetof(struct seccomp_data, arch),
	LIVE_A = 1 << BPF_MEMWORDS, /* below: a bit a word of memory */
	LIVE_X = LIVE_A << 1,
	MOST_STEPS = 4000000,
};

static enum event refuse(struct runner *runner, const struct state *state, const char *what)
{
	runner->code = error_set(runner->err, -EOPNOTSUPP,
		"program %u of %zu, instruction %u (opcode %#x): %s", state->program + 1,
		runner->stack->count, state->position,
		runner->stack->programs[state->program].code[state->position].code, what);
	return EVENT_FAILED;
}

/* What is read from one instruction on, given what is read behind it. */
static uint32_t live_before(const struct sock_filter *code, uint32_t behind)
{
	uint32_t x = BPF_SRC(code->code) == BPF_X ? LIVE_X : 0;

	switch (BPF_CLASS(code->code)) {
	case BPF_LD:
		behind &= ~(uint32_t)LIVE_A;
		break;
	case BPF_LDX:
		behind &= ~(uint32_t)LIVE_X;
		break;
	case BPF_ST:
		return (behind & ~(UINT32_C(1) << code->k)) | LIVE_A;
	case BPF_STX:
		return (behind & ~(UINT32_C(1) << code->k)) | LIVE_X;
	case BPF_ALU:
		return behind | LIVE_A | x;
	case BPF_JMP:
		return BPF_OP(code->code) == BPF_JA ? behind : behind | LIVE_A | x;
	case BPF_RET:
		return BPF_RVAL(code->code) == BPF_A ? LIVE_A : 0;
	default:
		return BPF_MISCOP(code->code) == BPF_TAX ? (behind & ~(uint32_t)LIVE_X) | LIVE_A
							 : (behind & ~(uint32_t)LIVE_A) | LIVE_X;
	}
	if (BPF_MODE(code->code) == BPF_MEM)
		behind |= UINT32_C(1) << code->k;
	return behind;
}

/* Jumps only go forward, so one pass from the end tells. Owned by the caller. */
static uint32_t *find_live(const struct program *program)
{
	uint32_t *live = calloc(program->length + 1, sizeof(*live));

	for (size_t i = program->length; live && i-- > 0;) {
		const struct sock_filter *code = &program->code[i];
		uint32_t behind = live[i + 1];

		if (BPF_CLASS(code->code) == BPF_JMP)
			behind = BPF_OP(code->code) == BPF_JA
					 ? live[i + 1 + code->k]
					 : live[i + 1 + code->jt] | live[i + 1 + code->jf];
		live[i] = live_before(code, behind);
	}
	return live;
}

/* Clears what is not read any more. */
static void forget(const struct runner *runner, struct state *state)
{
	uint32_t live = runner->live[state->program][state->position];
	const struct value nothing = {0};

	for (unsigned i = 0; i < BPF_MEMWORDS; i++)
		if (!(live & UINT32_C(1) << i))
			state->memory[i] = nothing;
	if (!(live & LIVE_A))
		state->a = nothing;
	if (!(live & LIVE_X))
		state->x = nothing;
}

static struct value load_word(const struct runner *runner, uint32_t offset)
{
	const struct span *span = &runner->numbers->spans[0];

	if (offset == ARCH && runner->arch)
		return value_constant(*runner->arch);
	if (offset == NR && runner->numbers->count == 1 && span->first == span->last)
		return value_constant(span->first);
	return value_word(offset);
}

static struct value loaded(
	const struct runner *runner, const struct state *state, const struct sock_filter *code)
{
	switch (BPF_MODE(code->code)) {
	case BPF_ABS:
		return load_word(runner, code->k);
	case BPF_LEN:
		return value_constant(sizeof(struct seccomp_data));
	case BPF_MEM:
		return state->memory[code->k];
	default:
		return value_constant(code->k);
	}
}

/* Goes over to the next program, or says that there is none. */
static bool next_program(struct state *state, verdict value)
{
	verdict strictest = verdict_stricter(value, state->strictest) ? value : state->strictest;
	uint32_t program = state->program;

	memset(state, 0, sizeof(*state));
	state->strictest = strictest;
	state->program = program - 1;
	return program > 0;
}

static bool is_ask_for_architecture(const struct runner *runner, const struct test *test)
{
	return !runner->arch && test->offset == ARCH && test->mask == UINT32_MAX &&
	       test->test == GRAPH_EQUAL;
}

/* Any architecture but those that are asked for: it is not this one. */
static enum event note_architecture(struct runner *runner, const struct state *state, uint32_t arch)
{
	struct architecture_values *others = runner->others;

	for (size_t i = 0; i < others->count; i++)
		if (others->items[i] == arch)
			return EVENT_NONE;
	if (others->count == MOST_ARCHITECTURES)
		return refuse(runner, state, "compares arch with too many values");
	others->items[others->count++] = arch;
	return EVENT_NONE;
}

/* Answers the test where all calls at hand agree. */
static enum event settle_test(struct runner *runner, const struct state *state, struct test *test)
{
	bool passes = false;

	if (test->known)
		return EVENT_NONE;
	if (is_ask_for_architecture(runner, test)) {
		if (note_architecture(runner, state, test->k) != EVENT_NONE)
			return EVENT_FAILED;
	} else if (test->offset == NR) {
		/* Looking through many spans, or for what passes a mask, takes its time too. */
		runner->steps += runner->numbers->count / 8 + (test->mask == UINT32_MAX ? 0 : 128);
		switch (numbers_agree(runner->numbers, test)) {
		case SOME_PASS:
			return EVENT_TEST;
		case TOO_SCATTERED:
			return refuse(runner, state, "parts the numbers into too many pieces");
		case ALL_PASS:
			passes = true;
			break;
		case NONE_PASSES:
			break;
		}
	} else {
		return EVENT_TEST;
	}
	test->answer = passes != test->negated;
	test->known = true;
	return EVENT_NONE;
}

void runner_jump(const struct runner *runner, struct state *state, bool taken)
{
	const struct sock_filter *code =
		&runner->stack->programs[state->program].code[state->position];

	state->position += 1u + (taken ? code->jt : code->jf);
}

static enum event run_jump(struct runner *runner, struct state *state,
	const struct sock_filter *code, struct test *ret)
{
	const struct value k = value_constant(code->k);
	enum event event;

	if (BPF_OP(code->code) == BPF_JA) {
		state->position += 1 + code->k;
		return EVENT_NONE;
	}
	if (!value_test(&state->a, BPF_OP(code->code),
		    BPF_SRC(code->code) == BPF_X ? &state->x : &k, ret)) {
		return refuse(runner, state,
			"compares what is neither a constant nor bits of one word in order");
	}
	event = settle_test(runner, state, ret);
	if (event == EVENT_NONE)
		runner_jump(runner, state, ret->answer);
	return event;
}

static enum event end(struct runner *runner, struct state *state, const struct value *value)
{
	if (!value_is_constant(value)) {
		return refuse(runner, state, "returns a verdict made of the call");
	}
	return next_program(state, value->flip) ? EVENT_NONE : EVENT_VERDICT;
}

static enum event run_alu(
	struct runner *runner, struct state *state, const struct sock_filter *code)
{
	const struct value k = value_constant(code->k), zero = value_constant(0);
	const struct value *operand = BPF_SRC(code->code) == BPF_X ? &state->x : &k;
	uint16_t operation = BPF_OP(code->code);

	/* The kernel ends a program that divides by zero. */
	if (operation == BPF_DIV && value_is_constant(operand) && operand->flip == 0)
		return end(runner, state, &zero);
	if (!value_alu(&state->a, operation, operand)) {
		return refuse(runner, state, "computes more than bits of one word");
	}
	state->position++;
	return EVENT_NONE;
}

static enum event step(struct runner *runner, struct state *state, struct test *ret)
{
	const struct sock_filter *code =
		&runner->stack->programs[state->program].code[state->position];
	const struct value k = value_constant(code->k);

	switch (BPF_CLASS(code->code)) {
	case BPF_LD:
		state->a = loaded(runner, state, code);
		break;
	case BPF_LDX:
		state->x = loaded(runner, state, code);
		break;
	case BPF_ST:
		state->memory[code->k] = state->a;
		break;
	case BPF_STX:
		state->memory[code->k] = state->x;
		break;
	case BPF_ALU:
		return run_alu(runner, state, code);
	case BPF_JMP:
		return run_jump(runner, state, code, ret);
	case BPF_RET:
		return end(runner, state, BPF_RVAL(code->code) == BPF_A ? &state->a : &k);
	default:
		if (BPF_MISCOP(code->code) == BPF_TAX)
			state->x = state->a;
		else
			state->a = state->x;
	}
	state->position++;
	return EVENT_NONE;
}

enum event runner_go(struct runner *runner, struct state *state, struct test *ret)
{
	enum event event;

	do {
		if (++runner->steps > MOST_STEPS) {
			runner->code = error_set(runner->err, -E2BIG,
				"the programs take more than %d steps to follow", MOST_STEPS);
			return EVENT_FAILED;
		}
		event = step(runner, state, ret);
	} while (event == EVENT_NONE);
	if (event == EVENT_TEST)
		forget(runner, state);
	return event;
}

int runner_init(struct runner *runner, const struct stack *stack, const uint32_t *arch,
	struct architecture_values *others, struct error *err)
{
	*runner = (struct runner){.stack = stack, .arch = arch, .others = others, .err = err};
	runner->live = calloc(stack->count, sizeof(*runner->live));
	if (!runner->live)
		return error_memory(err);
	for (size_t i = 0; i < stack->count; i++) {
		runner->live[i] = find_live(&stack->programs[i]);
		if (!runner->live[i])
			return error_memory(err);
	}
	return 0;
}

void runner_finish(struct runner *runner)
{
	for (size_t i = 0; runner->live && i < runner->stack->count; i++)
		free(runner->live[i]);
	free(runner->live);
	runner->live = NULL;
}
