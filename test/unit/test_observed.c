/* SPDX-License-Identifier: Apache-2.0 */
#include "observed.h"

#include "policy.h"
#include "runtime_calls.h"
#include "simulate.h"
#include "support.h"
#include "syscalls.h"

#include <sys/socket.h>

UNIT_SUITE(observed);

static struct observed_call *add(struct observed *observed, const char *name, enum arch arch)
{
	struct observed_call *call;

	cr_assert_eq(observed_add(observed, name, arch, &call, NULL), 0);
	cr_assert_not_null(call, "%s", name);
	return call;
}

static void add_tuple(struct observed_call *call, uint64_t first, uint64_t second)
{
	const uint64_t arguments[6] = {first, second};

	call->watched = 3;
	cr_assert_eq(observed_add_tuple(call, arguments, NULL), 0);
}

/* What is written is read again by the strict reader. */
struct written {
	struct profile profile;
	struct policy policy;
};

static void write_and_read(
	const struct observed *observed, const struct observed_profile *how, struct written *ret)
{
	static const struct target target = {.arch = ARCH_X86_64, .kernel = {6, 12}};
	struct diagnostics diagnostics = {0};
	struct error err = ERROR_INIT;
	char *json;

	cr_assert_eq(observed_write(observed, how, &json, NULL), 0);
	cr_assert_eq(
		profile_parse("observed", json, strlen(json), &ret->profile, &diagnostics, &err), 0,
		"%s", error_message(&err));
	cr_expect_eq(diagnostics.count, 0);
	diagnostics_finish(&diagnostics);
	cr_assert_eq(policy_select(&ret->profile, &target, false, &ret->policy, &err), 0);
}

static void written_finish(struct written *written)
{
	policy_finish(&written->policy);
	profile_finish(&written->profile);
}

static bool allowed(const struct written *written, enum arch arch, const char *name, uint64_t first)
{
	const struct seccomp_data call = {
		.arch = architectures[arch].audit,
		.nr = syscall_number(arch, name),
		.args = {first},
	};

	return simulate_policy(&written->policy, &call, NULL) == SECCOMP_RET_ALLOW;
}

Test(observed, names)
{
	AUTO(observed_finish) struct observed observed = {0};
	struct observed_call *call;

	add(&observed, "chmod", ARCH_X86_64);
	add(&observed, "chmod", ARCH_X86_64);
	add(&observed, "chmod", ARCH_X86);
	add(&observed, "ptrace", ARCH_X86_64);
	cr_assert_eq(observed_add(&observed, "no_such_call", ARCH_X86, &call, NULL), 0);
	cr_expect_null(call);
	cr_expect_eq(observed.count, 3);
	cr_expect_eq(observed.unknown, 1);
	cr_expect_eq(observed_names(&observed), 2);
}

Test(observed, a_profile_of_names)
{
	AUTO(observed_finish) struct observed observed = {0};
	const struct observed_profile how = {
		.arch = ARCH_X86_64, .comment = "of \"this\" and\\that"};
	struct written written;

	add(&observed, "chmod", ARCH_X86_64);
	write_and_read(&observed, &how, &written);
	cr_expect(allowed(&written, ARCH_X86_64, "chmod", 0));
	cr_expect(allowed(&written, ARCH_X86, "chmod", 0), "sub-architectures too");
	cr_expect(allowed(&written, ARCH_X32, "chmod", 0));
	cr_expect_not(allowed(&written, ARCH_X86_64, "read", 0), "no base was asked for");
	cr_expect_eq(written.profile.default_action, SECCOMP_RET_ERRNO | EPERM);
	written_finish(&written);
}

Test(observed, base_and_runtime)
{
	AUTO(observed_finish) struct observed observed = {0};
	const struct observed_profile how = {.arch = ARCH_X86_64, .base = true, .runtime = "crun"};
	struct written written;

	add(&observed, "chmod", ARCH_X86_64);
	write_and_read(&observed, &how, &written);
	for (size_t i = 0; observed_base[i]; i++) {
		cr_expect(syscall_known(observed_base[i]), "%s", observed_base[i]);
		cr_expect(i == 0 || strcmp(observed_base[i - 1], observed_base[i]) < 0);
	}
	for (size_t i = 0; runtime_calls("crun")[i]; i++)
		cr_expect(allowed(&written, ARCH_X86_64, runtime_calls("crun")[i], 0), "%s",
			runtime_calls("crun")[i]);
	cr_expect(allowed(&written, ARCH_X86_64, "exit_group", 0));
	cr_expect_not(allowed(&written, ARCH_X86_64, "ptrace", 0));
	written_finish(&written);
	cr_expect_null(runtime_calls("other"));
}

Test(observed, nothing)
{
	AUTO(observed_finish) struct observed observed = {0};
	const struct observed_profile how = {.arch = ARCH_AARCH64, .base = true};
	char *json;

	cr_assert_eq(observed_write(&observed, &how, &json, NULL), 0);
	cr_expect(strstr(json, "SCMP_ARCH_AARCH64") && strstr(json, "SCMP_ARCH_ARM"));
	free(json);
}

Test(observed, conditions)
{
	AUTO(observed_finish) struct observed observed = {0};
	const struct observed_profile how = {.arch = ARCH_X86_64, .arguments = true};
	struct observed_call *call = add(&observed, "socket", ARCH_X86_64);
	struct written written;

	add_tuple(call, AF_INET, SOCK_STREAM);
	add_tuple(call, AF_INET, SOCK_STREAM);
	add_tuple(call, AF_UNIX, 0);
	cr_expect_eq(call->tuple_count, 2);
	write_and_read(&observed, &how, &written);
	cr_expect(allowed(&written, ARCH_X86_64, "socket", AF_UNIX));
	cr_expect_not(allowed(&written, ARCH_X86_64, "socket", AF_ALG));
	cr_expect_not(allowed(&written, ARCH_X86_64, "socket", AF_INET), "with another type");
	written_finish(&written);
}

/* In doubt a call gets no condition: it was made, and must go on to work. */
Test(observed, where_conditions_cannot_be)
{
	for (int trial = 0; trial < 4; trial++) {
		AUTO(observed_finish) struct observed observed = {0};
		struct observed_profile how = {
			.arch = ARCH_X86_64, .arguments = true, .base = trial == 3};
		const char *name = trial == 3 ? "mprotect" : "socket";
		struct observed_call *call = add(&observed, name, ARCH_X86_64);
		struct written written;

		add_tuple(call, AF_INET, 0);
		if (trial == 0) /* more values than are worth a rule */
			for (uint64_t i = 0; i < OBSERVED_MOST_TUPLES; i++)
				add_tuple(call, 100 + i, 0);
		if (trial == 1) /* some were not kept */
			call->open = true;
		if (trial == 2) /* on another architecture nobody looked */
			add(&observed, name, ARCH_X86);
		write_and_read(&observed, &how, &written);
		cr_expect(allowed(&written, ARCH_X86_64, name, 12345), "trial %d", trial);
		written_finish(&written);
	}
}
