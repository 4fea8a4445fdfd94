#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Assembles what `oci-seccomp disasm` prints. An empty line ends a program.

usage: assemble.py <TEXT >BYTES
"""
import re
import struct
import sys

LINE = re.compile(r"\s*(\d+)  (?:L(\d+):)?\s+(\w+)(?: ([^;]*?))?\s*(?:; (.*))?")
OPERATIONS = ["add", "sub", "mul", "div", "or", "and", "lsh", "rsh", "neg", None, "xor"]
JUMPS = {"jeq": 0x15, "jgt": 0x25, "jge": 0x35, "jset": 0x45}
NEGATED = {"jne": 0x15, "jle": 0x25, "jlt": 0x35}


def number(text):
    return int(text.strip("#[]M"), 0)


def load(name, operand):
    to_x = 1 if name == "ldx" else 0
    if operand == "#len":
        return 0x80 | to_x, 0
    mode = {"[": 0x20, "M": 0x60, "#": 0}[operand[0]]
    return mode | to_x, number(operand)


def jump(name, operands, here):
    code = JUMPS.get(name, NEGATED.get(name))
    ways = [int(label[1:]) - here - 1 for label in operands[1:]]
    jt, jf = ways if len(ways) == 2 else (ways[0], 0)
    if name in NEGATED:
        jt, jf = jf, jt
    return (code | 8, jt, jf, 0) if operands[0] == "x" else (code, jt, jf, number(operands[0]))


def instruction(here, name, operands):
    first = operands[0] if operands else None
    if name in JUMPS or name in NEGATED:
        return jump(name, operands, here)
    if name in ("ld", "ldx"):
        code, k = load(name, first)
    elif name in ("st", "stx"):
        code, k = {"st": 2, "stx": 3}[name], number(first)
    elif name == "ja":
        code, k = 5, int(first[1:]) - here - 1
    elif name == "ret":
        code, k = (0x16, 0) if first == "a" else (6, number(first))
    elif name in ("tax", "txa"):
        code, k = {"tax": 7, "txa": 0x87}[name], 0
    else:
        code = 4 | OPERATIONS.index(name) << 4
        code, k = (code | 8, 0) if first == "x" else (code, number(first) if first else 0)
    return code, 0, 0, k


def assemble(line, expected):
    match = LINE.fullmatch(line)
    here, label = int(match[1]), match[2]
    if here != expected or (label and int(label) != here):
        raise ValueError("line %d is numbered %r" % (expected, line))
    fields = dict(zip(("code", "jt", "jf", "k"),
                      instruction(here, match[3], match[4].split(", ") if match[4] else [])))
    unused = re.search(r"unused:(.*)", match[5] or "")
    words = unused[1].split() if unused else []
    for name, value in zip(words[::2], words[1::2]):
        fields[name] = int(value, 0)
    return struct.pack("=HBBI", fields["code"], fields["jt"], fields["jf"], fields["k"])


def main():
    here = 0
    for line in sys.stdin.read().splitlines():
        if not line:
            here = 0
            continue
        sys.stdout.buffer.write(assemble(line, here))
        here += 1


main()
