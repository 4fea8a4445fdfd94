/* SPDX-License-Identifier: Apache-2.0 */
#include "check_report.h"

#include "cleanup.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *escape;
} severities[] = {
	/* SARIF has the same names as levels */
	[SEVERITY_ERROR] = {"error", "\033[1;31m"},
	[SEVERITY_WARNING] = {"warning", "\033[1;35m"},
	[SEVERITY_NOTE] = {"note", "\033[1;36m"},
};

static void print_text(const struct check_reports *reports)
{
	bool colours = output_colours();

	for (size_t i = 0; i < reports->count; i++) {
		const struct findings *findings = &reports->items[i].findings;

		for (size_t k = 0; k < findings->count; k++) {
			const struct finding *item = &findings->items[k];

			printf("%s:%u:%u: %s%s:%s %s [%s]\n", reports->items[i].name,
				item->place.line, item->place.column,
				colours ? severities[item->severity].escape : "",
				severities[item->severity].name, colours ? "\033[0m" : "",
				item->text, item->id);
			if (item->remedy)
				printf("    %s\n", item->remedy);
		}
	}
}

static int print_json(const struct check_reports *reports, struct error *err)
{
	enum { FILE_, LINE, COLUMN, SEVERITY, ID, TEXT, REMEDY };
	static const struct column columns[] = {
		[FILE_] = {"FILE", 0, SCOLS_JSON_STRING},
		[LINE] = {"LINE", 0, SCOLS_JSON_NUMBER},
		[COLUMN] = {"COLUMN", 0, SCOLS_JSON_NUMBER},
		[SEVERITY] = {"SEVERITY", 0, SCOLS_JSON_STRING},
		[ID] = {"ID", 0, SCOLS_JSON_STRING},
		[TEXT] = {"TEXT", 0, SCOLS_JSON_STRING},
		[REMEDY] = {"REMEDY", 0, SCOLS_JSON_STRING},
	};
	struct output output;
	int r;

	output_init(&output, FORMAT_JSON, "findings", columns, ARRAY_LENGTH(columns));
	for (size_t i = 0; i < reports->count; i++) {
		const struct findings *findings = &reports->items[i].findings;

		for (size_t k = 0; k < findings->count; k++) {
			const struct finding *item = &findings->items[k];

			output_row(&output);
			output_cell(&output, FILE_, reports->items[i].name, NULL);
			output_number(&output, LINE, item->place.line);
			output_number(&output, COLUMN, item->place.column);
			output_cell(&output, SEVERITY, severities[item->severity].name, NULL);
			output_cell(&output, ID, item->id, NULL);
			output_cell(&output, TEXT, item->text, NULL);
			output_cell(&output, REMEDY, item->remedy, NULL);
		}
	}
	r = output_print(&output, err);
	output_finish(&output);
	return r;
}

/* SARIF wants a URI reference. */
static void print_uri(const char *name)
{
	putchar('"');
	for (const char *c = name; *c; c++)
		printf(isalnum((unsigned char)*c) || strchr("/-._~", *c) ? "%c" : "%%%02X",
			(unsigned char)*c);
	putchar('"');
}

static size_t kind_index(const char *id)
{
	size_t i = 0;

	while (i < check_kind_count && strcmp(check_kinds[i].id, id) != 0)
		i++;
	return i;
}

static int print_result(const char *name, const struct finding *item, struct error *err)
{
	AUTO_FREE char *message = NULL;

	if (asprintf(&message, "%s%s%s", item->text, item->remedy ? ". Remedy: " : "",
		    item->remedy ? item->remedy : "") < 0) {
		message = NULL;
		return error_memory(err);
	}
	printf("{\"ruleId\": \"%s\", \"ruleIndex\": %zu, \"level\": \"%s\",\n"
	       "          \"message\": {\"text\": ",
		item->id, kind_index(item->id), severities[item->severity].name);
	text_write_json(stdout, message);
	fputs("},\n          \"locations\": [{\"physicalLocation\": {\"artifactLocation\": "
	      "{\"uri\": ",
		stdout);
	print_uri(name);
	printf("}, \"region\": {\"startLine\": %u, \"startColumn\": %u}}}]}", item->place.line,
		item->place.column);
	return 0;
}

static int print_results(const struct check_reports *reports, struct error *err)
{
	const char *separator = "\n        ";
	int r = 0;

	for (size_t i = 0; i < reports->count; i++) {
		const struct check_report *report = &reports->items[i];

		for (size_t k = 0; k < report->findings.count && r == 0; k++) {
			fputs(separator, stdout);
			r = print_result(report->name, &report->findings.items[k], err);
			separator = ",\n        ";
		}
	}
	return r;
}

static int print_sarif(const struct check_reports *reports, struct error *err)
{
	int r;

	fputs("{\n"
	      "  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
	      "  \"version\": \"2.1.0\",\n"
	      "  \"runs\": [\n"
	      "    {\n"
	      "      \"tool\": {\"driver\": {\"name\": \"oci-seccomp\", \"version\": \"" VERSION
	      "\", \"rules\": [",
		stdout);
	for (size_t i = 0; i < check_kind_count; i++)
		printf("%s\n        {\"id\": \"%s\", \"shortDescription\": {\"text\": \"%s\"}}",
			i > 0 ? "," : "", check_kinds[i].id, check_kinds[i].title);
	printf("\n      ]}},\n"
	       "      \"invocations\": [{\"executionSuccessful\": %s}],\n"
	       "      \"results\": [",
		reports->incomplete ? "false" : "true");
	r = print_results(reports, err);
	puts("\n      ]\n    }\n  ]\n}");
	return r;
}

int check_reports_print(const struct check_reports *reports, enum format format, struct error *err)
{
	int r = 0;

	if (format == FORMAT_JSON)
		return print_json(reports, err);
	if (format == FORMAT_SARIF)
		r = print_sarif(reports, err);
	else
		print_text(reports);
	return r;
}
