/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include "cleanup.h"
#include "clock.h"
#include "process.h"
#include "text.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

enum {
	STOP_MILLISECONDS = 1000,
	FILTER_LIMIT = 4096, /* the kernel takes 32768 instructions, of at least one a filter */
};

static int ended(pid_t tid, struct error *err)
{
	return error_set(err, -ESRCH, "thread %d has ended", tid);
}

static int refused(pid_t tid, int code, struct error *err)
{
	if (code == -ESRCH)
		return ended(tid, err);
	if (code == -EACCES)
		return error_set(err, code,
			"thread %d: the kernel shows filters to a process with CAP_SYS_ADMIN and "
			"without seccomp of its own; run as root on the host",
			tid);
	return error_set_errno(
		err, code, "thread %d cannot be traced (are you root on the host?)", tid);
}

static int check_tracer(pid_t tid, struct error *err)
{
	struct process process, tracer;
	AUTO_FREE char *name = NULL;
	int r = process_read(tid, &process, err);

	if (r < 0)
		return r;
	if (process.dead)
		return ended(tid, err);
	if (process.tracer == 0)
		return 0;
	if (process_read(process.tracer, &tracer, NULL) == 0)
		name = text_printable(tracer.name);
	if (name && !strcmp(name, "seccomp-loader"))
		return error_set(err, -EBUSY,
			"thread %d is about to start its program: its filter is loaded and not yet "
			"in force",
			tid);
	return error_set(err, -EBUSY, "thread %d is traced by process %d (%s)", tid, process.tracer,
		name ? name : "?");
}

/* `*ret_signal` is what the thread was about to get, and must get when it goes on. */
static int wait_stopped(pid_t tid, int *ret_signal, struct error *err)
{
	const struct timespec pause = {.tv_nsec = 50000};
	int64_t deadline = clock_monotonic() + STOP_MILLISECONDS;
	int status;

	for (;;) {
		pid_t got = waitpid(tid, &status, __WALL | WNOHANG);

		if (got == tid && WIFSTOPPED(status)) {
			*ret_signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
			return 0;
		}
		if (got == tid || (got < 0 && errno == ECHILD))
			return ended(tid, err);
		if (clock_monotonic() > deadline)
			return error_set(err, -ETIMEDOUT,
				"thread %d does not stop (is its container paused?)", tid);
		nanosleep(&pause, NULL);
	}
}

static int find_program(
	struct live_programs *programs, struct program *program, size_t *ret, struct error *err)
{
	struct program *moved;

	for (size_t i = 0; i < programs->count; i++) {
		const struct program *known = &programs->items[i];

		if (known->length == program->length &&
			!memcmp(known->code, program->code,
				program->length * sizeof(*program->code))) {
			*ret = i;
			return 0;
		}
	}
	moved = reallocarray(programs->items, programs->count + 1, sizeof(*moved));
	if (!moved)
		return error_memory(err);
	programs->items = moved;
	programs->items[programs->count] = *program;
	*program = (struct program){0};
	*ret = programs->count++;
	return 0;
}

/* `*ret_end`: there is no filter of that index. */
static int read_filter(pid_t tid, size_t index, struct live_programs *programs,
	struct live_filter *ret, bool *ret_end, struct error *err)
{
	struct __ptrace_seccomp_metadata metadata = {.filter_off = index};
	AUTO(program_finish) struct program program = {0};
	long length = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, index, NULL);

	*ret_end = length < 0 && (errno == ENOENT || errno == EINVAL);
	if (*ret_end)
		return 0;
	if (length < 0)
		return refused(tid, -errno, err);
	program.length = (size_t)length;
	program.code = calloc(program.length, sizeof(*program.code));
	if (!program.code)
		return error_memory(err);
	if (ptrace(PTRACE_SECCOMP_GET_FILTER, tid, index, program.code) != length)
		return refused(tid, -errno, err);
	if (ptrace(PTRACE_SECCOMP_GET_METADATA, tid, sizeof(metadata), &metadata) < 0)
		return refused(tid, -errno, err);
	ret->log = metadata.flags & SECCOMP_FILTER_FLAG_LOG;
	return find_program(programs, &program, &ret->program, err);
}

static int read_filters(
	pid_t tid, struct live_programs *programs, struct live_stack *stack, struct error *err)
{
	for (size_t i = 0; i < FILTER_LIMIT; i++) {
		struct live_filter filter, *moved;
		bool end;
		int r = read_filter(tid, i, programs, &filter, &end, err);

		if (r < 0 || end)
			return r;
		moved = reallocarray(stack->filters, stack->count + 1, sizeof(*moved));
		if (!moved)
			return error_memory(err);
		stack->filters = moved;
		stack->filters[stack->count++] = filter;
	}
	return error_set(err, -E2BIG, "thread %d has more than %d filters", tid, FILTER_LIMIT);
}

/* A thread belongs to the process whose pidfd is open when it is in its directory, and that lives. */
static int check_same(pid_t pid, pid_t tid, int pidfd, struct error *err)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
	if (access(path, F_OK) < 0 || pidfd_send_signal(pidfd, 0, NULL, 0) < 0)
		return ended(tid, err);
	return 0;
}

int live_read(pid_t pid, pid_t tid, struct live_programs *programs, struct live_stack *ret,
	struct error *err)
{
	AUTO(live_stack_finish) struct live_stack stack = {0};
	AUTO_CLOSE int pidfd = pidfd_open(pid, 0);
	int r, signal = 0;

	if (pidfd < 0)
		return refused(tid, -errno, err);
	r = check_tracer(tid, err);
	if (r < 0)
		return r;
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0 ||
		ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0)
		return refused(tid, -errno, err);
	r = wait_stopped(tid, &signal, err);
	if (r < 0)
		return r;
	r = check_same(pid, tid, pidfd, err);
	if (r == 0)
		r = read_filters(tid, programs, &stack, err);
	if (ptrace(PTRACE_DETACH, tid, NULL, (void *)(long)signal) < 0 && r == 0)
		r = ended(tid, err);
	if (r < 0)
		return r;
	*ret = stack;
	stack = (struct live_stack){0};
	return 0;
}

int live_read_process(
	pid_t pid, struct live_programs *programs, struct live_stack *ret, struct error *err)
{
	AUTO_FREE pid_t *threads = NULL;
	size_t count;
	int r = process_list(pid, &threads, &count, err);

	if (r < 0)
		return r;
	r = -ESRCH;
	for (size_t i = 0; r == -ESRCH && i < count; i++)
		r = live_read(pid, threads[i], programs, ret, err);
	return r;
}

bool live_stack_equal(const struct live_stack *a, const struct live_stack *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->filters[i].program != b->filters[i].program ||
			a->filters[i].log != b->filters[i].log)
			return false;
	return true;
}

void live_stack_finish(struct live_stack *stack)
{
	free(stack->filters);
	*stack = (struct live_stack){0};
}

void live_programs_finish(struct live_programs *programs)
{
	for (size_t i = 0; i < programs->count; i++)
		program_finish(&programs->items[i]);
	free(programs->items);
	*programs = (struct live_programs){0};
}
