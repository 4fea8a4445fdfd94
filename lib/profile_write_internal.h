/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of profile_write share. */

#include "cube.h"
#include "profile_write.h"

enum { WRITTEN_LIMIT = 512 };

/* A name and what is written for it. */
struct decision {
	const char *name;	 /* not owned */
	bool named;		 /* some policy has a rule for it */
	int numbers[ARCH_COUNT]; /* on the architectures of the set; set by decide_name */
	bool anchor;		 /* written although it equals the default */
	struct regions written;	 /* where it is not the default; disjoint */
};

struct writer {
	const struct policy *const *policies;
	size_t count;
	bool laxest;			   /* TOGETHER_LAXEST */
	verdict (*pick)(verdict, verdict); /* of an earlier and a later policy's verdicts */
	enum arch native;
	uint32_t architectures;	    /* bit N: enum arch N */
	verdict fallback;	    /* the default action */
	struct decision *decisions; /* owned; sorted by name */
	size_t decision_count, decision_capacity;
	struct error *err;
};

static inline bool writer_has(const struct writer *writer, int arch)
{
	return writer->architectures & UINT32_C(1) << arch;
}

/* The verdict of two policies together. */
verdict pick_stacked(verdict earlier, verdict later);
verdict pick_strictest(verdict a, verdict b);
verdict pick_laxest(verdict a, verdict b);

/* libseccomp refuses the largest errno, 4095. */
bool peer_takes(verdict action);

/* Sets `numbers` and `written` of a decision, after checks of all architectures of the set. */
int decide_name(const struct writer *writer, struct decision *decision)
	__attribute__((warn_unused_result));

/* Refuses what is written where the rules that libseccomp adds to multiplexers for it do harm; of a
 * name that no policy has a rule for nothing is written then. */
int check_multiplexers(const struct writer *writer, struct decision *decision)
	__attribute__((warn_unused_result));

/* One listener at most. */
int check_listeners(const struct writer *writer) __attribute__((warn_unused_result));
/* That architectures which not all policies have get the one default action. */
int check_defaults(const struct writer *writer) __attribute__((warn_unused_result));
/* Calls of architectures that not all policies have. */
int check_foreign(const struct writer *writer) __attribute__((warn_unused_result));
/* That libseccomp loads a call's number before it looks at it. */
int check_loads(const struct writer *writer) __attribute__((warn_unused_result));

/* The object, owned by the caller. */
int print_object(const struct writer *writer, char **ret_json) __attribute__((warn_unused_result));
