/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The one error object. A function that can fail returns a negative errno and describes the failure
 * in the `struct error` it was given as its last argument: the lowest level sets it, the levels
 * above prefix what they were doing. A message is one printable line whatever it quotes
 * (text_printable). The library prints nothing; the program prints the message once, as
 * `PROGRAM: MESSAGE`.
 */
struct error {
	int code;      /* negative errno; 0: no error */
	char *message; /* owned; NULL: none (also when memory ran out: see error_message) */
};

#define ERROR_INIT                                                                                 \
	{                                                                                          \
		0, NULL                                                                            \
	}

/* Sets `err` (NULL is allowed) and returns `code`, so that `return error_set(...)` reads well.
 * What was in it before is freed. */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set, with ": " and the text of the errno `-code` appended. */
int error_set_errno(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " in front of the message of a failure with the code `code`, and returns that. */
int error_prefix(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Sets -ENOMEM and returns it. */
int error_memory(struct error *err);

/* The message; the text of the code where there is none. Never NULL, owned by `err` or static. */
const char *error_message(const struct error *err);

/* Frees what `err` owns and makes it "no error". */
void error_finish(struct error *err);
