/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What record.bpf.c and record.c share. Plain types of both worlds. */

enum {
	RECORD_NATIVE, /* numbers of the kernel's own architecture */
	RECORD_X32,    /* of x32, without their bit 30 */
	RECORD_COMPAT, /* of the 32-bit architecture beside it */
	RECORD_ABIS,
};
enum {
	RECORD_NUMBERS = 1024, /* of an ABI; larger ones are counted and not told apart */
	RECORD_CALLS = RECORD_ABIS * RECORD_NUMBERS,
	RECORD_TUPLES = 16384,
	RECORD_ARGUMENTS = 6,
};

/* How far a process is. */
enum record_state {
	RECORD_WAITS = 1, /* for its program: what it does until then is not recorded */
	RECORD_ON,
};

/* Arguments that a call was made with: those that are looked at, the others 0. */
struct record_tuple {
	unsigned int call; /* ABI * RECORD_NUMBERS + number */
	unsigned int zero; /* padding */
	unsigned long long arguments[RECORD_ARGUMENTS];
};
