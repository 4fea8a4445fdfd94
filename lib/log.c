/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <signal.h>
#include <stddef.h>
#include <syslog.h>
#include <unistd.h>

enum { SECONDS = 2 };

void log_line(const char *ident, int facility, int level, const char *text)
{
	sigset_t alarm_signal;

	sigemptyset(&alarm_signal);
	sigaddset(&alarm_signal, SIGALRM);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &alarm_signal, NULL);
	alarm(SECONDS);
	openlog(ident, LOG_PID, facility);
	syslog(level, "%s", text);
	closelog();
	alarm(0);
}
