/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "denial_group.h"
#include "denial_source.h"
#include "host.h"
#include "output.h"

/* What the parts of oci-seccomp denials share. */
struct denial_printer {
	enum format format;
	bool lines; /* JSON: an object a line, not one document */
	bool begun;
};

/* One record, at once. */
int print_denial(struct denial_printer *printer, const struct denial *denial,
	const struct container *container, struct error *err) __attribute__((warn_unused_result));
/* The container as the user knows it: NAMESPACE/POD/NAME as far as they are known, or the start of its id;
 * printable, owned by the caller. NULL: no memory. */
char *container_words(const struct container *container);

/* After the last one. */
int print_denials_end(struct denial_printer *printer, struct error *err)
	__attribute__((warn_unused_result));

int print_denial_groups(const struct denial_groups *groups, enum format format, struct error *err)
	__attribute__((warn_unused_result));

/* Warnings on standard error: actions that the kernel is told not to log; what was lost before it was
 * read; how many records are left out where one container is asked for and theirs is not known; and
 * containers, of those with that name (NULL: all), of which there is no record and whose filters are
 * not loaded so that there could be one. */
void warn_of_hidden(void);
void warn_of_losses(const struct denial_reader *reader, const struct denial_source *source,
	const struct denial_groups *groups);
void warn_of_unplaced(unsigned long long count);
int warn_of_silent(const struct containers *containers, const char *name,
	const struct denial_groups *groups, struct error *err) __attribute__((warn_unused_result));

/* Prints the change of the profile that lets what was denied pass, and with `apply` makes it.
 * `*ret_rest`: calls that it does not let pass. */
int suggest_change(const char *profile, bool apply, const struct target *target,
	const struct denial_groups *groups, size_t *ret_rest, struct error *err)
	__attribute__((warn_unused_result));
