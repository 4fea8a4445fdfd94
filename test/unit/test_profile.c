/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include "io.h"
#include "support.h"

#include <linux/capability.h>
#include <linux/seccomp.h>

UNIT_SUITE(profile);

#define PROFILE(members) "{'defaultAction':'SCMP_ACT_ERRNO',\n" members "}"
#define RULES(rules) PROFILE("'syscalls':[\n" rules "]")
#define RULE(members) RULES("{" members "}")
#define ALLOW "'names':['read'],'action':'SCMP_ACT_ALLOW'"
#define ARGS(syscall, args)                                                                        \
	RULE("'names':['" syscall "'],'action':'SCMP_ACT_ALLOW','args':[" args "]")
#define ARG(syscall, members) ARGS(syscall, "{" members "}")

struct parsed {
	struct profile profile;
	struct diagnostics diagnostics;
	struct error err;
	int code;
};

static void parse(const char *source, struct parsed *ret)
{
	struct sample sample = sample_make(source);

	memset(ret, 0, sizeof(*ret));
	ret->code = profile_parse(
		"sample", sample.text, sample.length, &ret->profile, &ret->diagnostics, &ret->err);
}

static void finish(struct parsed *parsed)
{
	profile_finish(&parsed->profile);
	diagnostics_finish(&parsed->diagnostics);
	error_finish(&parsed->err);
}

/* One finding: where it is (@ in the source), on which value, and how it begins. */
struct finding_case {
	const char *source, *path, *text;
};

static void expect_finding(const struct finding_case *c, enum severity severity)
{
	struct sample sample = sample_make(c->source);
	AUTO_FREE char *wanted = format_text("sample:%u:%u: %s%s%s", sample.marks[0].line,
		sample.marks[0].column, c->path, c->path[0] ? ": " : "", c->text);
	AUTO_FREE char *found = NULL;
	struct parsed parsed;

	free(sample.text);
	parse(c->source, &parsed);
	cr_expect_eq(parsed.code, severity == SEVERITY_ERROR ? -EINVAL : 0, "%s: %d, %s", c->source,
		parsed.code, wanted);
	cr_expect_eq(parsed.diagnostics.count, 1, "%s: %zu findings", c->source,
		parsed.diagnostics.count);
	if (parsed.diagnostics.count > 0) {
		cr_expect_eq(parsed.diagnostics.items[0].severity, severity);
		found = format_finding(&parsed.diagnostics, 0);
		cr_expect(strncmp(found, wanted, strlen(wanted)) == 0, "%s:\n%s\n%s", c->source,
			wanted, found);
	}
	if (severity == SEVERITY_ERROR && found && parsed.code < 0) {
		cr_expect_eq(parsed.err.code, -EINVAL);
		cr_expect_str_eq(error_message(&parsed.err), found);
	}
	finish(&parsed);
}

static void expect_errors(const struct finding_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_finding(&cases[i], SEVERITY_ERROR);
}

