/* SPDX-License-Identifier: Apache-2.0 */
#include "victim.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct victim start(victim_body *body, bool with_namespace)
{
	struct pollfd ready = {.events = POLLIN};
	int go[2], out[2];
	struct victim victim;
	char byte;

	cr_assert(pipe2(go, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
	victim = (struct victim){fork(), go[1], out[0]};
	if (victim.pid == 0) {
		close(go[1]);
		close(out[0]);
		if (with_namespace && unshare(CLONE_NEWNS) < 0)
			_exit(100);
		_exit(body(go[0], out[1]));
	}
	close(go[0]);
	close(out[1]);
	ready.fd = victim.out;
	cr_assert(poll(&ready, 1, 5000) == 1);
	cr_assert(read(victim.out, &byte, 1) == 1 && byte == 'r', "the victim did not start");
	usleep(20000); /* until it blocks */
	return victim;
}

struct victim victim_start(victim_body *body)
{
	return start(body, true);
}

struct victim victim_start_bare(victim_body *body)
{
	return start(body, false);
}

int victim_finish(struct victim *victim, char *output, size_t size)
{
	struct pollfd ready = {.fd = victim->out, .events = POLLIN};
	size_t length = 0;
	ssize_t n = 0;
	int status;

	/* A victim that is dead already does not read it, and SIGPIPE is not ours to catch. */
	if (waitpid(victim->pid, &status, WNOHANG) == 0) {
		signal(SIGPIPE, SIG_IGN);
		n = write(victim->go, "x", 1);
		while (length < size - 1 && poll(&ready, 1, 10000) == 1 &&
			(n = read(victim->out, output + length, size - 1 - length)) > 0)
			length += (size_t)n;
		if (n != 0)
			kill(victim->pid, SIGABRT); /* hangs: seen as a status nobody expects */
		cr_assert(waitpid(victim->pid, &status, 0) == victim->pid);
	}
	output[length] = '\0';
	close(victim->go);
	close(victim->out);
	return status;
}

void victim_ready(int out)
{
	if (write(out, "r", 1) != 1)
		_exit(101);
}

bool victim_wait(int go)
{
	char byte = 0;

	return read(go, &byte, 1) == 1 && byte == 'x';
}

/* Beside the test program, unless the environment says where. */
static const char *try_syscall_path(void)
{
	static char path[4096];
	const char *told = getenv("TRY_SYSCALL");
	ssize_t n;

	if (told)
		return told;
	n = readlink("/proc/self/exe", path, sizeof(path) - sizeof("try_syscall"));
	if (n < 0)
		return "try_syscall";
	path[n] = '\0';
	strcpy(strrchr(path, '/') + 1, "try_syscall");
	return path;
}

int victim_execute(int out, const char *first, const char *second)
{
	const char *path = try_syscall_path();

	dup2(out, STDOUT_FILENO);
	execl(path, "try_syscall", first, second, (char *)NULL);
	return 102;
}

int victim_execute_getppid(int out)
{
	if (getppid() <= 0)
		return 103;
	return victim_execute(out, decimal(SYS_getppid), NULL);
}

int victim_read(int go, int out)
{
	victim_ready(out);
	return victim_wait(go) ? victim_execute_getppid(out) : 1;
}

const char *decimal(long number)
{
	static char texts[4][24];
	static unsigned turn;
	char *text = texts[turn++ % 4];

	snprintf(text, sizeof(texts[0]), "%ld", number);
	return text;
}

long status_number(pid_t pid, const char *field)
{
	char path[64], line[256];
	size_t length = strlen(field);
	long number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && number < 0 && fgets(line, sizeof(line), file)) {
		if (strncmp(line, field, length) == 0 && line[length] == ':')
			number = strtol(line + length + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return number;
}

pid_t wait_for_tracer(pid_t pid)
{
	for (int i = 0; i < 100000; i++) {
		long tracer = status_number(pid, "TracerPid");

		/* While the kernel links the two, the parent is told in the tracer's place. */
		if (tracer < 0)
			return 0;
		if (tracer > 0 && tracer != status_number(pid, "PPid"))
			return (pid_t)tracer;
	}
	return 0;
}

pid_t start_loader_killer(pid_t victim, unsigned delay)
{
	pid_t killer = fork();

	if (killer == 0) {
		pid_t loader = wait_for_tracer(victim);

		if (!loader)
			_exit(1);
		usleep(delay);
		_exit(kill(loader, SIGKILL) == 0 ? 0 : 2);
	}
	return killer;
}

void deny_one(struct sock_filter code[FILTER_LENGTH], long number, unsigned errnumber)
{
	const struct sock_filter filter[FILTER_LENGTH] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errnumber),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	memcpy(code, filter, sizeof(filter));
}

int load_strange_getppid(pid_t pid, struct error *err)
{
	struct sock_filter code[FILTER_LENGTH];
	struct load_filter filter = {{code, FILTER_LENGTH}, 0};
	struct load_request request = {
		.pid = pid,
		.filters = &filter,
		.count = 1,
		.ident = "test_load",
		.summary = "test_load",
	};

	deny_one(code, SYS_getppid, STRANGE_ERRNO);
	return load_into_container(&request, NULL, err);
}

void load_or_fail(pid_t pid)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(load_strange_getppid(pid, &err), 0, "%s", error_message(&err));
}

void expect_confined(struct victim *victim)
{
	char output[256];
	int status = victim_finish(victim, output, sizeof(output));

	cr_expect_str_eq(output, "-1 777\n");
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %#x", status);
}

void expect_dead(struct victim *victim)
{
	char output[64];
	int status = victim_finish(victim, output, sizeof(output));

	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "wait status %#x", status);
	cr_expect_str_eq(output, "");
}

void expect_loader_holds_nothing_of_ours(pid_t loader)
{
	char path[64], target[256];

	for (int fd = 0; fd < 64; fd++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", loader, fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		cr_expect(strcmp(target, "/dev/null") == 0 || strstr(target, "pidfd"),
			"descriptor %d of the loader is %s", fd, target);
	}
}

void require_loader(void)
{
	const char *must = getenv("OCI_SECCOMP_MUST_RUN");
	struct error err = ERROR_INIT;
	char reason[512];

	if (load_possible(&err) == 0)
		return;
	snprintf(reason, sizeof(reason), "%s", error_message(&err));
	error_finish(&err);
	if (must && strcmp(must, "1") == 0)
		cr_assert_fail("OCI_SECCOMP_MUST_RUN is set: %s", reason);
	cr_skip_test("%s", reason);
}
