/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For libFuzzer (see fuzz_profile.c): any text is read as lines of a log. What a record says is
 * printable and ends within its place, and the same line again is no second record.
 */
#include "denial.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	if (length == size)
		abort();
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			abort();
}

static void read_line(struct denial_reader *reader, const char *line, size_t length)
{
	char call[32], arch[32], action[32];
	struct denial denial;

	if (denial_read(reader, line, length, &denial) != DENIAL_RECORD)
		return;
	check_text(denial.command, sizeof(denial.command));
	check_text(denial.executable, sizeof(denial.executable));
	denial_syscall(&denial, call, sizeof(call));
	denial_arch(&denial, arch, sizeof(arch));
	denial_action(denial.action, action, sizeof(action));
	if (denial.serial && denial_read(reader, line, length, &denial) != DENIAL_DUPLICATE)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct denial_reader reader;
	const char *text = (const char *)data, *end = text + size;

	denial_reader_init(&reader);
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		if (!stop)
			stop = end;
		read_line(&reader, text, (size_t)(stop - text));
		text = stop + 1;
	}
	return 0;
}
