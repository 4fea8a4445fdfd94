/* SPDX-License-Identifier: Apache-2.0 */
#include "sync_watch.h"

#include "cleanup.h"
#include "sync.h"
#include "verbs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

/* Milliseconds. */
enum {
	PERIOD = 60 * 1000,
	RETRY = 1000, /* where there is no source that could be watched */
	QUIET = 200,  /* how long nothing may have happened before a round */
	BUSY = 5000,  /* a source that is never quiet gets its round after this time */
};

/* Blocked signals reach pid 1 of a container too, where their default action would not. */
static int open_signals(int *ret_fd, struct error *err)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return error_set_errno(err, -errno, "sigprocmask");
	*ret_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	return *ret_fd < 0 ? error_set_errno(err, -errno, "signalfd") : 0;
}

enum wake {
	WAKE_SIGNAL,
	WAKE_CHANGE,
	WAKE_TIME,
	WAKE_FAILURE, /* errno says which */
};

/* `inotify` may be -1. */
static enum wake wait_for(int signals, int inotify, int timeout)
{
	struct pollfd polled[] = {
		{.fd = signals, .events = POLLIN}, {.fd = inotify, .events = POLLIN}};
	int r;

	do
		r = poll(polled, ARRAY_LENGTH(polled), timeout);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return WAKE_FAILURE;
	if (polled[0].revents)
		return WAKE_SIGNAL;
	return polled[1].revents ? WAKE_CHANGE : WAKE_TIME;
}

/* Waits until whoever changes the source has done with it. */
static enum wake settle(int signals, int inotify)
{
	enum wake wake = WAKE_CHANGE;
	char events[4096];

	for (int waited = 0; wake == WAKE_CHANGE && waited < BUSY; waited += QUIET) {
		while (read(inotify, events, sizeof(events)) > 0)
			continue;
		wake = wait_for(signals, inotify, QUIET);
	}
	return wake;
}

/* One round. The watches are set first, and anew each time: what changes during the round wakes the
 * next one, and directories come and go. */
static enum wake turn(const char *source, int signals, bool (*serve)(void *context), void *context)
{
	AUTO_CLOSE int inotify = -1;
	struct error err = ERROR_INIT;
	enum wake wake;

	/* The round says what is wrong with the source. */
	if (sync_watch(source, &inotify, &err) < 0)
		error_finish(&err);
	serve(context);
	wake = wait_for(signals, inotify, inotify < 0 ? RETRY : PERIOD);
	return wake == WAKE_CHANGE ? settle(signals, inotify) : wake;
}

int watch_source(const char *source, bool (*serve)(void *context), void *context)
{
	AUTO_CLOSE int signals = -1;
	struct error err = ERROR_INIT;
	enum wake wake;

	if (open_signals(&signals, &err) < 0)
		return verb_failure(&err);
	do
		wake = turn(source, signals, serve, context);
	while (wake == WAKE_CHANGE || wake == WAKE_TIME);
	if (wake == WAKE_SIGNAL)
		return EXIT_SUCCESS;
	error_set_errno(&err, -errno, "cannot wait for changes");
	return verb_failure(&err);
}
