/* SPDX-License-Identifier: Apache-2.0 */
#include "denial_remedy.h"

#include "cleanup.h"
#include "denial_edit.h"
#include "policy.h"
#include "simulate.h"
#include "syscalls.h"

#include <errno.h>
#include <string.h>

const char *remedy_danger(const char *name)
{
	static const char namespaces[] = "it makes or enters namespaces",
			  mounts[] = "it changes what is mounted",
			  modules[] = "it loads code into the kernel",
			  processes[] = "it reads and changes other processes",
			  keys[] = "the kernel's keyrings are not apart for containers",
			  rings[] = "what goes through a ring is not seen by any filter",
			  clocks[] = "it changes the host's clock", host[] = "it acts on the host",
			  ports[] = "it gives access to the hardware";
	static const struct {
		const char *name, *reason;
	} dangers[] = {
		{"acct", host},
		{"add_key", keys},
		{"adjtimex", clocks},
		{"bpf", modules},
		{"clock_adjtime", clocks},
		{"clock_settime", clocks},
		{"clone", namespaces},
		{"clone3", namespaces},
		{"delete_module", modules},
		{"finit_module", modules},
		{"fsconfig", mounts},
		{"fsmount", mounts},
		{"fsopen", mounts},
		{"init_module", modules},
		{"io_uring_enter", rings},
		{"io_uring_register", rings},
		{"io_uring_setup", rings},
		{"ioperm", ports},
		{"iopl", ports},
		{"kcmp", processes},
		{"kexec_file_load", modules},
		{"kexec_load", modules},
		{"keyctl", keys},
		{"mount", mounts},
		{"mount_setattr", mounts},
		{"move_mount", mounts},
		{"open_by_handle_at", "it opens files outside the container"},
		{"open_tree", mounts},
		{"perf_event_open", "it watches the whole host, and has had many faults"},
		{"personality", "some personalities turn protections off"},
		{"pidfd_getfd", processes},
		{"pivot_root", mounts},
		{"process_madvise", processes},
		{"process_vm_readv", processes},
		{"process_vm_writev", processes},
		{"ptrace", processes},
		{"quotactl", host},
		{"reboot", host},
		{"request_key", keys},
		{"setdomainname", host},
		{"sethostname", host},
		{"setns", namespaces},
		{"settimeofday", clocks},
		{"socket", "every family of sockets comes with it, AF_VSOCK and AF_ALG too"},
		{"socketcall", "every family of sockets comes with it, AF_VSOCK and AF_ALG too"},
		{"stime", clocks},
		{"swapoff", host},
		{"swapon", host},
		{"syslog", "it reads the kernel's log"},
		{"umount", mounts},
		{"umount2", mounts},
		{"unshare", namespaces},
		{"userfaultfd", "it makes faults of the kernel easier to use"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(dangers); i++)
		if (!strcmp(dangers[i].name, name))
			return dangers[i].reason;
	return NULL;
}

static struct seccomp_data call_of(const struct denial *denial)
{
	return (struct seccomp_data){.nr = (int)denial->syscall, .arch = denial->audit};
}

/* A rule that allows the call to containers with a capability, say, that this one has not. */
static unsigned find_gate(const struct policy *policy, const char *name)
{
	const struct profile *profile = policy->profile;

	for (size_t i = 0; i < profile->rule_count; i++) {
		const struct rule *rule = &profile->rules[i];

		if (rule->action != SECCOMP_RET_ALLOW)
			continue;
		for (size_t j = 0; j < rule->name_count; j++)
			if (!strcmp(rule->names[j], name))
				return rule->line;
	}
	return 0;
}

static bool passes(verdict value)
{
	return value == SECCOMP_RET_ALLOW || value == SECCOMP_RET_LOG;
}

/* Rules with a condition may or may not have decided; that they are there is told of all but those that
 * allow what another one allows anyway. */
static void judge_rules(struct remedy_call *call, const struct clause *clauses, size_t count)
{
	const struct clause *strictest = &clauses[0];
	bool conditions = false, always = false;

	for (size_t i = 0; i < count; i++) {
		bool conditional = clauses[i].condition_count > 0 || clauses[i].call_mask;

		conditions = conditions || conditional;
		always = always || (!conditional && passes(clauses[i].action));
		if (verdict_stricter(clauses[i].action, strictest->action))
			strictest = &clauses[i];
	}
	if (always && passes(strictest->action))
		call->outcome = REMEDY_ALLOWED;
	else
		call->outcome = conditions ? REMEDY_CONDITIONS : REMEDY_RULE;
	call->line = strictest->rule->line;
	call->column = strictest->rule->column;
}

static void judge(struct remedy_call *call, const struct policy *policy)
{
	const struct denial *denial = &call->denial;
	const struct clause *clauses;
	struct seccomp_data data = call_of(denial);
	size_t count;

	call->outcome = REMEDY_UNKNOWN;
	if (denial->arch != ARCH_COUNT && denial->syscall >= 0 && denial->syscall <= INT32_MAX)
		call->name = syscall_name(denial->arch, (uint32_t)denial->syscall);
	if (!call->name)
		return;
	if (!(policy->architectures & UINT32_C(1) << denial->arch)) {
		call->outcome = REMEDY_ARCHITECTURE;
		return;
	}
	clauses = policy_clauses(policy, denial->arch, (uint32_t)denial->syscall, &count);
	if (count > 0) {
		judge_rules(call, clauses, count);
		return;
	}
	call->outcome =
		passes(simulate_policy(policy, &data, NULL)) ? REMEDY_ALLOWED : REMEDY_ADDED;
	if (call->outcome == REMEDY_ADDED) {
		call->gated_line = find_gate(policy, call->name);
		call->danger = remedy_danger(call->name);
	}
}

static bool is_known(const struct remedy *remedy, const struct denial_group *group)
{
	for (size_t i = 0; i < remedy->count; i++)
		if (remedy->calls[i].denial.arch == group->arch &&
			remedy->calls[i].denial.audit == group->audit &&
			remedy->calls[i].denial.syscall == group->syscall)
			return true;
	return false;
}

static int compare_calls(const void *left, const void *right)
{
	const struct remedy_call *a = left, *b = right;

	if (!a->name || !b->name)
		return (a->name != NULL) - (b->name != NULL);
	return strcmp(a->name, b->name);
}

static int judge_all(const struct policy *policy, const struct denial_groups *groups,
	struct remedy *remedy, struct error *err)
{
	remedy->calls = calloc(groups->count + 1, sizeof(*remedy->calls));
	if (!remedy->calls)
		return error_memory(err);
	for (size_t i = 0; i < groups->count; i++) {
		const struct denial_group *group = &groups->items[i];
		struct remedy_call *call = &remedy->calls[remedy->count];

		if (!denial_refused(group->action) || is_known(remedy, group))
			continue;
		call->denial.arch = group->arch;
		call->denial.audit = group->audit;
		call->denial.syscall = group->syscall;
		judge(call, policy);
		remedy->count++;
	}
	qsort(remedy->calls, remedy->count, sizeof(*remedy->calls), compare_calls);
	return 0;
}

static int parse(const char *name, const char *text, struct profile *ret, struct error *err)
{
	struct diagnostics diagnostics = {0};
	char *copy = strdup(text);
	int r;

	if (!copy)
		return error_memory(err);
	r = profile_parse(name, copy, strlen(copy), ret, &diagnostics, err);
	diagnostics_finish(&diagnostics);
	return r;
}

/* Whether the new text allows what it is said to allow. */
static int check(const char *name, const struct target *target, const struct remedy *remedy,
	struct error *err)
{
	struct profile profile;
	struct policy policy;
	int r = parse(name, remedy->new_text, &profile, err);

	if (r < 0)
		return r;
	r = policy_select(&profile, target, false, &policy, err);
	if (r == 0) {
		for (size_t i = 0; i < remedy->count && r == 0; i++) {
			struct seccomp_data data = call_of(&remedy->calls[i].denial);

			if (remedy->calls[i].outcome == REMEDY_ADDED &&
				simulate_policy(&policy, &data, NULL) != SECCOMP_RET_ALLOW)
				r = error_set(err, -EIO,
					"%s: the change would not allow %s, which is a fault of "
					"oci-seccomp",
					name, remedy->calls[i].name);
		}
		policy_finish(&policy);
	}
	profile_finish(&profile);
	return r;
}

static int change(const char *name, struct remedy *remedy, struct error *err)
{
	const char **names = calloc(remedy->count + 1, sizeof(*names));
	size_t length;
	int r;

	if (!names)
		return error_memory(err);
	for (size_t i = 0; i < remedy->count; i++) {
		const struct remedy_call *call = &remedy->calls[i];

		if (call->outcome == REMEDY_ADDED &&
			(remedy->added == 0 || strcmp(names[remedy->added - 1], call->name) != 0))
			names[remedy->added++] = call->name;
	}
	if (remedy->added > 0) {
		r = profile_allow(name, remedy->old_text, names, remedy->added, &remedy->new_text,
			&length, err);
	} else {
		remedy->new_text = strdup(remedy->old_text);
		r = remedy->new_text ? 0 : error_memory(err);
	}
	free(names);
	return r;
}

static int make(const char *name, const struct target *target, const struct denial_groups *groups,
	struct remedy *remedy, struct error *err)
{
	struct profile profile;
	struct policy policy;
	int r = parse(name, remedy->old_text, &profile, err);

	if (r < 0)
		return r;
	r = policy_select(&profile, target, false, &policy, err);
	if (r == 0) {
		r = judge_all(&policy, groups, remedy, err);
		policy_finish(&policy);
	}
	profile_finish(&profile);
	if (r == 0)
		r = change(name, remedy, err);
	return r < 0 ? r : check(name, target, remedy, err);
}

int remedy_make(const char *name, char *text, size_t length, const struct target *target,
	const struct denial_groups *groups, struct remedy *ret, struct error *err)
{
	int r;

	*ret = (struct remedy){.old_text = text};
	if (strlen(text) != length)
		r = error_set(err, -EINVAL, "%s: holds a NUL character", name);
	else
		r = make(name, target, groups, ret, err);
	if (r < 0)
		remedy_finish(ret);
	return r;
}

void remedy_finish(struct remedy *remedy)
{
	free(remedy->old_text);
	free(remedy->new_text);
	free(remedy->calls);
	*remedy = (struct remedy){0};
}
