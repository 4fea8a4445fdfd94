/* SPDX-License-Identifier: Apache-2.0 */
#include "profile_write_internal.h"

#include "cleanup.h"
#include "syscalls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

/* What a number that no clause matches gets, also on an architecture that the policy lacks. */
static verdict rest_of(const struct policy *policy, enum arch arch, uint32_t number)
{
	return policy->architectures & UINT32_C(1) << arch
		       ? policy_fallback(policy, arch, number, NULL)
		       : policy_foreign();
}

bool peer_takes(verdict action)
{
	return (action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO ||
	       (action & SECCOMP_RET_DATA) <= 4094;
}

/* How many bits of an argument libseccomp looks at. */
static unsigned peer_bits(enum arch arch)
{
	bool narrow = arch == ARCH_X32 || arch == ARCH_MIPS64N32 || arch == ARCH_MIPSEL64N32;

	return narrow ? 32 : architectures[arch].bits;
}

static int refuse(const struct writer *writer, const char *name, const char *why)
{
	const struct clause *cause = NULL;
	const struct policy *of = NULL;

	for (size_t p = 0; p < writer->count; p++) {
		for (size_t i = 0; i < writer->policies[p]->clause_count; i++) {
			const struct clause *clause = &writer->policies[p]->clauses[i];
			bool better = !cause ||
				      (cause->condition_count == 0 && clause->condition_count > 0);

			if (strcmp(clause->name, name) != 0 || !better)
				continue;
			cause = clause;
			of = writer->policies[p];
		}
	}
	if (!cause)
		return error_set(writer->err, -EOPNOTSUPP,
			"linux.seccomp cannot say what is meant for %s: %s", name, why);
	return error_set(writer->err, -EOPNOTSUPP,
		"%s:%u: linux.seccomp cannot say what the rules for %s mean: %s", of->profile->name,
		cause->rule->line, name, why);
}

static int refuse_or_fail(const struct writer *writer, const char *name, int code)
{
	if (code == -E2BIG)
		return refuse(writer, name, "the conditions take too many masked comparisons");
	return code == -ENOMEM ? error_memory(writer->err) : code;
}

static int clause_regions(const struct clause *clause, struct regions *regions)
{
	static const struct cube all;
	int r = regions_add(regions, &all, clause->action);

	if (r == 0 && clause->call_mask)
		r = regions_restrict(
			regions, 0, 64, OP_MASKED_EQUAL, clause->call_mask, clause->call);
	for (size_t i = 0; i < clause->condition_count && r == 0; i++) {
		const struct condition *condition = &clause->conditions[i];

		r = regions_restrict(regions, condition->index, clause->bits[i],
			condition->comparison, condition->value, condition->datum);
	}
	return r;
}

/* Adds the parts of `from` that are not in `regions` yet. */
static int add_uncovered(struct regions *regions, struct regions *from)
{
	size_t covered = regions->count;
	int r = 0;

	for (size_t i = 0; i < covered && from->count > 0 && r == 0; i++)
		r = regions_subtract(from, &regions->items[i].cube);
	for (size_t i = 0; i < from->count && r == 0; i++)
		r = regions_add(regions, &from->items[i].cube, from->items[i].action);
	return r;
}

static uint32_t kind_of(const struct clause *clause)
{
	return clause->action & SECCOMP_RET_ACTION_FULL;
}

/* The unconditional clause of an action if it makes all others of the action superfluous: those of
 * a multiplexer that is allowed as a whole, say. */
static const struct clause *find_cover(const struct clause *clauses, size_t count, uint32_t kind)
{
	const struct clause *cover = NULL, *first = NULL;

	for (size_t i = 0; i < count; i++) {
		if (kind_of(&clauses[i]) != kind)
			continue;
		if (first && first->action != clauses[i].action) /* another errno */
			return NULL;
		first = &clauses[i];
		if (first->condition_count == 0 && first->call_mask == 0)
			cover = first;
	}
	return cover;
}

/* Adds what clauses of one action decide and stricter ones leave. */
static int add_clauses(
	struct regions *regions, const struct clause *clauses, size_t count, uint32_t kind)
{
	const struct clause *cover = find_cover(clauses, count, kind);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		AUTO(regions_finish) struct regions from = {0};

		if (kind_of(&clauses[i]) != kind || (cover && &clauses[i] != cover))
			continue;
		r = clause_regions(&clauses[i], &from);
		if (r == 0)
			r = add_uncovered(regions, &from);
	}
	return r;
}

/* Whether the arguments do not matter, as for nearly all calls: no clause, or the first of the
 * strictest ones has no condition. */
static bool is_plain(const struct clause *clauses, size_t count, verdict fallback, verdict *ret)
{
	const struct clause *strictest = NULL;

	for (size_t i = 0; i < count; i++)
		if (!strictest || verdict_stricter(clauses[i].action, strictest->action))
			strictest = &clauses[i];
	*ret = strictest ? strictest->action : fallback;
	return !strictest || (strictest->condition_count == 0 && strictest->call_mask == 0);
}

