/* SPDX-License-Identifier: Apache-2.0 */
#include "profile_write_internal.h"

#include "cleanup.h"
#include "syscalls.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdio.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* Linux 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* crun refuses an errno with an action that takes none. */
static void print_action(FILE *out, const char *key, const char *errno_key, verdict action)
{
	uint32_t kind = action & SECCOMP_RET_ACTION_FULL;

	fprintf(out, "\"%s\":\"%s\"", key, name_of(&names_actions, kind));
	if (kind == SECCOMP_RET_ERRNO || kind == SECCOMP_RET_TRACE)
		fprintf(out, ",\"%s\":%" PRIu32, errno_key, action & SECCOMP_RET_DATA);
}

static void print_condition(FILE *out, unsigned index, uint64_t mask, uint64_t datum)
{
	fprintf(out, "{\"index\":%u,\"value\":%" PRIu64, index, mask == UINT64_MAX ? datum : mask);
	if (mask == UINT64_MAX)
		fputs(",\"op\":\"SCMP_CMP_EQ\"}", out);
	else
		fprintf(out, ",\"valueTwo\":%" PRIu64 ",\"op\":\"SCMP_CMP_MASKED_EQ\"}", datum);
}

static void print_region(FILE *out, const char *name, const struct region *region)
{
	const char *separator = "";

	fprintf(out, "{\"names\":[\"%s\"],", name);
	print_action(out, "action", "errnoRet", region->action);
	fputs(",\"args\":[", out);
	for (unsigned i = 0; i < CUBE_ARGUMENTS; i++) {
		if (region->cube.mask[i] == 0)
			continue;
		fputs(separator, out);
		print_condition(out, i, region->cube.mask[i], region->cube.datum[i]);
		separator = ",";
	}
	fputs("]}", out);
}

static bool is_multiplexed(const struct writer *writer, const char *name)
{
	struct multiplexed way;

	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if (writer_has(writer, arch) && syscall_multiplexed((enum arch)arch, name, &way))
			return true;
	return false;
}

/* To the runtimes an anchor is a number and no rule. To us it is a rule, and one without conditions
 * would cover the multiplexer's call. */
static void print_multiplexed_anchor(
	FILE *out, const struct writer *writer, const struct decision *decision)
{
	struct region region = {.action = writer->fallback};

	region.cube.mask[0] = UINT64_MAX;
	print_region(out, decision->name, &region);
}

/* The verdict of a name that is written without conditions. */
static bool is_plain(const struct writer *writer, const struct decision *decision, verdict *ret)
{
	const struct regions *written = &decision->written;

	if (written->count == 0) {
		*ret = writer->fallback;
		return decision->anchor && !is_multiplexed(writer, decision->name);
	}
	*ret = written->items[0].action;
	return written->count == 1 && cube_is_all(&written->items[0].cube);
}

/* One entry for all names that have the verdict of the name at `first`, if that is the first one
 * with it. */
static void print_plain(
	FILE *out, const struct writer *writer, size_t first, const char **separator)
{
	verdict action, other;

	if (!is_plain(writer, &writer->decisions[first], &action))
		return;
	for (size_t i = 0; i < first; i++)
		if (is_plain(writer, &writer->decisions[i], &other) && other == action)
			return;
	fprintf(out, "%s{\"names\":[\"%s\"", *separator, writer->decisions[first].name);
	for (size_t i = first + 1; i < writer->decision_count; i++)
		if (is_plain(writer, &writer->decisions[i], &other) && other == action)
			fprintf(out, ",\"%s\"", writer->decisions[i].name);
	fputs("],", out);
	print_action(out, "action", "errnoRet", action);
	fputs("}", out);
	*separator = ",";
}

static void print_syscalls(FILE *out, const struct writer *writer)
{
	const char *separator = "";
	verdict action;

	fputs(",\"syscalls\":[", out);
	for (size_t i = 0; i < writer->decision_count; i++)
		print_plain(out, writer, i, &separator);
	for (size_t i = 0; i < writer->decision_count; i++) {
		const struct decision *decision = &writer->decisions[i];

		if (is_plain(writer, decision, &action))
			continue;
		if (decision->anchor && decision->written.count == 0) {
			fputs(separator, out);
			print_multiplexed_anchor(out, writer, decision);
			separator = ",";
		}
		for (size_t j = 0; j < decision->written.count; j++) {
			fputs(separator, out);
			print_region(out, decision->name, &decision->written.items[j]);
			separator = ",";
		}
	}
	fputs("]", out);
}

static bool writes_action(const struct writer *writer, verdict kind)
{
	for (size_t i = 0; i < writer->decision_count; i++)
		for (size_t j = 0; j < writer->decisions[i].written.count; j++)
			if ((writer->decisions[i].written.items[j].action &
				    SECCOMP_RET_ACTION_FULL) == kind)
				return true;
	return false;
}

static void print_flags(FILE *out, const struct writer *writer, bool notifies)
{
	uint32_t flags = 0, weaker = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	const char *separator = "";
	bool has_flags = false;

	for (size_t p = 0; p < writer->count; p++) {
		const struct profile *profile = writer->policies[p]->profile;

		if (!profile->has_flags)
			continue;
		has_flags = true;
		flags |= profile->flags & ~(uint32_t)SECCOMP_FILTER_FLAG_SPEC_ALLOW;
		weaker &= profile->flags;
	}
	if (!has_flags)
		return;
	flags |= weaker;
	if (!notifies) /* the kernel refuses it then */
		flags &= ~(uint32_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	fputs(",\"flags\":[", out);
	for (size_t i = 0; i < names_flags.count; i++) {
		if (!(flags & names_flags.names[i].value))
			continue;
		fprintf(out, "%s\"%s\"", separator, names_flags.names[i].name);
		separator = ",";
	}
	fputs("]", out);
}

static void print_listener(FILE *out, const struct writer *writer)
{
	for (size_t p = 0; p < writer->count; p++) {
		const struct profile *profile = writer->policies[p]->profile;

		if (!profile->listener_path || !policy_notifies(writer->policies[p]))
			continue;
		fputs(",\"listenerPath\":", out);
		text_write_json(out, profile->listener_path);
		if (profile->listener_metadata) {
			fputs(",\"listenerMetadata\":", out);
			text_write_json(out, profile->listener_metadata);
		}
		return;
	}
}

int print_object(const struct writer *writer, char **ret_json)
{
	bool notifies = writes_action(writer, SECCOMP_RET_USER_NOTIF);
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	bool failed;

	if (!out)
		return error_memory(writer->err);
	fputs("{", out);
	print_action(out, "defaultAction", "defaultErrnoRet", writer->fallback);
	/* The native one too: runc 1.1 finds numbers newer than the profile only on architectures
	 * that are listed. */
	fprintf(out, ",\"architectures\":[\"%s\"", architectures[writer->native].name);
	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if (writer_has(writer, arch) && arch != (int)writer->native)
			fprintf(out, ",\"%s\"", architectures[arch].name);
	fputs("]", out);
	print_flags(out, writer, notifies);
	if (notifies)
		print_listener(out, writer);
	print_syscalls(out, writer);
	fputs("}", out);
	failed = ferror(out);
	if (fclose(out) != 0 || failed) {
		free(text);
		return error_memory(writer->err);
	}
	*ret_json = text;
	return 0;
}
