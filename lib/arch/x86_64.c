/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arch.h"

#include <linux/audit.h>

/*
 * The number is passed in rax, which the kernel copies to orig_rax on entry: at the entry stop
 * orig_rax is what counts, rax holds -ENOSYS. orig_rax -1 says "not in a system call", which keeps
 * the kernel from restarting anything on its own when rax happens to look like -ERESTARTSYS.
 */

static bool is_instruction(const uint8_t *bytes)
{
	return bytes[0] == 0x0f && bytes[1] == 0x05; /* syscall */
}

static int save(pid_t tid, struct arch_state *ret)
{
	int r = arch_get_registers(tid, &ret->registers);

	if (r < 0)
		return r;
	ret->number = (long)ret->registers.orig_rax;
	return 0;
}

static void set_arguments(struct user_regs_struct *registers, const unsigned long arguments[6])
{
	registers->rdi = arguments[0];
	registers->rsi = arguments[1];
	registers->rdx = arguments[2];
	registers->r10 = arguments[3];
	registers->r8 = arguments[4];
	registers->r9 = arguments[5];
}

static int replace(pid_t tid, const struct arch_state *state, const struct arch_call *call)
{
	struct user_regs_struct registers = state->registers;

	registers.orig_rax = (unsigned long)call->number;
	set_arguments(&registers, call->arguments);
	return arch_set_registers(tid, &registers);
}

static int result(pid_t tid, long *ret)
{
	struct user_regs_struct registers;
	int r = arch_get_registers(tid, &registers);

	if (r < 0)
		return r;
	*ret = (long)registers.rax;
	return 0;
}

static int rewind_call(pid_t tid, const struct arch_state *state, const struct arch_call *call)
{
	struct user_regs_struct registers = state->registers;

	registers.rip -= 2;
	registers.rax = (unsigned long)(call ? call->number : state->number);
	registers.orig_rax = (unsigned long)-1;
	if (call)
		set_arguments(&registers, call->arguments);
	return arch_set_registers(tid, &registers);
}

const struct arch arch = {
	.name = "x86_64",
	.audit = AUDIT_ARCH_X86_64,
	.instruction_length = 2,
	.is_instruction = is_instruction,
	.save = save,
	.replace = replace,
	.result = result,
	.rewind = rewind_call,
};
