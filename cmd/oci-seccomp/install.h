/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "json.h"
#include "root.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Registering hook or shim with an engine. Each engine plans what becomes of one file; only install.c
 * writes, when nothing can fail any more but the writing itself.
 */
struct job {
	const struct root *root;
	const char *directory; /* bundle: DIR, absolute beneath the root; else NULL */
	bool uninstall;
	char *path;   /* owned; the file, beneath the root */
	char *before; /* owned; NULL: there is none */
	size_t before_length;
	char *after; /* owned; NULL: there is to be none */
	size_t after_length;
	char *advice; /* owned; what is left to the operator here; NULL: nothing. Also on failure. */
};

/* -EEXIST: something that is not ours is in the place. */
int plan_bundle(struct job *job, struct error *err) __attribute__((warn_unused_result));
int plan_containerd(struct job *job, struct error *err) __attribute__((warn_unused_result));
int plan_crio(struct job *job, struct error *err) __attribute__((warn_unused_result));
int plan_docker(struct job *job, struct error *err) __attribute__((warn_unused_result));
int plan_podman(struct job *job, struct error *err) __attribute__((warn_unused_result));

/* Sets the file that the job is about and reads it. `path` is copied. */
int job_open(struct job *job, const char *path, struct error *err)
	__attribute__((warn_unused_result));

/* Parses `before`, which is not NULL. */
int job_parse(const struct job *job, struct json_document *ret, struct error *err)
	__attribute__((warn_unused_result));

/* Plans that the file stays as it is. */
int job_keep(struct job *job, struct error *err) __attribute__((warn_unused_result));

/* Plans a file that is all ours: `text`, or none when uninstalling. `ours`: what is there may go,
 * though it is not the same. */
int job_plan_text(struct job *job, const char *text, bool ours, struct error *err)
	__attribute__((warn_unused_result));

/* The same where an older file of ours is known by its first line. */
int job_plan_file(struct job *job, const char *text, struct error *err)
	__attribute__((warn_unused_result));
