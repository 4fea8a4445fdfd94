#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the seccomp filters of a process as the kernel has them, the last loaded first: a line for
each, with the number of instructions and a SHA-256 that tells programs apart.

runc puts a section for each architecture in front of a program, and their order changes from start to
start. So the sum is over the instructions in sorted order, without the distances of their jumps.
"""
import ctypes
import errno
import hashlib
import os
import struct
import sys

PTRACE_DETACH = 17
PTRACE_SEIZE = 0x4206
PTRACE_INTERRUPT = 0x4207
PTRACE_SECCOMP_GET_FILTER = 0x420C
WALL = 0x40000000
INSTRUCTION = struct.Struct("=HBBI")
JUMP_ALWAYS = 5

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, pid, address=None, data=None):
    result = libc.ptrace(request, pid, address, data)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def filters(pid):
    index = 0
    while True:
        try:
            count = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINVAL):  # no further one, none at all
                return
            raise
        program = ctypes.create_string_buffer(count * INSTRUCTION.size)
        ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, program)
        yield count, program.raw
        index += 1


def summary(program):
    parts = sorted((code, 0 if code == JUMP_ALWAYS else value)
                   for code, _, _, value in INSTRUCTION.iter_unpack(program))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def main():
    pid = int(sys.argv[1])
    ptrace(PTRACE_SEIZE, pid)
    ptrace(PTRACE_INTERRUPT, pid)
    os.waitpid(pid, WALL)
    for count, program in filters(pid):
        print(count, summary(program))
    ptrace(PTRACE_DETACH, pid)


main()
