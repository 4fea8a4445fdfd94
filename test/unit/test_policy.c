/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include "support.h"
#include "syscalls.h"

#include <linux/capability.h>
#include <linux/seccomp.h>

UNIT_SUITE(policy);

#define BIT(number) (UINT32_C(1) << (number))
#define CAPABILITY(number) (UINT64_C(1) << (number))
#define ERRNO(number) (SECCOMP_RET_ERRNO | (number))
#define SYSCALLS(rules) "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[" rules "]}"
#define ALLOW(names, more) "{'names':[" names "],'action':'SCMP_ACT_ALLOW'" more "}"
#define ON_X32(number) (X32_SYSCALL_BIT | (number))

struct selected {
	struct profile profile;
	struct policy policy;
};

static void select_on(
	const char *source, struct target target, bool native_only, struct selected *ret)
{
	struct error err = ERROR_INIT;

	ret->profile = parse_profile(source);
	cr_assert_eq(policy_select(&ret->profile, &target, native_only, &ret->policy, &err), 0);
	cr_assert_eq(ret->policy.profile, &ret->profile);
	cr_expect(ret->policy.architectures & BIT(target.arch));
}

static void select_native(const char *source, enum arch arch, struct selected *ret)
{
	select_on(source, (struct target){arch, {6, 18}, 0}, false, ret);
}

static void finish(struct selected *selected)
{
	policy_finish(&selected->policy);
	profile_finish(&selected->profile);
}

/* The clauses of a name, which the architecture has. */
static const struct clause *clauses_of(
	const struct selected *selected, enum arch arch, const char *name, size_t *ret_count)
{
	int number = syscall_number(arch, name);

	cr_assert_neq(number, SYSCALL_NONE, "%s", name);
	return policy_clauses(&selected->policy, arch, (uint32_t)number, ret_count);
}

static size_t count_of(const struct selected *selected, enum arch arch, const char *name)
{
	size_t count;

	clauses_of(selected, arch, name, &count);
	return count;
}

