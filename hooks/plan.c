/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include "cleanup.h"
#include "compile.h"
#include "host.h"
#include "names.h"
#include "text.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t filter_flags(const struct compiled *compiled, bool log)
{
	uint32_t flags = compiled->flags;

	if (!compiled->has_flags && load_flags_supported(SECCOMP_FILTER_FLAG_SPEC_ALLOW))
		flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	if (log)
		flags |= SECCOMP_FILTER_FLAG_LOG;
	if (compiled->listener_path)
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	else /* the kernel refuses it then */
		flags &= ~(uint32_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	return flags;
}

static int two_notify(const char *a, const char *b, struct error *err)
{
	return error_set(err, -EOPNOTSUPP,
		"%s and %s both notify an agent, and the kernel takes one listener for a process; "
		"take SCMP_ACT_NOTIFY and listenerPath out of one of them",
		a, b);
}

/* What is needed of a profile that notifies once the filters are loaded. */
static int keep_listener(struct compiled *compiled, struct plan *plan, struct error *err)
{
	if (!compiled->listener_path)
		return 0;
	if (plan->notifier)
		return two_notify(plan->notifier, compiled->name, err);
	plan->notifier = TAKE_PTR(compiled->name);
	plan->listener_path = TAKE_PTR(compiled->listener_path);
	plan->listener_metadata = TAKE_PTR(compiled->listener_metadata);
	return 0;
}

static int add_choice(const struct profile_choice *choice, const struct node_config *config,
	bool log, const struct target *target, struct plan *plan, struct error *err)
{
	struct load_filter *filter = &plan->filters[plan->count];
	AUTO(compiled_finish) struct compiled compiled = {0};
	int r;

	if (choice->kind != CHOICE_RUNTIME_DEFAULT && choice->kind != CHOICE_LOCALHOST)
		return 0;
	r = compile_choice(choice, config, target, &compiled, err);
	if (r < 0)
		return r;
	filter->flags = filter_flags(&compiled, log);
	r = keep_listener(&compiled, plan, err);
	if (r < 0)
		return r;
	filter->program = compiled.program;
	compiled.program = (struct program){0};
	plan->instructions += filter->program.length;
	plan->skipped += compiled.skipped;
	plan->unproved |= compiled.unproved;
	plan->count++;
	return 0;
}

static int add_choices(const struct resolution *resolution, const struct node_config *config,
	const struct target *target, struct plan *plan, struct error *err)
{
	int r = add_choice(&resolution->profile, config, resolution->log, target, plan, err);

	if (r < 0)
		return error_prefix(err, r, "%s", resolution->origin);
	/* Once is enough: the kernel would run it twice to the same end. */
	if (choice_equal(&resolution->profile, &resolution->baseline))
		return 0;
	r = add_choice(&resolution->baseline, config, resolution->log, target, plan, err);
	return r < 0 ? error_prefix(err, r, "baseline of %s", config->file) : 0;
}

int plan_make(const struct resolution *resolution, const struct node_config *config,
	const struct bundle *bundle, struct plan *ret, struct error *err)
{
	struct plan plan = {0};
	struct target target;
	int r = host_target(&target, err);

	if (r < 0)
		return r;
	target.capabilities = bundle->capabilities;
	r = add_choices(resolution, config, &target, &plan, err);
	/* crun opens a listener whenever the path is given. */
	if (r == 0 && plan.notifier && json_member(bundle->seccomp, "listenerPath"))
		r = two_notify(plan.notifier, "linux.seccomp of config.json", err);
	if (r < 0)
		plan_finish(&plan);
	else
		*ret = plan;
	return r;
}

char *plan_summary(
	const struct plan *plan, const struct state *state, const struct resolution *resolution)
{
	AUTO_FREE char *profile = choice_format(&resolution->profile);
	AUTO_FREE char *baseline = choice_format(&resolution->baseline);
	char *line = NULL, *printable;
	size_t length;
	FILE *stream = profile && baseline ? open_memstream(&line, &length) : NULL;

	if (!stream)
		return NULL;
	fprintf(stream, "container \"%s\" (%s): %s in force, by %s: %zu filter%s, %zu instructions",
		resolution->container ? resolution->container : "-", state->id, profile,
		resolution->origin, plan->count, plan->count == 1 ? "" : "s", plan->instructions);
	for (size_t i = 0; i < names_flags.count; i++)
		if (plan->filters[0].flags & names_flags.names[i].value)
			fprintf(stream, ", %s",
				names_flags.names[i].name + strlen("SECCOMP_FILTER_FLAG_"));
	if (resolution->baseline.kind != CHOICE_NONE)
		fprintf(stream, "; baseline %s", baseline);
	if (resolution->engine)
		fprintf(stream, "; the engine's own profile applies as well");
	if (plan->notifier)
		fprintf(stream, "; listener \"%s\"", plan->listener_path);
	if (plan->skipped)
		fprintf(stream, "; unknown syscall names skipped: %zu", plan->skipped);
	if (plan->unproved)
		fputs("; too large to be proved", stream);
	if (fclose(stream) != 0) {
		free(line);
		return NULL;
	}
	printable = text_printable(line);
	free(line);
	return printable;
}

void plan_finish(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		program_finish(&plan->filters[i].program);
	plan->count = 0;
	free(plan->notifier);
	free(plan->listener_path);
	free(plan->listener_metadata);
}
