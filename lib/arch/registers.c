/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arch.h"

#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

int arch_get_registers(pid_t tid, struct user_regs_struct *ret)
{
	struct iovec part = {ret, sizeof(*ret)};

	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &part) < 0)
		return -errno;
	/* A 32-bit thread has a smaller set. */
	return part.iov_len == sizeof(*ret) ? 0 : -EOPNOTSUPP;
}

int arch_set_registers(pid_t tid, struct user_regs_struct *registers)
{
	struct iovec part = {registers, sizeof(*registers)};

	return ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &part) < 0 ? -errno : 0;
}
