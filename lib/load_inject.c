/* SPDX-License-Identifier: Apache-2.0 */
#include "load_internal.h"

#include "cleanup.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/*
 * Loading the programs: the borrowed main thread maps memory, the loader writes a program there, and
 * the thread calls seccomp(2) with TSYNC, so that all threads have it. What the kernel then holds is
 * read back before anybody is told that it worked. The memory, some pages at most, is left where it
 * is: the execve that the process is about to do takes it away, and to unmap it would cost two stops.
 */

/* The thread's memory for one program at a time. */
struct scratch {
	unsigned long address;
	size_t size;
};

/* As load_call, a failure of the call itself being one too. */
static int call(struct borrowed *thread, const char *name, const struct arch_call *call, long *ret,
	struct error *err)
{
	int r = load_call(thread, name, call, ret, err);

	if (r < 0)
		return r;
	return *ret < 0 && *ret > -4096 ? error_set_errno(err, (int)*ret, "inject %s", name) : 0;
}

static int map_scratch(struct borrowed *thread, struct scratch *ret, struct error *err)
{
	const struct load_request *request = thread->loader->request;
	size_t longest = 0, size;
	long address;
	int r;

	for (size_t i = 0; i < request->count; i++) {
		if (request->filters[i].program.length > longest)
			longest = request->filters[i].program.length;
	}
	size = sizeof(struct sock_fprog) + longest * sizeof(struct sock_filter);
	r = call(thread, "mmap",
		&(const struct arch_call){
			SYS_mmap, {0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
					  (unsigned long)-1, 0}},
		&address, err);
	if (r == 0)
		*ret = (struct scratch){(unsigned long)address, size};
	return r;
}

static int write_program(
	pid_t pid, const struct program *program, const struct scratch *scratch, struct error *err)
{
	struct sock_fprog head = {
		.len = (unsigned short)program->length,
		.filter = (struct sock_filter *)(scratch->address + sizeof(head)),
	};
	size_t code_size = program->length * sizeof(*program->code);
	struct iovec local[] = {{&head, sizeof(head)}, {program->code, code_size}};
	struct iovec remote = {(void *)scratch->address, sizeof(head) + code_size};
	ssize_t n = process_vm_writev(pid, local, 2, &remote, 1, 0);

	if (n < 0)
		return error_set_errno(err, -errno, "cannot write into process %d", pid);
	if ((size_t)n != remote.iov_len)
		return error_set(err, -EIO, "wrote only %zd of %zu bytes into process %d", n,
			remote.iov_len, pid);
	return 0;
}

/* The kernel gives the listener to the process itself. It must not be the one that answers. */
static int take_listener(struct borrowed *thread, long number, struct error *err)
{
	struct loader *loader = thread->loader;
	long result;

	loader->listener = pidfd_getfd(loader->pidfd, (int)number, 0);
	if (loader->listener < 0)
		return error_set_errno(err, errno == ENOSYS ? -EOPNOTSUPP : -errno,
			"cannot take the listener out of process %d: pidfd_getfd (Linux 5.6)",
			loader->pid);
	return call(thread, "close", &(const struct arch_call){SYS_close, {(unsigned long)number}},
		&result, err);
}

static int explain(pid_t pid, const struct load_filter *filter, long result, struct error *err)
{
	switch (-result) {
	case EACCES:
		return error_set(err, -EPERM,
			"inject seccomp: process %d has neither no_new_privs nor CAP_SYS_ADMIN in "
			"its user namespace",
			pid);
	case EBUSY:
		return error_set(err, -EBUSY,
			"inject seccomp: process %d has a listener already, and the kernel takes "
			"one for a process",
			pid);
	case ESRCH:
		return error_set(err, -EBUSY,
			"inject seccomp: a thread of process %d has filters of its own and cannot "
			"take over the main thread's",
			pid);
	default:
		return error_set_errno(err, (int)result,
			"inject seccomp: %zu instructions, flags %#x", filter->program.length,
			load_flags(filter));
	}
}

static int load_filter(struct borrowed *thread, const struct load_filter *filter,
	const struct scratch *scratch, struct error *err)
{
	uint32_t flags = load_flags(filter);
	pid_t pid = thread->loader->pid;
	long result;
	int r = write_program(pid, &filter->program, scratch, err);

	if (r == 0)
		r = load_call(thread, "seccomp",
			&(const struct arch_call){
				SYS_seccomp, {SECCOMP_SET_MODE_FILTER, flags, scratch->address}},
			&result, err);
	if (r < 0)
		return r;
	if (result < 0)
		return explain(pid, filter, result, err);
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		return take_listener(thread, result, err);
	if (result > 0)
		return error_set(err, -EBUSY,
			"inject seccomp: thread %ld of process %d has filters of its own and "
			"cannot take over the main thread's",
			result, pid);
	return 0;
}

/* The number of instructions of the process's filter `index`, the oldest being 0, which are copied
 * to `code` unless that is NULL; 0: there is no such filter. */
static int get_filter(pid_t pid, size_t index, struct sock_filter *code)
{
	long n = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)index, code);

	if (n >= 0)
		return (int)n;
	/* Without any filter the index is not even looked at. */
	return errno == ENOENT || (errno == EINVAL && index == 0) ? 0 : -errno;
}

static int count_filters(pid_t pid, size_t *ret, struct error *err)
{
	size_t count = 0;
	int n;

	while ((n = get_filter(pid, count, NULL)) > 0)
		count++;
	if (n < 0)
		return error_set_errno(err, n, "cannot count the filters of process %d", pid);
	*ret = count;
	return 0;
}

/* `before`: how many filters the process had. */
static int verify(const struct loader *loader, size_t before, struct error *err)
{
	const struct load_request *request = loader->request;
	AUTO_FREE struct sock_filter *code = calloc(BPF_MAXINSNS, sizeof(*code));
	size_t count = 0;
	int r;

	if (!code)
		return error_memory(err);
	r = count_filters(loader->pid, &count, err);
	if (r < 0)
		return r;
	if (count != before + request->count)
		return error_set(err, -EIO, "read back: process %d has %zu filters instead of %zu",
			loader->pid, count, before + request->count);
	for (size_t i = 0; i < request->count; i++) {
		const struct program *program = &request->filters[i].program;

		/* The first look tells the length, which bounds the copy. */
		if (get_filter(loader->pid, before + i, NULL) != (int)program->length ||
			get_filter(loader->pid, before + i, code) != (int)program->length ||
			memcmp(code, program->code, program->length * sizeof(*code)) != 0)
			return error_set(err, -EIO,
				"read back: filter %zu of process %d is not the one that was "
				"loaded",
				before + i, loader->pid);
	}
	return 0;
}

int load_inject(struct loader *loader, struct error *err)
{
	struct borrowed thread = {.loader = loader};
	struct scratch scratch = {0, 0};
	size_t before = 0;
	int r;

	r = load_borrow(&thread, err);
	if (r == 0)
		r = count_filters(loader->pid, &before, err);
	if (r == 0)
		r = map_scratch(&thread, &scratch, err);
	for (size_t i = 0; r == 0 && i < loader->request->count; i++)
		r = load_filter(&thread, &loader->request->filters[i], &scratch, err);
	if (r == 0)
		r = verify(loader, before, err);
	return r < 0 ? r : load_give_back(&thread, err);
}
