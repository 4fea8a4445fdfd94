/* SPDX-License-Identifier: Apache-2.0 */
#include "observed.h"

#include "cleanup.h"
#include "json.h"
#include "runtime_calls.h"
#include "splice.h"
#include "syscalls.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const observed_base[] = {"arch_prctl", "brk", "clock_getres", "clock_gettime",
	"clock_nanosleep", "close", "exit", "exit_group", "fstat", "futex", "getpid", "getrandom",
	"gettid", "gettimeofday", "madvise", "mmap", "mprotect", "mremap", "munmap", "nanosleep",
	"newfstatat", "prlimit64", "read", "restart_syscall", "rseq", "rt_sigaction",
	"rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sched_yield", "set_robust_list",
	"set_tid_address", "sigaltstack", "sigreturn", "tgkill", "time", "write", "writev", NULL};

const struct watched_arguments observed_watched[] = {
	{"arch_prctl", 1},
	{"bpf", 1},
	{"clone", 1},
	{"fcntl", 1 << 1},
	{"getsockopt", 1 << 1 | 1 << 2},
	{"ioctl", 1 << 1},
	{"keyctl", 1},
	{"kcmp", 1 << 2},
	{"madvise", 1 << 2},
	{"mprotect", 1 << 2},
	{"personality", 1},
	{"prctl", 1},
	{"ptrace", 1},
	{"seccomp", 1},
	{"setns", 1 << 1},
	{"setsockopt", 1 << 1 | 1 << 2},
	{"socket", 1 | 1 << 1},
	{"socketpair", 1 | 1 << 1},
	{"unshare", 1},
	{NULL, 0},
};

void observed_finish(struct observed *observed)
{
	for (size_t i = 0; i < observed->count; i++)
		free(observed->items[i].tuples);
	free(observed->items);
	*observed = (struct observed){0};
}

int observed_add(struct observed *observed, const char *name, enum arch arch,
	struct observed_call **ret, struct error *err)
{
	struct observed_call *moved;

	*ret = NULL;
	name = syscall_known_name(name);
	if (!name) {
		observed->unknown++;
		return 0;
	}
	for (size_t i = 0; i < observed->count && !*ret; i++)
		if (observed->items[i].name == name && observed->items[i].arch == arch)
			*ret = &observed->items[i];
	if (*ret)
		return 0;
	moved = reallocarray(observed->items, observed->count + 1, sizeof(*moved));
	if (!moved)
		return error_memory(err);
	observed->items = moved;
	*ret = &moved[observed->count++];
	**ret = (struct observed_call){.name = name, .arch = arch};
	return 0;
}

int observed_add_tuple(struct observed_call *call, const uint64_t arguments[6], struct error *err)
{
	uint64_t(*moved)[6];

	for (size_t i = 0; i < call->tuple_count; i++)
		if (!memcmp(call->tuples[i], arguments, sizeof(call->tuples[i])))
			return 0;
	moved = reallocarray(call->tuples, call->tuple_count + 1, sizeof(*moved));
	if (!moved)
		return error_memory(err);
	call->tuples = moved;
	memcpy(moved[call->tuple_count++], arguments, sizeof(*moved));
	return 0;
}

/* Writing */

struct names {
	const char **items; /* owned */
	size_t count;
};

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void sort_names(struct names *names)
{
	size_t count = 0;

	if (names->count > 0)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
	for (size_t i = 0; i < names->count; i++)
		if (count == 0 || strcmp(names->items[count - 1], names->items[i]) != 0)
			names->items[count++] = names->items[i];
	names->count = count;
}

static size_t count_list(const char *const *list)
{
	size_t count = 0;

	while (list && list[count])
		count++;
	return count;
}

