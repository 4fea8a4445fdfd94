/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle.h"

#include "cleanup.h"
#include "host.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_bounding(struct json_reader *reader, const struct json *value, void *target)
{
	struct bundle *bundle = target;
	unsigned capability;

	if (!json_expect(reader, value, JSON_ARRAY))
		return;
	for (const struct json *item = value->first; item; item = item->next) {
		/* A capability that we do not know no profile can ask about. */
		if (json_expect(reader, item, JSON_STRING) &&
			host_capability(item->text, &capability))
			bundle->capabilities |= UINT64_C(1) << capability;
	}
}

static void read_capabilities(struct json_reader *reader, const struct json *value, void *target)
{
	static const struct json_field fields[] = {{"bounding", false, read_bounding}};

	json_read_object(reader, value, fields, ARRAY_LENGTH(fields), target);
}

static void read_process(struct json_reader *reader, const struct json *value, void *target)
{
	static const struct json_field fields[] = {{"capabilities", false, read_capabilities}};

	json_read_object(reader, value, fields, ARRAY_LENGTH(fields), target);
}

/* Whether runc or docker could read something there: they take any case of a key, and of several the
 * last that is not null. */
static bool has_text_or_items(const struct json *object, const char *key)
{
	for (const struct json *member = object->first; member; member = member->next)
		if (json_key_is_like(member->key, key) &&
			(member->type == JSON_STRING ? member->text[0] != '\0' : member->count > 0))
			return true;
	return false;
}

/* An object without default action and rules is no profile: runc and docker run such a container
 * unfiltered. */
static void read_seccomp(struct json_reader *reader, const struct json *value, void *target)
{
	struct bundle *bundle = target;

	if (json_expect(reader, value, JSON_OBJECT) &&
		(has_text_or_items(value, "defaultAction") || has_text_or_items(value, "syscalls")))
		bundle->seccomp = value;
}

static void read_linux(struct json_reader *reader, const struct json *value, void *target)
{
	static const struct json_field fields[] = {{"seccomp", false, read_seccomp}};

	json_read_object(reader, value, fields, ARRAY_LENGTH(fields), target);
}

static void read_annotations(struct json_reader *reader, const struct json *value, void *target)
{
	if (json_expect(reader, value, JSON_OBJECT))
		((struct bundle *)target)->annotations = value;
}

int bundle_parse(const char *name, char *text, size_t length, struct bundle *ret, struct error *err)
{
	static const struct json_field fields[] = {
		{"annotations", false, read_annotations},
		{"linux", false, read_linux},
		{"process", false, read_process},
	};
	struct diagnostics diagnostics = {0};
	struct bundle bundle = {0};
	struct json_reader reader = {
		.document = &bundle.document, .diagnostics = &diagnostics, .skip_unknown = true};
	int r = json_parse(name, text, length, &bundle.document, err);

	if (r < 0)
		return r;
	json_read_object(&reader, bundle.document.root, fields, ARRAY_LENGTH(fields), &bundle);
	r = diagnostics_result(&diagnostics, err);
	diagnostics_finish(&diagnostics);
	if (r < 0) {
		bundle_finish(&bundle);
		return r;
	}
	*ret = bundle;
	return 0;
}

int bundle_read(const char *directory, struct bundle *ret, struct error *err)
{
	AUTO_FREE char *path = NULL;
	char *text;
	size_t length;
	int r;

	if (asprintf(&path, "%s/config.json", directory) < 0) {
		path = NULL;
		return error_memory(err);
	}
	r = io_read_file(AT_FDCWD, path, path, BUNDLE_SIZE_LIMIT, &text, &length, err);
	if (r < 0)
		return r;
	return bundle_parse(path, text, length, ret, err);
}

void bundle_finish(struct bundle *bundle)
{
	json_document_finish(&bundle->document);
	memset(bundle, 0, sizeof(*bundle));
}

char *bundle_seccomp_text(const struct bundle *bundle, size_t *ret_length)
{
	const struct json *seccomp = bundle->seccomp;
	size_t lines = seccomp->line - 1, columns = seccomp->column - 1;
	size_t length = seccomp->end - seccomp->start;
	char *text = malloc(lines + columns + length + 1);

	if (!text)
		return NULL;
	memset(text, '\n', lines);
	memset(text + lines, ' ', columns);
	memcpy(text + lines + columns, bundle->document.text + seccomp->start, length);
	*ret_length = lines + columns + length;
	text[*ret_length] = '\0';
	return text;
}

int bundle_annotation(
	const struct bundle *bundle, const char *key, const char **ret, struct error *err)
{
	const struct json *first = bundle->annotations ? bundle->annotations->first : NULL;
	const struct json *found = NULL;

	for (const struct json *member = first; member; member = member->next) {
		if (strcmp(member->key, key) != 0)
			continue;
		if (found)
			return error_set(err, -EINVAL, "%s: the annotation %s stands twice",
				bundle->document.name, key);
		found = member;
	}
	if (found && found->type != JSON_STRING)
		return error_set(err, -EINVAL, "%s: the annotation %s must be a string, not %s",
			bundle->document.name, key, json_type_name(found->type));
	*ret = found ? found->text : NULL;
	return 0;
}
