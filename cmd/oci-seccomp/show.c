/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include "cleanup.h"
#include "kinds.h"
#include "output.h"
#include "verbs.h"

#include <ctype.h>
#include <getopt.h>
#include <string.h>

const char *tone_label(enum html_tone tone)
{
	static const char *const labels[TONE_COUNT] = {
		[TONE_ALLOW] = "allowed",
		[TONE_CONDITIONAL] = "conditional",
		[TONE_DENY] = "denied",
		[TONE_WATCH] = "watched",
	};

	return labels[tone];
}

enum html_tone description_tone(const struct description *description)
{
	return description->count > 1 ? TONE_CONDITIONAL
				      : html_tone_of(description->outcomes[0].action);
}

size_t overview_kind_end(const struct overview *overview, size_t first)
{
	size_t end = first;

	while (end < overview->calls.count && kind_of(overview->calls.items[end].name) ==
						      kind_of(overview->calls.items[first].name))
		end++;
	return end;
}

void write_arch(FILE *out, enum arch arch)
{
	for (const char *c = architectures[arch].name + strlen("SCMP_ARCH_"); *c; c++)
		fputc(tolower(*c), out);
}

void write_target(FILE *out, const struct policy *policy)
{
	const struct target *target = &policy->target;
	const char *separator = " (not shown: ";
	int capabilities = __builtin_popcountll(target->capabilities);

	write_arch(out, target->arch);
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		if ((enum arch)arch == target->arch || !(policy->architectures & 1U << arch))
			continue;
		fputs(separator, out);
		write_arch(out, (enum arch)arch);
		separator = " and ";
	}
	if (separator[1] == 'a')
		fputs(")", out);
	fprintf(out, ", Linux %u.%u, %d %s", target->kernel.major, target->kernel.minor,
		capabilities, capabilities == 1 ? "capability" : "capabilities");
}

static int show(const struct policy *policy, enum format format, struct error *err)
{
	struct overview overview = {.policy = policy};
	int r = describe_all(policy, policy->target.arch, &overview.calls, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < overview.calls.count; i++)
		overview.counts[description_tone(&overview.calls.items[i])]++;
	if (format == FORMAT_TABLE)
		show_table(stdout, &overview, output_colours());
	else if (format == FORMAT_JSON)
		show_json(stdout, &overview);
	else
		show_html(stdout, &overview);
	descriptions_finish(&overview.calls);
	return 0;
}

int verb_show(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		TARGET_OPTIONS, {"format", required_argument, NULL, 'f'}, {0}};
	const unsigned formats = 1U << FORMAT_TABLE | 1U << FORMAT_JSON | 1U << FORMAT_HTML;
	enum format format = FORMAT_TABLE;
	struct error err = ERROR_INIT;
	struct profile profile;
	struct policy policy;
	struct target target;
	int option, r = host_target(&target, &err);

	while (r == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		r = option == 'f' ? format_parse(optarg, formats, &format, &err)
				  : target_set(&target, option, optarg, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	if (argc - optind != 1)
		return verb_usage(verb, "one profile is needed");
	r = read_policy_argument(argv[optind], &target, &profile, &policy, &err);
	if (r < 0)
		return verb_failure(&err);
	r = show(&policy, format, &err);
	policy_finish(&policy);
	profile_finish(&profile);
	return r < 0 ? verb_failure(&err) : EXIT_SUCCESS;
}