Test(profile, what_is_not_json)
{
	static const struct {
		const char *source, *what;
	} cases[] = {
		{"@", "empty"},
		{"{'defaultAction':'SCMP_ACT_ALLOW'\n@x}", "not valid JSON"},
		{"{'defaultAction':'SCMP_ACT_ALLOW'}\n@}", "not valid JSON"},
		{"{'defaultAction':'SCMP_ACT_ALLOW'} @{}", "not valid JSON"},
		{"{'defaultAction':'SCMP_ACT_ALLOW'@", "too early"},
		{"{'defaultAction':@'\xff'}", "not valid JSON"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct sample sample = sample_make(cases[i].source);
		AUTO_FREE char *place =
			format_text("sample:%u:%u: ", sample.marks[0].line, sample.marks[0].column);
		struct parsed parsed;

		free(sample.text);
		parse(cases[i].source, &parsed);
		cr_expect_eq(parsed.code, -EINVAL);
		cr_expect(contains(error_message(&parsed.err), place), "case %zu: %s", i,
			error_message(&parsed.err));
		cr_expect(contains(error_message(&parsed.err), cases[i].what), "case %zu: %s", i,
			error_message(&parsed.err));
		finish(&parsed);
	}
}

Test(profile, wrong_types)
{
	static const struct finding_case cases[] = {
		{"@[]", "", "must be an object, not an array"},
		{"@null", "", "must be an object, not null"},
		{"@'SCMP_ACT_ALLOW'", "", "must be an object, not a string"},
		{"{'defaultAction':@5}", "defaultAction", "must be a string, not a number"},
		{PROFILE("'defaultErrno':@1"), "defaultErrno", "must be a string, not a number"},
		{PROFILE("'defaultErrnoRet':@'1'"), "defaultErrnoRet", "must be a number"},
		{PROFILE("'architectures':@'SCMP_ARCH_X86'"), "architectures", "must be an array"},
		{PROFILE("'architectures':[@86]"), "architectures[0]", "must be a string"},
		{PROFILE("'archMap':@{}"), "archMap", "must be an array"},
		{PROFILE("'archMap':[@'x']"), "archMap[0]", "must be an object"},
		{PROFILE("'archMap':[{'architecture':@5}]"), "archMap[0].architecture",
			"must be a string"},
		{PROFILE("'archMap':[{'architecture':'SCMP_ARCH_X86','subArchitectures':@''}]"),
			"archMap[0].subArchitectures", "must be an array"},
		{PROFILE("'archMap':[{'architecture':'SCMP_ARCH_X86','subArchitectures':[@0]}]"),
			"archMap[0].subArchitectures[0]", "must be a string"},
		{PROFILE("'flags':@''"), "flags", "must be an array"},
		{PROFILE("'flags':[@true]"), "flags[0]", "must be a string"},
		{PROFILE("'listenerPath':@5"), "listenerPath", "must be a string"},
		{PROFILE("'syscalls':@{}"), "syscalls", "must be an array"},
		{RULES("@'read'"), "syscalls[0]", "must be an object"},
		{RULES("@null"), "syscalls[0]", "must be an object"},
		{RULE("'names':@'read','action':'SCMP_ACT_ALLOW'"), "syscalls[0].names",
			"must be an array, not a string"},
		{RULE("'names':['read',@{}],'action':'SCMP_ACT_ALLOW'"), "syscalls[0].names[1]",
			"must be a string"},
		{RULE("'name':@['read'],'action':'SCMP_ACT_ALLOW'"), "syscalls[0].name",
			"must be a string"},
		{RULE("'names':['read'],'action':@5"), "syscalls[0].action", "must be a string"},
		{RULE("'names':['read'],'action':'SCMP_ACT_ERRNO','errnoRet':@'EPERM'"),
			"syscalls[0].errnoRet", "must be a number"},
		{RULE("'names':['read'],'action':'SCMP_ACT_ERRNO','errno':@1"), "syscalls[0].errno",
			"must be a string"},
		{RULE(ALLOW ",'comment':@5"), "syscalls[0].comment", "must be a string"},
		{RULE(ALLOW ",'args':@{}"), "syscalls[0].args", "must be an array"},
		{ARGS("read", "@5"), "syscalls[0].args[0]", "must be an object"},
		{ARG("read", "'index':@'0','value':1,'op':'SCMP_CMP_EQ'"),
			"syscalls[0].args[0].index", "must be a number"},
		{ARG("read", "'index':0,'value':@'1','op':'SCMP_CMP_EQ'"),
			"syscalls[0].args[0].value", "must be a number"},
		{ARG("read", "'index':0,'value':1,'valueTwo':@[],'op':'SCMP_CMP_MASKED_EQ'"),
			"syscalls[0].args[0].valueTwo", "must be a number"},
		{ARG("read", "'index':0,'value':1,'op':@5"), "syscalls[0].args[0].op",
			"must be a string"},
		{RULE(ALLOW ",'includes':@[]"), "syscalls[0].includes", "must be an object"},
		{RULE(ALLOW ",'excludes':@''"), "syscalls[0].excludes", "must be an object"},
		{RULE(ALLOW ",'includes':{'caps':@'CAP_CHOWN'}"), "syscalls[0].includes.caps",
			"must be an array"},
		{RULE(ALLOW ",'includes':{'caps':[@1]}"), "syscalls[0].includes.caps[0]",
			"must be a string"},
		{RULE(ALLOW ",'excludes':{'arches':@'x86'}"), "syscalls[0].excludes.arches",
			"must be an array"},
		{RULE(ALLOW ",'excludes':{'arches':[@{}]}"), "syscalls[0].excludes.arches[0]",
			"must be a string"},
		{RULE(ALLOW ",'includes':{'minKernel':@4.8}"), "syscalls[0].includes.minKernel",
			"must be a string, not a number"},
		{RULE(ALLOW ",'includes':{'minKernel':@true}"), "syscalls[0].includes.minKernel",
			"must be a string"},
	};

	expect_errors(cases, ARRAY_LENGTH(cases));
}

Test(profile, unknown_keys)
{
	static const struct finding_case cases[] = {
		{PROFILE("'defaultAcion':@1"), "defaultAcion",
			"unknown key \"defaultAcion\"; did you mean defaultAction?"},
		{PROFILE("'comment':@''"), "comment", "unknown key \"comment\""},
		{PROFILE("'syscall':@[]"), "syscall",
			"unknown key \"syscall\"; did you mean syscalls?"},
		{PROFILE("'seccomp':@null"), "seccomp", "unknown key \"seccomp\""},
		{RULE(ALLOW ",'arg':@[]"), "syscalls[0].arg",
			"unknown key \"arg\"; did you mean args?"},
		{RULE(ALLOW ",'errnoret':@1"), "syscalls[0].errnoret",
			"unknown key \"errnoret\"; did you mean errnoRet?"},
		{ARG("read", "'index':0,'value':1,'op':'SCMP_CMP_EQ','valueTow':@1"),
			"syscalls[0].args[0].valueTow",
			"unknown key \"valueTow\"; did you mean valueTwo?"},
		{RULE(ALLOW ",'includes':{'minkernel':@'4.8'}"), "syscalls[0].includes.minkernel",
			"unknown key \"minkernel\"; did you mean minKernel?"},
		{RULE(ALLOW ",'excludes':{'archs':@[]}"), "syscalls[0].excludes.archs",
			"unknown key \"archs\"; did you mean arches?"},
		{PROFILE("'archMap':[{'architecture':'SCMP_ARCH_X86','subArchitecture':@[]}]"),
			"archMap[0].subArchitecture",
			"unknown key \"subArchitecture\"; did you mean subArchitectures?"},
	};

	expect_errors(cases, ARRAY_LENGTH(cases));
}

Test(profile, duplicate_keys)
{
	static const struct finding_case cases[] = {
		{PROFILE("'defaultAction':@'SCMP_ACT_ALLOW'"), "defaultAction",
			"the key \"defaultAction\" stands twice"},
		{PROFILE("'syscalls':[],\n 'syscalls':@[]"), "syscalls",
			"the key \"syscalls\" stands twice"},
		{PROFILE("'flags':null,'flags':@[]"), "flags", "the key \"flags\" stands twice"},
		{RULE(ALLOW ",'action':@'SCMP_ACT_ALLOW'"), "syscalls[0].action",
			"the key \"action\" stands twice"},
		{ARG("read", "'index':0,'value':1,'op':'SCMP_CMP_EQ','index':@1"),
			"syscalls[0].args[0].index", "the key \"index\" stands twice"},
		{RULE(ALLOW ",'includes':{'caps':[],'caps':@['CAP_CHOWN']}"),
			"syscalls[0].includes.caps", "the key \"caps\" stands twice"},
		{PROFILE("'archMap':[{'architecture':'SCMP_ARCH_X86',"
			 "'architecture':@'SCMP_ARCH_X32'}]"),
			"archMap[0].architecture", "the key \"architecture\" stands twice"},
	};

	expect_errors(cases, ARRAY_LENGTH(cases));
}

Test(profile, missing_keys)
{
	static const struct finding_case cases[] = {
		{"@{}", "", "\"defaultAction\" is missing"},
		{"\n@{'syscalls':[]}", "", "\"defaultAction\" is missing"},
		{"@{'defaultAction':null}", "", "\"defaultAction\" is missing"},
		{RULES("@{'names':['read']}"), "syscalls[0]", "\"action\" is missing"},
		{RULES("@{'names':['read'],'action':null}"), "syscalls[0]",
			"\"action\" is missing"},
		{ARGS("read", "@{'value':1,'op':'SCMP_CMP_EQ'}"), "syscalls[0].args[0]",
			"\"index\" is missing"},
		{ARGS("read", "@{'index':1,'op':'SCMP_CMP_EQ'}"), "syscalls[0].args[0]",
			"\"value\" is missing"},
		{ARGS("read", "@{'index':1,'value':1}"), "syscalls[0].args[0]",
			"\"op\" is missing"},
		{PROFILE("'archMap':[@{'subArchitectures':[]}]"), "archMap[0]",
			"\"architecture\" is missing"},
		/* no name at all */
		{RULES("@{'action':'SCMP_ACT_ALLOW'}"), "syscalls[0]", "the rule names no syscall"},
		{RULES("@{'action':'SCMP_ACT_ALLOW','names':null,'name':null}"), "syscalls[0]",
			"the rule names no syscall"},
		{RULE("'names':@[],'action':'SCMP_ACT_ALLOW'"), "syscalls[0].names",
			"the rule names no syscall"},
	};

	expect_errors(cases, ARRAY_LENGTH(cases));
}

Test(profile, unknown_words)
{
	static const struct finding_case cases[] = {
		{"{'defaultAction':@'SCMP_ACT_ALOW'}", "defaultAction",
			"unknown action \"SCMP_ACT_ALOW\"; did you mean SCMP_ACT_ALLOW?"},
		{"{'defaultAction':@''}", "defaultAction", "unknown action \"\""},
		{"{'defaultAction':@'ALLOW'}", "defaultAction", "unknown action \"ALLOW\""},
		{RULE("'names':['read'],'action':@'SCMP_ACT_KILLPROCESS'"), "syscalls[0].action",
			"unknown action \"SCMP_ACT_KILLPROCESS\"; did you mean "
			"SCMP_ACT_KILL_PROCESS?"},
		{RULE("'names':['read'],'action':@'scmp_act_allow'"), "syscalls[0].action",
			"unknown action \"scmp_act_allow\"; did you mean SCMP_ACT_ALLOW?"},
		{ARG("read", "'index':0,'value':1,'op':@'SCMP_CMP_MASK_EQ'"),
			"syscalls[0].args[0].op",
			"unknown operator \"SCMP_CMP_MASK_EQ\"; did you mean SCMP_CMP_MASKED_EQ?"},
		{ARG("read", "'index':0,'value':1,'op':@'EQ'"), "syscalls[0].args[0].op",
			"unknown operator \"EQ\""},
		{PROFILE("'architectures':['SCMP_ARCH_X86',@'SCMP_ARCH_X86-64']"),
			"architectures[1]",
			"unknown architecture \"SCMP_ARCH_X86-64\"; did you mean "
			"SCMP_ARCH_X86_64?"},
		{PROFILE("'architectures':[@'amd64']"), "architectures[0]",
			"unknown architecture \"amd64\""},
		{PROFILE("'archMap':[{'architecture':@'SCMP_ARCH_ARM46'}]"),
			"archMap[0].architecture",
			"unknown architecture \"SCMP_ARCH_ARM46\"; did you mean SCMP_ARCH_"},
		{PROFILE("'archMap':[{'architecture':'SCMP_ARCH_X86_64',"
			 "'subArchitectures':[@'SCMP_ARCH_I386']}]"),
			"archMap[0].subArchitectures[0]",
			"unknown architecture \"SCMP_ARCH_I386\""},
		{PROFILE("'flags':[@'SECCOMP_FILTER_FLAG_SPECALLOW']"), "flags[0]",
			"unknown flag \"SECCOMP_FILTER_FLAG_SPECALLOW\"; did you mean "
			"SECCOMP_FILTER_FLAG_SPEC_ALLOW?"},
		{PROFILE("'flags':[@'SECCOMP_FILTER_FLAG_NEW_LISTENER']"), "flags[0]",
			"unknown flag \"SECCOMP_FILTER_FLAG_NEW_LISTENER\""},
		{RULE(ALLOW ",'includes':{'caps':[@'CAP_SYS_ADMN']}"),
			"syscalls[0].includes.caps[0]",
			"unknown capability \"CAP_SYS_ADMN\"; did you mean CAP_SYS_ADMIN?"},
		{RULE(ALLOW ",'excludes':{'caps':['CAP_KILL',@'cap_chown']}"),
			"syscalls[0].excludes.caps[1]",
			"unknown capability \"cap_chown\"; did you mean CAP_CHOWN?"},
		{RULE(ALLOW ",'includes':{'arches':[@'amd46']}"), "syscalls[0].includes.arches[0]",
			"unknown architecture \"amd46\"; did you mean amd64?"},
		{RULE(ALLOW ",'excludes':{'arches':[@'SCMP_ARCH_X86']}"),
			"syscalls[0].excludes.arches[0]", "unknown architecture \"SCMP_ARCH_X86\""},
		{RULE("'names':['read'],'action':'SCMP_ACT_ERRNO','errno':@'EFOO'"),
			"syscalls[0].errno", "unknown error \"EFOO\""},
		{RULE("'names':['read'],'action':'SCMP_ACT_ERRNO','errno':@'4096'"),
			"syscalls[0].errno", "unknown error \"4096\""},
		{PROFILE("'defaultErrno':@'eperm'"), "defaultErrno", "unknown error \"eperm\""},
	};

	expect_errors(cases, ARRAY_LENGTH(cases));
}

/* DESIGN section 6 shows this message. */
Test(profile, the_example_of_the_design)
{
	static const struct finding_case c = {"{\n  'defaultAction':@'SCMP_ACT_DENY'}",
		"defaultAction", "unknown action \"SCMP_ACT_DENY\"; did you mean SCMP_ACT_ERRNO?"};

	expect_finding(&c, SEVERITY_ERROR);
}

Test(profile, kernel_versions)
{
	static const char *const versions[] = {
		"4", "4.8.1", "0.0", "256.0", "4.256", "a.b", "4.x", " 4.8", "v4.8", "."};

	for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
		AUTO_FREE char *source =
			format_text(RULE(ALLOW ",'includes':{'minKernel':@'%s'}"), versions[i]);
		AUTO_FREE char *text =
			format_text("\"%s\" is not a kernel version of two parts", versions[i]);
		struct finding_case c = {source, "syscalls[0].includes.minKernel", text};

		expect_finding(&c, SEVERITY_ERROR);
	}
}

