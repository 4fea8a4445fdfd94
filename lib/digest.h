/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/* SHA-256 (FIPS 180-4), as sha256sum(1) writes it: 64 hexadecimal digits and a NUL. */
enum { DIGEST_SIZE = 65 };

void digest_compute(const void *data, size_t length, char ret[DIGEST_SIZE]);
