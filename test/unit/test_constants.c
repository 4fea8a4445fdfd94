/* SPDX-License-Identifier: Apache-2.0 */
#include "constants.h"

#include "support.h"

#include <linux/bpf.h>
#include <linux/futex.h>
#include <linux/ipc.h>
#include <linux/kcmp.h>
#include <linux/keyctl.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>

UNIT_SUITE(constants);

static void expect(const char *syscall, unsigned index, uint64_t value, const char *wanted)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	constants_write(out, ARCH_X86_64, syscall, index, value);
	fclose(out);
	cr_expect_str_eq(text, wanted, "%s: %s, not %s", syscall, text, wanted);
}

Test(constants, values)
{
	expect("socket", 0, 38, "AF_ALG");
	expect("socket", 0, 0, "AF_UNSPEC");
	expect("socket", 0, 99, "99");
	expect("socket", 0, UINT64_C(1) << 32 | 38, "0x100000026");
	expect("socket", 1, 1 | 02000000 | 04000, "SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK");
	expect("clone", 0, 0x10000011, "CLONE_NEWUSER|SIGCHLD");
	expect("clone", 0, 0, "0");
	expect("personality", 0, 8, "PER_LINUX32");
	expect("personality", 0, 0x20008, "PER_LINUX32|UNAME26");
	expect("personality", 0, 0xffffffff, "0xffffffff");
	expect("read", 0, 3, "3");
}

Test(constants, masks)
{
	static const struct {
		uint64_t mask;
		const char *wanted;
	} cases[] = {{4, "PROT_EXEC"}, {6, "PROT_WRITE|PROT_EXEC"}, {7, "0x7"}, {0x84, "0x84"}};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *text = NULL;
		size_t length;
		FILE *out = open_memstream(&text, &length);

		constants_write_mask(out, ARCH_X86_64, "mprotect", 2, cases[i].mask);
		fclose(out);
		cr_expect_str_eq(text, cases[i].wanted);
	}
}

Test(constants, lookup)
{
	char hint[64];
	uint64_t value;

	cr_assert(constants_lookup(ARCH_X86_64, "socket", 0, "AF_VSOCK", &value));
	cr_expect_eq(value, 40);
	cr_expect_not(constants_lookup(ARCH_X86_64, "socket", 1, "AF_VSOCK", &value));
	cr_expect_not(constants_lookup(ARCH_X86_64, "socket", 0, "AF_VSOCKS", &value));
	cr_expect_str_eq(constants_hint(ARCH_X86_64, "socket", 0, "AF_VSOKC", hint, sizeof(hint)),
		"; did you mean AF_VSOCK?");
	/* s390 has clone's flags second; MIPS has types of its own, and the same families. */
	cr_expect(constants_lookup(ARCH_S390X, "clone", 1, "CLONE_NEWNS", &value));
	cr_expect_not(constants_lookup(ARCH_S390X, "clone", 0, "CLONE_NEWNS", &value));
	cr_expect(constants_lookup(ARCH_MIPS, "socket", 0, "AF_INET", &value));
	cr_expect_not(constants_lookup(ARCH_MIPS, "socket", 1, "SOCK_STREAM", &value));
}

#if defined(__x86_64__)
#include <asm/prctl.h>

Test(constants, are_those_of_the_system)
{
	size_t checked = 0;

#define CHECK(name, value)                                                                         \
	cr_expect_eq((uint32_t)(name), (uint32_t)(value), #name);                                  \
	checked++;
#include "constant-check.inc"
	cr_expect_gt(checked, 250, "only %zu", checked);
}
#endif
