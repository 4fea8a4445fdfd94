/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The rules of a policy given to libseccomp as the peers give them: one context an architecture,
 * merged; conditions on all 64 bits of an argument. */

#include "calls.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

static inline uint32_t peer_action(verdict action)
{
	uint32_t data = action & SECCOMP_RET_DATA;

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
		return SCMP_ACT_KILL_PROCESS;
	case SECCOMP_RET_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case SECCOMP_RET_TRAP:
		return SCMP_ACT_TRAP;
	case SECCOMP_RET_ERRNO:
		return SCMP_ACT_ERRNO(data);
	case SECCOMP_RET_TRACE:
		return SCMP_ACT_TRACE(data);
	case SECCOMP_RET_LOG:
		return SCMP_ACT_LOG;
	default:
		return SCMP_ACT_ALLOW;
	}
}

static inline uint32_t peer_arch(enum arch arch)
{
	return arch == ARCH_X32 ? SCMP_ARCH_X32 : architectures[arch].audit;
}

static inline bool peer_knows(const struct clause *clause)
{
	return seccomp_syscall_resolve_name(clause->name) != __NR_SCMP_ERROR;
}

static inline void peer_add_clause(scmp_filter_ctx context, const struct clause *clause)
{
	static const enum scmp_compare comparisons[] = {
		[OP_NOT_EQUAL] = SCMP_CMP_NE,
		[OP_LESS] = SCMP_CMP_LT,
		[OP_LESS_EQUAL] = SCMP_CMP_LE,
		[OP_EQUAL] = SCMP_CMP_EQ,
		[OP_GREATER_EQUAL] = SCMP_CMP_GE,
		[OP_GREATER] = SCMP_CMP_GT,
		[OP_MASKED_EQUAL] = SCMP_CMP_MASKED_EQ,
	};
	struct scmp_arg_cmp arguments[6] = {0};
	/* It takes the native number, or one of its own below zero, and translates it. */
	int number = seccomp_syscall_resolve_name(clause->name);
	int r;

	for (size_t i = 0; i < clause->condition_count; i++)
		arguments[i] = (struct scmp_arg_cmp){
			.arg = clause->conditions[i].index,
			.op = comparisons[clause->conditions[i].comparison],
			.datum_a = clause->conditions[i].value,
			.datum_b = clause->conditions[i].datum,
		};
	r = seccomp_rule_add_array(context, peer_action(clause->action), number,
		(unsigned)clause->condition_count, arguments);
	cr_assert_eq(r, 0, "libseccomp refuses a rule for %s: %s", clause->name, strerror(-r));
}

static inline scmp_filter_ctx peer_context(const struct policy *policy, enum arch arch)
{
	uint32_t fallback = peer_action(policy->profile->default_action);
	scmp_filter_ctx context = seccomp_init(fallback);

	cr_assert(context);
	if (peer_arch(arch) != seccomp_arch_native()) {
		cr_assert_eq(seccomp_arch_remove(context, SCMP_ARCH_NATIVE), 0);
		cr_assert_eq(seccomp_arch_add(context, peer_arch(arch)), 0);
	}
	for (size_t i = 0; i < policy->clause_count; i++) {
		const struct clause *clause = &policy->clauses[i];

		/* It adds the multiplexer's rules itself, and takes none that equals the default.
		 */
		if (clause->arch == arch && !clause->call_mask && peer_knows(clause) &&
			peer_action(clause->action) != fallback)
			peer_add_clause(context, clause);
	}
	return context;
}

/* The program of a context, which is released. */
static inline struct program peer_export(scmp_filter_ctx context)
{
	struct program program;
	int fd = memfd_create("peer", MFD_CLOEXEC);
	off_t size;

	cr_assert_eq(seccomp_export_bpf(context, fd), 0);
	seccomp_release(context);
	size = lseek(fd, 0, SEEK_CUR);
	program.length = (size_t)size / sizeof(struct sock_filter);
	program.code = malloc((size_t)size);
	cr_assert(program.code);
	cr_assert_eq(pread(fd, program.code, (size_t)size, 0), size);
	close(fd);
	return program;
}

/* `level`: SCMP_FLTATR_CTL_OPTIMIZE, 1 by priority, 2 a binary tree. */
static inline struct program peer_build_at(const struct policy *policy, uint32_t level)
{
	scmp_filter_ctx whole = peer_context(policy, policy->target.arch);

	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if ((policy->architectures & UINT32_C(1) << arch) &&
			arch != (int)policy->target.arch)
			cr_assert_eq(
				seccomp_merge(whole, peer_context(policy, (enum arch)arch)), 0);
	cr_assert_eq(seccomp_attr_set(whole, SCMP_FLTATR_CTL_OPTIMIZE, level), 0);
	return peer_export(whole);
}

static inline struct program peer_build(const struct policy *policy)
{
	return peer_build_at(policy, 1);
}
