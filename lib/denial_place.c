/* SPDX-License-Identifier: Apache-2.0 */
#include "denial_place.h"

#include "cleanup.h"
#include "clock.h"
#include "container_note.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REST = 100 }; /* milliseconds between two looks at the host */

struct denial_places {
	const char *const *state_roots; /* not owned */
	const char *notes_directory;	/* not owned */
	struct containers containers;
	struct container_notes notes;
	uint64_t looked;	 /* milliseconds since 1970 */
	struct container **told; /* owned, each of them too */
	size_t told_count;
};

static int look(struct denial_places *places, struct error *err)
{
	struct containers containers;
	struct container_notes notes;
	uint64_t looked = clock_real();
	int r = container_notes_read(places->notes_directory, &notes, err);

	if (r < 0)
		return r;
	r = containers_find(places->state_roots, &containers, err);
	if (r < 0) {
		container_notes_finish(&notes);
		return r;
	}
	containers_finish(&places->containers);
	container_notes_finish(&places->notes);
	places->containers = containers;
	places->notes = notes;
	places->looked = looked;
	return 0;
}

int denial_places_create(const char *const *state_roots, const char *notes,
	struct denial_places **ret, struct error *err)
{
	struct denial_places *places = calloc(1, sizeof(*places));
	int r;

	if (!places)
		return error_memory(err);
	places->state_roots = state_roots;
	places->notes_directory = notes;
	r = look(places, err);
	if (r < 0)
		denial_places_destroy(places);
	else
		*ret = places;
	return r;
}

void denial_places_destroy(struct denial_places *places)
{
	if (!places)
		return;
	for (size_t i = 0; i < places->told_count; i++) {
		container_finish(places->told[i]);
		free(places->told[i]);
	}
	free(places->told);
	containers_finish(&places->containers);
	container_notes_finish(&places->notes);
	free(places);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int copy_text(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -1 : 0;
}

/* The lasting copy of a container. */
static int keep(struct denial_places *places, const struct container *found,
	const struct container **ret, struct error *err)
{
	struct container *copy, **moved;

	for (size_t i = 0; i < places->told_count; i++) {
		if (same_text(places->told[i]->id, found->id) &&
			same_text(places->told[i]->namespace, found->namespace)) {
			*ret = places->told[i];
			return 0;
		}
	}
	moved = reallocarray(places->told, places->told_count + 1, sizeof(struct container *));
	if (!moved)
		return error_memory(err);
	places->told = moved;
	copy = calloc(1, sizeof(*copy));
	if (!copy)
		return error_memory(err);
	copy->engine = found->engine;
	copy->pid = found->pid;
	if (copy_text(found->id, &copy->id) < 0 || copy_text(found->name, &copy->name) < 0 ||
		copy_text(found->pod, &copy->pod) < 0 ||
		copy_text(found->namespace, &copy->namespace) < 0) {
		container_finish(copy);
		free(copy);
		return error_memory(err);
	}
	places->told[places->told_count++] = copy;
	*ret = copy;
	return 0;
}

/* Whether the process of the record is among those that were seen; `*ret` is its container. */
static bool is_seen(const struct denial_places *places, const struct denial *denial,
	const struct container **ret)
{
	const struct process *process = containers_process(&places->containers, (pid_t)denial->pid);
	struct process now;

	if (!process || !process_had_started(process->start, denial->time))
		return false;
	/* Since the look the number may have become another's. */
	if (denial->time > places->looked &&
		(process_read(process->pid, &now, NULL) < 0 || now.start != process->start))
		return false;
	*ret = containers_of(&places->containers, process->pid);
	return true;
}

/* A look sees all that was there before it: in a flood of records of unknown processes this takes no
 * longer than they took to come. */
static void rest(const struct denial_places *places)
{
	uint64_t time = clock_real(), until = places->looked + REST;

	if (time >= places->looked && time < until) /* else the clock was set back */
		usleep((useconds_t)(until - time) * 1000);
}

int denial_places_find(struct denial_places *places, const struct denial *denial,
	const struct container **ret, struct error *err)
{
	const struct container *found = NULL;
	bool seen = is_seen(places, denial, &found);
	int r;

	/* The container may have started since, or the record been written while we looked. */
	if (!seen && denial->time + REST > places->looked) {
		rest(places);
		r = look(places, err);
		if (r < 0)
			return r;
		seen = is_seen(places, denial, &found);
	}
	if (!seen) {
		const struct container_note *note =
			container_notes_find(&places->notes, (pid_t)denial->pid, denial->time);

		found = note ? &note->container : NULL;
	}
	*ret = NULL;
	return found ? keep(places, found, ret, err) : 0;
}

const struct containers *denial_places_containers(const struct denial_places *places)
{
	return &places->containers;
}