/* Clauses, the strictest first, and the fallback for the rest. */
static int decide_clauses(
	const struct clause *clauses, size_t count, verdict fallback, struct regions *regions)
{
	static const uint32_t strictest_first[] = {SECCOMP_RET_KILL_PROCESS,
		SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
		SECCOMP_RET_USER_NOTIF, SECCOMP_RET_TRACE, SECCOMP_RET_LOG, SECCOMP_RET_ALLOW};
	struct clause rest = {.action = fallback};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(strictest_first) && r == 0; i++)
		r = add_clauses(regions, clauses, count, strictest_first[i]);
	if (r == 0)
		r = add_clauses(regions, &rest, 1, kind_of(&rest));
	regions_merge(regions);
	return r;
}

static int decide_policy(
	const struct policy *policy, enum arch arch, uint32_t number, struct regions *ret)
{
	static const struct cube all;
	verdict fallback = rest_of(policy, arch, number), action;
	AUTO(regions_finish) struct regions regions = {0};
	size_t count;
	const struct clause *clauses = policy_clauses(policy, arch, number, &count);
	int r;

	if (is_plain(clauses, count, fallback, &action))
		r = regions_add(&regions, &all, action);
	else
		r = decide_clauses(clauses, count, fallback, &regions);
	if (r < 0)
		return r;
	*ret = regions;
	memset(&regions, 0, sizeof(regions));
	return 0;
}

/* What all policies together mean for one number. */
static int decide(const struct writer *writer, enum arch arch, uint32_t number, struct regions *ret)
{
	AUTO(regions_finish) struct regions regions = {0};
	int r = decide_policy(writer->policies[0], arch, number, &regions);

	for (size_t p = 1; p < writer->count && r == 0; p++) {
		AUTO(regions_finish) struct regions more = {0}, both = {0};

		r = decide_policy(writer->policies[p], arch, number, &more);
		if (r == 0)
			r = regions_combine(&regions, &more, writer->pick, &both);
		if (r < 0)
			return r;
		regions_merge(&both);
		regions_finish(&regions);
		regions = both;
		memset(&both, 0, sizeof(both));
	}
	if (r < 0)
		return r;
	*ret = regions;
	memset(&regions, 0, sizeof(regions));
	return 0;
}

/* The cube as libseccomp has it on an architecture; false: it would be another condition. */
static bool as_peer_sees(const struct cube *cube, enum arch arch, struct cube *ret)
{
	struct cube seen = *cube;

	for (unsigned i = 0; i < CUBE_ARGUMENTS && peer_bits(arch) == 32; i++) {
		if (seen.datum[i] > UINT32_MAX || (seen.mask[i] && !(uint32_t)seen.mask[i]))
			return false;
		seen.mask[i] &= UINT32_MAX;
	}
	*ret = seen;
	return true;
}

/* Whether all of the cube has the one verdict. */
static bool agrees(const struct regions *regions, const struct cube *cube, verdict action)
{
	struct cube common;

	for (size_t i = 0; i < regions->count; i++)
		if (regions->items[i].action != action &&
			cube_intersect(&regions->items[i].cube, cube, &common))
			return false;
	return true;
}

static int drop_default(const struct writer *writer, struct regions *regions)
{
	size_t kept = 0;

	for (size_t i = 0; i < regions->count; i++)
		if (regions->items[i].action != writer->fallback)
			regions->items[kept++] = regions->items[i];
	regions->count = kept;
	return kept > WRITTEN_LIMIT ? -E2BIG : 0;
}

/* libseccomp keeps rules for calls that an architecture does not have, too, and refuses one that
 * is the same as another there but for the action: cut to 32 bits, two regions may be. */
static bool conflicts(const struct regions *written, enum arch arch)
{
	for (size_t i = 0; i < written->count && peer_bits(arch) == 32; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct region *a = &written->items[i], *b = &written->items[j];
			bool apart = a->action == b->action;

			for (unsigned k = 0; k < CUBE_ARGUMENTS && !apart; k++)
				apart = (a->cube.datum[k] ^ b->cube.datum[k]) & a->cube.mask[k] &
					b->cube.mask[k] & UINT32_MAX;
			if (!apart)
				return true;
		}
	}
	return false;
}

/* One verdict, whatever the arguments. */
static bool is_whole(const struct regions *regions)
{
	return regions->count == 1 && cube_is_all(&regions->items[0].cube);
}

