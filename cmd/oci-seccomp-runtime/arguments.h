/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"

#include <stdbool.h>

/*
 * What the shim has to know of a command line of runc or crun. All pointers are into argv or static.
 *
 * runc reads it with Go's flag package (`--x v`, `--x=v`, `-x v`, `-x=v`, options after the
 * container's id too), crun with getopt_long (`--x v`, `--x=v`, shortened long names, short ones
 * joined: `-db DIR`). Both forms are understood; what one of them refuses may be understood here,
 * for the runtime itself will refuse it.
 */
struct arguments {
	const char *command; /* NULL: none, or --help or --version stand before it */
	bool rewrites;	     /* it reads a bundle: create, run, restore */
	bool starts;	     /* start */
	const char *root;    /* --root; NULL: none */
	const char *id;	    /* of the container, where it starts or rewrites; two for the latter: */
	const char *bundle; /* "." where none is given */
	const char *config; /* crun's --config; NULL: config.json of the bundle */
	const char *log;    /* of the runtime; NULL: none */
	const char *log_format; /* NULL: none */
};

/* -EINVAL: it cannot be known which bundle the runtime will read. What has been read until then is
 * in `ret` all the same, for the log. */
int arguments_parse(int argc, char **argv, struct arguments *ret, struct error *err)
	__attribute__((warn_unused_result));
