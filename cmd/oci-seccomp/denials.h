/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "denial_group.h"
#include "host.h"
#include "output.h"

/* What the parts of oci-seccomp denials share. */
struct denial_printer {
	enum format format;
	bool lines; /* JSON: an object a line, not one document */
	bool begun;
};

/* One record, at once. */
int print_denial(struct denial_printer *printer, const struct denial *denial, const char *container,
	struct error *err) __attribute__((warn_unused_result));
/* After the last one. */
int print_denials_end(struct denial_printer *printer, struct error *err)
	__attribute__((warn_unused_result));

int print_denial_groups(const struct denial_groups *groups, enum format format, struct error *err)
	__attribute__((warn_unused_result));

/* Prints the change of the profile that lets what was denied pass, and with `apply` makes it.
 * `*ret_rest`: calls that it does not let pass. */
int suggest_change(const char *profile, bool apply, const struct target *target,
	const struct denial_groups *groups, size_t *ret_rest, struct error *err)
	__attribute__((warn_unused_result));