Test(profile, errors_that_an_action_cannot_have)
{
	static const struct finding_case cases[] = {
		{PROFILE("'defaultErrnoRet':@4096"), "defaultErrnoRet", "4096 is not a whole"},
		{PROFILE("'defaultErrnoRet':@-1"), "defaultErrnoRet", "-1 is not a whole number"},
		{PROFILE("'defaultErrnoRet':@1.5"), "defaultErrnoRet", "1.5 is not a whole number"},
		{RULE("'names':['read'],'action':'SCMP_ACT_ERRNO','errnoRet':@4096"),
			"syscalls[0].errnoRet", "4096 is not a whole number from 0 to 4095"},
		{RULE("'names':['read'],'action':'SCMP_ACT_ERRNO','errnoRet':@65536"),
			"syscalls[0].errnoRet", "65536 is not a whole number from 0 to 4095"},
		{RULE("'names':['read'],'action':'SCMP_ACT_TRACE','errnoRet':@4096"),
			"syscalls[0].errnoRet", "4096 is not a whole number from 0 to 4095"},
		{RULE("'names':['read'],'action':'SCMP_ACT_ERRNO','errnoRet':@4294967297"),
			"syscalls[0].errnoRet", "4294967297 is not a whole number"},
		{RULE("'names':['read'],'action':'SCMP_ACT_ALLOW','errnoRet':@1"),
			"syscalls[0].errnoRet", "SCMP_ACT_ALLOW takes no error"},
		{RULE("'names':['read'],'action':'SCMP_ACT_LOG','errnoRet':@1"),
			"syscalls[0].errnoRet", "SCMP_ACT_LOG takes no error"},
		{RULE("'names':['read'],'action':'SCMP_ACT_TRAP','errnoRet':@1"),
			"syscalls[0].errnoRet", "SCMP_ACT_TRAP takes no error"},
		{RULE("'names':['read'],'action':'SCMP_ACT_KILL','errnoRet':@1"),
			"syscalls[0].errnoRet", "SCMP_ACT_KILL"},
		{RULE("'names':['read'],'action':'SCMP_ACT_KILL_THREAD','errnoRet':@1"),
			"syscalls[0].errnoRet", "SCMP_ACT_KILL_THREAD takes no error"},
		{RULE("'names':['read'],'action':'SCMP_ACT_KILL_PROCESS','errno':@'EPERM'"),
			"syscalls[0].errno", "SCMP_ACT_KILL_PROCESS takes no error"},
		{PROFILE("'listenerPath':'/s',\n'syscalls':[{'names':['read'],"
			 "'action':'SCMP_ACT_NOTIFY','errnoRet':@1}]"),
			"syscalls[0].errnoRet", "SCMP_ACT_NOTIFY takes no error"},
		{"{'defaultAction':'SCMP_ACT_ALLOW','defaultErrnoRet':@1}", "defaultErrnoRet",
			"SCMP_ACT_ALLOW takes no error"},
		{"{'defaultErrno':@'EPERM','defaultAction':'SCMP_ACT_KILL_PROCESS'}",
			"defaultErrno", "SCMP_ACT_KILL_PROCESS takes no error"},
		/* two that differ */
		{RULE("'names':['read'],'action':'SCMP_ACT_ERRNO','errnoRet':1,'errno':@'ENOSYS'"),
			"syscalls[0].errno", "\"ENOSYS\" is not the error 1"},
		{PROFILE("'defaultErrno':@'EPERM','defaultErrnoRet':38"), "defaultErrno",
			"\"EPERM\" is not the error 38"},
	};

	expect_errors(cases, ARRAY_LENGTH(cases));
}

