/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For libFuzzer (see fuzz_profile.c): any two programs that the kernel would take are compared. What
 * is said of them must hold for the calls at the constants of both.
 */
#include "decode.h"
#include "prove_internal.h"
#include "simulate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_call(
	const struct program *programs, const struct proof *proof, const struct seccomp_data *call)
{
	enum relation relation;
	verdict a, b;

	if (simulate_program(&programs[0], call, &a, NULL) < 0 ||
		simulate_program(&programs[1], call, &b, NULL) < 0)
		abort();
	a = prove_reading(a);
	b = prove_reading(b);
	if (a == b)
		return;
	relation = verdict_stricter(a, b)   ? RELATION_STRICTER
		   : verdict_stricter(b, a) ? RELATION_LAXER
					    : RELATION_DIFFERENT;
	if (!proof->examples[relation].found)
		abort();
}

static void try_calls(const struct program *programs, const struct proof *proof)
{
	for (size_t i = 0; i < programs[0].length + programs[1].length; i++) {
		const struct sock_filter *code =
			i < programs[0].length ? &programs[0].code[i]
					       : &programs[1].code[i - programs[0].length];
		uint32_t words[sizeof(struct seccomp_data) / 4] = {0};

		for (size_t word = 0; word < sizeof(words) / sizeof(words[0]); word++) {
			struct seccomp_data call;

			words[word] = code->k;
			memcpy(&call, words, sizeof(call));
			try_call(programs, proof, &call);
			if (i % 2)
				words[word] = 0;
		}
	}
}

static void compare(const struct program *programs)
{
	struct layer layers[] = {{.program = &programs[0]}, {.program = &programs[1]}};
	struct stack a = {"a", &layers[0], 1}, b = {"b", &layers[1], 1};
	struct error err = ERROR_INIT;
	struct proof proof;
	int r = prove_stacks(ARCH_X86_64, &a, &b, &proof, &err);

	error_finish(&err);
	if (r == -EIO)
		abort();
	if (r == 0)
		try_calls(programs, &proof);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t half = size / 16 * 8;
	struct program programs[2] = {0};

	if (program_read("a", data, half, &programs[0], NULL) == 0 &&
		program_read("b", data + half, half, &programs[1], NULL) == 0)
		compare(programs);
	program_finish(&programs[0]);
	program_finish(&programs[1]);
	return 0;
}
