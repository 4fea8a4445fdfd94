#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill_loader.py STATE MICROSECONDS: kills the loader of a container so long after it attached.

STATE is a file into which a hook in front of ours copies the container's state; STATE.ready is made
when it begins to look for that. Prints what it met:

  killed-loading    the filter was not there yet
  killed-following  the filter was there, the program had not started
  too-late          the loader had done its work
"""
import json
import os
import signal
import sys
import time

SECONDS = 20


def field(pid, name):
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            for line in file:
                if line.startswith(name + ":"):
                    return line.split()[1]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return None


def container_pid(path, deadline):
    while time.monotonic() < deadline:
        try:
            with open(path, encoding="utf-8") as file:
                return json.load(file)["pid"]
        except (FileNotFoundError, ValueError):
            continue
    sys.exit("kill_loader: no container")


def main():
    deadline = time.monotonic() + SECONDS
    with open(sys.argv[1] + ".ready", "w", encoding="utf-8"):
        pass
    pid = container_pid(sys.argv[1], deadline)
    # While the kernel links the two, the parent is told in the tracer's place.
    while (tracer := field(pid, "TracerPid")) in ("0", None, field(pid, "PPid")):
        if tracer is None:
            return "too-late"
        if time.monotonic() > deadline:
            sys.exit("kill_loader: nobody traces the container")
    moment = time.monotonic() + int(sys.argv[2]) / 1e6
    try:
        loader = os.pidfd_open(int(tracer))
    except ProcessLookupError:
        return "too-late"
    name = field(tracer, "Name")
    if name is None:
        return "too-late"
    if name != "seccomp-loader":
        sys.exit(f"kill_loader: the tracer {tracer} is {name}, no loader")
    while time.monotonic() < moment:
        pass
    # In this order: the filter never goes away again.
    mode = field(pid, "Seccomp")
    traced = field(pid, "TracerPid")
    try:
        signal.pidfd_send_signal(loader, signal.SIGKILL)
    except ProcessLookupError:
        return "too-late"
    if traced != tracer:
        return "too-late"
    return "killed-following" if mode == "2" else "killed-loading"


print(main())
