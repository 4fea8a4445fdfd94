/* SPDX-License-Identifier: Apache-2.0 */
#include "denial_remedy.h"

#include "support.h"
#include "syscalls.h"

#include <linux/seccomp.h>

UNIT_SUITE(denial_remedy);

static const struct target target = {ARCH_X86_64, {6, 12}, 0};

static void add_denial(
	struct denial_groups *groups, enum arch arch, const char *name, uint32_t action)
{
	struct denial denial = {
		.audit = architectures[arch].audit,
		.arch = arch,
		.syscall = syscall_number(arch, name),
		.action = action,
		.command = "app",
		.executable = "/bin/app",
	};

	cr_assert_eq(denial_groups_add(groups, &denial, NULL, NULL), 0);
}

static struct remedy make(const char *profile, const struct denial_groups *groups)
{
	struct sample sample = sample_make(profile);
	struct error err = ERROR_INIT;
	struct remedy remedy;
	int r = remedy_make("p.json", sample.text, sample.length, &target, groups, &remedy, &err);

	cr_assert_eq(r, 0, "%s: %s", profile, r < 0 ? error_message(&err) : "");
	return remedy;
}

/* `calls`: names with spaces between them, denied on x86_64. */
static void expect_text(const char *profile, const char *calls, const char *wanted)
{
	struct sample text = sample_make(wanted);
	AUTO_FREE char *words = strdup(calls);
	struct denial_groups groups = {0};
	struct remedy remedy;
	char *rest;

	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		add_denial(&groups, ARCH_X86_64, word, SECCOMP_RET_ERRNO);
	remedy = make(profile, &groups);
	cr_expect_str_eq(
		remedy.new_text, text.text, "got:    %s\nwanted: %s", remedy.new_text, text.text);
	remedy_finish(&remedy);
	denial_groups_finish(&groups);
	free(text.text);
}

#define DENY "'defaultAction':'SCMP_ACT_ERRNO'"
#define ALLOW "'action':'SCMP_ACT_ALLOW'"

Test(denial_remedy, names_in_the_rule_that_is_there)
{
	expect_text("{" DENY ",'syscalls':[{'names':['b','read'],  " ALLOW "}]}", "chmod",
		"{" DENY ",'syscalls':[{'names':['b','chmod','read'],  " ALLOW "}]}");
	expect_text("{" DENY ",'syscalls':[{'names':[ 'read' ]," ALLOW "}]}", "write chmod",
		"{" DENY ",'syscalls':[{'names':[ 'chmod', 'read', 'write' ]," ALLOW "}]}");
	expect_text("{" DENY ",'syscalls':[{'names':['write', 'read']," ALLOW "}]}", "chmod bind",
		"{" DENY ",'syscalls':[{'names':['write', 'read', 'bind', 'chmod']," ALLOW "}]}");
	expect_text("{" DENY ",'syscalls':[{'names':[\n\t'close',\n\t'read'\n]," ALLOW "}]}\n",
		"bind open write",
		"{" DENY ",'syscalls':[{'names':[\n\t'bind',\n\t'close',\n\t'open',\n\t'read',\n\t"
		"'write'\n]," ALLOW "}]}\n");
	/* the largest */
	expect_text("{" DENY ",'syscalls':[{'names':['read']," ALLOW
		    "},{'names':['open','close']," ALLOW "}]}",
		"bind",
		"{" DENY ",'syscalls':[{'names':['read']," ALLOW
		"},{'names':['open','close','bind']," ALLOW "}]}");
}

Test(denial_remedy, a_rule_of_its_own)
{
	static const char *const others[] = {
		"{'names':['read']," ALLOW ",'args':[{'index':0,'op':'SCMP_CMP_EQ','value':1}]}",
		"{'names':['read']," ALLOW ",'includes':{'caps':['CAP_SYS_ADMIN']}}",
		"{'names':['read']," ALLOW ",'excludes':{'caps':['CAP_SYS_ADMIN']}}",
		"{'names':['read']," ALLOW ",'comment':'for reading'}",
		"{'name':'read'," ALLOW "}",
		"{'names':['read'],'action':'SCMP_ACT_LOG'}",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
		AUTO_FREE char *before = format_text("{" DENY ",'syscalls':[%s]}", others[i]);
		AUTO_FREE char *after = format_text("{" DENY ",'syscalls':[%s,{'names': ['bind', "
						    "'open'], 'action': 'SCMP_ACT_ALLOW'}]}",
			others[i]);

		expect_text(before, "open bind", after);
	}
}

