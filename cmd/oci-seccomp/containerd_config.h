/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "error.h"
#include "root.h"

#include <stdbool.h>

#define CONTAINERD_CONFIG "/etc/containerd/config.toml"
#define CONTAINERD_DROPIN_DIRECTORY "/etc/containerd/conf.d"
#define CONTAINERD_DROPIN_NAME "oci-seccomp.toml"

/*
 * What matters here of containerd's main configuration file: its version, whether it imports our
 * drop-in, and what it has of the CRI plugin, whose runtime handlers we add to.
 *
 * With version 2, containerd 1.x takes the plugin's section from the last of the files that have it,
 * whole, and a `runtimes` there takes the place of the built-in one, `runc`. With version 3 the
 * files are merged value by value.
 */
struct containerd_config {
	bool there;
	unsigned version;
	char *directory; /* owned; where the drop-in goes */
	bool has_imports;
	bool imported;	  /* drop-ins there are read */
	char *section;	  /* owned; FILE:LINE of the CRI plugin, the last one; NULL: none */
	bool has_runtime; /* a runtime handler stands there */
	char *handler; /* owned; FILE:LINE of our handler, in force; NULL: none but in our file */
};

/* -EINVAL: a file cannot be read as TOML, or has a version other than 2 and 3. */
int containerd_config_read(const struct root *root, struct containerd_config *ret,
	struct error *err) __attribute__((warn_unused_result));
void containerd_config_finish(struct containerd_config *config);