static bool is_listed(const char *const *list, const char *name)
{
	for (size_t i = 0; list && list[i]; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

size_t observed_names(const struct observed *observed)
{
	size_t count = 0;

	for (size_t i = 0; i < observed->count; i++) {
		size_t j = 0;

		while (j < i && observed->items[j].name != observed->items[i].name)
			j++;
		count += j == i;
	}
	return count;
}

struct writer {
	FILE *out;
	const struct observed *observed;
	const struct observed_profile *how;
	const char *const *base, *const *runtime; /* NULL: none */
	bool begun;				  /* a rule was written */
};

static struct writer make_writer(
	const struct observed *observed, const struct observed_profile *how)
{
	return (struct writer){.observed = observed,
		.how = how,
		.base = how->base ? observed_base : NULL,
		.runtime = how->runtime ? runtime_calls(how->runtime) : NULL};
}

/* Whether the call gets conditions, which hold on every architecture. */
static bool is_conditional(const struct writer *writer, const char *name)
{
	const struct observed *observed = writer->observed;

	if (!writer->how->arguments || is_listed(writer->base, name) ||
		is_listed(writer->runtime, name))
		return false;
	for (size_t i = 0; i < observed->count; i++) {
		const struct observed_call *call = &observed->items[i];

		if (!strcmp(call->name, name) &&
			(!call->watched || call->open || call->tuple_count == 0 ||
				call->tuple_count > OBSERVED_MOST_TUPLES))
			return false;
	}
	return true;
}

static int collect(const struct writer *writer, struct names *ret, struct error *err)
{
	const struct observed *observed = writer->observed;
	const char *const *lists[] = {writer->base, writer->runtime};
	size_t room = observed->count + count_list(writer->base) + count_list(writer->runtime);

	ret->items = calloc(room + 2, sizeof(*ret->items));
	ret->count = 0;
	if (!ret->items)
		return error_memory(err);
	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
		for (const char *const *name = lists[i]; name && *name; name++)
			ret->items[ret->count++] = *name;
	for (size_t i = 0; i < observed->count; i++)
		ret->items[ret->count++] = observed->items[i].name;
	/* Beyond the numbers that the recorder tells apart, and what every thread of ARM begins with. */
	if (writer->how->arch == ARCH_AARCH64) {
		ret->items[ret->count++] = "cacheflush";
		ret->items[ret->count++] = "set_tls";
	}
	sort_names(ret);
	return 0;
}

static void begin_rule(struct writer *writer)
{
	fputs(writer->begun ? ",\n    {\n" : "    {\n", writer->out);
	if (!writer->begun && writer->how->comment) {
		fputs("      \"comment\": ", writer->out);
		text_write_json(writer->out, writer->how->comment);
		fputs(",\n", writer->out);
	}
	writer->begun = true;
}

static void write_unconditional(struct writer *writer, const struct names *names)
{
	bool first = true;

	for (size_t i = 0; i < names->count; i++) {
		if (is_conditional(writer, names->items[i]))
			continue;
		if (first) {
			begin_rule(writer);
			fputs("      \"names\": [", writer->out);
		}
		fprintf(writer->out, "%s\n        \"%s\"", first ? "" : ",", names->items[i]);
		first = false;
	}
	if (first)
		return;
	fputs("\n      ],\n      \"action\": \"SCMP_ACT_ALLOW\"\n    }", writer->out);
}

static void write_tuple(
	struct writer *writer, const struct observed_call *call, const uint64_t arguments[6])
{
	bool first = true;

	begin_rule(writer);
	fprintf(writer->out,
		"      \"names\": [\n        \"%s\"\n      ],\n"
		"      \"action\": \"SCMP_ACT_ALLOW\",\n      \"args\": [",
		call->name);
	for (unsigned i = 0; i < 6; i++) {
		if (!(call->watched & 1U << i))
			continue;
		fprintf(writer->out,
			"%s\n        {\n          \"index\": %u,\n          \"value\": %" PRIu64
			",\n          \"op\": \"SCMP_CMP_EQ\"\n        }",
			first ? "" : ",", i, arguments[i]);
		first = false;
	}
	fputs("\n      ]\n    }", writer->out);
}

/* The same on two architectures is one rule. */
static bool was_written(const struct observed *observed, size_t index, const uint64_t arguments[6])
{
	for (size_t i = 0; i < index; i++) {
		const struct observed_call *call = &observed->items[i];

		if (call->name != observed->items[index].name)
			continue;
		for (size_t j = 0; j < call->tuple_count; j++)
			if (!memcmp(call->tuples[j], arguments, sizeof(call->tuples[j])))
				return true;
	}
	return false;
}

static int compare_tuples(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	for (unsigned i = 0; i < 6; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static void write_conditional(struct writer *writer, const char *name)
{
	const struct observed *observed = writer->observed;

	if (!is_conditional(writer, name))
		return;
	for (size_t i = 0; i < observed->count; i++) {
		const struct observed_call *call = &observed->items[i];

		if (strcmp(call->name, name) != 0)
			continue;
		qsort(call->tuples, call->tuple_count, sizeof(*call->tuples), compare_tuples);
		for (size_t j = 0; j < call->tuple_count; j++)
			if (!was_written(observed, i, call->tuples[j]))
				write_tuple(writer, call, call->tuples[j]);
	}
}

static void write_architectures(FILE *out, enum arch native)
{
	bool first = true;

	fputs("  \"architectures\": [", out);
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		if (arch != (int)native && architectures[arch].kernel != native)
			continue;
		fprintf(out, "%s\n    \"%s\"", first ? "" : ",", architectures[arch].name);
		first = false;
	}
	fputs("\n  ],\n", out);
}

int observed_write(const struct observed *observed, const struct observed_profile *how,
	char **ret_json, struct error *err)
{
	struct writer writer = make_writer(observed, how);
	struct names names;
	size_t length;
	int r = collect(&writer, &names, err);

	if (r < 0)
		return r;
	writer.out = open_memstream(ret_json, &length);
	if (!writer.out) {
		free(names.items);
		return error_memory(err);
	}
	fputs("{\n  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n  \"defaultErrnoRet\": 1,\n",
		writer.out);
	write_architectures(writer.out, how->arch);
	fputs("  \"syscalls\": [\n", writer.out);
	write_unconditional(&writer, &names);
	for (size_t i = 0; i < names.count; i++)
		write_conditional(&writer, names.items[i]);
	fputs("\n  ]\n}\n", writer.out);
	free(names.items);
	if (fclose(writer.out) == 0)
		return 0;
	free(*ret_json);
	return error_memory(err);
}

/* Extending */

static bool has_name(const struct json *rules, const char *name)
{
	for (const struct json *rule = rules ? rules->first : NULL; rule; rule = rule->next) {
		const struct json *names = json_member(rule, "names");
		const struct json *one = json_member(rule, "name");

		if (one && one->type == JSON_STRING && !strcmp(one->text, name))
			return true;
		for (one = names ? names->first : NULL; one; one = one->next)
			if (one->type == JSON_STRING && !strcmp(one->text, name))
				return true;
	}
	return false;
}

/* The rule as the text of a value; "" when there is no name that is new. */
static int new_rule(const struct writer *writer, const struct names *names,
	const struct json *rules, char **ret, struct error *err)
{
	size_t length, count = 0;
	FILE *out = open_memstream(ret, &length);

	if (!out)
		return error_memory(err);
	for (size_t i = 0; i < names->count; i++) {
		if (has_name(rules, names->items[i]))
			continue;
		fputs(count++ ? ", " : "{\"names\": [", out);
		fprintf(out, "\"%s\"", names->items[i]);
	}
	if (count > 0) {
		fputs("], \"action\": \"SCMP_ACT_ALLOW\"", out);
		if (writer->how->comment) {
			fputs(", \"comment\": ", out);
			text_write_json(out, writer->how->comment);
		}
		fputs("}", out);
	}
	if (fclose(out) == 0)
		return 0;
	free(*ret);
	*ret = NULL;
	return error_memory(err);
}

int observed_extend(const struct observed *observed, const struct observed_profile *how,
	const char *name, char *text, size_t length, char **ret_json, struct error *err)
{
	static const char *const path[] = {"syscalls", NULL};
	AUTO(json_document_finish) struct json_document document = {0};
	const struct writer writer = make_writer(observed, how);
	AUTO_FREE char *rule = NULL;
	const struct json *rules;
	struct names names = {0};
	int r = json_parse(name, text, length, &document, err);

	if (r == 0)
		r = splice_find(&document, path, JSON_ARRAY, &rules, err);
	if (r == 0)
		r = collect(&writer, &names, err);
	if (r == 0)
		r = new_rule(&writer, &names, rules, &rule, err);
	free(names.items);
	if (r < 0)
		return r;
	if (rule && rule[0])
		return splice_insert(&document, path, JSON_ARRAY, rule, ret_json, &length, err);
	*ret_json = strdup(document.text);
	return *ret_json ? 0 : error_memory(err);
}
