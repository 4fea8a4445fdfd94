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

char *container_words(const struct container *container)
{
	AUTO_FREE char *words = NULL;
	const char *name = container->name ? container->name : container->id;
	int length = container->name || strlen(name) != 64 ? INT32_MAX : 12;
	const char *pod = container->pod, *namespace = pod ? container->namespace : NULL;

	if (asprintf(&words, "%s%s%s%s%.*s", namespace ? namespace : "", namespace ? "/" : "",
		    pod ? pod : "", pod ? "/" : "", length, name) < 0) {
		words = NULL;
		return NULL;
	}
	return text_printable(words);
}

/* `text` is printable, or what an engine has written. */
static int print_member(const char *key, const char *text, struct error *err)
{
	AUTO_FREE char *printable = text ? text_printable(text) : NULL;

	if (text && !printable)
		return error_memory(err);
	printf(", \"%s\": ", key);
	if (printable)
		text_write_json(stdout, printable);
	else
		fputs("null", stdout);
	return 0;
}

static int print_json(struct denial_printer *printer, const struct denial *denial,
	const struct container *container, const char *time, struct error *err)
{
	static const struct container none = {.engine = ENGINE_UNKNOWN};
	const struct container *known = container ? container : &none;
	char call[32], arch[32], action[32];
	const struct {
		const char *key, *text;
	} members[] = {
		{"container", known->name},
		{"id", known->id},
		{"engine", container ? engine_names[known->engine] : NULL},
		{"pod", known->pod},
		{"namespace", known->namespace},
		{"process", denial->command},
		{"executable", denial->executable},
		{"syscall", denial_syscall(denial, call, sizeof(call))},
		{"arch", denial_arch(denial, arch, sizeof(arch))},
		{"action", denial_action(denial->action, action, sizeof(action))},
	};
	int r = 0;

	if (!printer->lines)
		fputs(printer->begun ? ",\n" : "{\"denials\": [\n", stdout);
	fputs("{\"time\": ", stdout);
	text_write_json(stdout, time);
	printf(", \"pid\": %u", denial->pid);
	for (size_t i = 0; i < ARRAY_LENGTH(members) && r == 0; i++)
		r = print_member(members[i].key, members[i].text, err);
	fputs(printer->lines ? "}\n" : "}", stdout);
	return r;
}

static int print_line(const struct denial *denial, const struct container *container,
	const char *time, struct error *err)
{
	AUTO_FREE char *words = container ? container_words(container) : NULL;
	char call[32], arch[32], action[32], process[DENIAL_COMMAND + 16];

	if (container && !words)
		return error_memory(err);
	snprintf(process, sizeof(process), "%s[%u]", denial->command, denial->pid);
	printf("%s  %-16s %-22s %-20s %-8s %-12s %s\n", time, words ? words : "-", process,
		denial_syscall(denial, call, sizeof(call)), denial_arch(denial, arch, sizeof(arch)),
		denial_action(denial->action, action, sizeof(action)), denial->executable);
	return 0;
}

int print_denial(struct denial_printer *printer, const struct denial *denial,
	const struct container *container, struct error *err)
{
	char buffer[TIME_SIZE];
	const char *time = format_time(denial->time, buffer);
	int r = printer->format == FORMAT_JSON ? print_json(printer, denial, container, time, err)
					       : print_line(denial, container, time, err);

	printer->begun = true;
	return r < 0 ? r : check_output(err);
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

enum column_number {
	COLUMN_CONTAINER,
	COLUMN_PROCESS,
	COLUMN_EXECUTABLE,
	COLUMN_SYSCALL,
	COLUMN_ARCH,
	COLUMN_ACTION,
	COLUMN_COUNT,
	COLUMN_FIRST,
	COLUMN_LAST,
	COLUMN_ID, /* from here on in JSON alone */
	COLUMN_ENGINE,
	COLUMN_POD,
	COLUMN_NAMESPACE,
	COLUMNS,
};

static const struct column columns[COLUMNS] = {
	[COLUMN_CONTAINER] = {"CONTAINER", 0, SCOLS_JSON_STRING},
	[COLUMN_PROCESS] = {"PROCESS", 0, SCOLS_JSON_STRING},
	[COLUMN_EXECUTABLE] = {"EXECUTABLE", SCOLS_FL_WRAP, SCOLS_JSON_STRING},
	[COLUMN_SYSCALL] = {"SYSCALL", 0, SCOLS_JSON_STRING},
	[COLUMN_ARCH] = {"ARCH", 0, SCOLS_JSON_STRING},
	[COLUMN_ACTION] = {"ACTION", 0, SCOLS_JSON_STRING},
	[COLUMN_COUNT] = {"COUNT", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER},
	[COLUMN_FIRST] = {"FIRST", 0, SCOLS_JSON_STRING},
	[COLUMN_LAST] = {"LAST", 0, SCOLS_JSON_STRING},
	[COLUMN_ID] = {"ID", 0, SCOLS_JSON_STRING},
	[COLUMN_ENGINE] = {"ENGINE", 0, SCOLS_JSON_STRING},
	[COLUMN_POD] = {"POD", 0, SCOLS_JSON_STRING},
	[COLUMN_NAMESPACE] = {"NAMESPACE", 0, SCOLS_JSON_STRING},
};

static void add_container(
	struct output *output, const struct container *container, enum format format)
{
	if (format == FORMAT_TABLE) {
		AUTO_FREE char *words = container_words(container);

		output_text(output, COLUMN_CONTAINER, words ? words : container->id, NULL);
		return;
	}
	output_text(output, COLUMN_CONTAINER, container->name, NULL);
	output_text(output, COLUMN_ID, container->id, NULL);
	output_text(output, COLUMN_ENGINE, engine_names[container->engine], NULL);
	output_text(output, COLUMN_POD, container->pod, NULL);
	output_text(output, COLUMN_NAMESPACE, container->namespace, NULL);
}

static void add_group(struct output *output, const struct denial_group *group, enum format format)
{
	const struct denial denial = {
		.audit = group->audit, .arch = group->arch, .syscall = group->syscall};
	char first[TIME_SIZE], latest[TIME_SIZE], call[32], arch[32], buffer[32];
	const char *action = denial_action(group->action, buffer, sizeof(buffer));

	output_row(output);
	if (group->container)
		add_container(output, group->container, format);
	output_cell(output, COLUMN_PROCESS, group->command, NULL);
	output_cell(output, COLUMN_EXECUTABLE, group->executable, NULL);
	output_cell(output, COLUMN_SYSCALL, denial_syscall(&denial, call, sizeof(call)), NULL);
	output_cell(output, COLUMN_ARCH, denial_arch(&denial, arch, sizeof(arch)), NULL);
	output_cell(output, COLUMN_ACTION, action, action_colour(action));
	output_number(output, COLUMN_COUNT, group->count);
	output_cell(output, COLUMN_FIRST, format_time(group->first, first), NULL);
	output_cell(output, COLUMN_LAST, format_time(group->latest, latest), NULL);
}

int print_denial_groups(const struct denial_groups *groups, enum format format, struct error *err)
{
	struct output output;
	int r;

	output_init(
		&output, format, "denials", columns, format == FORMAT_JSON ? COLUMNS : COLUMN_ID);
	for (size_t i = 0; i < groups->count; i++)
		add_group(&output, &groups->items[i], format);
	r = output_print(&output, err);
	output_finish(&output);
	return r;
}