Test(profile, conditions_that_cannot_be)
{
	static const struct finding_case cases[] = {
		{ARG("read", "'index':@6,'value':1,'op':'SCMP_CMP_EQ'"),
			"syscalls[0].args[0].index", "6 is not a whole number from 0 to 5"},
		{ARG("read", "'index':@4294967296,'value':1,'op':'SCMP_CMP_EQ'"),
			"syscalls[0].args[0].index",
			"4294967296 is not a whole number from 0 to 5"},
		{ARG("read", "'index':@-1,'value':1,'op':'SCMP_CMP_EQ'"),
			"syscalls[0].args[0].index", "-1 is not a whole number"},
		{ARG("mmap", "'index':1,'value':@18446744073709551616,'op':'SCMP_CMP_EQ'"),
			"syscalls[0].args[0].value", "18446744073709551616 is not a whole number"},
		{ARG("mmap", "'index':1,'value':@-1,'op':'SCMP_CMP_EQ'"),
			"syscalls[0].args[0].value", "-1 is not a whole number"},
		{ARG("mmap", "'index':1,'value':@1e3,'op':'SCMP_CMP_EQ'"),
			"syscalls[0].args[0].value", "1e3 is not a whole number"},
		/* what the kernel does not look at */
		{ARGS("socket", "@{'index':0,'value':4294967296,'op':'SCMP_CMP_EQ'}"),
			"syscalls[0].args[0]",
			"the kernel uses 32 bits of argument 0 of socket: the constant 4294967296"},
		{ARGS("socket", "@{'index':0,'value':18446744073709551615,'op':'SCMP_CMP_NE'}"),
			"syscalls[0].args[0]", "the kernel uses 32 bits of argument 0 of socket"},
		{ARGS("chmod", "@{'index':1,'value':65536,'op':'SCMP_CMP_GE'}"),
			"syscalls[0].args[0]",
			"the kernel uses 16 bits of argument 1 of chmod: the constant 65536"},
		{ARGS("clone", "@{'index':0,'value':4294967296,'valueTwo':0,"
			       "'op':'SCMP_CMP_MASKED_EQ'}"),
			"syscalls[0].args[0]", "the kernel uses 32 bits of argument 0 of clone"},
		{ARGS("getpid','socket", "@{'index':0,'value':4294967296,'op':'SCMP_CMP_EQ'}"),
			"syscalls[0].args[0]", "the kernel uses 32 bits of argument 0 of socket"},
		/* valueTwo is the datum of a masked comparison */
		{ARGS("mmap", "@{'index':1,'value':1,'valueTwo':1,'op':'SCMP_CMP_EQ'}"),
			"syscalls[0].args[0]", "valueTwo"},
	};

	expect_errors(cases, ARRAY_LENGTH(cases));
}

