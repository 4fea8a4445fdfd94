#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill_shim.py BUNDLE COMMAND...: kills the command at each of its system calls, before and after.

COMMAND rewrites BUNDLE/config.json. After each kill the file must be the old or the new one, whole;
it is put back for the next round, what else lies there is not. Prints how many rounds there were
and how many left the old file, the new one, and a temporary one beside it.
"""
import ctypes
import os
import signal
import sys

PTRACE_TRACEME, PTRACE_CONT, PTRACE_SYSCALL = 0, 7, 24
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def spawn(command):
    child = os.fork()
    if child == 0:
        null = os.open("/dev/null", os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        LIBC.ptrace(PTRACE_TRACEME, 0, None, None)
        os.execv(command[0], command)
    return child


def kill_after(stops, command):
    """Whether it was killed so, and did not end before."""
    child = spawn(command)
    for _ in range(stops + 1):  # the first is that of the exec
        _, status = os.waitpid(child, 0)
        if not os.WIFSTOPPED(status):
            return False
        if LIBC.ptrace(PTRACE_SYSCALL, child, None, None) != 0:
            sys.exit("kill_shim: ptrace: " + os.strerror(ctypes.get_errno()))
    _, status = os.waitpid(child, 0)
    if not os.WIFSTOPPED(status):
        return False
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def main():
    bundle, command = sys.argv[1], sys.argv[2:]
    path = os.path.join(bundle, "config.json")
    names = set(os.listdir(bundle))
    old = read(path)
    child = spawn(command)
    os.waitpid(child, 0)
    LIBC.ptrace(PTRACE_CONT, child, None, None)
    os.waitpid(child, 0)
    new = read(path)
    if old == new:
        sys.exit("kill_shim: the command changes nothing")
    counts = {"old": 0, "new": 0, "left": 0}
    rounds = 0
    while True:
        with open(path, "wb") as file:
            file.write(old)
        if not kill_after(rounds, command):
            break
        rounds += 1
        text = read(path)
        if text not in (old, new):
            sys.exit(f"kill_shim: round {rounds}: config.json is neither old nor new: {text!r}")
        counts["old" if text == old else "new"] += 1
        counts["left"] += bool(set(os.listdir(bundle)) - names)
    print(f"rounds={rounds} old={counts['old']} new={counts['new']} left={counts['left']}")


if __name__ == "__main__":
    main()
