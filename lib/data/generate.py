#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the tables of lib/syscalls.c from syscalls.csv and arguments.csv.

usage: generate.py SYSCALLS.CSV ARGUMENTS.CSV OUTPUT
"""
import csv
import sys

X32_BIT = 0x40000000


def rows(path):
    with open(path, encoding="utf-8") as stream:
        reader = csv.reader(line for line in stream if not line.startswith("#"))
        return next(reader), list(reader)


def number(text, column):
    if not text:
        return "-1"
    return str(int(text) | X32_BIT if column == "x32" else int(text))


class Pool:
    """Strings one behind the other, each once; 0 is the empty one. Offsets instead of pointers leave
    nothing to relocate when a program starts."""

    def __init__(self):
        self.offsets = {"": 0}
        self.size = 1

    def offset(self, text):
        if text not in self.offsets:
            self.offsets[text] = self.size
            self.size += len(text) + 1
        return self.offsets[text]


def argument(text, pool):
    name, kind, bits = text.split(":")
    return "{%d, %d, %s}" % (
        pool.offset(name), int(bits), "true" if kind in ("uid_t", "gid_t") else "false")


def main(syscalls_path, arguments_path, output_path):
    header, syscalls = rows(syscalls_path)
    arguments = {row[0]: [a for a in row[1:] if a] for row in rows(arguments_path)[1]}
    unknown = set(arguments) - {row[0] for row in syscalls}
    if unknown:
        sys.exit("%s: not in %s: %s" % (arguments_path, syscalls_path, ", ".join(unknown)))
    pool = Pool()
    with open(output_path, "w", encoding="utf-8") as out:
        out.write("static const struct syscall syscalls[] = { /* sorted by name */\n")
        for row in sorted(syscalls):
            numbers = ", ".join(number(t, c) for t, c in zip(row[1:], header[1:]))
            args = ", ".join(argument(a, pool) for a in arguments.get(row[0], []))
            out.write("{%d, {%s}, {%s}},\n" % (pool.offset(row[0]), numbers, args))
        out.write("};\nstatic const char pool[] =\n")
        for text in pool.offsets:
            out.write('"%s\\0"\n' % text)
        out.write(";\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
