/* SPDX-License-Identifier: Apache-2.0 */
#include "probe_machine.h"

#if defined(__x86_64__)
__asm__(".globl _start, clone_thread\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call probe_main\n"
	"	ud2\n"
	"clone_thread:\n" /* (flags, stack, tid, tid, tid, index): the index goes to thread_main */
	"	mov %rcx, %r10\n"
	"	mov $56, %eax\n"
	"	syscall\n"
	"	test %rax, %rax\n"
	"	jz 1f\n"
	"	ret\n"
	"1:	xor %ebp, %ebp\n"
	"	mov %r9, %rdi\n"
	"	call thread_main\n"
	"	ud2\n");
#elif defined(__aarch64__)
__asm__(".globl _start, clone_thread\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x0, sp\n"
	"	bl probe_main\n"
	"	brk #1\n"
	"clone_thread:\n"
	"	mov x8, #220\n"
	"	svc #0\n"
	"	cbz x0, 1f\n"
	"	ret\n"
	"1:	mov x29, #0\n"
	"	mov x0, x5\n"
	"	bl thread_main\n"
	"	brk #1\n");
#endif
