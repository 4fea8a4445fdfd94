/* SPDX-License-Identifier: Apache-2.0 */
/* Single calls: those that reach beyond the container, and those that runtimes make. */
#include "check_internal.h"

#include "cleanup.h"
#include "runtime_calls.h"
#include "simulate.h"
#include "syscalls.h"

#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/socket.h>

enum { CAP_NONE = -1 };

/* `capability`: without it the kernel refuses the call (for what matters here). `argument`: the value
 * of the first one that is meant; NULL text: any. */
struct danger {
	const char *name;
	int capability;
	const char *why;
	const char *argument;
	unsigned value;
};

static const struct danger dangers[] = {
	{"add_key", CAP_NONE, "reaches kernel keyrings, which no container has of its own", NULL,
		0},
	{"bpf", CAP_BPF, "loads programs into the kernel", NULL, 0},
	{"delete_module", CAP_SYS_MODULE, "unloads kernel modules", NULL, 0},
	{"finit_module", CAP_SYS_MODULE, "loads kernel modules", NULL, 0},
	{"init_module", CAP_SYS_MODULE, "loads kernel modules", NULL, 0},
	{"io_uring_enter", CAP_NONE, "makes calls that no filter sees", NULL, 0},
	{"io_uring_register", CAP_NONE, "prepares calls that no filter sees", NULL, 0},
	{"io_uring_setup", CAP_NONE, "makes calls that no filter sees", NULL, 0},
	{"ioperm", CAP_SYS_RAWIO, "reaches hardware ports", NULL, 0},
	{"iopl", CAP_SYS_RAWIO, "reaches hardware ports", NULL, 0},
	{"kexec_file_load", CAP_SYS_BOOT, "replaces the running kernel", NULL, 0},
	{"kexec_load", CAP_SYS_BOOT, "replaces the running kernel", NULL, 0},
	{"keyctl", CAP_NONE, "reaches kernel keyrings, which no container has of its own", NULL, 0},
	{"mount", CAP_SYS_ADMIN, "changes what the container sees of the host's files", NULL, 0},
	{"move_mount", CAP_SYS_ADMIN, "changes what the container sees of the host's files", NULL,
		0},
	{"open_by_handle_at", CAP_DAC_READ_SEARCH, "opens files outside the container's root", NULL,
		0},
	{"perf_event_open", CAP_PERFMON, "watches the kernel and other processes", NULL, 0},
	{"pivot_root", CAP_SYS_ADMIN, "changes the root directory", NULL, 0},
	{"process_vm_writev", CAP_NONE, "writes the memory of other processes", NULL, 0},
	{"ptrace", CAP_NONE, "controls other processes", NULL, 0},
	{"reboot", CAP_SYS_BOOT, "reboots the host", NULL, 0},
	{"request_key", CAP_NONE, "has the host run a helper", NULL, 0},
	{"setns", CAP_SYS_ADMIN, "enters other namespaces", NULL, 0},
	{"socket", CAP_NONE, "opens the kernel's ciphers to everybody (CVE-2026-31431)", "AF_ALG",
		AF_ALG},
	{"socket", CAP_NONE, "reaches the hypervisor and other machines past network policies",
		"AF_VSOCK", AF_VSOCK},
	{"swapoff", CAP_SYS_ADMIN, "takes memory from the host", NULL, 0},
	{"swapon", CAP_SYS_ADMIN, "gives the host a file as memory", NULL, 0},
	{"unshare", CAP_NONE, "makes user namespaces, which have every capability inside", NULL, 0},
	{"userfaultfd", CAP_NONE, "lets exploits stop the kernel where they want", NULL, 0},
};

struct danger_lists {
	struct word_list by_default; /* open by the default action */
	struct word_list behind;     /* a capability stands before them that the target lacks */
};

static void write_danger(struct word_list *list, const struct danger *danger)
{
	if (danger->argument)
		word_list_add(list, "%s(%s)", danger->name, danger->argument);
	else
		word_list_add(list, "%s", danger->name);
}

