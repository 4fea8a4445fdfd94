#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""reaper.py COMMAND...: runs it and adopts the orphans of its descendants.

What a test leaves behind is then a child of this process, and no slow init keeps zombies around.
"""
import ctypes
import os
import signal
import sys

PR_SET_CHILD_SUBREAPER = 36


def main():
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("reaper: prctl failed")
    command = os.fork()
    if command == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _: os.kill(command, got))
    while True:
        pid, status = os.wait()
        if pid == command and (os.WIFEXITED(status) or os.WIFSIGNALED(status)):
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


sys.exit(main())
