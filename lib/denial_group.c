/* SPDX-License-Identifier: Apache-2.0 */
#include "denial_group.h"

#include <stdlib.h>
#include <string.h>

/* A process that is not yet the container's program has "/" or nothing. */
static bool is_program(const char *executable)
{
	return strcmp(executable, "/") != 0 && strcmp(executable, "(null)") != 0;
}

static bool belongs(const struct denial_group *group, const struct denial *denial,
	const struct container *container)
{
	if (group->syscall != denial->syscall || group->audit != denial->audit ||
		group->arch != denial->arch || group->action != denial->action ||
		group->container != container)
		return false;
	if (container)
		return true;
	if (strcmp(group->executable, denial->executable) != 0)
		return false;
	return is_program(denial->executable) || !strcmp(group->command, denial->command);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t hash_record(const struct denial *denial, const struct container *container)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	hash = hash_text(hash, container ? container->id : denial->executable);
	if (!container && !is_program(denial->executable))
		hash = hash_text(hash, denial->command);
	hash = (hash ^ (uint64_t)denial->syscall) * UINT64_C(0xff51afd7ed558ccd);
	hash ^= denial->audit ^ (uint64_t)denial->action << 32 ^ hash >> 29;
	return hash * UINT64_C(0xff51afd7ed558ccd) >> 16;
}

static int grow_slots(struct denial_groups *groups)
{
	size_t count = groups->slot_count ? 2 * groups->slot_count : 64;
	uint32_t *slots = calloc(count, sizeof(*slots));

	if (!slots)
		return -1;
	for (size_t i = 0; i < groups->count; i++) {
		size_t slot = groups->items[i].hash % count;

		while (slots[slot])
			slot = (slot + 1) % count;
		slots[slot] = (uint32_t)i + 1;
	}
	free(groups->slots);
	groups->slots = slots;
	groups->slot_count = count;
	return 0;
}

static int grow(struct denial_groups *groups)
{
	struct denial_group *items;
	size_t capacity = groups->capacity ? 2 * groups->capacity : 32;

	if (2 * (groups->count + 1) > groups->slot_count && grow_slots(groups) < 0)
		return -1;
	if (groups->count < groups->capacity)
		return 0;
	items = reallocarray(groups->items, capacity, sizeof(*items));
	if (!items)
		return -1;
	groups->items = items;
	groups->capacity = capacity;
	return 0;
}

/* The slot of the group, or the free one where it belongs. */
static uint32_t *find_slot(const struct denial_groups *groups, const struct denial *denial,
	const struct container *container)
{
	size_t slot = hash_record(denial, container) % groups->slot_count;

	while (groups->slots[slot] &&
		!belongs(&groups->items[groups->slots[slot] - 1], denial, container))
		slot = (slot + 1) % groups->slot_count;
	return &groups->slots[slot];
}

static int add_group(struct denial_groups *groups, uint32_t *slot, const struct denial *denial,
	const struct container *container)
{
	struct denial_group group = {
		.container = container,
		.executable = strdup(denial->executable),
		.pid = denial->pid,
		.audit = denial->audit,
		.action = denial->action,
		.arch = denial->arch,
		.syscall = denial->syscall,
		.first = denial->time,
		.latest = denial->time,
		.count = 1,
		.hash = hash_record(denial, container),
	};

	if (!group.executable)
		return -1;
	memcpy(group.command, denial->command, sizeof(group.command));
	groups->items[groups->count] = group;
	*slot = (uint32_t)++groups->count;
	return 0;
}

static void count_record(struct denial_group *group, const struct denial *denial)
{
	group->count++;
	if (denial->time < group->first)
		group->first = denial->time;
	if (denial->time < group->latest)
		return;
	group->latest = denial->time;
	group->pid = denial->pid;
	memcpy(group->command, denial->command, sizeof(group->command));
}

int denial_groups_add(struct denial_groups *groups, const struct denial *denial,
	const struct container *container, struct error *err)
{
	size_t bytes = 2 * sizeof(struct denial_group) + strlen(denial->executable);
	uint32_t *slot;

	if (grow(groups) < 0)
		return error_memory(err);
	slot = find_slot(groups, denial, container);
	if (*slot) {
		count_record(&groups->items[*slot - 1], denial);
		return 0;
	}
	if (groups->bytes + bytes > DENIAL_GROUPS_BYTES) {
		groups->left_out++;
		return 0;
	}
	groups->bytes += bytes;
	return add_group(groups, slot, denial, container) < 0 ? error_memory(err) : 0;
}

static int compare(const void *left, const void *right)
{
	const struct denial_group *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->syscall < b->syscall ? -1 : a->syscall > b->syscall;
}

void denial_groups_sort(struct denial_groups *groups)
{
	if (groups->count > 1)
		qsort(groups->items, groups->count, sizeof(*groups->items), compare);
	free(groups->slots); /* they say where the groups were */
	groups->slots = NULL;
	groups->slot_count = 0;
}

void denial_groups_finish(struct denial_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->items[i].executable);
	free(groups->items);
	free(groups->slots);
	*groups = (struct denial_groups){0};
}
