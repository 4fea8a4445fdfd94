#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs what `oci-seccomp compile --format pfc` prints, which is nearly Python, and the program that
`--format bpf` writes, for many calls of each architecture, and compares.

usage: evaluate.py PROGRAM.bpf <PSEUDO_CODE
"""
import errno
import random
import re
import struct
import sys

ACTIONS = {"KILL_PROCESS": 0x80000000, "KILL_THREAD": 0, "TRAP": 0x30000, "ERRNO": 0x50000,
           "NOTIFY": 0x7FC00000, "TRACE": 0x7FF00000, "LOG": 0x7FFC0000, "ALLOW": 0x7FFF0000}
VALUES = [0, 1, 3, 7, 8, 37, 38, 39, 40, 41, 259, 0x20000, 0x10000000, 0x7FFFFFFF, 0xFFFFFFFF]
NUMBERS = list(range(560)) + [0xFFFFFFFF, 0x40000000 - 1]


def read_pseudo_code(text):
    lines = ["def decide(arch, syscall, args):"]
    for line in text.splitlines():
        line = re.sub(r"action (\S+);", r"return '\1'", line.split("#")[0].rstrip())
        line = re.sub(r"if (\(.*\))$", r"if \1:", line)
        line = line.replace("&&", "and").replace("||", "or")
        line = re.sub(r"\$arg(\d)\.low(\d+)", r"(args[\1] & ((1 << \2) - 1))", line)
        line = re.sub(r"\$arg(\d)", r"args[\1]", line)
        lines.append("\t" + line.replace("$", ""))
    names = {}
    exec("\n".join(lines), names)
    return names["decide"]


def value_of(action):
    name, data = re.fullmatch(r"(\w+)(?:\((\w+)\))?", action).groups()
    number = 0 if data is None else int(data) if data.isdigit() else getattr(errno, data)
    return ACTIONS[name] | number


def run(program, call):
    here = a = 0
    while True:
        code, jt, jf, k = program[here]
        here += 1
        if code == 0x20:
            a = struct.unpack_from("=I", call, k)[0]
        elif code == 0x54:
            a &= k
        elif code == 0x05:
            here += k
        elif code == 0x06:
            return k
        else:
            taken = {0x15: a == k, 0x25: a > k, 0x35: a >= k, 0x45: a & k != 0}[code]
            here += jt if taken else jf


def main(path):
    text = sys.stdin.read()
    decide = read_pseudo_code(text)
    with open(path, "rb") as file:
        program = list(struct.iter_unpack("=HBBI", file.read()))
    chosen = random.Random(1)
    calls = [(arch, number | bit) for arch in (0xC000003E, 0x40000003, 0xC00000B7)
             for number in NUMBERS for bit in (0, 0x40000000)]
    conditional = {int(n) for n in re.findall(r"== (\d+)\) # \w+\n\t\tif", text)}
    calls += [call for call in calls if call[1] in conditional] * 500
    for arch, number in calls:
        args = [chosen.choice(VALUES) | chosen.choice((0, 0, 1 << 32)) for _ in range(6)]
        got = value_of(decide(arch, number, args))
        wanted = run(program, struct.pack("=IIQ6Q", number, arch, 0, *args))
        if got != wanted:
            print("arch %#x nr %d args %r: %#x, the program gives %#x"
                  % (arch, number, args, got, wanted))
            return
    print("same")


main(sys.argv[1])
