/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What oci-seccomp query says, compared with the kernel: `--all`, and for the calls that it shows as
 * conditional the answer to the call with all arguments 0 and with 38.
 */
#include "support.h"

UNIT_SUITE(kernel_query);

#if defined(__x86_64__)
#include "kernel.h"

static const struct target amd64 = {ARCH_X86_64, {6, 12}, 0};

/* The answers to `calls` (a list for the shell, or --all), one a line. */
static FILE *run_query(const char *profile, const char *calls)
{
	AUTO_FREE char *command = format_text(
		"exec \"$OCI_SECCOMP\" query --arch amd64 --kernel 6.12 '%s' %s", profile, calls);
	FILE *pipe = popen(command, "re");

	cr_assert_not_null(pipe);
	return pipe;
}

struct answer {
	char name[64], verdict[32];
	uint64_t arguments[SYSCALL_ARGUMENTS];
};

static bool next_answer(FILE *pipe, struct answer *ret)
{
	char line[8192], word[64];
	unsigned value = 0;

	if (!fgets(line, sizeof(line), pipe))
		return false;
	cr_assert_eq(sscanf(line, "%63s %31s", word, ret->verdict), 2, "%s", line);
	cr_assert_geq(sscanf(word, "%63[^(](%u", ret->name, &value), 1);
	for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
		ret->arguments[i] = value;
	return true;
}

/* Adds each call of the answers to the trial, and to the list `*open` those that are conditional. Returns
 * how many were added. */
static size_t collect(FILE *pipe, struct trial *trial, struct answer *answers, char **open)
{
	size_t count = 0, length;
	FILE *list = open ? open_memstream(open, &length) : NULL;

	while (next_answer(pipe, &answers[count])) {
		struct answer *answer = &answers[count];
		size_t before = trial->count;

		if (list && !strcmp(answer->verdict, "conditional")) {
			fprintf(list, "'%s(0,0,0,0,0,0)' '%s(38,38,38,38,38,38)' ", answer->name,
				answer->name);
			continue;
		}
		add_call(trial, AUDIT_ARCH_X86_64,
			(uint32_t)syscall_number(ARCH_X86_64, answer->name), answer->arguments);
		count += trial->count > before;
	}
	if (list)
		fclose(list);
	cr_assert_eq(pclose(pipe), 0);
	return count;
}

static void compare_with_kernel(const char *name, const struct profile *profile)
{
	static struct answer answers[1024];
	struct policy policy = must_select(profile, &amd64);
	struct program program = must_build(&policy);
	struct marks marks = {.count = 0};
	struct trial *trial = new_trial();
	AUTO_FREE char *open = NULL;
	size_t count = collect(run_query(name, "--all"), trial, answers, &open);

	cr_assert_geq(count, 370, "%s: only %zu answers", name, count);
	if (open[0])
		count += collect(run_query(name, open), trial, answers + count, NULL);
	cr_assert_eq(count, trial->count);
	ask_kernel(trial, &program, &marks);
	for (size_t i = 0; i < count; i++) {
		char word[32];

		verdict_format(answer_of(trial, i, &marks, name), word, sizeof(word));
		cr_expect_str_eq(answers[i].verdict, word, "%s: %s: query says %s, the kernel %s",
			name, answers[i].name, answers[i].verdict, word);
	}
	finish_trial(trial);
	program_finish(&program);
	policy_finish(&policy);
}

static void compare_profile(const struct profile *profile)
{
	compare_with_kernel(profile->name, profile);
}

Test(kernel_query, agrees_on_every_profile_of_test_data)
{
	for_each_profile(compare_profile);
}

Test(kernel_query, agrees_on_runtime_default)
{
	struct error err = ERROR_INIT;
	struct profile profile;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	compare_with_kernel("RuntimeDefault", &profile);
	profile_finish(&profile);
}

#endif
