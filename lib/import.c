/* SPDX-License-Identifier: Apache-2.0 */
#include "import_internal.h"

#include "cleanup.h"
#include "syscalls.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int import_init(struct import *import, enum import_format format, enum arch arch, struct error *err)
{
	*import = (struct import){.format = format, .arch = arch};
	if (format != IMPORT_AUDIT)
		return 0;
	import->denials = malloc(sizeof(*import->denials));
	if (!import->denials)
		return error_memory(err);
	denial_reader_init(import->denials);
	return 0;
}

void import_finish(struct import *import)
{
	observed_finish(&import->observed);
	free(import->denials);
	free(import->processes);
	*import = (struct import){0};
}

void import_begin_file(struct import *import)
{
	import->process_count = 0;
	import->has_header = import->in_table = import->sum_follows = false;
	import->table_arch = import->arch;
}

int import_call(struct import *import, const char *name, size_t length, enum arch arch,
	bool *ret_known, struct error *err)
{
	struct observed_call *call;
	char text[64];
	int r;

	*ret_known = false;
	if (length == 0 || length >= sizeof(text))
		return 0;
	memcpy(text, name, length);
	text[length] = '\0';
	if (!syscall_known_name(text))
		return 0;
	r = observed_add(&import->observed, text, arch, &call, err);
	*ret_known = r == 0;
	import->calls += r == 0;
	return r;
}

int import_number(
	struct import *import, uint32_t number, enum arch arch, bool *ret_known, struct error *err)
{
	const char *name = arch < ARCH_TABLED ? syscall_name(arch, number) : NULL;

	*ret_known = false;
	return name ? import_call(import, name, strlen(name), arch, ret_known, err) : 0;
}

static int keep_example(struct import *import, const char *line, struct error *err)
{
	AUTO_FREE char *printable = NULL;

	if (import->unreadable++ >= IMPORT_EXAMPLES)
		return 0;
	printable = text_printable(line);
	if (!printable)
		return error_memory(err);
	snprintf(import->examples[import->unreadable - 1], IMPORT_EXAMPLE_SIZE, "%s", printable);
	return 0;
}

int import_line(struct import *import, const char *line, struct error *err)
{
	static int (*const readers[])(
		struct import * import, const char *line, bool *ret_read, struct error *err) = {
		[IMPORT_AUDIT] = import_audit_line,
		[IMPORT_STRACE] = import_strace_line,
		[IMPORT_SYSDIG] = import_sysdig_line,
	};
	bool read = false;
	int r;

	import->lines++;
	if (line[strspn(line, " \t\r")] == '\0')
		return 0;
	r = readers[import->format](import, line, &read, err);
	return r < 0 || read ? r : keep_example(import, line, err);
}
