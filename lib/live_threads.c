/* SPDX-License-Identifier: Apache-2.0 */
#include "live_threads.h"

#include "cleanup.h"
#include "container.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>

enum { ROUNDS = 3 };

/* `stack` is taken over. */
static int add_thread(struct live_threads *all, const struct process *thread,
	struct live_stack *stack, struct error *err)
{
	struct live_group *moved;

	for (size_t i = 0; i < all->group_count; i++) {
		struct live_group *group = &all->groups[i];

		if (live_stack_equal(&group->stack, stack)) {
			group->threads++;
			return 0;
		}
	}
	moved = reallocarray(all->groups, all->group_count + 1, sizeof(*moved));
	if (!moved)
		return error_memory(err);
	all->groups = moved;
	all->groups[all->group_count++] = (struct live_group){*stack, *thread, 1};
	*stack = (struct live_stack){0};
	return 0;
}

static bool is_seen(const struct live_threads *all, pid_t tid)
{
	for (size_t i = 0; i < all->seen_count; i++)
		if (all->seen[i] == tid)
			return true;
	return false;
}

static int note_seen(struct live_threads *all, pid_t tid, struct error *err)
{
	pid_t *moved = reallocarray(all->seen, all->seen_count + 1, sizeof(*moved));

	if (!moved)
		return error_memory(err);
	all->seen = moved;
	all->seen[all->seen_count++] = tid;
	return 0;
}

static int read_thread(struct live_threads *all, pid_t pid, pid_t tid, struct error *err)
{
	AUTO(live_stack_finish) struct live_stack stack = {0};
	struct process thread;
	int r = process_read(tid, &thread, err);

	if (r == 0 && thread.mode == SECCOMP_MODE_STRICT)
		return error_set(err, -EOPNOTSUPP,
			"thread %d is in strict mode, which has no filter to compare", tid);
	if (r == 0 && thread.mode == SECCOMP_MODE_FILTER)
		r = live_read(pid, tid, &all->programs, &stack, err);
	if (r == 0)
		r = add_thread(all, &thread, &stack, err);
	if (r == -ESRCH) {
		error_finish(err);
		return 0;
	}
	return r < 0 ? r : note_seen(all, tid, err);
}

static int read_threads(struct live_threads *all, pid_t pid, struct error *err)
{
	AUTO_FREE pid_t *threads = NULL;
	size_t count;
	int r = process_list(pid, &threads, &count, err);

	if (r == -ESRCH) {
		error_finish(err);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < count; i++)
		if (!is_seen(all, threads[i]))
			r = read_thread(all, pid, threads[i], err);
	return r;
}

static int read_container(struct live_threads *all, const char *name,
	const char *const *state_roots, struct error *err)
{
	AUTO(containers_finish) struct containers containers = {0};
	const struct container *container;
	int r = containers_find(state_roots, &containers, err);

	if (r == 0)
		r = containers_by_name(&containers, name, &container, err);
	for (size_t i = 0; r == 0 && i < containers.process_count; i++) {
		const struct process *process = &containers.processes[i];

		if (containers_of(&containers, process->pid) != container)
			continue;
		if (process->pid == container->pid)
			all->bounding = process->bounding;
		r = read_threads(all, process->pid, err);
	}
	return r;
}

static int read_process(struct live_threads *all, pid_t pid, struct error *err)
{
	struct process process;
	int r = process_read(pid, &process, err);

	if (r < 0)
		return r;
	all->bounding = process.bounding;
	return read_threads(all, pid, err);
}

/* `name` NULL: the process `pid`. */
static int read_all(const char *name, const char *const *state_roots, pid_t pid,
	struct live_threads *ret, struct error *err)
{
	AUTO(live_threads_finish) struct live_threads all = {0};
	size_t before;
	int r = 0;

	for (int i = 0; i < ROUNDS && r == 0; i++) {
		before = all.seen_count;
		r = name ? read_container(&all, name, state_roots, err)
			 : read_process(&all, pid, err);
		if (before == all.seen_count)
			break;
	}
	/* It has ended after its threads were read. */
	if ((r == -ESRCH || r == -ENOENT) && all.group_count > 0) {
		error_finish(err);
		r = 0;
	}
	if (r == 0 && all.group_count == 0)
		r = error_set(err, -ESRCH, "no thread is left");
	if (r < 0)
		return r;
	*ret = all;
	all = (struct live_threads){0};
	return 0;
}

int live_threads_of_process(pid_t pid, struct live_threads *ret, struct error *err)
{
	return read_all(NULL, NULL, pid, ret, err);
}

int live_threads_of_container(const char *name, const char *const *state_roots,
	struct live_threads *ret, struct error *err)
{
	return read_all(name, state_roots, 0, ret, err);
}

void live_threads_finish(struct live_threads *threads)
{
	for (size_t i = 0; i < threads->group_count; i++)
		live_stack_finish(&threads->groups[i].stack);
	free(threads->groups);
	free(threads->seen);
	live_programs_finish(&threads->programs);
	*threads = (struct live_threads){0};
}
