/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "bundle.h"
#include "error.h"

#include <stddef.h>

/*
 * The annotation run.oci.seccomp_bpf_data: a raw program in base64 that crun loads in place of
 * linux.seccomp, for `crun exec` too. Given ready, it saves crun the work of libseccomp; given by
 * somebody else, it takes away whatever linux.seccomp asks for. So beside a linux.seccomp it may
 * only ever be that object's own program.
 */

/* The value for a linux.seccomp object of this container: `text`, which is taken over (NULL: no
 * memory). Owned by the caller. */
int crun_program(const struct bundle *bundle, char *text, size_t length, char **ret_base64,
	struct error *err) __attribute__((warn_unused_result));

/* The annotation of the bundle; `*ret` NULL where there is none. */
int crun_annotation(const struct bundle *bundle, const char **ret, struct error *err)
	__attribute__((warn_unused_result));

/* -EPERM, with the remedy: the bundle's annotation is not `base64`. */
int crun_refuse_foreign(const struct bundle *bundle, const char *base64, struct error *err)
	__attribute__((warn_unused_result));

/* The same for the linux.seccomp that the engine set. */
int crun_check_engine(const struct bundle *bundle, struct error *err)
	__attribute__((warn_unused_result));

/* The text of the bundle's config.json with the annotation set to `base64`, or without the one it
 * has. `*ret_text` is owned by the caller. */
int crun_annotate(const struct bundle *bundle, const char *base64, char **ret_text,
	size_t *ret_length, struct error *err) __attribute__((warn_unused_result));
int crun_remove_annotation(const struct bundle *bundle, char **ret_text, size_t *ret_length,
	struct error *err) __attribute__((warn_unused_result));
