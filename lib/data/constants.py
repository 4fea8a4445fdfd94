#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes C of the tables of constants and kinds.

usage: constants.py constants CONSTANTS.CSV OUTPUT    for lib/constants.c
       constants.py check CONSTANTS.CSV OUTPUT        CHECK(NAME, VALUE) for each macro of the system
       constants.py kinds KINDS.CSV OUTPUT SYSCALLS.CSV    for lib/kinds.c
"""
import csv
import sys


def rows(path):
    with open(path, encoding="utf-8") as stream:
        reader = csv.reader(line for line in stream if not line.startswith("#"))
        next(reader)
        return list(reader)


def write_constants(path, out, _):
    """A row has the set, the name, the value and the field of the argument in which it stands."""
    sets, uses = {}, []
    for group, name, value, field in rows(path):
        if name:
            bits = int(field, 0) if field else int(value, 0)
            sets.setdefault(group, []).append((name, int(value, 0), bits))
        else:
            for use in field.split():
                call, index = use.split(":")
                uses.append((call, int(index), group, value))
    for group, constants in sets.items():
        out.write("static const struct constant set_%s[] = {\n" % group)
        for constant in constants:
            out.write('\t{"%s", 0x%xU, 0x%xU},\n' % constant)
        out.write("};\n")
    out.write("static const struct use uses[] = {\n")
    for call, index, group, where in sorted(uses):
        out.write('\t{"%s", %d, %s, set_%s, ARRAY_LENGTH(set_%s)},\n'
                  % (call, index, "true" if where == "everywhere" else "false", group, group))
    out.write("};\n")


def write_check(path, out, _):
    for _, name, value, _ in rows(path):
        if name:
            out.write("#ifdef %s\nCHECK(%s, %s)\n#endif\n" % (name, name, value))


def write_kinds(path, out, syscalls_path):
    kinds = rows(path)
    members = sorted(name for kind in kinds for name in kind[2].split())
    if members != sorted(row[0] for row in rows(syscalls_path)):
        sys.exit("%s: not every call of %s stands there once" % (path, syscalls_path))
    out.write("static const struct kind kinds[] = {\n")
    for name, title, _ in kinds:
        out.write('\t{"%s", "%s"},\n' % (name, title))
    out.write("};\nstatic const struct member members[] = {\n")
    for name, kind in sorted((n, i) for i, kind in enumerate(kinds) for n in kind[2].split()):
        out.write('\t{"%s", %d},\n' % (name, kind))
    out.write("};\n")


WRITERS = {"constants": write_constants, "check": write_check, "kinds": write_kinds}


if __name__ == "__main__":
    with open(sys.argv[3], "w", encoding="ascii") as output:
        WRITERS[sys.argv[1]](sys.argv[2], output, sys.argv[-1])
