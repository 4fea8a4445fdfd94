/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Sends a line to the system log. A log daemon that does not read must not hold up an engine: after
 * two seconds SIGALRM ends the process. So this is for one that has nothing else left to do.
 * `facility` and `level` as in syslog(3). */
void log_line(const char *ident, int facility, int level, const char *text);
