/* SPDX-License-Identifier: Apache-2.0 */
#include "container_note.h"

#include "cleanup.h"
#include "clock.h"
#include "container_internal.h"
#include "io.h"
#include "json.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	NOTE_LIMIT = 64 * 1024,
	ENDED_LIMIT = 1000,
	NAME_SIZE = 80,
	TEXT_LIMIT = 256,  /* of a name: whoever writes annotations chooses it */
	TIDY_SECONDS = 60, /* between two tidyings: it looks at every container */
};
#define TIDIED ".tidied"
#define DAY (UINT64_C(24) * 60 * 60 * 1000)

/* What the name of a note says. */
struct note_name {
	char text[NAME_SIZE];
	pid_t pid;
	unsigned long long start;
	uint64_t ended; /* 0: not seen */
};

static bool parse_name(const char *text, struct note_name *ret)
{
	struct note_name name = {.ended = 0};
	unsigned long long ended = 0;
	int end = 0, longer = 0;

	if (strlen(text) >= sizeof(name.text) || *text < '1' || *text > '9' ||
		sscanf(text, "%d-%llu%n-%llu%n", &name.pid, &name.start, &end, &ended, &longer) < 2)
		return false;
	name.ended = ended;
	snprintf(name.text, sizeof(name.text), "%s", text);
	*ret = name;
	return text[longer ? longer : end] == '\0';
}

/* Tidying */

struct ended {
	struct note_name *names; /* owned */
	size_t count, capacity;
};

static int compare_ended(const void *left, const void *right)
{
	const struct note_name *a = left, *b = right;

	return (a->ended > b->ended) - (a->ended < b->ended);
}

static bool has_ended(const struct note_name *name)
{
	struct process process;
	int r = process_read(name->pid, &process, NULL);

	return r == -ESRCH || (r == 0 && (process.start != name->start || process.dead));
}

static void mark_ended(int directory, struct note_name *name)
{
	char text[NAME_SIZE];

	name->ended = clock_real();
	snprintf(text, sizeof(text), "%d-%llu-%llu", name->pid, name->start,
		(unsigned long long)name->ended);
	if (renameat(directory, name->text, directory, text) == 0)
		snprintf(name->text, sizeof(name->text), "%s", text);
}

static bool keep_ended(struct ended *ended, const struct note_name *name)
{
	if (ended->count == ended->capacity) {
		size_t capacity = 2 * ended->capacity + 64;
		struct note_name *moved = reallocarray(ended->names, capacity, sizeof(*moved));

		if (!moved)
			return false;
		ended->names = moved;
		ended->capacity = capacity;
	}
	ended->names[ended->count++] = *name;
	return true;
}

/* What a writer that was killed has left: see io_replace_file. */
static void remove_unfinished(int directory, const char *name)
{
	struct stat status;

	if (*name == '.' && strcmp(name, TIDIED) != 0 &&
		fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(status.st_mode) && status.st_mtime + TIDY_SECONDS < time(NULL))
		unlinkat(directory, name, 0);
}

