/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "call_print.h"
#include "cleanup.h"
#include "live_threads.h"
#include "prove.h"
#include "side.h"
#include "syscalls.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CALLS = 20 }; /* that are listed for one way in which filters differ */

struct calls {
	const char *prefix; /* of lines */
	enum relation relation;
	const char *word;
	uint32_t native; /* AUDIT_ARCH_* */
	bool others;	 /* the architectures beside it */
	size_t count;
};

static void print_one(struct calls *calls, const struct example *example)
{
	if (calls->count++ < MOST_CALLS) {
		fputs(calls->prefix, stdout);
		print_example(calls->word, example);
	}
}

/* The calls of a range that have a name; where none has, the example itself. */
static int list_range(const struct range *range, void *data)
{
	struct calls *calls = data;
	struct example example = range->examples[calls->relation];
	bool native = range->first_arch <= calls->native && calls->native <= range->last_arch;
	size_t before = calls->count;

	if (!example.found || native == calls->others)
		return 0;
	if (native)
		example.call.arch = calls->native;
	for (uint32_t number = range->first;
		number <= range->last && number - range->first < 4096 && calls->count < 2000;
		number++) {
		if (!syscall_name(arch_of_call(example.call.arch, number), number))
			continue;
		example.call.nr = (int)number;
		print_one(calls, &example);
		if (number == UINT32_MAX)
			break;
	}
	if (calls->count == before)
		print_one(calls, &range->examples[calls->relation]);
	return 0;
}

static int list_calls(struct prover *prover, const struct meaning meanings[2], struct calls *calls,
	struct error *err)
{
	int r = 0;

	for (int others = 0; others < 2 && r == 0; others++) {
		calls->others = others;
		r = prove_ranges(prover, &meanings[0], &meanings[1], list_range, calls, err);
	}
	if (r == 0 && calls->count > MOST_CALLS)
		printf("%s%s: and %zu more\n", calls->prefix, calls->word,
			calls->count - MOST_CALLS);
	return r;
}

static int compare_group(const struct live_threads *threads, const struct live_group *group,
	const struct target *target, struct prover *prover, const struct meaning *wanted,
	const char *prefix, bool *ret_looser, struct error *err)
{
	static const struct {
		enum relation relation;
		const char *word;
	} ways[] = {
		{RELATION_LAXER, "looser"},
		{RELATION_DIFFERENT, "different"},
		{RELATION_STRICTER, "stricter"},
	};
	AUTO_FREE struct layer *layers = calloc(group->stack.count + 1, sizeof(*layers));
	struct meaning meanings[2] = {{.decision = 0}, *wanted};
	struct stack stack = {"the filters in force", layers, group->stack.count};
	struct proof proof;
	int r;

	if (!layers)
		return error_memory(err);
	for (size_t i = 0; i < group->stack.count; i++)
		layers[i].program = &threads->programs.items[group->stack.filters[i].program];
	r = prove_meaning(prover, &stack, &meanings[0], err);
	if (r == 0)
		r = prove_compare(prover, &meanings[0], &meanings[1], &proof, err);
	if (r == 0 && proof.relation == RELATION_SAME)
		printf("%ssame\n", prefix);
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(ways); i++) {
		struct calls calls = {prefix, ways[i].relation, ways[i].word,
			architectures[target->arch].audit, false, 0};

		if (proof.examples[ways[i].relation].found)
			r = list_calls(prover, meanings, &calls, err);
	}
	if (r == 0)
		*ret_looser = proof.examples[RELATION_LAXER].found;
	return r;
}

/* Which threads are meant; nothing where all have the same. */
static char *group_prefix(const struct live_threads *threads, const struct live_group *group)
{
	AUTO_FREE char *name = text_printable(group->first.name);
	char *prefix = NULL;
	int r = 0;

	if (threads->group_count == 1)
		return strdup("");
	if (name && group->threads > 1)
		r = asprintf(&prefix, "%d (%s) and %zu more: ", group->first.pid, name,
			group->threads - 1);
	else if (name)
		r = asprintf(&prefix, "%d (%s): ", group->first.pid, name);
	return r < 0 ? NULL : prefix;
}

static int answer_groups(const struct live_threads *threads, const struct target *target,
	struct prover *prover, const struct meaning *wanted, bool *ret_good, struct error *err)
{
	int r = 0;

	*ret_good = true;
	for (size_t i = 0; r == 0 && i < threads->group_count; i++) {
		const struct live_group *group = &threads->groups[i];
		AUTO_FREE char *prefix = group_prefix(threads, group);
		bool looser = true;

		if (!prefix)
			return error_memory(err);
		r = compare_group(threads, group, target, prover, wanted, prefix, &looser, err);
		if (r == 0 && looser)
			*ret_good = false;
	}
	return r;
}

static int answer(const struct live_threads *threads, const char *argument,
	const struct target *target, struct error *err)
{
	struct prover *prover = NULL;
	struct meaning wanted;
	struct side side = {0};
	struct stack stack;
	bool good = false;
	int r = side_read(argument, target, &side, &stack, err);

	if (r == 0)
		r = prover_create(target->arch, &prover, err);
	if (r == 0)
		r = prove_meaning(prover, &stack, &wanted, err);
	if (r == 0)
		r = answer_groups(threads, target, prover, &wanted, &good, err);
	prover_destroy(prover);
	side_finish(&side);
	if (r < 0)
		return verb_failure(err);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

struct verify_options {
	const char *container; /* NULL: the process */
	pid_t pid;
	struct state_roots roots;
	struct target target;
	bool capabilities_given;
};

static int verify(struct verify_options *options, const char *argument, struct error *err)
{
	AUTO(live_threads_finish) struct live_threads threads = {0};
	int r = options->container ? live_threads_of_container(options->container,
					     options->roots.items, &threads, err)
				   : live_threads_of_process(options->pid, &threads, err);

	if (r < 0)
		return verb_failure(err);
	if (!options->capabilities_given)
		options->target.capabilities = threads.bounding;
	return answer(&threads, argument, &options->target, err);
}

int verb_verify(const struct verb *verb, int argc, char **argv)
{
	static const struct option long_options[] = {
		{"container", required_argument, NULL, 'c'},
		{"pid", required_argument, NULL, 'p'},
		{"root", required_argument, NULL, 'r'},
		TARGET_OPTIONS,
		{0},
	};
	struct verify_options options = {0};
	struct error err = ERROR_INIT;
	int option, r = host_target(&options.target, &err);

	while (r == 0 && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		if (option == 'c')
			options.container = optarg;
		else if (option == 'p')
			r = read_pid_argument(optarg, &options.pid, &err);
		else if (option == 'r')
			r = state_roots_add(&options.roots, optarg, &err);
		else
			r = target_set(&options.target, option, optarg, &err);
		options.capabilities_given |= option == TARGET_CAP || option == TARGET_CAPS;
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (optind + 1 != argc)
		return verb_usage(verb, "one profile is needed");
	if (!options.container == !options.pid)
		return verb_usage(verb, "say either --pid or --container");
	return verify(&options, argv[optind], &err);
}
