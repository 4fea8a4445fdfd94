/* SPDX-License-Identifier: Apache-2.0 */
#include "import_internal.h"

#include <stdlib.h>
#include <string.h>

/* `... type=SYSCALL msg=audit(...): arch=c000003e syscall=59 ...`: the two are first, and the kernel's. */
static int take_syscall(struct import *import, const char *body, bool *ret_read, struct error *err)
{
	const char *arch = strstr(body, "arch="), *number = strstr(body, "syscall=");

	if (!arch || !number)
		return 0;
	number += strlen("syscall=");
	arch += strlen("arch=");
	if (*number >= '0' && *number <= '9') {
		uint32_t value = (uint32_t)strtoul(number, NULL, 10);
		uint32_t audit = (uint32_t)strtoul(arch, NULL, 16);

		return import_number(import, value, arch_of_call(audit, value), ret_read, err);
	}
	return import_call(import, number, strcspn(number, " \t\x1d"), import->arch, ret_read, err);
}

int import_audit_line(struct import *import, const char *line, bool *ret_read, struct error *err)
{
	const char *syscall = strstr(line, "type=SYSCALL ");
	struct denial denial;

	if (syscall)
		return take_syscall(import, syscall, ret_read, err);
	switch (denial_read(import->denials, line, strlen(line), &denial)) {
	case DENIAL_RECORD:
		if (denial.arch == ARCH_COUNT || denial.syscall < 0)
			return 0;
		return import_number(import, (uint32_t)denial.syscall, denial.arch, ret_read, err);
	case DENIAL_NOTHING: /* a log has much else */
	case DENIAL_DUPLICATE:
		*ret_read = true;
		return 0;
	case DENIAL_UNREADABLE:
		break;
	}
	return 0;
}
