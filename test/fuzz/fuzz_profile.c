/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For libFuzzer (meson setup -Dfuzz=true, with clang): any text is read as a profile; one that is
 * accepted is built, and the program must agree with the evaluator.
 */
#include "filter.h"
#include "simulate.h"

#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct policy *policy, const struct program *program)
{
	static const uint32_t audits[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_ARM};
	static const uint64_t upper[] = {0, UINT64_C(1) << 32, UINT64_MAX};

	for (size_t i = 0; i < policy->clause_count; i++) {
		const struct clause *clause = &policy->clauses[i];

		for (size_t j = 0; j < 9; j++) {
			struct seccomp_data call = {
				.nr = (int)clause->number, .arch = audits[j % 3]};
			verdict value;

			for (size_t k = 0; k < clause->condition_count; k++)
				call.args[clause->conditions[k].index] =
					(clause->conditions[k].value + j % 2) ^ upper[j / 3];
			if (simulate_program(program, &call, &value, NULL) < 0 ||
				value != simulate_policy(policy, &call, NULL))
				abort();
		}
	}
}

static void try_target(const struct profile *profile, enum arch arch)
{
	struct target target = {arch, {6, 12}, UINT64_C(0xa80425fb)};
	struct program program;
	struct policy policy;

	if (policy_select(profile, &target, false, &policy, NULL) < 0)
		return;
	if (filter_build(&policy, &program, NULL) == 0) {
		compare(&policy, &program);
		program_finish(&program);
	}
	policy_finish(&policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = {0};
	struct error err = ERROR_INIT;
	struct profile profile;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (profile_parse("fuzz", text, size, &profile, &diagnostics, &err) == 0) {
		try_target(&profile, ARCH_X86_64);
		try_target(&profile, ARCH_AARCH64);
		profile_finish(&profile);
	}
	diagnostics_finish(&diagnostics);
	error_finish(&err);
	return 0;
}
