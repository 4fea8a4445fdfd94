/* SPDX-License-Identifier: Apache-2.0 */
/* Why a denial may be missing from what is shown. */
#include "denials.h"

#include "cleanup.h"
#include "live.h"
#include "text.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

enum { MOST_NAMES = 5 };

void warn_of_losses(const struct denial_reader *reader, const struct denial_source *source,
	const struct denial_groups *groups)
{
	if (reader->suppressed > 0)
		fprintf(stderr,
			"oci-seccomp denials: warning: %llu messages of the audit system were left "
			"out of "
			"the kernel's log; run auditd, or set the sysctl kernel.printk_ratelimit "
			"to 0\n",
			(unsigned long long)reader->suppressed);
	if (reader->lost > 0)
		fprintf(stderr,
			"oci-seccomp denials: warning: the audit system lost %llu records; see -b "
			"and -r "
			"in auditctl(8)\n",
			(unsigned long long)reader->lost);
	if (reader->overrun && reader->lost == 0)
		fputs("oci-seccomp denials: warning: a limit of the audit system was hit, and "
		      "records were "
		      "lost; see -b and -r in auditctl(8)\n",
			stderr);
	if (source->overwritten)
		fputs("oci-seccomp denials: warning: the kernel's log was overwritten before it "
		      "was read\n",
			stderr);
	if (reader->unreadable > 0)
		fprintf(stderr,
			"oci-seccomp denials: warning: %s: %llu records are cut or in a form that "
			"is not "
			"known\n",
			source->name, (unsigned long long)reader->unreadable);
	if (groups->left_out > 0)
		fprintf(stderr,
			"oci-seccomp denials: warning: %llu records are not in the table, which is "
			"full; "
			"narrow it down by --since or --process\n",
			(unsigned long long)groups->left_out);
}

void warn_of_unplaced(unsigned long long count)
{
	if (count > 0)
		fprintf(stderr,
			"oci-seccomp denials: warning: %llu record%s left out: the process is in "
			"no container, or has ended before anybody asked; without --container "
			"such records are shown, and --follow asks at once\n",
			count, count == 1 ? " is" : "s are");
}

void warn_of_hidden(void)
{
	AUTO_FREE char *hidden = denial_hidden_actions(NULL);

	if (hidden)
		fprintf(stderr,
			"oci-seccomp denials: warning: /proc/sys/kernel/seccomp/actions_logged "
			"hides "
			"what these actions do: %s\n",
			hidden);
}

/* Whether none of the filters of the process has LOG. What cannot be read is not complained of. */
static bool is_silent(const struct process *process)
{
	AUTO(live_programs_finish) struct live_programs programs = {0};
	AUTO(live_stack_finish) struct live_stack stack = {0};

	if (!process || process->mode != SECCOMP_MODE_FILTER ||
		live_read_process(process->pid, &programs, &stack, NULL) < 0)
		return false;
	for (size_t i = 0; i < stack.count; i++)
		if (stack.filters[i].log)
			return false;
	return stack.count > 0;
}

static bool has_denials(const struct container *container, const struct denial_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		if (groups->items[i].container &&
			!strcmp(groups->items[i].container->id, container->id))
			return true;
	return false;
}

int warn_of_silent(const struct containers *containers, const char *name,
	const struct denial_groups *groups, struct error *err)
{
	AUTO_FREE char *names = NULL;
	FILE *stream = open_memstream(&names, &(size_t){0});
	size_t count = 0;
	bool failed = !stream;

	for (size_t i = 0; i < containers->count && !failed; i++) {
		const struct container *container = &containers->items[i];
		AUTO_FREE char *words = NULL;

		if ((name && !container_has_name(container, name)) ||
			has_denials(container, groups) ||
			!is_silent(containers_process(containers, container->pid)))
			continue;
		words = container_words(container);
		failed = !words;
		if (words && count++ < MOST_NAMES)
			fprintf(stream, "%s%s", count > 1 ? ", " : "", words);
	}
	if (!stream || fclose(stream) != 0 || failed)
		return error_memory(err);
	if (count > MOST_NAMES)
		fprintf(stderr,
			"oci-seccomp denials: warning: %s and %zu more: what their filters refuse "
			"is not logged unless it kills (no LOG flag); see logDenials in "
			"oci-seccomp-config(5)\n",
			names, count - MOST_NAMES);
	else if (count > 0)
		fprintf(stderr,
			"oci-seccomp denials: warning: %s: what %s filters refuse is not logged "
			"unless it kills (no LOG flag); see logDenials in oci-seccomp-config(5)\n",
			names, count == 1 ? "its" : "their");
	return 0;
}
