/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include "cleanup.h"
#include "io.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const format_names[FORMAT_COUNT] = {
	[FORMAT_TABLE] = "table",
	[FORMAT_TEXT] = "text",
	[FORMAT_ASM] = "asm",
	[FORMAT_BPF] = "bpf",
	[FORMAT_C] = "c",
	[FORMAT_DOT] = "dot",
	[FORMAT_HTML] = "html",
	[FORMAT_JSON] = "json",
	[FORMAT_OCI] = "oci",
	[FORMAT_PFC] = "pfc",
	[FORMAT_SARIF] = "sarif",
};

int format_parse(const char *value, unsigned allowed, enum format *ret, struct error *err)
{
	char list[64] = "";

	for (int i = 0; i < FORMAT_COUNT; i++) {
		if (!(allowed & 1U << i))
			continue;
		if (!strcmp(format_names[i], value)) {
			*ret = (enum format)i;
			return 0;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
			list[0] ? ", " : "", format_names[i]);
	}
	return error_set(err, -EINVAL, "unknown format \"%s\": this verb has %s", value, list);
}

bool output_colours(void)
{
	const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(none && none[0]) && terminal &&
	       strcmp(terminal, "dumb") != 0;
}

void output_init(struct output *output, enum format format, const char *name,
	const struct column *columns, size_t count)
{
	*output = (struct output){.table = scols_new_table(), .colours = output_colours()};
	if (!output->table) {
		output->failed = true;
		return;
	}
	if (format == FORMAT_JSON)
		scols_table_enable_json(output->table, 1);
	else if (output->colours)
		scols_table_enable_colors(output->table, 1);
	output->failed = scols_table_set_name(output->table, name) < 0;
	for (size_t i = 0; i < count; i++) {
		struct libscols_column *column =
			scols_table_new_column(output->table, columns[i].name, 0, columns[i].flags);

		if (column)
			scols_column_set_json_type(column, columns[i].json);
		else
			output->failed = true;
	}
}

void output_finish(struct output *output)
{
	scols_unref_table(output->table);
	output->table = NULL;
}

void output_row(struct output *output)
{
	output->latest = output->failed ? NULL : scols_table_new_line(output->table, NULL);
	output->failed = !output->latest;
}

void output_cell(struct output *output, size_t column, const char *text, const char *colour)
{
	struct libscols_line *line = output->latest;

	if (output->failed || !line || !text || !text[0])
		return;
	if (scols_line_set_data(line, column, text) < 0)
		output->failed = true;
	else if (colour && output->colours)
		scols_cell_set_color(scols_line_get_cell(line, column), colour);
}

void output_text(struct output *output, size_t column, const char *text, const char *colour)
{
	AUTO_FREE char *printable = text ? text_printable(text) : NULL;

	if (text && !printable)
		output->failed = true;
	output_cell(output, column, printable, colour);
}

void output_number(struct output *output, size_t column, unsigned long long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", number);
	output_cell(output, column, text, NULL);
}

int output_print(struct output *output, struct error *err)
{
	if (output->failed || scols_print_table(output->table) < 0)
		return error_memory(err);
	return 0; /* main() sees whether it could be written */
}

int output_file(const char *path, const void *data, size_t length, struct error *err)
{
	int r;

	if (strcmp(path, "-") != 0)
		return io_replace_file(path, data, length, 0644, err);
	r = io_write_all(STDOUT_FILENO, data, length);
	return r < 0 ? error_set_errno(err, r, "standard output: cannot write") : 0;
}
