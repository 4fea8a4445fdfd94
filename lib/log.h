/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Sends a line to the system log. A log daemon that does not read must not hold up an engine: after
 * two seconds the line is given up. For a process of one thread that has no use of its own for SIGALRM
 * and the real-time timer. `facility` and `level` as in syslog(3). */
void log_line(const char *ident, int facility, int level, const char *text);