Test(policy, includes_and_excludes)
{
	static const struct {
		const char *members;
		enum arch arch;
		struct kernel_version kernel;
		uint64_t capabilities;
		bool selected;
	} cases[] = {
		{"", ARCH_X86_64, {5, 10}, 0, true},
		{",'includes':{},'excludes':{}", ARCH_X86_64, {5, 10}, 0, true},
		{",'includes':{'caps':[],'arches':[]},'excludes':{'caps':[],'arches':[]}",
			ARCH_X86_64, {5, 10}, ~UINT64_C(0), true},
		/* includes.caps: all of them */
		{",'includes':{'caps':['CAP_KILL']}", ARCH_X86_64, {5, 10}, 0, false},
		{",'includes':{'caps':['CAP_KILL']}", ARCH_X86_64, {5, 10}, CAPABILITY(CAP_KILL),
			true},
		{",'includes':{'caps':['CAP_KILL']}", ARCH_X86_64, {5, 10}, CAPABILITY(CAP_CHOWN),
			false},
		{",'includes':{'caps':['CAP_KILL','CAP_BPF']}", ARCH_X86_64, {5, 10},
			CAPABILITY(CAP_KILL), false},
		{",'includes':{'caps':['CAP_KILL','CAP_BPF']}", ARCH_X86_64, {5, 10},
			CAPABILITY(CAP_KILL) | CAPABILITY(CAP_BPF) | CAPABILITY(CAP_CHOWN), true},
		/* excludes.caps: one of them */
		{",'excludes':{'caps':['CAP_KILL']}", ARCH_X86_64, {5, 10}, 0, true},
		{",'excludes':{'caps':['CAP_KILL']}", ARCH_X86_64, {5, 10}, CAPABILITY(CAP_KILL),
			false},
		{",'excludes':{'caps':['CAP_KILL','CAP_BPF']}", ARCH_X86_64, {5, 10},
			CAPABILITY(CAP_BPF), false},
		{",'excludes':{'caps':['CAP_KILL','CAP_BPF']}", ARCH_X86_64, {5, 10},
			CAPABILITY(CAP_CHOWN), true},
		/* arches: the native one */
		{",'includes':{'arches':['amd64']}", ARCH_X86_64, {5, 10}, 0, true},
		{",'includes':{'arches':['arm64','amd64']}", ARCH_X86_64, {5, 10}, 0, true},
		{",'includes':{'arches':['arm64']}", ARCH_X86_64, {5, 10}, 0, false},
		{",'includes':{'arches':['x86','x32']}", ARCH_X86_64, {5, 10}, 0, false},
		{",'includes':{'arches':['arm64']}", ARCH_AARCH64, {5, 10}, 0, true},
		{",'excludes':{'arches':['amd64']}", ARCH_X86_64, {5, 10}, 0, false},
		{",'excludes':{'arches':['s390x','arm64']}", ARCH_X86_64, {5, 10}, 0, true},
		{",'excludes':{'arches':['s390x','amd64']}", ARCH_X86_64, {5, 10}, 0, false},
		/* minKernel */
		{",'includes':{'minKernel':'4.8'}", ARCH_X86_64, {4, 7}, 0, false},
		{",'includes':{'minKernel':'4.8'}", ARCH_X86_64, {4, 8}, 0, true},
		{",'includes':{'minKernel':'4.8'}", ARCH_X86_64, {4, 19}, 0, true},
		{",'includes':{'minKernel':'4.8'}", ARCH_X86_64, {5, 0}, 0, true},
		{",'includes':{'minKernel':'4.8'}", ARCH_X86_64, {3, 19}, 0, false},
		{",'includes':{'minKernel':''}", ARCH_X86_64, {3, 19}, 0, true},
		{",'excludes':{'minKernel':'4.8'}", ARCH_X86_64, {4, 7}, 0, true},
		{",'excludes':{'minKernel':'4.8'}", ARCH_X86_64, {4, 8}, 0, false},
		{",'excludes':{'minKernel':'4.8'}", ARCH_X86_64, {6, 1}, 0, false},
		/* of includes everything must hold, of excludes nothing may */
		{",'includes':{'caps':['CAP_KILL'],'arches':['amd64'],'minKernel':'4.8'}",
			ARCH_X86_64, {4, 8}, CAPABILITY(CAP_KILL), true},
		{",'includes':{'caps':['CAP_KILL'],'arches':['amd64'],'minKernel':'4.8'}",
			ARCH_X86_64, {4, 7}, CAPABILITY(CAP_KILL), false},
		{",'includes':{'caps':['CAP_KILL'],'arches':['amd64'],'minKernel':'4.8'}",
			ARCH_X86_64, {4, 8}, 0, false},
		{",'includes':{'caps':['CAP_KILL'],'arches':['arm64'],'minKernel':'4.8'}",
			ARCH_X86_64, {4, 8}, CAPABILITY(CAP_KILL), false},
		{",'excludes':{'caps':['CAP_KILL'],'arches':['arm64'],'minKernel':'4.8'}",
			ARCH_X86_64, {4, 7}, 0, true},
		{",'excludes':{'caps':['CAP_KILL'],'arches':['arm64'],'minKernel':'4.8'}",
			ARCH_X86_64, {4, 8}, 0, false},
		{",'excludes':{'caps':['CAP_KILL'],'arches':['arm64'],'minKernel':'4.8'}",
			ARCH_X86_64, {4, 7}, CAPABILITY(CAP_KILL), false},
		{",'includes':{'caps':['CAP_KILL']},'excludes':{'caps':['CAP_BPF']}", ARCH_X86_64,
			{5, 10}, CAPABILITY(CAP_KILL), true},
		{",'includes':{'caps':['CAP_KILL']},'excludes':{'caps':['CAP_BPF']}", ARCH_X86_64,
			{5, 10}, CAPABILITY(CAP_KILL) | CAPABILITY(CAP_BPF), false},
		{",'includes':{'caps':['CAP_KILL']},'excludes':{'caps':['CAP_BPF']}", ARCH_X86_64,
			{5, 10}, CAPABILITY(CAP_BPF), false},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *source =
			format_text(SYSCALLS(ALLOW("'read','write'", "%s")), cases[i].members);
		struct target target = {cases[i].arch, cases[i].kernel, cases[i].capabilities};
		struct selected selected;

		select_on(source, target, false, &selected);
		cr_expect_eq(count_of(&selected, target.arch, "read"), cases[i].selected, "%zu: %s",
			i, source);
		cr_expect_eq(selected.policy.clause_count, cases[i].selected ? 2 : 0, "%zu: %s", i,
			source);
		finish(&selected);
	}
}

/* A sub-architecture's calls are under the same rules: what is asked about is the native one. */
Test(policy, arches_ask_about_the_native_one)
{
	struct selected selected;

	select_native("{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86'],"
		      "'syscalls':[" ALLOW("'read'", ",'includes':{'arches':['amd64']}") "," ALLOW(
			      "'write'", ",'includes':{'arches':['x86']}") "]}",
		ARCH_X86_64, &selected);
	cr_expect_eq(count_of(&selected, ARCH_X86, "read"), 1);
	cr_expect_eq(count_of(&selected, ARCH_X86, "write"), 0);
	finish(&selected);
}

