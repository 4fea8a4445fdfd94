/* SPDX-License-Identifier: Apache-2.0 */
#include "denials.h"

#include "cleanup.h"
#include "denial_remedy.h"
#include "io.h"
#include "profile.h"
#include "splice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { CONTEXT = 3 };

/* Lines of a text, each with its end. */
struct lines {
	const char **at; /* owned; one more than there are */
	size_t count;
};

static int split(const char *text, struct lines *ret, struct error *err)
{
	size_t count = 0;

	for (const char *c = text; *c; c += strcspn(c, "\n"), c += *c == '\n')
		count++;
	ret->at = calloc(count + 1, sizeof(*ret->at));
	if (!ret->at)
		return error_memory(err);
	ret->count = 0;
	for (const char *c = text;; c += strcspn(c, "\n"), c += *c == '\n') {
		ret->at[ret->count] = c;
		if (!*c)
			return 0;
		ret->count++;
	}
}

static bool same_line(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
	size_t length = (size_t)(a->at[i + 1] - a->at[i]);

	return length == (size_t)(b->at[j + 1] - b->at[j]) && !memcmp(a->at[i], b->at[j], length);
}

static void print_lines(char mark, const struct lines *lines, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		size_t length = (size_t)(lines->at[i + 1] - lines->at[i]);

		putchar(mark);
		fwrite(lines->at[i], 1, length, stdout);
		if (lines->at[i][length - 1] != '\n')
			fputs("\n\\ No newline at end of file\n", stdout);
	}
}

/* Names are added in a few places of one list, so one hunk from the first to the last of them does; in
 * between, a line that is the same stays. */
static void print_hunk(const struct lines *a, const struct lines *b)
{
	size_t start = 0, tail = 0, i, j, from, end;

	while (start < a->count && start < b->count && same_line(a, start, b, start))
		start++;
	while (tail < a->count - start && tail < b->count - start &&
		same_line(a, a->count - 1 - tail, b, b->count - 1 - tail))
		tail++;
	from = start > CONTEXT ? start - CONTEXT : 0;
	end = tail > CONTEXT ? CONTEXT : tail;
	printf("@@ -%zu,%zu +%zu,%zu @@\n", from + 1, a->count - tail + end - from, from + 1,
		b->count - tail + end - from);
	print_lines(' ', a, from, start);
	for (i = j = start; i < a->count - tail; i++) {
		size_t found = j;

		while (found < b->count - tail && !same_line(a, i, b, found))
			found++;
		if (found == b->count - tail) {
			print_lines('-', a, i, i + 1);
			continue;
		}
		print_lines('+', b, j, found);
		print_lines(' ', a, i, i + 1);
		j = found + 1;
	}
	print_lines('+', b, j, b->count - tail);
	print_lines(' ', a, a->count - tail, a->count - tail + end);
}

static int print_change(const char *name, const struct remedy *remedy, struct error *err)
{
	struct lines a = {0}, b = {0};
	int r = split(remedy->old_text, &a, err);

	if (r == 0)
		r = split(remedy->new_text, &b, err);
	if (r == 0) {
		printf("--- %s\n+++ %s\n", name, name);
		print_hunk(&a, &b);
		if (fflush(stdout) != 0)
			r = error_set_errno(err, -errno, "standard output: cannot write");
	}
	free(a.at);
	free(b.at);
	return r;
}

static void tell_added(const char *name, const struct remedy_call *call, const char *arch)
{
	if (call->danger)
		fprintf(stderr, "oci-seccomp denials: warning: %s (%s) is dangerous: %s\n",
			call->name, arch, call->danger);
	if (call->gated_line > 0)
		fprintf(stderr,
			"oci-seccomp denials: warning: %s: line %u allows %s to other containers, "
			"by "
			"its \"includes\" and \"excludes\"; see --cap\n",
			name, call->gated_line, call->name);
}

/* Returns whether it stays denied. */
static bool tell(const char *name, const struct remedy_call *call)
{
	char number[32], buffer[32];
	const char *syscall = denial_syscall(&call->denial, number, sizeof(number));
	const char *arch = denial_arch(&call->denial, buffer, sizeof(buffer));

	switch (call->outcome) {
	case REMEDY_ADDED:
		tell_added(name, call, arch);
		return false;
	case REMEDY_ALLOWED:
		fprintf(stderr,
			"oci-seccomp denials: %s (%s): %s allows it, so another profile denied it; "
			"nothing is changed for it\n",
			syscall, arch, name);
		return false;
	case REMEDY_RULE:
		fprintf(stderr,
			"oci-seccomp denials: %s (%s): %s:%u:%u denies it, and stays as it is\n",
			syscall, arch, name, call->line, call->column);
		return true;
	case REMEDY_CONDITIONS:
		fprintf(stderr,
			"oci-seccomp denials: %s (%s): %s:%u:%u asks for its arguments, which a "
			"record "
			"does not have; it stays as it is\n",
			syscall, arch, name, call->line, call->column);
		return true;
	case REMEDY_ARCHITECTURE:
		fprintf(stderr,
			"oci-seccomp denials: %s (%s): %s does not have the architecture, and "
			"would "
			"open more than this call with it; it stays as it is\n",
			syscall, arch, name);
		return true;
	case REMEDY_UNKNOWN:
		break;
	}
	fprintf(stderr, "oci-seccomp denials: %s (%s): no such call is known\n", syscall, arch);
	return true;
}

static int read_text(const char *profile, const char **ret_name, char **ret, size_t *ret_length,
	struct error *err)
{
	*ret_name = profile;
	if (!strcmp(profile, "RuntimeDefault")) {
		const char *text = profile_runtime_default_text(ret_length);

		*ret = strndup(text, *ret_length);
		return *ret ? 0 : error_memory(err);
	}
	if (strcmp(profile, "-") != 0)
		return io_read_file(
			AT_FDCWD, profile, profile, PROFILE_SIZE_LIMIT, ret, ret_length, err);
	*ret_name = "standard input";
	return io_read(STDIN_FILENO, *ret_name, PROFILE_SIZE_LIMIT, ret, ret_length, err);
}

int suggest_change(const char *profile, bool apply, const struct target *target,
	const struct denial_groups *groups, size_t *ret_rest, struct error *err)
{
	struct remedy remedy;
	const char *name;
	size_t length;
	char *text;
	int r = read_text(profile, &name, &text, &length, err);

	if (r == 0)
		r = remedy_make(name, text, length, target, groups, &remedy, err);
	if (r < 0)
		return r;
	if (remedy.added > 0)
		r = print_change(name, &remedy, err);
	for (size_t i = 0; i < remedy.count && r == 0; i++)
		*ret_rest += tell(name, &remedy.calls[i]);
	if (r == 0 && remedy.added > 0 && apply)
		r = splice_replace_path(profile, remedy.new_text, strlen(remedy.new_text), err);
	remedy_finish(&remedy);
	return r;
}
