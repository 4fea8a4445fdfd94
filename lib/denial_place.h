/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "container.h"
#include "denial.h"
#include "error.h"

/*
 * Where the process of a record runs: the one place where a record is joined with the containers of
 * the host. A record has the number of a process alone, which may since be another's; so a process
 * that started after the record does not count, and one that is gone is looked for among the notes
 * (container_note.h), which know the first process of a container.
 */
struct denial_places;

/* `state_roots` as of containers_find; they and `notes`, a directory, must outlive the places. */
int denial_places_create(const char *const *state_roots, const char *notes,
	struct denial_places **ret, struct error *err) __attribute__((warn_unused_result));
void denial_places_destroy(struct denial_places *places);

/* The container of a record's process, for as long as the places last; `*ret` is NULL where it has none
 * or nobody knows. The same container is the same pointer. A record that is new is looked for at once,
 * while its process may still be there. */
int denial_places_find(struct denial_places *places, const struct denial *denial,
	const struct container **ret, struct error *err) __attribute__((warn_unused_result));

/* The containers as they were when they were last looked for. */
const struct containers *denial_places_containers(const struct denial_places *places);