/* The second constant does not fit; that it has bits outside the mask is said as well. */
Test(profile, a_datum_that_does_not_fit)
{
	struct parsed parsed;

	parse(ARG("socket",
		      "'index':0,'value':255,'valueTwo':4294967296,'op':'SCMP_CMP_MASKED_EQ'"),
		&parsed);
	cr_expect_eq(parsed.code, -EINVAL);
	cr_expect_eq(parsed.diagnostics.errors, 1);
	cr_expect(contains(error_message(&parsed.err), "the constant 4294967296 does not fit"));
	finish(&parsed);
}

Test(profile, things_that_exclude_each_other)
{
	static const struct finding_case cases[] = {
		{PROFILE("'architectures':['SCMP_ARCH_X86'],\n"
			 "'archMap':@[{'architecture':'SCMP_ARCH_X86'}]"),
			"archMap", "\"architectures\" and \"archMap\" exclude each other"},
		{RULE("'names':['read'],'name':@'write','action':'SCMP_ACT_ALLOW'"),
			"syscalls[0].name", "\"name\" and \"names\" exclude each other"},
	};

	expect_errors(cases, ARRAY_LENGTH(cases));
}

Test(profile, notification)
{
	static const struct finding_case cases[] = {
		{"@{'defaultAction':'SCMP_ACT_NOTIFY','listenerPath':'/s','syscalls':"
		 "[{'names':['read'],'action':'SCMP_ACT_NOTIFY'}]}",
			"", "SCMP_ACT_NOTIFY cannot be the default action"},
		{"@" RULE("'names':['read'],'action':'SCMP_ACT_NOTIFY'"), "",
			"SCMP_ACT_NOTIFY needs \"listenerPath\""},
		{PROFILE("'listenerMetadata':@'x'"), "listenerMetadata", ""},
		{PROFILE("'flags':@['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV']"), "flags",
			"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs"},
	};

	expect_errors(cases, ARRAY_LENGTH(cases));
}

/* An agent may be named that no rule calls. */
Test(profile, a_listener_without_notification)
{
	struct profile profile =
		parse_profile(PROFILE("'listenerPath':'/run/agent.sock','listenerMetadata':'x'"));

	cr_expect_str_eq(profile.listener_path, "/run/agent.sock");
	cr_expect_str_eq(profile.listener_metadata, "x");
	profile_finish(&profile);
}

/* In a rule that restricts, a slip of the pen would be a hole. */
Test(profile, unknown_syscalls)
{
	static const char *const actions[] = {"SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
		"SCMP_ACT_TRAP", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", "SCMP_ACT_LOG",
		"SCMP_ACT_ALLOW"};

	for (size_t fallback = 0; fallback < ARRAY_LENGTH(actions); fallback++) {
		for (size_t action = 0; action < ARRAY_LENGTH(actions); action++) {
			bool restricts = action < fallback;
			AUTO_FREE char *source = format_text(
				"{'defaultAction':'%s',\n'syscalls':[{'names':['read',\n"
				"@'opnat'],'action':'%s'}]}",
				actions[fallback], actions[action]);
			AUTO_FREE char *text = format_text("unknown syscall \"opnat\"%s",
				restricts ? "; did you mean openat?" : ", skipped");
			struct finding_case c = {source, "syscalls[0].names[1]", text};

			expect_finding(&c, restricts ? SEVERITY_ERROR : SEVERITY_NOTE);
		}
	}
}

Test(profile, skipped_names)
{
	struct parsed parsed;
	AUTO_FREE char *note = NULL;

	parse(RULES("{'names':['read','of_tomorrow','write'],'action':'SCMP_ACT_ALLOW'},"
		    "{'name':'of_tomorow','action':'SCMP_ACT_ALLOW'}"),
		&parsed);
	cr_assert_eq(parsed.code, 0);
	cr_assert_eq(parsed.diagnostics.count, 2);
	cr_expect_eq(parsed.diagnostics.errors, 0);
	cr_expect_eq(parsed.diagnostics.items[0].severity, SEVERITY_NOTE);
	cr_expect_eq(parsed.diagnostics.items[1].severity, SEVERITY_NOTE);
	note = format_finding(&parsed.diagnostics, 1);
	cr_expect(contains(note, "syscalls[1].name: "), "%s", note);
	cr_assert_eq(parsed.profile.rule_count, 2);
	cr_assert_eq(parsed.profile.rules[0].name_count, 2);
	cr_expect_str_eq(parsed.profile.rules[0].names[0], "read");
	cr_expect_str_eq(parsed.profile.rules[0].names[1], "write");
	cr_expect_eq(parsed.profile.rules[1].name_count, 0);
	finish(&parsed);
}

Test(profile, a_note_helps_with_slips_too)
{
	struct parsed parsed;
	AUTO_FREE char *note = NULL;

	parse(RULE("'names':['opnat'],'action':'SCMP_ACT_ALLOW'"), &parsed);
	cr_assert_eq(parsed.code, 0);
	note = format_finding(&parsed.diagnostics, 0);
	cr_expect(contains(note, "did you mean openat?"), "%s", note);
	finish(&parsed);
}

Test(profile, a_comparison_that_never_holds)
{
	static const struct finding_case c = {
		ARGS("mmap", "@{'index':1,'value':1,'valueTwo':2,'op':'SCMP_CMP_MASKED_EQ'}"),
		"syscalls[0].args[0]", "never true"};

	expect_finding(&c, SEVERITY_WARNING);
}