Test(policy, the_set_of_architectures)
{
#define MAP                                                                                        \
	"'archMap':[{'architecture':'SCMP_ARCH_X86_64','subArchitectures':['SCMP_ARCH_X86',"       \
	"'SCMP_ARCH_X32']},{'architecture':'SCMP_ARCH_AARCH64','subArchitectures':["               \
	"'SCMP_ARCH_ARM']},{'architecture':'SCMP_ARCH_RISCV64'}]"
	static const struct {
		const char *members;
		enum arch native;
		bool native_only;
		uint32_t wanted;
	} cases[] = {
		{"'syscalls':[]", ARCH_X86_64, false, BIT(ARCH_X86_64)},
		{"'architectures':[]", ARCH_X86_64, false, BIT(ARCH_X86_64)},
		{"'architectures':['SCMP_ARCH_NATIVE']", ARCH_X86_64, false, BIT(ARCH_X86_64)},
		{"'architectures':['SCMP_ARCH_X86_64']", ARCH_X86_64, false, BIT(ARCH_X86_64)},
		{"'architectures':['SCMP_ARCH_X86']", ARCH_X86_64, false,
			BIT(ARCH_X86_64) | BIT(ARCH_X86)},
		{"'architectures':['SCMP_ARCH_X86','SCMP_ARCH_X32']", ARCH_X86_64, false,
			BIT(ARCH_X86_64) | BIT(ARCH_X86) | BIT(ARCH_X32)},
		/* what the kernel cannot run */
		{"'architectures':['SCMP_ARCH_AARCH64','SCMP_ARCH_X32']", ARCH_X86_64, false,
			BIT(ARCH_X86_64) | BIT(ARCH_X32)},
		{"'architectures':['SCMP_ARCH_X86_64','SCMP_ARCH_X86','SCMP_ARCH_ARM']",
			ARCH_AARCH64, false, BIT(ARCH_AARCH64) | BIT(ARCH_ARM)},
		{"'architectures':['SCMP_ARCH_X86_64']", ARCH_X86, false, BIT(ARCH_X86)},
		/* of the map the native one's entry */
		{MAP, ARCH_X86_64, false, BIT(ARCH_X86_64) | BIT(ARCH_X86) | BIT(ARCH_X32)},
		{MAP, ARCH_AARCH64, false, BIT(ARCH_AARCH64) | BIT(ARCH_ARM)},
		{MAP, ARCH_RISCV64, false, BIT(ARCH_RISCV64)},
		{MAP, ARCH_S390X, false, BIT(ARCH_S390X)},
		{MAP, ARCH_X86, false, BIT(ARCH_X86)},
		{"'archMap':[{'architecture':'SCMP_ARCH_AARCH64',"
		 "'subArchitectures':['SCMP_ARCH_X86']}]",
			ARCH_X86_64, false, BIT(ARCH_X86_64)},
		{"'archMap':[{'architecture':'SCMP_ARCH_X86_64',"
		 "'subArchitectures':['SCMP_ARCH_ARM']}]",
			ARCH_X86_64, false, BIT(ARCH_X86_64)},
		/* without sub-architectures */
		{MAP, ARCH_X86_64, true, BIT(ARCH_X86_64)},
		{"'architectures':['SCMP_ARCH_X86','SCMP_ARCH_X32']", ARCH_X86_64, true,
			BIT(ARCH_X86_64)},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *source =
			format_text("{'defaultAction':'SCMP_ACT_ERRNO',%s}", cases[i].members);
		struct target target = {cases[i].native, {6, 18}, 0};
		struct selected selected;

		select_on(source, target, cases[i].native_only, &selected);
		cr_expect_eq(selected.policy.architectures, cases[i].wanted, "case %zu: %x", i,
			selected.policy.architectures);
		finish(&selected);
	}
}

Test(policy, each_architecture_has_its_own_numbers)
{
	static const struct {
		enum arch arch;
		uint32_t number;
	} cases[] = {{ARCH_X86_64, 0}, {ARCH_X86, 3}, {ARCH_X32, X32_SYSCALL_BIT}};
	struct selected selected;

	select_native("{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86',"
		      "'SCMP_ARCH_X32'],'syscalls':[" ALLOW("'read'", "") "]}",
		ARCH_X86_64, &selected);
	cr_expect_eq(selected.policy.clause_count, 3);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		size_t count;
		const struct clause *clause =
			policy_clauses(&selected.policy, cases[i].arch, cases[i].number, &count);

		cr_assert_eq(count, 1);
		cr_expect_eq(clause->arch, cases[i].arch);
		cr_expect_eq(clause->number, cases[i].number);
		cr_expect_eq(clause->action, SECCOMP_RET_ALLOW);
		cr_expect_str_eq(clause->name, "read");
		cr_expect_eq(clause->rule, &selected.profile.rules[0]);
		cr_expect_eq(clause->condition_count, 0);
		cr_expect_eq(clause->call_mask, 0);
	}
	finish(&selected);
}

Test(policy, names_that_an_architecture_has_not)
{
	struct selected selected;

	select_native("{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86'],"
		      "'syscalls':[" ALLOW("'mmap2','arch_prctl','cacheflush'", "") "]}",
		ARCH_X86_64, &selected);
	cr_expect_eq(count_of(&selected, ARCH_X86, "mmap2"), 1);
	cr_expect_eq(count_of(&selected, ARCH_X86_64, "arch_prctl"), 1);
	cr_expect_eq(selected.policy.clause_count, 3); /* x86 has arch_prctl too */
	finish(&selected);
}

