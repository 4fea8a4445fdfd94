/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "cleanup.h"
#include "process.h"
#include "record/shared.h"
#include "syscalls.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <record.skel.h> /* bpftool's, in the build directory */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

struct recorder {
	struct record_bpf *program; /* owned */
	enum arch arch;
};

/* What libbpf said last, for the message of an error. */
static char complaint[256];

static int keep_complaint(enum libbpf_print_level level, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
static int keep_complaint(enum libbpf_print_level level, const char *format, va_list arguments)
{
	size_t length;

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(complaint, sizeof(complaint), format, arguments);
	length = strcspn(complaint, "\n");
	complaint[length] = '\0';
	return 0;
}

static int explain(int code, struct error *err)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return error_set(err, -EOPNOTSUPP,
			"recording needs a kernel with BTF, and there is no "
			"/sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)");
	if (code == -EPERM || code == -EACCES)
		return error_set(err, -EPERM,
			"recording needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN, in the initial "
			"user namespace: run as root");
	return error_set(err, code == -ENOMEM ? code : -EOPNOTSUPP,
		"the kernel does not take the recorder's BPF program (Linux 5.12 does): %s",
		complaint[0] ? complaint : strerror(-code));
}

int recorder_create(enum arch arch, struct recorder **ret, struct error *err)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	int r;

	if (!recorder)
		return error_memory(err);
	complaint[0] = '\0';
	libbpf_set_print(keep_complaint);
	recorder->arch = arch;
	recorder->program = record_bpf__open();
	r = recorder->program ? record_bpf__load(recorder->program) : -errno;
	if (r == 0)
		r = record_bpf__attach(recorder->program);
	if (r < 0) {
		r = explain(r, err);
		recorder_destroy(recorder);
		return r;
	}
	*ret = recorder;
	return 0;
}

void recorder_destroy(struct recorder *recorder)
{
	if (!recorder)
		return;
	record_bpf__destroy(recorder->program);
	free(recorder);
}

/* ARCH_COUNT: this kernel has no such ABI. */
static enum arch arch_of_abi(const struct recorder *recorder, unsigned abi)
{
	switch (abi) {
	case RECORD_X32:
		return recorder->arch == ARCH_X86_64 ? ARCH_X32 : ARCH_COUNT;
	case RECORD_COMPAT:
		return recorder->arch == ARCH_X86_64	? ARCH_X86
		       : recorder->arch == ARCH_AARCH64 ? ARCH_ARM
							: ARCH_COUNT;
	default:
		return recorder->arch;
	}
}

void recorder_watch(struct recorder *recorder, const char *name, uint8_t arguments)
{
	for (unsigned abi = 0; abi < RECORD_ABIS; abi++) {
		enum arch arch = arch_of_abi(recorder, abi);
		int number = arch == ARCH_COUNT ? SYSCALL_NONE : syscall_number(arch, name);

		if (number == SYSCALL_NONE)
			continue;
		number &= ~(int)X32_SYSCALL_BIT;
		if (number < RECORD_NUMBERS)
			recorder->program->bss->watched[abi * RECORD_NUMBERS + (unsigned)number] |=
				arguments;
	}
}

int recorder_add(struct recorder *recorder, pid_t pid, bool at_exec, struct error *err)
{
	unsigned state = at_exec ? RECORD_WAITS : RECORD_ON;
	AUTO_CLOSE int fd = pidfd_open(pid, 0);

	if (fd < 0)
		return error_set_errno(err, -errno, "cannot open process %d", pid);
	if (bpf_map_update_elem(bpf_map__fd(recorder->program->maps.states), &fd, &state, BPF_ANY) <
		0)
		return error_set_errno(
			err, errno == ENOENT ? -ESRCH : -errno, "cannot record process %d", pid);
	return 0;
}

/* 0: the caller's own. */
static unsigned namespace_of(pid_t pid, const char *name)
{
	ino_t theirs = process_namespace(pid, name);

	return theirs == process_namespace(getpid(), name) ? 0 : (unsigned)theirs;
}

int recorder_add_namespaces(struct recorder *recorder, pid_t pid, bool at_exec, struct error *err)
{
	if (!process_namespace(pid, "mnt") || !process_namespace(pid, "pid"))
		return error_set(err, -ESRCH, "the namespaces of process %d cannot be seen", pid);
	recorder->program->bss->waits = at_exec;
	recorder->program->bss->mount_namespace = namespace_of(pid, "mnt");
	recorder->program->bss->pid_namespace = namespace_of(pid, "pid");
	return 0;
}

size_t recorder_count(const struct recorder *recorder)
{
	size_t count = 0;

	for (unsigned i = 0; i < RECORD_CALLS; i++)
		count += recorder->program->bss->seen[i];
	return count;
}

static int take_call(const struct recorder *recorder, unsigned index, struct observed *observed,
	struct observed_call **ret, struct error *err)
{
	enum arch arch = arch_of_abi(recorder, index / RECORD_NUMBERS);
	uint32_t number = index % RECORD_NUMBERS;
	const char *name = NULL;
	int r;

	*ret = NULL;
	if (arch == ARCH_X32)
		number |= X32_SYSCALL_BIT;
	if (arch != ARCH_COUNT)
		name = syscall_name(arch, number);
	if (!name) {
		observed->unknown++;
		return 0;
	}
	r = observed_add(observed, name, arch, ret, err);
	if (r < 0 || !*ret)
		return r;
	(*ret)->watched = recorder->program->bss->watched[index];
	(*ret)->open = recorder->program->bss->overflow[index] != 0;
	return 0;
}

/* Of an argument what the kernel uses. */
static void cut_arguments(
	const struct observed_call *call, const struct record_tuple *tuple, uint64_t arguments[6])
{
	for (unsigned i = 0; i < RECORD_ARGUMENTS; i++) {
		unsigned bits = syscall_argument_bits(call->arch, call->name, i);

		arguments[i] = tuple->arguments[i];
		if (bits < 64)
			arguments[i] &= (UINT64_C(1) << bits) - 1;
	}
}

static int take_tuples(
	const struct recorder *recorder, struct observed *observed, struct error *err)
{
	int fd = bpf_map__fd(recorder->program->maps.tuples), r = 0;
	struct record_tuple *former = NULL, tuple, last;

	while (r == 0 && bpf_map_get_next_key(fd, former, &tuple) == 0) {
		struct observed_call *call;
		uint64_t arguments[6];

		r = take_call(recorder, tuple.call, observed, &call, err);
		if (r == 0 && call) {
			cut_arguments(call, &tuple, arguments);
			r = observed_add_tuple(call, arguments, err);
		}
		last = tuple;
		former = &last;
	}
	return r;
}

int recorder_take(struct recorder *recorder, struct observed *ret,
	struct recorder_losses *ret_losses, struct error *err)
{
	AUTO(observed_finish) struct observed observed = {0};
	struct observed_call *call;
	int r = 0;

	record_bpf__detach(recorder->program);
	for (unsigned i = 0; i < RECORD_CALLS && r == 0; i++)
		if (recorder->program->bss->seen[i])
			r = take_call(recorder, i, &observed, &call, err);
	if (r == 0)
		r = take_tuples(recorder, &observed, err);
	if (r < 0)
		return r;
	*ret_losses = (struct recorder_losses){
		recorder->program->bss->lost, recorder->program->bss->large};
	*ret = observed;
	observed = (struct observed){0};
	return 0;
}