Test(profile, all_errors_are_collected)
{
	static const char source[] =
		"{\n'defaultAction':@'SCMP_ACT_ALOW',\n'architectures':[@'x86','SCMP_ARCH_X86',@5],"
		"\n'unknown':@1,\n'syscalls':[@{'action':'SCMP_ACT_ALLOW'},\n{'names':['read'],"
		"'action':@'X','args':[{'index':@6,'value':0,'op':'SCMP_CMP_EQ'}]},\n@5]}";
	struct sample sample = sample_make(source);
	struct parsed parsed;

	free(sample.text);
	parse(source, &parsed);
	cr_expect_eq(parsed.code, -EINVAL);
	cr_assert_eq(sample.mark_count, 8);
	cr_expect_eq(
		parsed.diagnostics.errors, sample.mark_count, "%zu", parsed.diagnostics.errors);
	for (size_t mark = 0; mark < sample.mark_count; mark++) {
		AUTO_FREE char *place = format_text(
			"sample:%u:%u", sample.marks[mark].line, sample.marks[mark].column);
		bool found = false;

		for (size_t i = 0; i < parsed.diagnostics.count; i++)
			found = found || !strcmp(parsed.diagnostics.items[i].place, place);
		cr_expect(found, "nothing at %s", place);
	}
	cr_expect(
		contains(error_message(&parsed.err), "8 errors"), "%s", error_message(&parsed.err));
	finish(&parsed);
}

/* What is accepted. */

Test(profile, actions_and_their_errors)
{
	static const struct {
		const char *members;
		verdict action;
	} cases[] = {
		{"'action':'SCMP_ACT_KILL'", SECCOMP_RET_KILL_THREAD},
		{"'action':'SCMP_ACT_KILL_THREAD'", SECCOMP_RET_KILL_THREAD},
		{"'action':'SCMP_ACT_KILL_PROCESS'", SECCOMP_RET_KILL_PROCESS},
		{"'action':'SCMP_ACT_TRAP'", SECCOMP_RET_TRAP},
		{"'action':'SCMP_ACT_NOTIFY'", SECCOMP_RET_USER_NOTIF},
		{"'action':'SCMP_ACT_LOG'", SECCOMP_RET_LOG},
		{"'action':'SCMP_ACT_ALLOW','errnoRet':null,'errno':null", SECCOMP_RET_ALLOW},
		{"'action':'SCMP_ACT_ERRNO'", SECCOMP_RET_ERRNO | 1},
		{"'action':'SCMP_ACT_TRACE'", SECCOMP_RET_TRACE | 1},
		{"'action':'SCMP_ACT_ERRNO','errnoRet':null", SECCOMP_RET_ERRNO | 1},
		{"'action':'SCMP_ACT_ERRNO','errnoRet':0", SECCOMP_RET_ERRNO},
		{"'action':'SCMP_ACT_ERRNO','errnoRet':38", SECCOMP_RET_ERRNO | 38},
		{"'errnoRet':38,'action':'SCMP_ACT_ERRNO'", SECCOMP_RET_ERRNO | 38},
		{"'action':'SCMP_ACT_ERRNO','errnoRet':4095", SECCOMP_RET_ERRNO | 4095},
		{"'action':'SCMP_ACT_TRACE','errnoRet':7", SECCOMP_RET_TRACE | 7},
		{"'action':'SCMP_ACT_ERRNO','errno':'ENOSYS'", SECCOMP_RET_ERRNO | 38},
		{"'action':'SCMP_ACT_ERRNO','errno':'95'", SECCOMP_RET_ERRNO | 95},
		{"'action':'SCMP_ACT_ERRNO','errno':'EWOULDBLOCK'", SECCOMP_RET_ERRNO | EAGAIN},
		{"'action':'SCMP_ACT_ERRNO','errno':'EINVAL','errnoRet':22",
			SECCOMP_RET_ERRNO | 22},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *source = format_text(
			"{'defaultAction':'SCMP_ACT_ALLOW',%s'syscalls':[{'names':['read'],%s}]}",
			contains(cases[i].members, "NOTIFY") ? "'listenerPath':'/s'," : "",
			cases[i].members);
		struct profile profile = parse_profile(source);

		cr_expect_eq(profile.rules[0].action, cases[i].action, "%s: %x", source,
			profile.rules[0].action);
		cr_expect_eq(profile.default_action, SECCOMP_RET_ALLOW);
		profile_finish(&profile);
	}
}

Test(profile, default_actions)
{
	static const struct {
		const char *members;
		verdict action;
	} cases[] = {
		{"'defaultAction':'SCMP_ACT_ALLOW'", SECCOMP_RET_ALLOW},
		{"'defaultAction':'SCMP_ACT_KILL'", SECCOMP_RET_KILL_THREAD},
		{"'defaultAction':'SCMP_ACT_KILL_PROCESS'", SECCOMP_RET_KILL_PROCESS},
		{"'defaultAction':'SCMP_ACT_TRAP'", SECCOMP_RET_TRAP},
		{"'defaultAction':'SCMP_ACT_LOG'", SECCOMP_RET_LOG},
		{"'defaultAction':'SCMP_ACT_TRACE'", SECCOMP_RET_TRACE | 1},
		{"'defaultAction':'SCMP_ACT_ERRNO'", SECCOMP_RET_ERRNO | 1},
		{"'defaultErrnoRet':38,'defaultAction':'SCMP_ACT_ERRNO'", SECCOMP_RET_ERRNO | 38},
		{"'defaultAction':'SCMP_ACT_ERRNO','defaultErrno':'ENOSYS','defaultErrnoRet':38",
			SECCOMP_RET_ERRNO | 38},
		{"'defaultAction':'SCMP_ACT_ERRNO','syscalls':null,'architectures':null,"
		 "'archMap':null,'listenerPath':null,'listenerMetadata':null,'flags':null",
			SECCOMP_RET_ERRNO | 1},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *source = format_text("{%s}", cases[i].members);
		struct profile profile = parse_profile(source);

		cr_expect_eq(profile.default_action, cases[i].action, "%s: %x", source,
			profile.default_action);
		cr_expect_str_eq(profile.name, "sample");
		cr_expect_eq(profile.rule_count, 0);
		cr_expect_not(profile.has_flags);
		profile_finish(&profile);
		cr_expect_null(profile.name);
		profile_finish(&profile);
	}
}

#define BIT(number) (UINT32_C(1) << (number))

