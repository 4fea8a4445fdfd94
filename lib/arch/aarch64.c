/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arch.h"

#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/*
 * The number is passed in x8, which the kernel reads once, on entry: at the entry stop only the
 * register set NT_ARM_SYSTEM_CALL changes it. The arguments are read from x0 to x5 after that stop.
 * x0 is also the result, and the original x0 is kept where ptrace does not see it; at the entry
 * stop x0 still is the original, which is why the loader saves nothing anywhere else. The kernel
 * lends x7 to the tracer (0 at entry, 1 at exit) and restores the true value itself when the thread
 * is resumed, so writing back a register set with the lent x7 harms nothing. Number -1 says "not in
 * a system call": the kernel then restarts nothing on its own, whatever x0 looks like.
 */

#define NO_CALL (-1)

static int set_number(pid_t tid, int number)
{
	struct iovec part = {&number, sizeof(number)};

	return ptrace(PTRACE_SETREGSET, tid, (void *)NT_ARM_SYSTEM_CALL, &part) < 0 ? -errno : 0;
}

static bool is_instruction(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return (word & 0xffe0001fU) == 0xd4000001U; /* svc #imm, the kernel ignores imm */
}

static int save(pid_t tid, struct arch_state *ret)
{
	int number = NO_CALL;
	struct iovec part = {&number, sizeof(number)};
	int r = arch_get_registers(tid, &ret->registers);

	if (r < 0)
		return r;
	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_ARM_SYSTEM_CALL, &part) < 0)
		return -errno;
	ret->number = number;
	return 0;
}

static int replace(pid_t tid, const struct arch_state *state, const struct arch_call *call)
{
	struct user_regs_struct registers = state->registers;
	int r;

	memcpy(registers.regs, call->arguments, sizeof(call->arguments));
	r = arch_set_registers(tid, &registers);
	return r < 0 ? r : set_number(tid, (int)call->number);
}

static int result(pid_t tid, long *ret)
{
	struct user_regs_struct registers;
	int r = arch_get_registers(tid, &registers);

	if (r < 0)
		return r;
	*ret = (long)registers.regs[0];
	return 0;
}

static int rewind_call(pid_t tid, const struct arch_state *state, const struct arch_call *call)
{
	struct user_regs_struct registers = state->registers;
	int r;

	registers.pc -= 4;
	registers.regs[8] = (unsigned long)(call ? call->number : state->number);
	if (call)
		memcpy(registers.regs, call->arguments, sizeof(call->arguments));
	r = arch_set_registers(tid, &registers);
	return r < 0 ? r : set_number(tid, NO_CALL);
}

const struct arch arch = {
	.name = "aarch64",
	.audit = AUDIT_ARCH_AARCH64,
	.instruction_length = 4,
	.is_instruction = is_instruction,
	.save = save,
	.replace = replace,
	.result = result,
	.rewind = rewind_call,
};
