/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include "cleanup.h"
#include "constants.h"
#include "syscalls.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { NESTING_LIMIT = 16 };

/* What is being read: the name, and the arguments that have been given. */
struct reading {
	const char *text; /* all of it, for messages */
	const char *name;
	enum arch arch;
	unsigned given; /* bit N: argument N */
	struct call *call;
};

static int malformed(const struct reading *reading, struct error *err)
{
	return error_set(err, -EINVAL,
		"\"%s\": after the name its arguments are expected in parentheses, as strace "
		"prints "
		"them: socket(AF_INET, SOCK_STREAM, 0)",
		reading->text);
}

static const char *skip_string(const char *c)
{
	for (c++; *c && *c != '"'; c++)
		if (*c == '\\' && c[1])
			c++;
	return *c ? c + 1 : c;
}

static char closing(const char *c)
{
	switch (*c) {
	case '(':
		return ')';
	case '[':
		return ']';
	case '{':
		return '}';
	case '<': /* the path of a descriptor, 3</dev/null>; 1<<3 is a number */
		return c[1] == '<' || c[-1] == '<' ? '\0' : '>';
	default:
		return '\0';
	}
}

/* To the `,` or `)` that ends a value; NULL: there is none. */
static const char *skip_value(const char *c)
{
	char stack[NESTING_LIMIT];
	size_t depth = 0;

	while (*c) {
		char end = closing(c);

		if (depth == 0 && (*c == ',' || *c == ')'))
			return c;
		if (*c == '"') {
			c = skip_string(c);
			continue;
		}
		if (end && depth == NESTING_LIMIT)
			return NULL;
		if (end)
			stack[depth++] = end;
		else if (depth > 0 && *c == stack[depth - 1])
			depth--;
		c++;
	}
	return NULL;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A number at the start of the value, with nothing that changes it behind. */
static bool read_number(const char *text, const char *end, uint64_t *ret, const char **ret_end)
{
	bool negative = *text == '-';
	char *stop;

	text += negative;
	if (text == end || !isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*ret = strtoull(text, &stop, 0);
	if (errno != 0 || stop > end || is_word(*stop))
		return false;
	if (negative)
		*ret = -*ret;
	*ret_end = stop;
	return true;
}

static bool lookup(const struct reading *reading, unsigned index, const char *word, uint64_t *ret)
{
	if (!strcmp(word, "NULL"))
		*ret = 0;
	else if (!strcmp(word, "AT_FDCWD"))
		*ret = (uint64_t)-100;
	else
		return constants_lookup(reading->arch, reading->name, index, word, ret);
	return true;
}

/* Numbers and names joined by `|`. False: the value is open, for a name that is not known if
 * call->words has it. */
static bool read_value(
	const struct reading *reading, unsigned index, const char *text, const char *end)
{
	uint64_t all = 0;
	char *word = reading->call->words[index];

	for (;; text++) {
		uint64_t part;
		size_t length = 0;

		if (!read_number(text, end, &part, &text)) {
			while (text + length < end && is_word(text[length]))
				length++;
			if (length == 0)
				return false;
			snprintf(word, CALL_WORD_SIZE, "%.*s", (int)length, text);
			if (!lookup(reading, index, word, &part))
				return false;
			text += length;
		}
		all |= part;
		if (text == end || *text != '|')
			break;
	}
	word[0] = '\0';
	/* What strace adds to a number: <PATH> or a comment. */
	text += strspn(text, " ");
	if (text < end && (*text != '<' || text[1] == '<') && strncmp(text, "/*", 2) != 0)
		return false;
	reading->call->data.args[index] = all;
	return true;
}

/* strace names the arguments of clone in its own way. */
static const char *kernel_name(const char *name, const char *argument)
{
	static const struct synonym of_clone[] = {
		{"child_stack", "newsp"},
		{"stack", "newsp"},
		{"parent_tid", "parent_tidptr"},
		{"child_tid", "child_tidptr"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(of_clone) && !strcmp(name, "clone"); i++)
		if (!strcmp(of_clone[i].spelling, argument))
			return of_clone[i].name;
	return argument;
}

static int find_argument(
	const struct reading *reading, const char *argument, unsigned *ret, struct error *err)
{
	const char *wanted = kernel_name(reading->name, argument);
	char list[256] = "";

	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++) {
		const char *known = syscall_argument_name(reading->name, i);
		size_t length = strlen(list);

		if (!known)
			continue;
		if (!strcmp(known, wanted)) {
			*ret = syscall_argument_index(reading->arch, reading->name, i);
			return 0;
		}
		snprintf(list + length, sizeof(list) - length, "%s%s", length ? ", " : "", known);
	}
	return error_set(err, -EINVAL, "\"%s\": %s has no argument %s; it has %s", reading->text,
		reading->name, argument, list[0] ? list : "none");
}

/* `NAME=` in front of a value; `*text` is put behind it. */
static int read_label(
	const struct reading *reading, const char **text, unsigned *index, struct error *err)
{
	size_t length = 0;
	char label[CALL_WORD_SIZE];

	while (is_word((*text)[length]))
		length++;
	if (length == 0 || (*text)[length] != '=' || isdigit((unsigned char)**text))
		return 0;
	snprintf(label, sizeof(label), "%.*s", (int)length, *text);
	*text += length + 1;
	return find_argument(reading, label, index, err);
}

static void leave_rest_open(struct reading *reading, unsigned first)
{
	for (unsigned i = first; i < SYSCALL_ARGUMENTS; i++)
		if (!(reading->given & 1U << i))
			reading->call->open |= 1U << i;
}

static int read_argument(struct reading *reading, unsigned position, const char *text,
	const char *end, struct error *err)
{
	unsigned index = position;
	int r;

	while (end > text && end[-1] == ' ')
		end--;
	if (end - text == 3 && !strncmp(text, "...", 3)) {
		leave_rest_open(reading, position);
		return 0;
	}
	r = read_label(reading, &text, &index, err);
	if (r < 0)
		return r;
	if (index >= SYSCALL_ARGUMENTS)
		return error_set(err, -EINVAL, "\"%s\": a system call has at most %d arguments",
			reading->text, SYSCALL_ARGUMENTS);
	if (text >= end)
		return malformed(reading, err);
	if (reading->given & 1U << index)
		return error_set(
			err, -EINVAL, "\"%s\": argument %u is given twice", reading->text, index);
	reading->given |= 1U << index;
	if (!read_value(reading, index, text, end))
		reading->call->open |= 1U << index;
	return 0;
}

/* `text` starts behind the parenthesis. */
static int read_arguments(struct reading *reading, const char *text, struct error *err)
{
	text += strspn(text, " ");
	for (unsigned position = 0; *text != ')' || position > 0; position++) {
		const char *end = skip_value(text);
		int r = end ? read_argument(reading, position, text, end, err)
			    : malformed(reading, err);

		if (r < 0)
			return r;
		text = end;
		if (*text == ')')
			break;
		text++;
		text += strspn(text, " ");
	}
	text++;
	text += strspn(text, " ");
	return *text == '\0' || *text == '=' ? 0 : malformed(reading, err);
}

int call_parse(const char *text, enum arch arch, struct call *ret, struct error *err)
{
	size_t length = strcspn(text, "(");
	AUTO_FREE char *name = strndup(text, length);
	struct call call = {.open = 0};
	struct reading reading = {.text = text, .name = name, .arch = arch, .call = &call};
	char hint[128];
	int number, r = 0;

	if (!name)
		return error_memory(err);
	if (!syscall_known(name))
		return error_set(err, -EINVAL, "unknown syscall \"%s\"%s", name,
			syscall_hint(name, hint, sizeof(hint)));
	number = syscall_number(arch, name);
	if (number == SYSCALL_NONE)
		return error_set(
			err, -EINVAL, "%s has no syscall %s", architectures[arch].name, name);
	snprintf(call.name, sizeof(call.name), "%s", name);
	call.data.arch = architectures[arch].audit;
	call.data.nr = number;
	if (text[length] == '(')
		r = read_arguments(&reading, text + length + 1, err);
	if (r == 0)
		*ret = call;
	return r;
}