Test(profile, the_oci_format)
{
	struct profile profile = parse_profile(
		"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,"
		"'architectures':['SCMP_ARCH_X86_64','SCMP_ARCH_X32','SCMP_ARCH_NATIVE'],"
		"'flags':['SECCOMP_FILTER_FLAG_LOG','SECCOMP_FILTER_FLAG_SPEC_ALLOW',"
		"'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],"
		"'listenerPath':'/run/agent.sock','listenerMetadata':'meta',\n"
		"'syscalls':[{'names':['read','write'],'action':'SCMP_ACT_ALLOW'},\n"
		"  {'names':['mount'],'action':'SCMP_ACT_NOTIFY'}]}");

	cr_expect_eq(profile.architectures, BIT(ARCH_X86_64) | BIT(ARCH_X32));
	cr_expect_eq(profile.architecture_map_count, 0);
	cr_expect(profile.has_flags);
	cr_expect_eq(profile.flags, 1 << 1 | 1 << 2 | 1 << 5);
	cr_expect_str_eq(profile.listener_path, "/run/agent.sock");
	cr_expect_str_eq(profile.listener_metadata, "meta");
	cr_assert_eq(profile.rule_count, 2);
	cr_assert_eq(profile.rules[0].name_count, 2);
	cr_expect_str_eq(profile.rules[0].names[0], "read");
	cr_expect_str_eq(profile.rules[0].names[1], "write");
	cr_expect_null(profile.rules[0].comment);
	cr_expect(profile.rules[0].line == 2 && profile.rules[0].column == 13);
	cr_expect_eq(profile.rules[1].action, SECCOMP_RET_USER_NOTIF);
	cr_expect(profile.rules[1].line == 3 && profile.rules[1].column == 3);
	profile_finish(&profile);
}

Test(profile, no_flags_are_not_absent_flags)
{
	struct profile profile = parse_profile(PROFILE("'flags':[]"));

	cr_expect(profile.has_flags);
	cr_expect_eq(profile.flags, 0);
	profile_finish(&profile);
}

Test(profile, dockers_format)
{
	struct profile profile = parse_profile(
		"{'defaultAction':'SCMP_ACT_ERRNO','architectures':[],'archMap':["
		"{'architecture':'SCMP_ARCH_X86_64','subArchitectures':['SCMP_ARCH_X86',"
		"'SCMP_ARCH_X32']},{'architecture':'SCMP_ARCH_RISCV64','subArchitectures':null},"
		"{'architecture':'SCMP_ARCH_ARM'}],'syscalls':["
		"{'name':'read','action':'SCMP_ACT_ALLOW','args':null,'comment':'why',"
		"'includes':{},'excludes':null},"
		"{'names':['bpf'],'name':null,'action':'SCMP_ACT_ALLOW','args':[],"
		"'includes':{'caps':['CAP_SYS_ADMIN','CAP_BPF'],'arches':['amd64','arm64'],"
		"'minKernel':'4.8'},'excludes':{'caps':null,'arches':['s390x'],'minKernel':''}},"
		"{'name':'ptrace','names':[],'action':'SCMP_ACT_ALLOW','comment':''}]}");
	const struct rule *rule;

	cr_expect_eq(profile.architectures, 0);
	cr_assert_eq(profile.architecture_map_count, 3);
	cr_expect_eq(profile.architecture_maps[0].arch, ARCH_X86_64);
	cr_expect_eq(profile.architecture_maps[0].sub_architectures, BIT(ARCH_X86) | BIT(ARCH_X32));
	cr_expect_eq(profile.architecture_maps[1].arch, ARCH_RISCV64);
	cr_expect_eq(profile.architecture_maps[1].sub_architectures, 0);
	cr_expect_eq(profile.architecture_maps[2].arch, ARCH_ARM);
	cr_assert_eq(profile.rule_count, 3);
	rule = &profile.rules[0];
	cr_assert_eq(rule->name_count, 1);
	cr_expect_str_eq(rule->names[0], "read");
	cr_expect_str_eq(rule->comment, "why");
	cr_expect_eq(rule->condition_count, 0);
	cr_expect(!rule->includes.capabilities && !rule->includes.architectures &&
		  !rule->includes.has_kernel);
	rule = &profile.rules[1];
	cr_expect_eq(
		rule->includes.capabilities, UINT64_C(1) << CAP_SYS_ADMIN | UINT64_C(1) << CAP_BPF);
	cr_expect_eq(rule->includes.architectures, BIT(ARCH_X86_64) | BIT(ARCH_AARCH64));
	cr_expect(rule->includes.has_kernel);
	cr_expect(rule->includes.kernel.major == 4 && rule->includes.kernel.minor == 8);
	cr_expect_eq(rule->excludes.capabilities, 0);
	cr_expect_eq(rule->excludes.architectures, BIT(ARCH_S390X));
	cr_expect_not(rule->excludes.has_kernel);
	cr_expect_str_eq(profile.rules[2].names[0], "ptrace");
	profile_finish(&profile);
}

Test(profile, an_empty_list_excludes_nothing)
{
	struct profile profile =
		parse_profile(PROFILE("'architectures':['SCMP_ARCH_X86'],'archMap':[]"));

	cr_expect_eq(profile.architectures, BIT(ARCH_X86));
	profile_finish(&profile);
}