Test(policy, no_clauses)
{
	struct selected selected;
	size_t count = 4711;

	select_native("{'defaultAction':'SCMP_ACT_ALLOW'}", ARCH_X86_64, &selected);
	cr_expect_eq(selected.policy.clause_count, 0);
	policy_clauses(&selected.policy, ARCH_X86_64, 0, &count);
	cr_expect_eq(count, 0);
	policy_finish(&selected.policy);
	policy_finish(&selected.policy);
	profile_finish(&selected.profile);
}

Test(policy, clauses_are_sorted)
{
	/* Backwards in every respect. */
	struct selected selected;
	const struct clause *clauses;
	size_t count, total;

	select_native("{'defaultAction':'SCMP_ACT_LOG','architectures':['SCMP_ARCH_X32',"
		      "'SCMP_ARCH_X86'],'syscalls':["
		      "{'names':['write','read'],'action':'SCMP_ACT_ALLOW'},"
		      "{'names':['socket','close','bind','read'],'action':'SCMP_ACT_ERRNO'},"
		      "{'names':['read'],'action':'SCMP_ACT_KILL','args':["
		      "{'index':0,'value':1,'op':'SCMP_CMP_EQ'},"
		      "{'index':0,'value':2,'op':'SCMP_CMP_EQ'},"
		      "{'index':0,'value':3,'op':'SCMP_CMP_EQ'}]}]}",
		ARCH_X86_64, &selected);
	clauses = selected.policy.clauses;
	total = selected.policy.clause_count;
	cr_expect_eq(total, 9 + 9 + 9 + 2);
	for (size_t i = 1; i < total; i++) {
		const struct clause *a = &clauses[i - 1], *b = &clauses[i];

		cr_expect_leq((int)a->arch, (int)b->arch);
		cr_expect(a->arch != b->arch || a->number <= b->number);
		cr_expect(a->arch != b->arch || a->number != b->number || a->rule <= b->rule);
	}
	for (int arch = ARCH_X86_64; arch <= ARCH_X86; arch++) {
		clauses = clauses_of(&selected, (enum arch)arch, "read", &count);
		cr_assert_eq(count, 5);
		cr_expect_eq(clauses[0].action, SECCOMP_RET_ALLOW);
		cr_expect_eq(clauses[1].action, ERRNO(EPERM));
		for (uint64_t i = 0; i < 3; i++) {
			cr_expect_eq(clauses[2 + i].action, SECCOMP_RET_KILL_THREAD);
			cr_assert_eq(clauses[2 + i].condition_count, 1);
			cr_expect_eq(clauses[2 + i].conditions->value, i + 1);
		}
	}
	finish(&selected);
}

Test(policy, conditions_of_one_rule)
{
	static const struct {
		const char *args;
		size_t clauses, conditions;
	} cases[] = {
		{"{'index':0,'value':1,'op':'SCMP_CMP_EQ'}", 1, 1},
		{"{'index':0,'value':1,'op':'SCMP_CMP_EQ'},{'index':2,'value':1,'op':'SCMP_CMP_NE'"
		 "}",
			1, 2},
		/* an index twice: every condition is a rule of its own, that of another index too
		 */
		{"{'index':0,'value':1,'op':'SCMP_CMP_EQ'},{'index':0,'value':2,'op':'SCMP_CMP_EQ'"
		 "}",
			2, 1},
		{"{'index':0,'value':1,'op':'SCMP_CMP_GT'},{'index':1,'value':2,'op':'SCMP_CMP_EQ'"
		 "},{'index':0,'value':9,'op':'SCMP_CMP_LT'}",
			3, 1},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *source =
			format_text(SYSCALLS(ALLOW("'read'", ",'args':[%s]")), cases[i].args);
		const struct clause *clauses;
		struct selected selected;
		size_t count;

		select_native(source, ARCH_X86_64, &selected);
		clauses = clauses_of(&selected, ARCH_X86_64, "read", &count);
		cr_assert_eq(count, cases[i].clauses, "%s", source);
		for (size_t n = 0; n < count; n++) {
			cr_expect_eq(clauses[n].condition_count, cases[i].conditions);
			cr_expect_eq(
				clauses[n].conditions, &selected.profile.rules[0].conditions[n]);
		}
		finish(&selected);
	}
}

Test(policy, widths_of_conditions)
{
	static const struct {
		enum arch native;
		const char *name, *index;
		unsigned bits;
	} cases[] = {
		{ARCH_X86_64, "chmod", "1", 16},
		{ARCH_X86_64, "socket", "0", 32},
		{ARCH_X86_64, "clone", "0", 32},
		{ARCH_X86_64, "mmap", "1", 64},
		{ARCH_X86, "mmap2", "1", 32},
		{ARCH_X86, "chmod", "1", 16},
		{ARCH_AARCH64, "mmap", "1", 64},
		{ARCH_ARM, "chmod", "1", 16},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *source =
			format_text(SYSCALLS(ALLOW("'%s'",
					    ",'args':[{'index':%s,'value':1,'op':'SCMP_CMP_EQ'}]")),
				cases[i].name, cases[i].index);
		const struct clause *clauses;
		struct selected selected;
		size_t count;

		select_native(source, cases[i].native, &selected);
		clauses = clauses_of(&selected, cases[i].native, cases[i].name, &count);
		cr_assert_eq(count, 1);
		cr_expect_eq(clauses[0].bits[0], cases[i].bits, "%s on %s: %u", cases[i].name,
			architectures[cases[i].native].name, clauses[0].bits[0]);
		finish(&selected);
	}
}

