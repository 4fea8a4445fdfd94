/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/*
 * What system calls are about (lib/data/kinds.csv), to show many of them in groups.
 */
struct kind {
	const char *name;  /* one word: files, network, ... */
	const char *title; /* for people */
};

/* The kinds in the order in which they are shown. NULL behind the last. */
const struct kind *kind_at(size_t index);

/* The kind of a call of the syscall table: an index of kind_at. A call of no table is of the last. */
size_t kind_of(const char *syscall);
