/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <syslog.h>

static void end_wait(int signal)
{
	(void)signal;
}

/* syslog(3) sends and, where that fails, once more: so it takes two seconds at most. */
void log_line(const char *ident, int facility, int level, const char *text)
{
	const struct itimerval every_second = {{1, 0}, {1, 0}}, never = {0};
	const struct sigaction interrupt = {.sa_handler = end_wait}; /* no SA_RESTART */
	sigset_t alarm_signal;

	sigemptyset(&alarm_signal);
	sigaddset(&alarm_signal, SIGALRM);
	sigaction(SIGALRM, &interrupt, NULL);
	sigprocmask(SIG_UNBLOCK, &alarm_signal, NULL);
	setitimer(ITIMER_REAL, &every_second, NULL);
	openlog(ident, LOG_PID, facility);
	syslog(level, "%s", text);
	closelog();
	setitimer(ITIMER_REAL, &never, NULL);
}
