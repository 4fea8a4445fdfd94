/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The kernel's side of the recorder.
 *
 * A process is recorded while its leader has a state. One gets its state from the recorder, at its
 * creation from the process that forks it, or at its execve, when it is in the namespaces of the
 * container: that is how an exec session comes in, which no process of the container forks. A call is
 * one byte that is set, so nothing can be lost however often it is made.
 *
 * Compiled without the kernel's headers: of each structure the few fields are declared that are used,
 * and libbpf finds their places in the running kernel (CO-RE).
 *
 * Some helpers of the kernel are for programs under the GPL alone.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "shared.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct thread_info {
	unsigned long flags;
	__u32 status;
};
struct ns_common {
	unsigned int inum;
};
struct mnt_namespace {
	struct ns_common ns;
};
struct pid_namespace {
	struct ns_common ns;
};
struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
};
struct task_struct {
	struct thread_info thread_info;
	int pid, tgid;
	struct task_struct *group_leader;
	struct nsproxy *nsproxy;
};
struct linux_binprm;
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bp, bx, r10, r9, r8, cx, dx, si, di;
};
#else
struct pt_regs {
	unsigned long long regs[31];
};
#endif
#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, unsigned int); /* enum record_state */
} states SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RECORD_TUPLES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct record_tuple);
	__type(value, unsigned char);
} tuples SEC(".maps");

unsigned char seen[RECORD_CALLS];
unsigned char watched[RECORD_CALLS];	     /* bit N: argument N is looked at */
unsigned char overflow[RECORD_CALLS];	     /* there were more tuples than could be kept */
unsigned int large;			     /* calls with a number of RECORD_NUMBERS or more */
unsigned int lost;			     /* processes for which there was no memory */
unsigned int mount_namespace, pid_namespace; /* of the container; 0: not looked at */
unsigned int waits;			     /* the container has not executed its program yet */

#if defined(__TARGET_ARCH_x86)
#define X32_BIT 0x40000000
#define TS_COMPAT 2 /* arch/x86/include/asm/thread_info.h */

static __always_inline unsigned int abi_of(const struct task_struct *task, long *number)
{
	if (task->thread_info.status & TS_COMPAT)
		return RECORD_COMPAT;
	if (!(*number & X32_BIT))
		return RECORD_NATIVE;
	*number &= ~X32_BIT;
	return RECORD_X32;
}

static __always_inline void read_arguments(
	const struct pt_regs *regs, unsigned int abi, unsigned long long arguments[6])
{
	if (abi == RECORD_COMPAT) {
		arguments[0] = regs->bx;
		arguments[1] = regs->cx;
		arguments[2] = regs->dx;
		arguments[3] = regs->si;
		arguments[4] = regs->di;
		arguments[5] = regs->bp;
		return;
	}
	arguments[0] = regs->di;
	arguments[1] = regs->si;
	arguments[2] = regs->dx;
	arguments[3] = regs->r10;
	arguments[4] = regs->r8;
	arguments[5] = regs->r9;
}
#else
#define TIF_32BIT (1UL << 22) /* arch/arm64/include/asm/thread_info.h */

static __always_inline unsigned int abi_of(const struct task_struct *task, long *number)
{
	(void)number;
	return task->thread_info.flags & TIF_32BIT ? RECORD_COMPAT : RECORD_NATIVE;
}

static __always_inline void read_arguments(
	const struct pt_regs *regs, unsigned int abi, unsigned long long arguments[6])
{
	(void)abi;
	for (int i = 0; i < RECORD_ARGUMENTS; i++)
		arguments[i] = regs->regs[i];
}
#endif

static __always_inline void keep_arguments(
	const struct pt_regs *regs, unsigned int abi, unsigned int call, unsigned char mask)
{
	struct record_tuple tuple = {.call = call};
	unsigned char there = 1;

	read_arguments(regs, abi, tuple.arguments);
	for (int i = 0; i < RECORD_ARGUMENTS; i++)
		if (!(mask & 1 << i))
			tuple.arguments[i] = 0;
	if (bpf_map_lookup_elem(&tuples, &tuple))
		return;
	if (bpf_map_update_elem(&tuples, &tuple, &there, BPF_ANY) < 0)
		overflow[call] = 1;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(record_call, struct pt_regs *regs, long number)
{
	struct task_struct *task = bpf_get_current_task_btf();
	unsigned int *state = bpf_task_storage_get(&states, task->group_leader, 0, 0);
	unsigned int abi, call, same;

	if (!state)
		return 0;
	/* A thread that executes a program becomes the leader and brings its state along. */
	same = *state;
	if (task->pid != task->tgid &&
		!bpf_task_storage_get(&states, task, &same, BPF_LOCAL_STORAGE_GET_F_CREATE))
		__sync_fetch_and_add(&lost, 1);
	if (same != RECORD_ON)
		return 0;
	abi = abi_of(task, &number);
	if (number < 0) /* skipped by a tracer */
		return 0;
	if (number >= RECORD_NUMBERS) {
		__sync_fetch_and_add(&large, 1);
		return 0;
	}
	call = abi * RECORD_NUMBERS + number;
	if (call >= RECORD_CALLS)
		return 0;
	if (!seen[call])
		seen[call] = 1;
	if (watched[call])
		keep_arguments(regs, abi, call, watched[call]);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(record_fork, struct task_struct *parent, struct task_struct *child)
{
	unsigned int *state = bpf_task_storage_get(&states, parent->group_leader, 0, 0);
	unsigned int on = RECORD_ON;

	if (!state || *state != RECORD_ON || child->pid != child->tgid)
		return 0;
	if (!bpf_task_storage_get(&states, child, &on, BPF_LOCAL_STORAGE_GET_F_CREATE))
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

static __always_inline int is_of_container(const struct task_struct *task)
{
	/* Hooks of the container execute in its namespaces before its program does. */
	if (waits)
		return 0;
	/* A pid namespace may be shared by the containers of a pod. */
	if (mount_namespace)
		return task->nsproxy->mnt_ns->ns.inum == mount_namespace;
	return pid_namespace && task->nsproxy->pid_ns_for_children->ns.inum == pid_namespace;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(record_exec, struct task_struct *task, int former, struct linux_binprm *program)
{
	unsigned int *state = bpf_task_storage_get(&states, task, 0, 0);
	unsigned int on = RECORD_ON;

	if (state) {
		if (*state == RECORD_WAITS)
			waits = 0;
		*state = RECORD_ON;
		return 0;
	}
	if (is_of_container(task) &&
		!bpf_task_storage_get(&states, task, &on, BPF_LOCAL_STORAGE_GET_F_CREATE))
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
