/* SPDX-License-Identifier: Apache-2.0 */
#include "import_internal.h"

#include "cleanup.h"
#include "json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What sysdig calls events and are no calls. */
static const char *const pseudo[] = {"asyncevent", "container", "cpu_hotplug", "drop",
	"group_deleted", "groupadded", "infra", "k8s", "mesos", "notification", "page_fault",
	"procexit", "procinfo", "scapevent", "signaldeliver", "switch", "tracer", "user_added",
	"user_deleted"};

/* Its names that are not the kernel's. */
static const struct {
	const char *theirs, *name;
} renamed[] = {
	{"llseek", "_llseek"},
	{"pread", "pread64"},
	{"pwrite", "pwrite64"},
	{"umount", "umount2"},
};

/* `type` is an event; `info`, where it is one that sysdig has no name for, tells: `ID=49(bind) ...`. */
static int take_event(struct import *import, const char *type, size_t length, const char *info,
	bool *ret_read, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LENGTH(pseudo); i++) {
		if (strlen(pseudo[i]) == length && !strncmp(type, pseudo[i], length)) {
			*ret_read = true;
			return 0;
		}
	}
	if ((length == 7 && (!strncmp(type, "syscall", 7) || !strncmp(type, "unknown", 7)))) {
		const char *id = info ? strstr(info, "ID=") : NULL;
		const char *name = id ? strchr(id, '(') : NULL;

		*ret_read = id != NULL || info == NULL || *info == '\0';
		return name ? import_call(import, name + 1, strcspn(name + 1, ")"), import->arch,
				      ret_read, err)
			    : 0;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(renamed); i++)
		if (strlen(renamed[i].theirs) == length &&
			!strncmp(type, renamed[i].theirs, length))
			return import_call(import, renamed[i].name, strlen(renamed[i].name),
				import->arch, ret_read, err);
	return import_call(import, type, length, import->arch, ret_read, err);
}

static int take_json(struct import *import, const char *line, bool *ret_read, struct error *err)
{
	AUTO(json_document_finish) struct json_document document = {0};
	const struct json *type, *info;
	char *copy = strdup(line);

	if (!copy)
		return error_memory(err);
	if (json_parse("sysdig", copy, strlen(copy), &document, NULL) < 0)
		return 0;
	type = json_member(document.root, "evt.type");
	if (!type)
		type = json_member(document.root, "syscall.type");
	info = json_member(document.root, "evt.info");
	if (!type || type->type != JSON_STRING)
		return 0;
	return take_event(import, type->text, strlen(type->text),
		info && info->type == JSON_STRING ? info->text : "", ret_read, err);
}

/* Where ` > ` or ` < ` stands behind the process, whose name may have either: behind `(1234)` or
 * `(1234:12)`. NULL: nowhere. */
static const char *find_direction(const char *line)
{
	const char *found = NULL;

	for (const char *at = strchr(line, ')'); at && !found; at = strchr(at + 1, ')')) {
		const char *open = at;

		while (open > line && (isdigit((unsigned char)open[-1]) || open[-1] == ':'))
			open--;
		if (open > line && open < at && open[-1] == '(' &&
			(!strncmp(at, ") > ", 4) || !strncmp(at, ") < ", 4)))
			found = at + 4;
	}
	return found;
}

int import_sysdig_line(struct import *import, const char *line, bool *ret_read, struct error *err)
{
	const char *text = line + strspn(line, " \t"), *event;
	size_t length;

	if (*text == '{')
		return take_json(import, text, ret_read, err);
	if (*text == '#' || *text == '-') { /* the head of a table */
		*ret_read = true;
		return 0;
	}
	event = find_direction(text);
	if (event) {
		length = strcspn(event, " \t\r");
		return take_event(import, event, length, event + length, ret_read, err);
	}
	/* A name alone, or behind the number of its calls. */
	if (isdigit((unsigned char)*text))
		text += strspn(text, "0123456789"), text += strspn(text, " \t");
	length = strcspn(text, " \t\r");
	if (text[length + strspn(text + length, " \t\r")])
		return 0;
	return take_event(import, text, length, NULL, ret_read, err);
}
