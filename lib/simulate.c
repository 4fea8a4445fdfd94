/* SPDX-License-Identifier: Apache-2.0 */
#include "simulate.h"

#include "syscalls.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <stddef.h>
#include <string.h>

static bool condition_holds(
	const struct condition *condition, unsigned bits, const struct seccomp_data *call)
{
	uint64_t argument = call->args[condition->index];

	if (bits < 64)
		argument &= (UINT64_C(1) << bits) - 1;
	switch (condition->comparison) {
	case OP_NOT_EQUAL:
		return argument != condition->value;
	case OP_LESS:
		return argument < condition->value;
	case OP_LESS_EQUAL:
		return argument <= condition->value;
	case OP_EQUAL:
		return argument == condition->value;
	case OP_GREATER_EQUAL:
		return argument >= condition->value;
	case OP_GREATER:
		return argument > condition->value;
	case OP_MASKED_EQUAL:
		return (argument & condition->value) == condition->datum;
	}
	return false;
}

static bool clause_matches(const struct clause *clause, const struct seccomp_data *call)
{
	if (clause->call_mask && ((uint32_t)call->args[0] & clause->call_mask) != clause->call)
		return false;
	for (size_t i = 0; i < clause->condition_count; i++)
		if (!condition_holds(&clause->conditions[i], clause->bits[i], call))
			return false;
	return true;
}

verdict simulate_policy(const struct policy *policy, const struct seccomp_data *call,
	const struct clause **ret_clause)
{
	const enum arch arch = arch_of_call(call->arch, (uint32_t)call->nr);
	const struct clause *clauses, *best = NULL;
	size_t count;

	if (ret_clause)
		*ret_clause = NULL;
	if (arch == ARCH_COUNT || !(policy->architectures & UINT32_C(1) << arch))
		return policy_foreign();
	clauses = policy_clauses(policy, arch, (uint32_t)call->nr, &count);
	for (size_t i = 0; i < count; i++)
		if (clause_matches(&clauses[i], call) &&
			(!best || verdict_stricter(clauses[i].action, best->action)))
			best = &clauses[i];
	if (ret_clause)
		*ret_clause = best;
	return best ? best->action : policy_fallback(policy, arch, (uint32_t)call->nr, NULL);
}

/* The machine of classic BPF: two registers and sixteen words of memory. */
struct machine {
	uint32_t a, x;
	uint32_t memory[BPF_MEMWORDS];
};

static bool load_word(const struct seccomp_data *call, uint32_t offset, uint32_t *ret)
{
	if (offset % sizeof(uint32_t) != 0 || offset >= sizeof(*call))
		return false;
	memcpy(ret, (const char *)call + offset, sizeof(*ret));
	return true;
}

static bool run_load(
	struct machine *machine, const struct sock_filter *code, const struct seccomp_data *call)
{
	bool to_x = BPF_CLASS(code->code) == BPF_LDX;
	uint32_t value;

	switch (code->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		if (!load_word(call, code->k, &value))
			return false;
		break;
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
		value = sizeof(*call);
		break;
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
		value = code->k;
		break;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
		if (code->k >= BPF_MEMWORDS)
			return false;
		value = machine->memory[code->k];
		break;
	default:
		return false;
	}
	*(to_x ? &machine->x : &machine->a) = value;
	return true;
}

/* `*ends`: a division by zero, at which the kernel ends the program with verdict 0. */
static bool run_alu(struct machine *machine, const struct sock_filter *code, bool *ends)
{
	uint32_t operand = BPF_SRC(code->code) == BPF_X ? machine->x : code->k;

	switch (BPF_OP(code->code)) {
	case BPF_ADD:
		machine->a += operand;
		return true;
	case BPF_SUB:
		machine->a -= operand;
		return true;
	case BPF_MUL:
		machine->a *= operand;
		return true;
	case BPF_DIV:
		if (operand == 0 && BPF_SRC(code->code) == BPF_K)
			return false;
		*ends = operand == 0;
		machine->a = operand ? machine->a / operand : 0;
		return true;
	case BPF_AND:
		machine->a &= operand;
		return true;
	case BPF_OR:
		machine->a |= operand;
		return true;
	case BPF_XOR:
		machine->a ^= operand;
		return true;
	case BPF_LSH:
	case BPF_RSH:
		if (operand > 31 && BPF_SRC(code->code) == BPF_K)
			return false;
		operand &= 31;
		machine->a = BPF_OP(code->code) == BPF_LSH ? machine->a << operand
							   : machine->a >> operand;
		return true;
	case BPF_NEG:
		machine->a = -machine->a;
		return true;
	default:
		return false;
	}
}