/* The bits stand in the order of the conditions, not of the arguments. */
Test(policy, widths_follow_the_conditions)
{
	struct selected selected;
	const struct clause *clauses;
	size_t count;

	select_native(SYSCALLS(ALLOW("'fchmodat'", ",'args':["
						   "{'index':2,'value':1,'op':'SCMP_CMP_EQ'},"
						   "{'index':1,'value':1,'op':'SCMP_CMP_EQ'},"
						   "{'index':0,'value':1,'op':'SCMP_CMP_EQ'}]")),
		ARCH_X86_64, &selected);
	clauses = clauses_of(&selected, ARCH_X86_64, "fchmodat", &count);
	cr_assert_eq(count, 1);
	cr_expect_eq(clauses[0].bits[0], 16);
	cr_expect_eq(clauses[0].bits[1], 64);
	cr_expect_eq(clauses[0].bits[2], 32);
	finish(&selected);
}

/* Calls that x86 also reaches through socketcall (102) and ipc (117). */
Test(policy, multiplexed_calls)
{
#define ON_ZERO ",'args':[{'index':0,'value':1,'op':'SCMP_CMP_EQ'}]"
	static const struct {
		const char *fallback, *action, *name, *more;
		size_t direct, conditions; /* clauses of the call's own number, their conditions */
		uint32_t number;
		size_t indirect;
		uint32_t call, mask;
	} cases[] = {
		{"ERRNO", "ALLOW", "socket", "", 1, 0, 102, 1, 1, UINT32_MAX},
		{"ERRNO", "ALLOW", "accept4", "", 1, 0, 102, 1, 18, UINT32_MAX},
		{"ERRNO", "ALLOW", "shmget", "", 1, 0, 117, 1, 23, 0xffff},
		{"ALLOW", "ERRNO", "socket", "", 1, 0, 102, 1, 1, UINT32_MAX},
		{"ALLOW", "KILL", "msgctl", "", 1, 0, 117, 1, 14, 0xffff},
		/* only through it */
		{"ERRNO", "ALLOW", "accept", "", 0, 0, 102, 1, 5, UINT32_MAX},
		{"ERRNO", "ALLOW", "semop", "", 0, 0, 117, 1, 1, 0xffff},
		/* conditions on arguments that a filter cannot see: the stricter way holds */
		{"ERRNO", "ALLOW", "socket", ON_ZERO, 1, 1, 102, 0, 0, 0},
		{"ERRNO", "LOG", "socket", ON_ZERO, 1, 1, 102, 0, 0, 0},
		{"ERRNO", "ERRNO", "socket", ON_ZERO, 1, 1, 102, 0, 0, 0},
		{"ALLOW", "ERRNO", "socket", ON_ZERO, 1, 1, 102, 1, 1, UINT32_MAX},
		{"ALLOW", "LOG", "shmget", ON_ZERO, 1, 1, 117, 1, 23, 0xffff},
		{"ERRNO", "KILL", "shmget", ON_ZERO, 1, 1, 117, 1, 23, 0xffff},
		{"ALLOW", "ERRNO", "accept", ON_ZERO, 0, 0, 102, 1, 5, UINT32_MAX},
		{"ERRNO", "ALLOW", "accept", ON_ZERO, 0, 0, 102, 0, 0, 0},
		/* no multiplexed call at all */
		{"ERRNO", "ALLOW", "read", "", 1, 0, 102, 0, 0, 0},
		{"ERRNO", "ALLOW", "socketcall", "", 1, 0, 117, 0, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *source =
			format_text("{'defaultAction':'SCMP_ACT_%s','syscalls':[{'names':['%s'],"
				    "'action':'SCMP_ACT_%s'%s}]}",
				cases[i].fallback, cases[i].name, cases[i].action, cases[i].more);
		int number = syscall_number(ARCH_X86, cases[i].name);
		const struct clause *clauses;
		struct selected selected;
		size_t count = 0;

		select_native(source, ARCH_X86, &selected);
		cr_assert_eq(number == SYSCALL_NONE, cases[i].direct == 0, "%s", source);
		if (number != SYSCALL_NONE) {
			clauses = clauses_of(&selected, ARCH_X86, cases[i].name, &count);
			cr_assert_eq(count, cases[i].direct, "%s", source);
			cr_expect_eq(clauses->condition_count, cases[i].conditions);
			cr_expect_eq(clauses->call_mask, 0);
		}
		clauses = policy_clauses(&selected.policy, ARCH_X86, cases[i].number, &count);
		cr_assert_eq(count, cases[i].indirect, "%s: %zu", source, count);
		if (count > 0) {
			cr_expect_eq(clauses->condition_count, 0, "%s", source);
			cr_expect_eq(clauses->call, cases[i].call, "%s: %u", source, clauses->call);
			cr_expect_eq(clauses->call_mask, cases[i].mask, "%s: %x", source,
				clauses->call_mask);
			cr_expect_str_eq(clauses->name, cases[i].name);
			cr_expect_eq(clauses->action, selected.profile.rules[0].action);
		}
		finish(&selected);
	}
}

Test(policy, no_multiplexer_on_x86_64)
{
	struct selected selected;

	select_native(SYSCALLS(ALLOW("'socket','shmget'", "")), ARCH_X86_64, &selected);
	cr_expect_eq(selected.policy.clause_count, 2);
	finish(&selected);
}

/* Repeated conditions make several clauses of a call, its way through the multiplexer is one. */
Test(policy, multiplexed_calls_with_repeated_conditions)
{
	struct selected selected;
	size_t count;

	select_native("{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['socket'],"
		      "'action':'SCMP_ACT_ERRNO','args':["
		      "{'index':0,'value':38,'op':'SCMP_CMP_EQ'},"
		      "{'index':0,'value':40,'op':'SCMP_CMP_EQ'}]}]}",
		ARCH_X86, &selected);
	cr_expect_eq(count_of(&selected, ARCH_X86, "socket"), 2);
	policy_clauses(&selected.policy, ARCH_X86, 102, &count);
	cr_expect_eq(count, 1);
	finish(&selected);
}

/* What a rule without conditions permits, one with conditions takes back where these cannot be seen. */
Test(policy, unseen_conditions_beside_a_rule_without)
{
#define RULES(first, second)                                                                       \
	"{'defaultAction':'SCMP_ACT_KILL_PROCESS','syscalls':[" first "," second "]}"
#define OF(name, action, more) "{'names':['" name "'],'action':'SCMP_ACT_" action "'" more "}"
	static const struct {
		const char *source;
		uint32_t number;
		verdict actions[2]; /* of the clauses; 0: there is no such clause */
	} cases[] = {
		{RULES(OF("socket", "ALLOW", ""), OF("socket", "ERRNO", ON_ZERO)), 102,
			{SECCOMP_RET_ALLOW, ERRNO(EPERM)}},
		{RULES(OF("socket", "ERRNO", ON_ZERO), OF("socket", "ALLOW", "")), 102,
			{ERRNO(EPERM), SECCOMP_RET_ALLOW}},
		{RULES(OF("mmap", "ALLOW", ""), OF("mmap", "TRAP", ON_ZERO)), 90,
			{SECCOMP_RET_ALLOW, SECCOMP_RET_TRAP}},
		/* It is not laxer than what the call gets: nothing to add. */
		{RULES(OF("socket", "ERRNO", ""), OF("socket", "LOG", ON_ZERO)), 102,
			{ERRNO(EPERM)}},
		{RULES(OF("mmap", "ERRNO", ""), OF("mmap", "ALLOW", ON_ZERO)), 90, {ERRNO(EPERM)}},
		/* Of another call, and of the multiplexer as such. */
		{RULES(OF("bind", "ALLOW", ""), OF("socket", "ERRNO", ON_ZERO)), 102,
			{SECCOMP_RET_ALLOW}},
		{RULES(OF("socketcall", "ALLOW", ""), OF("socket", "ERRNO", ON_ZERO)), 102,
			{SECCOMP_RET_ALLOW}},
		{RULES(OF("socket", "LOG", ON_ZERO), OF("socket", "ERRNO", ON_ZERO)), 102, {0}},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct clause *clauses;
		struct selected selected;
		size_t count, expected = 0;

		select_native(cases[i].source, ARCH_X86, &selected);
		clauses = policy_clauses(&selected.policy, ARCH_X86, cases[i].number, &count);
		while (expected < 2 && cases[i].actions[expected])
			expected++;
		cr_assert_eq(count, expected, "%s: %zu", cases[i].source, count);
		for (size_t j = 0; j < count; j++)
			cr_expect_eq(clauses[j].action, cases[i].actions[j], "%s: %zu: %x",
				cases[i].source, j, clauses[j].action);
		finish(&selected);
	}
}

Test(policy, enosys_by_default_action)
{
	static const struct {
		const char *action;
		verdict fallback;
		bool enosys;
	} cases[] = {
		{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, true},
		{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, true},
		{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP, true},
		{"SCMP_ACT_ERRNO", ERRNO(EPERM), true},
		{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE | EPERM, false},
		{"SCMP_ACT_LOG", SECCOMP_RET_LOG, false},
		{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, false},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		/* openat2 is 437 */
		AUTO_FREE char *source = format_text(
			"{'defaultAction':'%s','syscalls':[" ALLOW("'read','openat2'", "") "]}",
			cases[i].action);
		verdict newer = cases[i].enosys ? ERRNO(ENOSYS) : cases[i].fallback;
		struct selected selected;
		uint32_t last = 0;

		select_native(source, ARCH_X86_64, &selected);
		cr_expect_eq(selected.policy.enosys, cases[i].enosys, "%s", source);
		cr_expect_eq(selected.policy.newest[ARCH_X86_64], 437);
		cr_expect_eq(policy_fallback(&selected.policy, ARCH_X86_64, 1, &last),
			cases[i].fallback, "%s", source);
		cr_expect_eq(last, cases[i].enosys ? 437 : UINT32_MAX, "%s: %u", source, last);
		cr_expect_eq(policy_fallback(&selected.policy, ARCH_X86_64, 437, NULL),
			cases[i].fallback, "%s", source);
		cr_expect_eq(policy_fallback(&selected.policy, ARCH_X86_64, 438, &last), newer,
			"%s", source);
		cr_expect_eq(last, UINT32_MAX);
		cr_expect_eq(
			policy_fallback(&selected.policy, ARCH_X86_64, UINT32_MAX, NULL), newer);
		finish(&selected);
	}
}

Test(policy, the_newest_number)
{
	static const struct {
		enum arch arch;
		const char *names, *more;
		int newest;
	} cases[] = {
		{ARCH_X86_64, "'read'", "", 0},
		{ARCH_X86_64, "'mseal','read'", "", 462},
		{ARCH_X86_64, "'read','mseal'", "", 462},
		{ARCH_AARCH64, "'read','mseal'", "", 462},
		{ARCH_X86, "'read','mseal'", "", 462},
		/* names of rules that are not selected are known all the same */
		{ARCH_X86_64, "'read','mseal'", ",'includes':{'caps':['CAP_SYS_ADMIN']}", 462},
		{ARCH_X86_64, "'read','mseal'", ",'excludes':{'arches':['amd64']}", 462},
		{ARCH_X86_64, "'read','mseal'", ",'includes':{'minKernel':'250.0'}", 462},
		/* names that nobody knows are not */
		{ARCH_X86_64, "'read','of_tomorrow'", "", 0},
		/* nor those that the architecture has not */
		{ARCH_X86_64, "'read','cacheflush','socketcall'", "", 0},
		{ARCH_X86_64, "'cacheflush'", "", SYSCALL_NONE},
		/* ARM's private calls are numbered beside the sequence */
		{ARCH_ARM, "'read','cacheflush','set_tls'", "", 3},
		{ARCH_ARM, "'cacheflush'", "", SYSCALL_NONE},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		AUTO_FREE char *source =
			format_text(SYSCALLS(ALLOW("%s", "%s")), cases[i].names, cases[i].more);
		struct selected selected;
		int newest;

		select_native(source, cases[i].arch, &selected);
		newest = selected.policy.newest[cases[i].arch];
		cr_expect_eq(newest, cases[i].newest, "%s: %d", source, newest);
		for (int arch = 0; arch < ARCH_COUNT; arch++)
			if (arch != (int)cases[i].arch)
				cr_expect_eq(selected.policy.newest[arch], SYSCALL_NONE);
		finish(&selected);
	}
}

/* An architecture of which the profile knows no name at all: nothing can be newer than that. */
Test(policy, no_known_name)
{
	struct selected selected;
	uint32_t last = 0;

	select_native("{'defaultAction':'SCMP_ACT_ERRNO'}", ARCH_X86_64, &selected);
	cr_expect_eq(policy_fallback(&selected.policy, ARCH_X86_64, 0, &last), ERRNO(EPERM));
	cr_expect_eq(last, UINT32_MAX);
	cr_expect_eq(policy_fallback(&selected.policy, ARCH_X86_64, 100000, NULL), ERRNO(EPERM));
	finish(&selected);
}

/* What `last` says is true: the answer is the same up to it, and another one behind it (or it
 * is the last number of all). */
Test(policy, fallback_ranges)
{
	static const struct {
		enum arch native, arch;
		uint32_t number, last;
		verdict wanted;
	} cases[] = {
		{ARCH_X86_64, ARCH_X86_64, 0, 437, ERRNO(EPERM)},
		{ARCH_X86_64, ARCH_X86_64, 437, 437, ERRNO(EPERM)},
		{ARCH_X86_64, ARCH_X86_64, 438, UINT32_MAX, ERRNO(ENOSYS)},
		{ARCH_X86_64, ARCH_X86, 437, 437, ERRNO(EPERM)},
		{ARCH_X86_64, ARCH_X86, 438, UINT32_MAX, ERRNO(ENOSYS)},
		{ARCH_X86_64, ARCH_X32, ON_X32(0), ON_X32(437), ERRNO(EPERM)},
		{ARCH_X86_64, ARCH_X32, ON_X32(437), ON_X32(437), ERRNO(EPERM)},
		{ARCH_X86_64, ARCH_X32, ON_X32(438), ON_X32(511), ERRNO(ENOSYS)},
		{ARCH_X86_64, ARCH_X32, ON_X32(512), ON_X32(547), ERRNO(EPERM)},
		{ARCH_X86_64, ARCH_X32, ON_X32(547), ON_X32(547), ERRNO(EPERM)},
		{ARCH_X86_64, ARCH_X32, ON_X32(548), UINT32_MAX, ERRNO(ENOSYS)},
		{ARCH_AARCH64, ARCH_ARM, 437, 437, ERRNO(EPERM)},
		{ARCH_AARCH64, ARCH_ARM, 438, 0x0effff, ERRNO(ENOSYS)},
		{ARCH_AARCH64, ARCH_ARM, 0x0f0000, 0x0fffff, ERRNO(EPERM)},
		{ARCH_AARCH64, ARCH_ARM, 0x0f0005, 0x0fffff, ERRNO(EPERM)},
		{ARCH_AARCH64, ARCH_ARM, 0x100000, UINT32_MAX, ERRNO(ENOSYS)},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct selected selected;
		uint32_t last = 0;
		verdict found;

		select_native("{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86',"
			      "'SCMP_ARCH_X32','SCMP_ARCH_ARM'],'syscalls':[" ALLOW(
				      "'read','openat2'", "") "]}",
			cases[i].native, &selected);
		found = policy_fallback(&selected.policy, cases[i].arch, cases[i].number, &last);
		cr_expect_eq(found, cases[i].wanted, "case %zu: %x", i, found);
		cr_expect_eq(last, cases[i].last, "case %zu: %x", i, last);
		cr_expect_eq(policy_fallback(&selected.policy, cases[i].arch, last, NULL), found);
		if (last != UINT32_MAX)
			cr_expect_neq(
				policy_fallback(&selected.policy, cases[i].arch, last + 1, NULL),
				found);
		finish(&selected);
	}
}

Test(policy, foreign_architectures)
{
	cr_expect_eq(policy_foreign(), SECCOMP_RET_KILL_THREAD);
}

Test(policy, the_built_in_profile)
{
	struct target target = {ARCH_X86_64, {6, 18}, 0};
	struct error err = ERROR_INIT;
	struct selected selected;

	cr_assert_eq(profile_runtime_default(&selected.profile, &err), 0);
	cr_assert_eq(policy_select(&selected.profile, &target, false, &selected.policy, &err), 0);
	cr_expect_eq(
		selected.policy.architectures, BIT(ARCH_X86_64) | BIT(ARCH_X86) | BIT(ARCH_X32));
	cr_expect(selected.policy.enosys);
	cr_expect_geq(count_of(&selected, ARCH_X86_64, "read"), 1);
	cr_expect_eq(count_of(&selected, ARCH_X86_64, "bpf"), 0);
	finish(&selected);
	target.capabilities = CAPABILITY(CAP_SYS_ADMIN);
	cr_assert_eq(profile_runtime_default(&selected.profile, &err), 0);
	cr_assert_eq(policy_select(&selected.profile, &target, false, &selected.policy, &err), 0);
	cr_expect_geq(count_of(&selected, ARCH_X86_64, "bpf"), 1);
	finish(&selected);
}

/* Without numbers no rule would apply, and one that denies would be a hole. */
Test(policy, an_architecture_without_numbers_is_refused)
{
	struct target target = {ARCH_LOONGARCH64, {6, 12}, 0};
	struct profile profile =
		parse_profile("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': "
			      "[{'names': ['ptrace'], 'action': 'SCMP_ACT_ERRNO'}]}");
	struct error err = ERROR_INIT;
	struct policy policy;
	int r = policy_select(&profile, &target, false, &policy, &err);

	if (syscall_number(ARCH_LOONGARCH64, "ptrace") == SYSCALL_NONE) {
		cr_expect_eq(r, -EOPNOTSUPP);
		cr_expect(strstr(error_message(&err), "SCMP_ARCH_LOONGARCH64"), "%s",
			error_message(&err));
	} else {
		cr_expect_eq(r, 0, "%s", error_message(&err));
		policy_finish(&policy);
	}
	error_finish(&err);
	profile_finish(&profile);
}

/* Names times conditions of a repeated index: a small text must not take all memory. */
Test(policy, too_many_clauses_are_an_error)
{
	struct target target = {ARCH_X86_64, {6, 12}, 0};
	struct error err = ERROR_INIT;
	struct profile profile;
	struct policy policy;
	char *source = NULL;
	size_t length;
	FILE *stream = open_memstream(&source, &length);

	cr_assert_not_null(stream);
	fputs("{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'action':'SCMP_ACT_ERRNO','names':[",
		stream);
	for (int i = 0; i < 400; i++)
		fprintf(stream, "%s'mmap'", i ? "," : "");
	fputs("],'args':[", stream);
	for (int i = 0; i < 400; i++)
		fprintf(stream, "%s{'index':0,'op':'SCMP_CMP_EQ','value':%d}", i ? "," : "", i);
	fputs("]}]}", stream);
	cr_assert_eq(fclose(stream), 0);
	profile = parse_profile(source);
	free(source);
	cr_expect_eq(policy_select(&profile, &target, false, &policy, &err), -E2BIG);
	cr_expect(contains(error_message(&err), "131072"), "%s", error_message(&err));
	error_finish(&err);
	profile_finish(&profile);
}
