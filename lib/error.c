/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include "cleanup.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Takes `message` over; NULL: memory ran out. */
static void store(struct error *err, int code, char *message)
{
	error_finish(err);
	err->code = code;
	err->message = message ? text_printable(message) : NULL;
	free(message);
}

__attribute__((format(printf, 1, 0))) static char *format_message(
	const char *format, va_list arguments)
{
	char *text = NULL;

	return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list arguments;

	if (!err)
		return code;
	va_start(arguments, format);
	store(err, code, format_message(format, arguments));
	va_end(arguments);
	return code;
}

int error_set_errno(struct error *err, int code, const char *format, ...)
{
	AUTO_FREE char *what = NULL;
	va_list arguments;

	if (!err)
		return code;
	va_start(arguments, format);
	what = format_message(format, arguments);
	va_end(arguments);
	return error_set(err, code, "%s: %s", what ? what : "?", strerror(-code));
}

int error_prefix(struct error *err, int code, const char *format, ...)
{
	AUTO_FREE char *prefix = NULL;
	AUTO_FREE char *rest = NULL;
	va_list arguments;

	if (!err)
		return code;
	va_start(arguments, format);
	prefix = format_message(format, arguments);
	va_end(arguments);
	rest = TAKE_PTR(err->message);
	return error_set(err, code, "%s: %s", prefix ? prefix : "?", rest ? rest : strerror(-code));
}

int error_memory(struct error *err)
{
	if (err)
		store(err, -ENOMEM, NULL);
	return -ENOMEM;
}

const char *error_message(const struct error *err)
{
	return err->message ? err->message : strerror(-err->code);
}

void error_finish(struct error *err)
{
	free(err->message);
	err->message = NULL;
	err->code = 0;
}