/* Whether it is time, which it then is for nobody else. */
static bool is_untidy(int directory)
{
	AUTO_CLOSE int made = openat(
		directory, TIDIED, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat status;

	if (made >= 0)
		return true;
	if (fstatat(directory, TIDIED, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
		status.st_mtime + TIDY_SECONDS > time(NULL))
		return false;
	return utimensat(directory, TIDIED, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What cannot be done now is done by the next one. */
static void tidy(DIR *directory)
{
	struct ended ended = {0};
	struct dirent *entry;
	uint64_t oldest = clock_real() - DAY;

	while ((entry = readdir(directory))) {
		struct note_name name;

		if (!parse_name(entry->d_name, &name)) {
			remove_unfinished(dirfd(directory), entry->d_name);
			continue;
		}
		if (!name.ended && has_ended(&name))
			mark_ended(dirfd(directory), &name);
		if (name.ended && (name.ended < oldest || !keep_ended(&ended, &name)))
			unlinkat(dirfd(directory), name.text, 0);
	}
	if (ended.count > ENDED_LIMIT) {
		qsort(ended.names, ended.count, sizeof(*ended.names), compare_ended);
		for (size_t i = 0; i < ended.count - ENDED_LIMIT; i++)
			unlinkat(dirfd(directory), ended.names[i].text, 0);
	}
	free(ended.names);
}

void container_notes_tidy(const char *directory)
{
	AUTO_CLOSEDIR DIR *opened = opendir(directory);

	if (opened && is_untidy(dirfd(opened)))
		tidy(opened);
}

/* Writing */

static void write_member(FILE *stream, const char *key, const char *value)
{
	AUTO_FREE char *printable = value ? text_printable(value) : NULL;

	if (!printable)
		return;
	printable[text_cut(printable, TEXT_LIMIT)] = '\0';
	fprintf(stream, ", \"%s\": ", key);
	text_write_json(stream, printable);
}

static char *note_text(const struct container *container, unsigned filters, size_t *ret_length)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, ret_length);

	if (!stream)
		return NULL;
	fprintf(stream, "{\"engine\": \"%s\", \"filters\": %u", engine_names[container->engine],
		filters);
	write_member(stream, "id", container->id);
	write_member(stream, "name", container->name);
	write_member(stream, "pod", container->pod);
	write_member(stream, "namespace", container->namespace);
	fputs("}\n", stream);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

/* The names of a container that has just been started. */
static int describe(pid_t pid, const char *id, const struct json *config,
	struct container *container, struct error *err)
{
	AUTO_FREE char *cgroup = NULL;
	struct cgroup_place place;
	size_t length;

	container->id = strdup(id);
	if (!container->id)
		return error_memory(err);
	if (process_file(pid, "cgroup", &cgroup, &length, NULL) == 0 &&
		cgroup_place_parse(cgroup, &place)) {
		container->engine = place.engine;
		if (place.pod[0] && !(container->pod = strdup(place.pod)))
			return error_memory(err);
	}
	return config ? container_name_from(config, container, err) : 0;
}

static int write_note(
	const char *path, const struct container *container, unsigned filters, struct error *err)
{
	size_t length;
	AUTO_FREE char *text = note_text(container, filters, &length);

	return text ? io_replace_file(path, text, length, 0600, err) : error_memory(err);
}

int container_note_write(const char *directory, pid_t pid, const char *id,
	const struct json *config, unsigned filters, struct error *err)
{
	AUTO_FREE char *path = NULL;
	struct container container = {.engine = ENGINE_UNKNOWN};
	struct process process;
	int r = process_read(pid, &process, err);

	if (r < 0)
		return r;
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return error_set_errno(err, -errno, "%s: cannot make", directory);
	if (asprintf(&path, "%s/%d-%llu", directory, pid, process.start) < 0) {
		path = NULL;
		return error_memory(err);
	}
	r = describe(pid, id, config, &container, err);
	if (r == 0)
		r = write_note(path, &container, filters, err);
	container_finish(&container);
	return r;
}

/* Reading */

static int copy_member(const struct json *object, const char *key, char **ret)
{
	const struct json *value = json_member(object, key);

	if (!value || value->type != JSON_STRING)
		return 0;
	*ret = strdup(value->text);
	return *ret ? 0 : -ENOMEM;
}

static enum engine engine_of(const struct json *object)
{
	const struct json *value = json_member(object, "engine");

	for (size_t i = 0; i < ENGINE_COUNT; i++)
		if (value && value->type == JSON_STRING && !strcmp(engine_names[i], value->text))
			return (enum engine)i;
	return ENGINE_UNKNOWN;
}

/* -ENOMEM; a note without an id is as good as none. */
static int read_note(
	int directory, const struct note_name *name, struct container_note *note, struct error *err)
{
	AUTO(json_document_finish) struct json_document document = {0};
	struct container *container = &note->container;
	const struct json *filters;
	char *text;
	size_t length;

	*note = (struct container_note){
		.container.pid = name->pid, .start = name->start, .ended = name->ended};
	if (io_read_file(directory, name->text, name->text, NOTE_LIMIT, &text, &length, NULL) < 0 ||
		json_parse(name->text, text, length, &document, NULL) < 0)
		return 0;
	container->engine = engine_of(document.root);
	filters = json_member(document.root, "filters");
	if (filters && filters->type == JSON_NUMBER)
		note->filters = (unsigned)strtoul(filters->text, NULL, 10);
	if (copy_member(document.root, "id", &container->id) < 0 ||
		copy_member(document.root, "name", &container->name) < 0 ||
		copy_member(document.root, "pod", &container->pod) < 0 ||
		copy_member(document.root, "namespace", &container->namespace) < 0)
		return error_memory(err);
	return 0;
}

static int add_note(struct container_notes *notes, int directory, const struct note_name *name,
	struct error *err)
{
	struct container_note *moved = reallocarray(notes->items, notes->count + 1, sizeof(*moved));
	int r;

	if (!moved)
		return error_memory(err);
	notes->items = moved;
	r = read_note(directory, name, &moved[notes->count], err);
	/* What it is not marked to have ended, but has, can have done nothing later than now. */
	if (r == 0 && !name->ended && has_ended(name))
		moved[notes->count].ended = clock_real();
	if (r == 0 && moved[notes->count].container.id)
		notes->count++;
	else
		container_finish(&moved[notes->count].container);
	return r;
}

int container_notes_read(const char *directory, struct container_notes *ret, struct error *err)
{
	AUTO_CLOSEDIR DIR *opened = opendir(directory);
	struct container_notes notes = {0};
	struct dirent *entry;
	int r = 0;

	if (!opened && errno != ENOENT)
		return errno == EACCES
			       ? error_set(err, -EACCES, "%s: only root can read it", directory)
			       : error_set_errno(err, -errno, "%s: cannot open", directory);
	while (r == 0 && opened && (entry = readdir(opened))) {
		struct note_name name;

		if (parse_name(entry->d_name, &name))
			r = add_note(&notes, dirfd(opened), &name, err);
	}
	if (r < 0)
		container_notes_finish(&notes);
	else
		*ret = notes;
	return r;
}

void container_notes_finish(struct container_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		container_finish(&notes->items[i].container);
	free(notes->items);
	*notes = (struct container_notes){0};
}

const struct container_note *container_notes_find(
	const struct container_notes *notes, pid_t pid, uint64_t time)
{
	const struct container_note *latest = NULL;

	for (size_t i = 0; i < notes->count; i++) {
		const struct container_note *note = &notes->items[i];

		if (note->container.pid == pid && process_had_started(note->start, time) &&
			(!note->ended || time <= note->ended) &&
			(!latest || latest->start < note->start))
			latest = note;
	}
	return latest;
}
