/* SPDX-License-Identifier: Apache-2.0 */
#include "denials.h"

#include "cleanup.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TIME_SIZE = 48 };

/* `2026-11-24T10:53:25.100+00:00` */
static const char *format_time(uint64_t milliseconds, char buffer[TIME_SIZE])
{
	time_t seconds = (time_t)(milliseconds / 1000);
	char date[32], zone[16];
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || strftime(date, sizeof(date), "%FT%T", &tm) == 0 ||
		strftime(zone, sizeof(zone), "%z", &tm) != 5)
		return "-";
	snprintf(buffer, TIME_SIZE, "%s.%03u%.3s:%.2s", date, (unsigned)(milliseconds % 1000), zone,
		zone + 3);
	return buffer;
}

static int check_output(struct error *err)
{
	return ferror(stdout) ? error_set_errno(err, -EIO, "standard output: cannot write") : 0;
}

static void print_member(const char *key, const char *text)
{
	printf(", \"%s\": ", key);
	if (text)
		text_write_json(stdout, text);
	else
		fputs("null", stdout);
}

static void print_json(struct denial_printer *printer, const struct denial *denial,
	const char *container, const char *time)
{
	char call[32], arch[32], action[32];

	if (!printer->lines)
		fputs(printer->begun ? ",\n" : "{\"denials\": [\n", stdout);
	fputs("{\"time\": ", stdout);
	text_write_json(stdout, time);
	print_member("container", container);
	printf(", \"pid\": %u", denial->pid);
	print_member("process", denial->command);
	print_member("executable", denial->executable);
	print_member("syscall", denial_syscall(denial, call, sizeof(call)));
	print_member("arch", denial_arch(denial, arch, sizeof(arch)));
	print_member("action", denial_action(denial->action, action, sizeof(action)));
	fputs(printer->lines ? "}\n" : "}", stdout);
}

int print_denial(struct denial_printer *printer, const struct denial *denial, const char *container,
	struct error *err)
{
	char time[TIME_SIZE], call[32], arch[32], action[32], process[DENIAL_COMMAND + 16];

	if (printer->format == FORMAT_JSON) {
		print_json(printer, denial, container, format_time(denial->time, time));
	} else {
		snprintf(process, sizeof(process), "%s[%u]", denial->command, denial->pid);
		printf("%s  %-16s %-22s %-20s %-8s %-12s %s\n", format_time(denial->time, time),
			container ? container : "-", process,
			denial_syscall(denial, call, sizeof(call)),
			denial_arch(denial, arch, sizeof(arch)),
			denial_action(denial->action, action, sizeof(action)), denial->executable);
	}
	printer->begun = true;
	return check_output(err);
}

int print_denials_end(struct denial_printer *printer, struct error *err)
{
	if (printer->format == FORMAT_JSON && !printer->lines)
		fputs(printer->begun ? "\n]}\n" : "{\"denials\": []}\n", stdout);
	return fflush(stdout) == 0 ? check_output(err)
				   : error_set_errno(err, -errno, "standard output: cannot write");
}

static const char *action_colour(const char *action)
{
	return !strncmp(action, "KILL", 4) || !strncmp(action, "0x", 2) ? "red"
	       : !strcmp(action, "LOG") || !strcmp(action, "NOTIFY")	? NULL
									: "yellow";
}

static void add_group(struct output *output, const struct denial_group *group)
{
	const struct denial denial = {
		.audit = group->audit, .arch = group->arch, .syscall = group->syscall};
	char first[TIME_SIZE], latest[TIME_SIZE], call[32], arch[32], buffer[32];
	const char *action = denial_action(group->action, buffer, sizeof(buffer));

	output_row(output);
	output_cell(output, 0, group->container, NULL);
	output_cell(output, 1, group->command, NULL);
	output_cell(output, 2, group->executable, NULL);
	output_cell(output, 3, denial_syscall(&denial, call, sizeof(call)), NULL);
	output_cell(output, 4, denial_arch(&denial, arch, sizeof(arch)), NULL);
	output_cell(output, 5, action, action_colour(action));
	output_number(output, 6, group->count);
	output_cell(output, 7, format_time(group->first, first), NULL);
	output_cell(output, 8, format_time(group->latest, latest), NULL);
}

int print_denial_groups(const struct denial_groups *groups, enum format format, struct error *err)
{
	static const struct column columns[] = {
		{"CONTAINER", 0, SCOLS_JSON_STRING},
		{"PROCESS", 0, SCOLS_JSON_STRING},
		{"EXECUTABLE", SCOLS_FL_WRAP, SCOLS_JSON_STRING},
		{"SYSCALL", 0, SCOLS_JSON_STRING},
		{"ARCH", 0, SCOLS_JSON_STRING},
		{"ACTION", 0, SCOLS_JSON_STRING},
		{"COUNT", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER},
		{"FIRST", 0, SCOLS_JSON_STRING},
		{"LAST", 0, SCOLS_JSON_STRING},
	};
	struct output output;
	int r;

	output_init(&output, format, "denials", columns, ARRAY_LENGTH(columns));
	for (size_t i = 0; i < groups->count; i++)
		add_group(&output, &groups->items[i]);
	r = output_print(&output, err);
	output_finish(&output);
	return r;
}