Test(profile, conditions)
{
	static const struct {
		const char *syscall, *members;
		struct condition wanted;
	} cases[] = {
		{"socket", "'index':0,'value':38,'op':'SCMP_CMP_NE'", {0, OP_NOT_EQUAL, 38, 0}},
		{"socket", "'index':0,'value':38,'op':'SCMP_CMP_LT'", {0, OP_LESS, 38, 0}},
		{"socket", "'index':0,'value':38,'op':'SCMP_CMP_LE'", {0, OP_LESS_EQUAL, 38, 0}},
		{"socket", "'index':2,'value':0,'op':'SCMP_CMP_EQ'", {2, OP_EQUAL, 0, 0}},
		{"socket", "'op':'SCMP_CMP_GE','value':38,'index':0", {0, OP_GREATER_EQUAL, 38, 0}},
		{"socket", "'index':0,'value':38,'op':'SCMP_CMP_GT'", {0, OP_GREATER, 38, 0}},
		{"clone", "'index':0,'value':2114060288,'op':'SCMP_CMP_MASKED_EQ'",
			{0, OP_MASKED_EQUAL, 2114060288, 0}},
		{"clone", "'index':0,'value':7,'valueTwo':5,'op':'SCMP_CMP_MASKED_EQ'",
			{0, OP_MASKED_EQUAL, 7, 5}},
		{"socket", "'index':0,'value':1,'valueTwo':0,'op':'SCMP_CMP_EQ'",
			{0, OP_EQUAL, 1, 0}},
		{"socket", "'index':0,'value':1,'valueTwo':null,'op':'SCMP_CMP_EQ'",
			{0, OP_EQUAL, 1, 0}},
		{"mmap", "'index':5,'value':18446744073709551615,'op':'SCMP_CMP_EQ'",
			{5, OP_EQUAL, UINT64_MAX, 0}},
		{"mmap", "'index':1,'value':9223372036854775808,'op':'SCMP_CMP_GE'",
			{1, OP_GREATER_EQUAL, UINT64_C(9223372036854775808), 0}},
		{"personality", "'index':0,'value':4294967295,'op':'SCMP_CMP_EQ'",
			{0, OP_EQUAL, 4294967295, 0}},
		{"chmod", "'index':1,'value':65535,'op':'SCMP_CMP_EQ'", {1, OP_EQUAL, 65535, 0}},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *source =
			format_text(ARG("%s", "%s"), cases[i].syscall, cases[i].members);
		struct profile profile = parse_profile(source);
		const struct condition *found = profile.rules[0].conditions;

		cr_assert_eq(profile.rules[0].condition_count, 1);
		cr_expect(found->index == cases[i].wanted.index &&
				  found->comparison == cases[i].wanted.comparison &&
				  found->value == cases[i].wanted.value &&
				  found->datum == cases[i].wanted.datum,
			"%s", source);
		cr_expect_not(profile.rules[0].conditions_repeat);
		profile_finish(&profile);
	}
}

Test(profile, repeated_conditions)
{
#define AT(index) "{'index':" index ",'value':1,'op':'SCMP_CMP_EQ'}"
	static const struct {
		const char *args;
		size_t count;
		bool repeat;
	} cases[] = {
		{AT("0"), 1, false},
		{AT("0") "," AT("1"), 2, false},
		{AT("5") "," AT("4") "," AT("3") "," AT("2") "," AT("1") "," AT("0"), 6, false},
		{AT("0") "," AT("0"), 2, true},
		{AT("0") "," AT("1") "," AT("0"), 3, true},
		{AT("0") "," AT("1") "," AT("2") "," AT("3") "," AT("4") "," AT("5") "," AT("5"), 7,
			true},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *source = format_text(ARGS("mmap", "%s"), cases[i].args);
		struct profile profile = parse_profile(source);

		cr_expect_eq(profile.rules[0].condition_count, cases[i].count, "%s", source);
		cr_expect_eq(profile.rules[0].conditions_repeat, cases[i].repeat, "%s", source);
		profile_finish(&profile);
	}
}

/* libseccomp 2.5.4 knows none of them. */
Test(profile, syscalls_newer_than_libseccomp)
{
	struct profile profile = parse_profile("{'defaultAction':'SCMP_ACT_ALLOW','syscalls':["
					       "{'names':['fchmodat2','cachestat','mseal',"
					       "'setxattrat','statmount','map_shadow_stack'],"
					       "'action':'SCMP_ACT_ERRNO'}]}");

	cr_expect_eq(profile.rules[0].name_count, 6);
	profile_finish(&profile);
}

Test(profile, every_sample_is_accepted)
{
	static const char *const names[] = {"args-int", "args-wide", "arm64", "audit",
		"block-chmod", "containers-format", "deny-ptrace", "docker-format", "errno-max",
		"flags", "kill", "kill-thread", "log-default", "masked", "minimal", "multi-arg",
		"mux", "name-alias", "newer-names", "no-enosys", "repeated-index", "static-program",
		"strictest", "structure", "trace", "trap", "x32"};

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		AUTO_FREE char *relative = format_text("test/data/%s.json", names[i]);
		AUTO_FREE char *path = source_path(relative);
		struct diagnostics diagnostics = {0};
		struct error err = ERROR_INIT;
		struct profile profile;
		char *text;
		size_t length;
		int r = io_read_file(
			AT_FDCWD, path, path, PROFILE_SIZE_LIMIT, &text, &length, &err);

		cr_assert_eq(r, 0, "%s", error_message(&err));
		r = profile_parse(path, text, length, &profile, &diagnostics, &err);
		cr_expect_eq(r, 0, "%s", r < 0 ? error_message(&err) : "");
		if (r == 0)
			profile_finish(&profile);
		diagnostics_finish(&diagnostics);
		error_finish(&err);
	}
}

Test(profile, the_built_in_one)
{
	AUTO_FREE char *path = source_path("lib/profiles/runtime-default.json");
	struct diagnostics diagnostics = {0};
	struct error err = ERROR_INIT;
	struct profile profile, from_file;
	char *text;
	size_t length;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	cr_expect_str_eq(profile.name, "RuntimeDefault");
	cr_expect_eq(profile.default_action, SECCOMP_RET_ERRNO | EPERM);
	/* It is the file, byte by byte, and has nothing that a reader would have to be told. */
	cr_assert_eq(
		io_read_file(AT_FDCWD, path, path, PROFILE_SIZE_LIMIT, &text, &length, &err), 0);
	cr_assert_eq(profile_parse(path, text, length, &from_file, &diagnostics, &err), 0);
	cr_expect_eq(diagnostics.count, 0);
	cr_assert_eq(from_file.rule_count, profile.rule_count);
	for (size_t i = 0; i < profile.rule_count; i++) {
		const struct rule *a = &profile.rules[i], *b = &from_file.rules[i];

		cr_expect(a->action == b->action && a->name_count == b->name_count &&
			  a->line == b->line && a->condition_count == b->condition_count);
	}
	profile_finish(&from_file);
	profile_finish(&profile);
	diagnostics_finish(&diagnostics);
}
