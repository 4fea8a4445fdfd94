/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "import.h"

/* What the import*.c share. They are one part; nobody else includes this. */

/* A call by its name, of `length` bytes. `*ret_known`: it is one. */
int import_call(struct import *import, const char *name, size_t length, enum arch arch,
	bool *ret_known, struct error *err) __attribute__((warn_unused_result));

/* A call by its number. */
int import_number(struct import *import, uint32_t number, enum arch arch, bool *ret_known,
	struct error *err) __attribute__((warn_unused_result));

/* `*ret_read`: it is a call, or a line that is known to be none. */
int import_strace_line(struct import *import, const char *line, bool *ret_read, struct error *err)
	__attribute__((warn_unused_result));
int import_sysdig_line(struct import *import, const char *line, bool *ret_read, struct error *err)
	__attribute__((warn_unused_result));
int import_audit_line(struct import *import, const char *line, bool *ret_read, struct error *err)
	__attribute__((warn_unused_result));
