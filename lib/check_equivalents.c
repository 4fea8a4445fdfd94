/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that do what a denied one does. */
#include "check_internal.h"

#include "cleanup.h"
#include "simulate.h"
#include "syscalls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

enum { MOST_CALLS = 8 };

/* To deny one of `calls` while another one of them or of `ways` stays open denies nothing. */
static const struct {
	const char *calls[MOST_CALLS], *ways[MOST_CALLS];
} classes[] = {
	{{"accept", "accept4"}, {NULL}},
	{{"access", "faccessat", "faccessat2"}, {NULL}},
	{{"add_key", "request_key"}, {NULL}},
	{{"chmod", "fchmod", "fchmodat", "fchmodat2"}, {NULL}},
	{{"chown", "fchown", "lchown", "fchownat", "chown32", "fchown32", "lchown32"}, {NULL}},
	{{"clock_settime", "clock_settime64", "settimeofday", "stime"}, {NULL}},
	{{"execve", "execveat"}, {NULL}},
	{{"clone", "clone3"}, {NULL}},
	{{"fork", "vfork"}, {"clone", "clone3"}},
	{{"unshare"}, {"clone", "clone3"}},
	{{"setxattr", "lsetxattr", "fsetxattr", "setxattrat"}, {NULL}},
	{{"removexattr", "lremovexattr", "fremovexattr", "removexattrat"}, {NULL}},
	{{"init_module", "finit_module"}, {NULL}},
	{{"kexec_load", "kexec_file_load"}, {NULL}},
	{{"kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"},
		{NULL}},
	{{"link", "linkat"}, {NULL}},
	{{"mkdir", "mkdirat"}, {NULL}},
	{{"mknod", "mknodat"}, {NULL}},
	{{"mmap", "mmap2"}, {NULL}},
	{{"mount", "move_mount"}, {NULL}},
	{{"mprotect", "pkey_mprotect"}, {NULL}},
	{{"open", "openat", "openat2", "creat"}, {NULL}},
	{{"read", "readv", "pread64", "preadv", "preadv2"}, {NULL}},
	{{"recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64"}, {NULL}},
	{{"rename", "renameat", "renameat2"}, {NULL}},
	{{"rmdir", "unlink"}, {"unlinkat"}},
	{{"send", "sendto", "sendmsg", "sendmmsg"}, {NULL}},
	{{"setgid", "setregid", "setresgid", "setgid32", "setregid32", "setresgid32"}, {NULL}},
	{{"setuid", "setreuid", "setresuid", "setuid32", "setreuid32", "setresuid32"}, {NULL}},
	{{"symlink", "symlinkat"}, {NULL}},
	{{"truncate", "truncate64"}, {NULL}},
	{{"umount", "umount2"}, {NULL}},
	{{"unlinkat"}, {"rmdir", "unlink"}},
	{{"utime", "utimes", "futimesat", "utimensat", "utimensat_time64"}, {NULL}},
	{{"write", "writev", "pwrite64", "pwritev", "pwritev2"}, {NULL}},
};

/* The calls of a class on one architecture. */
struct class_state {
	struct word_list closed, open;
	const struct clause *restriction; /* of the first one that is closed */
};

/* ENOSYS is no denial: it sends programs to the older call. A call that the default denies is just
 * none of those that are needed. */
static bool is_meant(const struct clause *restriction, const struct outcome *outcome)
{
	return restriction ? restriction->action != (SECCOMP_RET_ERRNO | ENOSYS)
			   : outcome->permission && outcome->permission->condition_count > 0;
}

static void sort_call(struct checker *checker, enum arch arch, const char *name, bool may_close,
	struct class_state *state)
{
	struct outcome outcome;

	if (syscall_number(arch, name) == SYSCALL_NONE)
		return;
	outcome = check_outcome(checker->policy, arch, name);
	if (outcome.always_permitted) {
		word_list_add(&state->open, "%s", name);
	} else if (may_close && is_meant(outcome.restriction, &outcome)) {
		word_list_add(&state->closed, "%s", name);
		if (!state->restriction)
			state->restriction =
				outcome.restriction ? outcome.restriction : outcome.permission;
	}
}

/* Whether a gap was found. */
static bool check_class(struct checker *checker, size_t class, enum arch arch)
{
	struct class_state state = {0};
	bool gap;

	for (size_t i = 0; i < MOST_CALLS && classes[class].calls[i]; i++)
		sort_call(checker, arch, classes[class].calls[i], true, &state);
	for (size_t i = 0; i < MOST_CALLS && classes[class].ways[i]; i++)
		sort_call(checker, arch, classes[class].ways[i], false, &state);
	checker->findings->incomplete |= state.closed.failed || state.open.failed;
	gap = state.closed.count > 0 && state.open.count > 0;
	if (gap)
		check_report(checker, "equivalent-open", SEVERITY_WARNING,
			clause_place(state.restriction),
			"give them the same rule; a call that a filter cannot look into (openat2, "
			"clone3) ENOSYS, so that programs fall back to the older one",
			"%s %s restricted, but %s %s the same and %s allowed on %s",
			state.closed.text, state.closed.count == 1 ? "is" : "are", state.open.text,
			state.open.count == 1 ? "does" : "do", state.open.count == 1 ? "is" : "are",
			architectures[arch].name);
	word_list_finish(&state.closed);
	word_list_finish(&state.open);
	return gap;
}

/* socket under conditions, beside a socketcall that nobody can look into. */
static bool check_socketcall(struct checker *checker, enum arch arch)
{
	const struct policy *policy = checker->policy;
	enum arch home = check_arch(policy, "socket");
	struct multiplexed way;
	struct outcome outcome;
	struct seccomp_data call = {.arch = architectures[arch].audit};
	const struct clause *meant;

	if (home == ARCH_COUNT || !syscall_multiplexed(arch, "socket", &way))
		return false;
	outcome = check_outcome(policy, home, "socket");
	meant = outcome.restriction ? outcome.restriction : outcome.permission;
	call.nr = way.number;
	call.args[0] = way.call;
	if (outcome.always_permitted || !meant || !is_meant(outcome.restriction, &outcome) ||
		!verdict_permits(simulate_policy(policy, &call, NULL)))
		return false;
	check_report(checker, "equivalent-open", SEVERITY_NOTE, clause_place(meant),
		"leave the architecture out (nativeArchOnly of the node configuration) where no "
		"32-bit "
		"program runs, or use an LSM rule on sockets",
		"socket is restricted, but socketcall does the same and is allowed on %s, where "
		"its "
		"arguments lie in memory that a filter cannot read",
		architectures[arch].name);
	return true;
}

void check_equivalents(struct checker *checker)
{
	const struct policy *policy = checker->policy;
	bool socketcall = false;

	for (size_t class = 0; class < ARRAY_LENGTH(classes); class ++) {
		bool gap = check_class(checker, class, policy->target.arch);

		for (int arch = 0; arch < ARCH_COUNT && !gap; arch++)
			if (policy->architectures & UINT32_C(1) << arch)
				gap = check_class(checker, class, (enum arch)arch);
	}
	for (int arch = 0; arch < ARCH_COUNT && !socketcall; arch++)
		if (policy->architectures & UINT32_C(1) << arch)
			socketcall = check_socketcall(checker, (enum arch)arch);
}
