/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "disasm.h"

#include <linux/filter.h>

/* Fills the facts of a checked program, whose first has what is known of every call. */
void disasm_follow(const struct program *program, struct fact *facts);

/* Whether the jump `code` is taken when A is `a` and its operand `operand`. */
bool disasm_taken(uint16_t code, uint32_t a, uint32_t operand);

/* The call of this number, of the architectures that it may be of; NULL: several, or not known. */
const char *disasm_call(const struct fact *fact, uint32_t number);

/* Whether an instruction uses its k. */
bool disasm_uses_k(uint16_t code);
/* Whether it is a jump with two ways. */
bool disasm_is_test(uint16_t code);
/* Whether its one label is where it goes when the test fails. */
bool disasm_is_negated(const struct sock_filter *code);

void words_add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