static bool run_jump(
	const struct machine *machine, const struct sock_filter *code, size_t *position)
{
	uint32_t operand = BPF_SRC(code->code) == BPF_X ? machine->x : code->k;
	bool taken;

	switch (BPF_OP(code->code)) {
	case BPF_JA:
		*position += code->k;
		return true;
	case BPF_JEQ:
		taken = machine->a == operand;
		break;
	case BPF_JGT:
		taken = machine->a > operand;
		break;
	case BPF_JGE:
		taken = machine->a >= operand;
		break;
	case BPF_JSET:
		taken = (machine->a & operand) != 0;
		break;
	default:
		return false;
	}
	*position += taken ? code->jt : code->jf;
	return true;
}

static bool run_store(struct machine *machine, const struct sock_filter *code)
{
	if (code->k >= BPF_MEMWORDS)
		return false;
	machine->memory[code->k] = code->code == BPF_ST ? machine->a : machine->x;
	return true;
}

int simulate_program(const struct program *program, const struct seccomp_data *call, verdict *ret,
	size_t *ret_steps)
{
	struct machine machine = {0};
	bool ends = false, valid = true;
	size_t steps = 0;

	for (size_t position = 0; valid && position < program->length; position++) {
		const struct sock_filter *code = &program->code[position];

		steps++;
		switch (BPF_CLASS(code->code)) {
		case BPF_LD:
		case BPF_LDX:
			valid = run_load(&machine, code, call);
			break;
		case BPF_ST:
		case BPF_STX:
			valid = run_store(&machine, code);
			break;
		case BPF_ALU:
			valid = run_alu(&machine, code, &ends);
			break;
		case BPF_JMP:
			valid = run_jump(&machine, code, &position);
			break;
		case BPF_MISC:
			if (BPF_MISCOP(code->code) == BPF_TAX)
				machine.x = machine.a;
			else
				machine.a = machine.x;
			break;
		default:
			*ret = BPF_RVAL(code->code) == BPF_A ? machine.a : code->k;
			ends = true;
		}
		if (!ends)
			continue;
		if (BPF_CLASS(code->code) != BPF_RET)
			*ret = 0;
		if (ret_steps)
			*ret_steps = steps;
		return 0;
	}
	return -EINVAL;
}

int simulate_stack(
	const struct program *programs, size_t count, const struct seccomp_data *call, verdict *ret)
{
	verdict strictest = SECCOMP_RET_ALLOW;

	for (size_t i = count; i-- > 0;) {
		verdict value;
		int r = simulate_program(&programs[i], call, &value, NULL);

		if (r < 0)
			return r;
		if (verdict_stricter(value, strictest))
			strictest = value;
	}
	*ret = strictest;
	return 0;
}

bool simulate_constant_allow(const struct program *program, uint32_t arch, uint32_t number)
{
	struct machine machine = {0};

	for (size_t position = 0; position < program->length; position++) {
		const struct sock_filter *code = &program->code[position];

		switch (code->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (code->k != offsetof(struct seccomp_data, nr) &&
				code->k != offsetof(struct seccomp_data, arch))
				return false;
			machine.a = code->k == offsetof(struct seccomp_data, nr) ? number : arch;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			machine.a &= code->k;
			break;
		case BPF_JMP | BPF_JA:
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			if (!run_jump(&machine, code, &position))
				return false;
			break;
		case BPF_RET | BPF_K:
			return code->k == SECCOMP_RET_ALLOW;
		default:
			return false; /* the kernel looks no further */
		}
	}
	return false;
}
