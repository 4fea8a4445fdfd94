/* SPDX-License-Identifier: Apache-2.0 */
/* Findings about a profile as a whole. */
#include "check_internal.h"

#include "cleanup.h"
#include "syscalls.h"

#include <linux/seccomp.h>
#include <string.h>

static void check_default(struct checker *checker)
{
	verdict action = checker->policy->profile->default_action;

	if (action == SECCOMP_RET_ALLOW)
		check_report(checker, "allow-by-default", SEVERITY_WARNING, PLACE_OF_PROFILE,
			"make SCMP_ACT_ERRNO the default action and name what is allowed; "
			"RuntimeDefault is a start",
			"the default action allows every call that no rule names, also those that "
			"newer kernels bring");
	else if (action == SECCOMP_RET_LOG)
		check_report(checker, "allow-by-default", SEVERITY_WARNING, PLACE_OF_PROFILE,
			"once what it needs is known, make SCMP_ACT_ERRNO the default action",
			"the default action writes calls to the audit log, and allows them");
}

static void check_architectures(struct checker *checker)
{
	const struct policy *policy = checker->policy;
	struct word_list missing = {0};

	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if (arch_runs_on((enum arch)arch, policy->target.arch) &&
			!(policy->architectures & UINT32_C(1) << arch))
			word_list_add(&missing, "%s%s", architectures[arch].name,
				arch == ARCH_X32 || architectures[arch].bits != 32
					? ""
					: " (32-bit programs)");
	checker->findings->incomplete |= missing.failed;
	if (missing.count > 0)
		check_report(checker, "missing-subarch", SEVERITY_NOTE, PLACE_OF_PROFILE,
			"name them in \"architectures\" if such programs are to run; else leave "
			"it so",
			"calls of %s are killed: the profile does not have %s", missing.text,
			missing.count == 1 ? "that architecture" : "these architectures");
	word_list_finish(&missing);
}

static bool is_errno(verdict action)
{
	return (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

static void check_log(struct checker *checker)
{
	const struct policy *policy = checker->policy;
	bool denies = is_errno(policy->profile->default_action);

	for (size_t i = 0; i < policy->clause_count && !denies; i++)
		denies = is_errno(policy->clauses[i].action);
	if (denies && !(policy->profile->flags & SECCOMP_FILTER_FLAG_LOG))
		check_report(checker, "no-log", SEVERITY_NOTE, PLACE_OF_PROFILE,
			"add SECCOMP_FILTER_FLAG_LOG to \"flags\"; beside it name "
			"SECCOMP_FILTER_FLAG_SPEC_ALLOW, which profiles without flags have",
			"calls that fail with an error leave no trace in the audit log: the flag "
			"SECCOMP_FILTER_FLAG_LOG is missing");
}

/* When Linux got the calls that have one number on all architectures. */
static const struct {
	int first_number;
	struct kernel_version kernel;
} ages[] = {
	{424, {5, 1}},	/* pidfd_send_signal, io_uring_* */
	{428, {5, 2}},	/* open_tree, move_mount, fs* */
	{434, {5, 3}},	/* pidfd_open, clone3 */
	{436, {5, 9}},	/* close_range */
	{437, {5, 6}},	/* openat2, pidfd_getfd */
	{439, {5, 8}},	/* faccessat2 */
	{440, {5, 10}}, /* process_madvise */
	{441, {5, 11}}, /* epoll_pwait2 */
	{442, {5, 12}}, /* mount_setattr */
	{443, {5, 14}}, /* quotactl_fd */
	{444, {5, 13}}, /* landlock_* */
	{447, {5, 14}}, /* memfd_secret */
	{448, {5, 15}}, /* process_mrelease */
	{449, {5, 16}}, /* futex_waitv */
	{450, {5, 17}}, /* set_mempolicy_home_node */
	{451, {6, 5}},	/* cachestat */
	{452, {6, 6}},	/* fchmodat2, map_shadow_stack */
	{454, {6, 7}},	/* futex_wake, futex_wait, futex_requeue */
	{457, {6, 8}},	/* statmount, listmount, lsm_* */
	{462, {6, 10}}, /* mseal */
	{463, {6, 13}}, /* *xattrat */
	{467, {6, 15}}, /* open_tree_attr */
	{468, {6, 17}}, /* file_getattr, file_setattr */
	{470, {6, 19}}, /* listns */
	{471, {7, 0}},	/* rseq_slice_yield */
};

static bool is_newer(const struct policy *policy, const char *name)
{
	int number = syscall_number(policy->target.arch, name);
	size_t i = ARRAY_LENGTH(ages);

	/* Others have calls of their own up there. */
	if (number < ages[0].first_number || number != syscall_number(ARCH_RISCV64, name))
		return false;
	while (number < ages[i - 1].first_number)
		i--;
	return !kernel_version_at_least(policy->target.kernel, ages[i - 1].kernel);
}

/* Whether the name was looked at, for another architecture or rule. */
static bool is_repeated(const struct policy *policy, size_t index)
{
	const struct clause *clause = &policy->clauses[index];

	return clause->call_mask != 0 || check_arch(policy, clause->name) != clause->arch ||
	       (index > 0 && !strcmp(clause[-1].name, clause->name));
}

/* A rule for a name that the runtime's libseccomp does not know is skipped: where it restricts, that
 * is a hole. */
static void check_names(struct checker *checker)
{
	const struct policy *policy = checker->policy;
	struct libseccomp_version version = syscalls_libseccomp_version();
	struct word_list skipped = {0}, newer = {0};

	for (size_t i = 0; i < policy->clause_count; i++) {
		const struct clause *clause = &policy->clauses[i];
		bool unknown = !syscall_known_to_libseccomp(clause->name);
		bool late = verdict_permits(clause->action) && is_newer(policy, clause->name);

		if ((!unknown && !late) || is_repeated(policy, i))
			continue;
		if (late)
			word_list_add(&newer, "%s", clause->name);
		if (!unknown || clause->action == policy->profile->default_action)
			continue;
		if (!verdict_stricter(clause->action, policy->profile->default_action))
			word_list_add(&skipped, "%s", clause->name);
		else
			check_report(checker, "unknown-to-libseccomp", SEVERITY_WARNING,
				clause_place(clause),
				"use a newer libseccomp, or load the profile by the hook, which "
				"has "
				"its own table",
				"libseccomp %u.%u.%u does not know %s: runc, crun and docker skip "
				"this rule, and the laxer default applies",
				version.major, version.minor, version.micro, clause->name);
	}
	checker->findings->incomplete |= skipped.failed || newer.failed;
	if (skipped.count > 0)
		check_report(checker, "unknown-to-libseccomp", SEVERITY_NOTE, PLACE_OF_PROFILE,
			"a newer libseccomp knows them; the hook has its own table",
			"libseccomp %u.%u.%u does not know %s: runc, crun and docker skip the "
			"rules for %s, and the default applies",
			version.major, version.minor, version.micro, skipped.text,
			skipped.count == 1 ? "it" : "them");
	if (newer.count > 0)
		check_report(checker, "newer-than-kernel", SEVERITY_NOTE, PLACE_OF_PROFILE,
			"no change is needed: the rules count once the kernel has the calls",
			"Linux %u.%u does not have %s: the call fails with ENOSYS although it is "
			"allowed",
			policy->target.kernel.major, policy->target.kernel.minor, newer.text);
	word_list_finish(&skipped);
	word_list_finish(&newer);
}

void check_whole(struct checker *checker)
{
	check_default(checker);
	check_architectures(checker);
	check_log(checker);
	check_names(checker);
}
