/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "load.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Victims: child processes that stand for a container process which waits for its hooks. Each has a
 * mount namespace of its own, tells that it is ready, and goes on when it is told to.
 */

/* An errno that no kernel returns by itself. */
#define STRANGE_ERRNO 777

struct victim {
	pid_t pid;
	int go;	 /* written to: the byte that the victim waits for */
	int out; /* read from: what the victim and the program that it executes write */
};

/* What a victim does; runs in the child, which ends with the returned status. */
typedef int victim_body(int go, int out);

struct victim victim_start(victim_body *body);

/* The same without the mount namespace. */
struct victim victim_start_bare(victim_body *body);

/* Lets the victim go on and returns its wait status; `output` gets what it wrote since it was
 * ready, as a string. Closes and reaps everything. */
int victim_finish(struct victim *victim, char *output, size_t size);

/* For bodies: tells the parent that the victim is about to block. */
void victim_ready(int out);

/* For bodies: reads the byte; false when read() does not return just that. */
bool victim_wait(int go);

/* For bodies: executes try_syscall with these calls, stdout being `out`. Returns when it cannot. */
int victim_execute(int out, const char *first, const char *second);

/* After the wait: checks that getppid still works, then executes a program that tries it. */
int victim_execute_getppid(int out);

/* A whole body: waits in read(), then victim_execute_getppid. */
victim_body victim_read;

/* Decimal text of a number, good until the next call but three. */
const char *decimal(long number);

/* The number behind "FIELD:" in the status file of a process or thread; -1: there is none. */
long status_number(pid_t pid, const char *field);

/* The victim's tracer once it has one, else 0 after about a second. */
pid_t wait_for_tracer(pid_t pid);

/* A child that kills the loader `delay` microseconds after it has seized the victim; it ends with 0
 * when it could. */
pid_t start_loader_killer(pid_t victim, unsigned delay);

/* A filter that gives `errnumber` for the system call `number` and allows the rest. */
#define FILTER_LENGTH 4
void deny_one(struct sock_filter code[FILTER_LENGTH], long number, unsigned errnumber);

/* Loads one deny_one filter for getppid. */
int load_strange_getppid(pid_t pid, struct error *err);

/* The same where it must succeed. */
void load_or_fail(pid_t pid);

/* Finishes a victim whose program must find getppid denied, or which must not live to execute it.
 */
void expect_confined(struct victim *victim);
void expect_dead(struct victim *victim);

/* Once it has made its report. */
void expect_loader_holds_nothing_of_ours(pid_t loader);

/* Skips the running test when it cannot work here; with OCI_SECCOMP_MUST_RUN=1 fails it instead. */
void require_loader(void);