/* A rule for containers with a capability is a decision that was taken. One for newer kernels alone
 * (ptrace from 4.8 on) or with a log is worth a word. */
static void report_danger(
	struct checker *checker, const struct danger *danger, const struct clause *clause)
{
	bool considered = clause->rule->includes.has_kernel ||
			  (clause->action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_LOG;
	char argument[32] = "";

	if (clause->rule->includes.capabilities != 0)
		return;
	if (danger->argument)
		snprintf(argument, sizeof(argument), "(%s)", danger->argument);
	check_report(checker, "dangerous-allowed", considered ? SEVERITY_NOTE : SEVERITY_WARNING,
		clause_place(clause),
		danger->argument
			? "allow the families that are needed, by conditions on argument 0"
			: "remove the name, or give the rule \"includes\" so that it holds only "
			  "where the call is needed",
		"%s%s is allowed: it %s", danger->name, argument, danger->why);
}

static void check_danger(
	struct checker *checker, const struct danger *danger, struct danger_lists *lists)
{
	const struct policy *policy = checker->policy;
	enum arch arch = check_arch(policy, danger->name);
	bool held = danger->capability == CAP_NONE ||
		    (policy->target.capabilities & UINT64_C(1) << danger->capability);
	const struct clause *clause;
	struct seccomp_data call;

	if (arch == ARCH_COUNT)
		return;
	call = (struct seccomp_data){
		.arch = architectures[arch].audit,
		.nr = syscall_number(arch, danger->name),
		.args = {danger->value},
	};
	if (danger->argument ? !verdict_permits(simulate_policy(policy, &call, &clause))
			     : check_outcome(policy, arch, danger->name).never_permitted)
		return;
	if (!danger->argument)
		clause = check_outcome(policy, arch, danger->name).permission;
	if (!clause)
		write_danger(&lists->by_default, danger);
	else if (held)
		report_danger(checker, danger, clause);
	else if (clause->rule->includes.capabilities == 0)
		write_danger(&lists->behind, danger);
}

void check_dangerous(struct checker *checker)
{
	struct danger_lists lists = {0};

	for (size_t i = 0; i < ARRAY_LENGTH(dangers); i++)
		check_danger(checker, &dangers[i], &lists);
	checker->findings->incomplete |= lists.by_default.failed || lists.behind.failed;
	if (lists.by_default.count > 0)
		check_report(checker, "dangerous-allowed", SEVERITY_WARNING, PLACE_OF_PROFILE,
			"deny them by rules as long as the default allows",
			"allowed by the default action: %s", lists.by_default.text);
	if (lists.behind.count > 0)
		check_report(checker, "dangerous-allowed", SEVERITY_NOTE, PLACE_OF_PROFILE,
			"give the rules \"includes\": {\"caps\": [...]}, so that they hold only in "
			"containers that have it",
			"nothing but a capability that the container lacks stands before %s",
			lists.behind.text);
	word_list_finish(&lists.by_default);
	word_list_finish(&lists.behind);
}

static void check_runtime(struct checker *checker, const char *runtime)
{
	const char *const *calls = runtime_calls(runtime);
	const struct policy *policy = checker->policy;
	enum arch arch = policy->target.arch;
	struct word_list denied = {0};

	for (size_t i = 0; calls[i]; i++)
		if (syscall_number(arch, calls[i]) != SYSCALL_NONE &&
			check_outcome(policy, arch, calls[i]).never_permitted)
			word_list_add(&denied, "%s", calls[i]);
	checker->findings->incomplete |= denied.failed;
	if (denied.count > 0)
		check_report(checker, "runtime-needs", SEVERITY_NOTE, PLACE_OF_PROFILE,
			"allow them where the runtime itself loads the profile; the hook needs "
			"none of them",
			"%s calls these under a filter that it has loaded itself, and the profile "
			"denies them: %s",
			runtime, denied.text);
	word_list_finish(&denied);
}

void check_runtimes(struct checker *checker)
{
	check_runtime(checker, "runc");
	check_runtime(checker, "crun");
}
