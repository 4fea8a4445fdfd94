/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <asm/errno.h>
#include <asm/unistd.h>

/*
 * What depends on the machine in the probe: system calls, threads, and the entry point, which is in
 * probe_machine.c.
 */

#if defined(__x86_64__)
static inline long call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
static inline long call(long number, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}
#else
#error "unknown machine: give it an entry point and system calls here"
#endif

long clone_thread(long flags, void *stack, volatile int *parent_tid, volatile int *tid_or_tls,
	volatile int *tls_or_tid, long index);

/* Machines differ in where the tls and the child's tid are; without CLONE_SETTLS the tid may be in
 * both places. `tid` becomes 0 when the thread has ended. */
static inline long start_thread(long flags, void *stack, long index, volatile int *tid)
{
	return clone_thread(flags, stack, tid, tid, tid, index);
}