/* What is written must mean on this architecture just what the policies do. */
static int check_architecture(
	const struct writer *writer, const struct decision *decision, enum arch arch, bool *ret)
{
	AUTO(regions_finish) struct regions meant = {0};
	const struct regions *written = &decision->written;
	int number = decision->numbers[arch];
	int r;

	*ret = true;
	if (number == SYSCALL_NONE) {
		*ret = !conflicts(written, arch);
		return 0;
	}
	r = decide(writer, arch, (uint32_t)number, &meant);
	if (r == 0 && is_whole(&meant) && (written->count == 0 || is_whole(written))) {
		*ret = meant.items[0].action ==
		       (written->count ? written->items[0].action : writer->fallback);
		return 0;
	}
	for (size_t i = 0; i < written->count && r == 0 && *ret; i++) {
		struct cube seen;

		*ret = as_peer_sees(&written->items[i].cube, arch, &seen) &&
		       agrees(&meant, &seen, written->items[i].action);
	}
	if (r == 0)
		r = drop_default(writer, &meant);
	for (size_t i = 0; i < written->count && r == 0 && *ret; i++) {
		struct cube seen;

		if (as_peer_sees(&written->items[i].cube, arch, &seen))
			r = regions_subtract(&meant, &seen);
	}
	if (r == 0 && meant.count > 0)
		*ret = false;
	return r;
}

/* The architecture of the set on which libseccomp sees most of a call's arguments; false: no
 * architecture of the set has the call. */
static bool widest(const struct writer *writer, const struct decision *decision, enum arch *ret)
{
	bool found = false;

	for (int i = -1; i < ARCH_COUNT; i++) {
		enum arch arch = i < 0 ? writer->native : (enum arch)i;

		if (!writer_has(writer, (int)arch) || decision->numbers[arch] == SYSCALL_NONE ||
			(found && peer_bits(arch) <= peer_bits(*ret)))
			continue;
		*ret = arch;
		found = true;
	}
	return found;
}

static bool takes_errnos(const struct regions *regions)
{
	for (size_t i = 0; i < regions->count; i++)
		if (!peer_takes(regions->items[i].action))
			return false;
	return true;
}

int decide_name(const struct writer *writer, struct decision *decision)
{
	bool same = true;
	enum arch arch = writer->native;
	int r;

	for (int any = 0; any < ARCH_COUNT; any++)
		decision->numbers[any] = writer_has(writer, any)
						 ? syscall_number((enum arch)any, decision->name)
						 : SYSCALL_NONE;
	if (!widest(writer, decision, &arch))
		return 0;
	r = decide(writer, arch, (uint32_t)decision->numbers[arch], &decision->written);
	if (r == 0)
		r = drop_default(writer, &decision->written);
	for (int other = 0; other < ARCH_COUNT && r == 0 && same; other++)
		if (writer_has(writer, other))
			r = check_architecture(writer, decision, (enum arch)other, &same);
	if (r < 0)
		return refuse_or_fail(writer, decision->name, r);
	if (!takes_errnos(&decision->written))
		return refuse(writer, decision->name, "libseccomp takes no errno above 4094");
	if (!same && decision->named)
		return refuse(writer, decision->name,
			"libseccomp has one set of rules for all architectures, and they would "
			"have "
			"to differ");
	if (!same)
		regions_finish(&decision->written);
	return 0;
}

/* The rule that libseccomp adds to the multiplexer for one entry: argument 0 becomes the number of
 * the call, conditions on the others stay. */
static bool automatic_rule(
	const struct cube *cube, enum arch arch, const struct multiplexed *way, struct cube *ret)
{
	struct cube rule = *cube;

	rule.mask[0] = peer_bits(arch) == 32 ? UINT32_MAX : UINT64_MAX;
	rule.datum[0] = way->call;
	return as_peer_sees(&rule, arch, ret);
}

/* An unconditional rule for the multiplexer silences the others, but the runtimes skip one that
 * equals the default. To us an unconditional rule for one of its calls covers the multiplexer's
 * too: then it must be the laxer one. */
static bool is_silenced(const struct writer *writer, const struct decision *decision,
	const struct regions *multiplexer)
{
	const struct regions *written = &decision->written;
	verdict action = multiplexer->items[0].action;

	if (multiplexer->count != 1 || action == writer->fallback)
		return false;
	return !is_whole(written) || verdict_stricter(action, written->items[0].action);
}

static int check_multiplexer(const struct writer *writer, struct decision *decision, enum arch arch)
{
	AUTO(regions_finish) struct regions meant = {0};
	struct multiplexed way;
	bool agree = true;
	int r;

	if (!syscall_multiplexed(arch, decision->name, &way))
		return 0;
	r = decide(writer, arch, (uint32_t)way.number, &meant);
	if (r < 0)
		return refuse_or_fail(writer, decision->name, r);
	for (size_t i = 0; i < decision->written.count && agree; i++) {
		const struct region *region = &decision->written.items[i];
		struct cube rule;

		agree = automatic_rule(&region->cube, arch, &way, &rule) &&
			agrees(&meant, &rule, region->action);
	}
	if (agree || is_silenced(writer, decision, &meant))
		return 0;
	if (!decision->named) {
		regions_finish(&decision->written);
		return 0;
	}
	return refuse(writer, decision->name,
		"libseccomp would add a rule of its own for the multiplexer (socketcall or ipc)");
}

int check_multiplexers(const struct writer *writer, struct decision *decision)
{
	int r = 0;

	for (int arch = 0; arch < ARCH_COUNT && r == 0; arch++)
		if (writer_has(writer, arch))
			r = check_multiplexer(writer, decision, (enum arch)arch);
	return r;
}