static enum remedy_outcome outcome_of(
	const char *profile, enum arch arch, const char *call, uint32_t action)
{
	struct denial_groups groups = {0};
	enum remedy_outcome outcome;
	struct remedy remedy;

	add_denial(&groups, arch, call, action);
	remedy = make(profile, &groups);
	cr_assert_eq(remedy.count, 1, "%s", call);
	outcome = remedy.calls[0].outcome;
	cr_expect_eq(strcmp(remedy.old_text, remedy.new_text) != 0, outcome == REMEDY_ADDED, "%s",
		profile);
	remedy_finish(&remedy);
	denial_groups_finish(&groups);
	return outcome;
}

Test(denial_remedy, outcomes)
{
	static const char profile[] =
		"{" DENY ",'architectures':['SCMP_ARCH_X86_64'],'syscalls':["
		"{'names':['read']," ALLOW "},"
		"{'names':['kill']," ALLOW "},{'names':['kill']," ALLOW
		",'args':[{'index':1,'op':'SCMP_CMP_EQ','value':1}]},"
		"{'names':['close'],'action':'SCMP_ACT_LOG'},"
		"{'names':['bind'],'action':'SCMP_ACT_KILL_PROCESS'},"
		"{'names':['chmod'],'action':'SCMP_ACT_ERRNO'},{'names':['chmod']," ALLOW "},"
		"{'names':['socket']," ALLOW
		",'args':[{'index':0,'op':'SCMP_CMP_EQ','value':1}]}]}";
	static const struct {
		enum arch arch;
		const char *call;
		uint32_t action;
		enum remedy_outcome outcome;
	} cases[] = {
		{ARCH_X86_64, "open", SECCOMP_RET_ERRNO, REMEDY_ADDED},
		{ARCH_X86_64, "open", SECCOMP_RET_KILL_THREAD, REMEDY_ADDED},
		{ARCH_X86_64, "open", SECCOMP_RET_TRAP, REMEDY_ADDED},
		{ARCH_X86_64, "read", SECCOMP_RET_ERRNO, REMEDY_ALLOWED},
		{ARCH_X86_64, "kill", SECCOMP_RET_ERRNO, REMEDY_ALLOWED},
		{ARCH_X86_64, "close", SECCOMP_RET_ERRNO, REMEDY_ALLOWED},
		{ARCH_X86_64, "bind", SECCOMP_RET_KILL_PROCESS, REMEDY_RULE},
		{ARCH_X86_64, "chmod", SECCOMP_RET_ERRNO, REMEDY_RULE},
		{ARCH_X86_64, "socket", SECCOMP_RET_ERRNO, REMEDY_CONDITIONS},
		{ARCH_X86, "open", SECCOMP_RET_ERRNO, REMEDY_ARCHITECTURE},
		{ARCH_X32, "getpid", SECCOMP_RET_ERRNO, REMEDY_ARCHITECTURE},
		{ARCH_X86_64, "no_such_call", SECCOMP_RET_ERRNO, REMEDY_UNKNOWN},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		cr_expect_eq(outcome_of(profile, cases[i].arch, cases[i].call, cases[i].action),
			cases[i].outcome, "case %zu", i);
	cr_expect_eq(outcome_of("{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[]}", ARCH_X86_64,
			     "open", SECCOMP_RET_ERRNO),
		REMEDY_ALLOWED);
}

/* What was logged, traced or decided by an agent was not denied. */
Test(denial_remedy, what_passed)
{
	static const uint32_t actions[] = {
		SECCOMP_RET_LOG, SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ALLOW};
	struct denial_groups groups = {0};
	struct remedy remedy;

	for (size_t i = 0; i < ARRAY_LENGTH(actions); i++)
		add_denial(&groups, ARCH_X86_64, "open", actions[i]);
	remedy = make("{" DENY ",'syscalls':[]}", &groups);
	cr_expect_eq(remedy.count, 0);
	cr_expect_str_eq(remedy.old_text, remedy.new_text);
	remedy_finish(&remedy);
	denial_groups_finish(&groups);
}

Test(denial_remedy, warnings)
{
	struct denial_groups groups = {0};
	struct remedy remedy;

	add_denial(&groups, ARCH_X86_64, "ptrace", SECCOMP_RET_ERRNO);
	add_denial(&groups, ARCH_X86_64, "mount", SECCOMP_RET_ERRNO);
	add_denial(&groups, ARCH_X86_64, "open", SECCOMP_RET_ERRNO);
	remedy = make("{" DENY ",'syscalls':[\n{'names':['mount']," ALLOW
		      ",'includes':{'caps':['CAP_SYS_ADMIN']}}]}",
		&groups);
	cr_assert_eq(remedy.count, 3);
	cr_expect(remedy.calls[0].danger && remedy.calls[0].gated_line == 2, "mount");
	cr_expect(!remedy.calls[1].danger && remedy.calls[1].gated_line == 0, "open");
	cr_expect(remedy.calls[2].danger && remedy.calls[2].gated_line == 0, "ptrace");
	remedy_finish(&remedy);
	denial_groups_finish(&groups);
}
