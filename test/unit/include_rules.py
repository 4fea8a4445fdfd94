#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that a header or a system call is used only by the files that may (docs/ARCHITECTURE.md).

usage: include_rules.py SOURCE_ROOT
"""
import pathlib
import re
import sys

# What is looked for, and the files of lib/, cmd/ and hooks/ that may have it.
RULES = [
    ("libseccomp", r"#include <seccomp\.h>", {"lib/syscalls.c"}),
    ("yajl", r"#include <yajl/", {"lib/json.c"}),
    ("libcap", r"#include <sys/capability\.h>", {"lib/host.c"}),
    ("libbpf", r"#include <bpf/", {"lib/record.c", "lib/record/"}),
    ("ptrace calls", r"\bptrace\(", {"lib/load", "lib/arch/", "lib/live"}),
    ("seccomp calls", r"\b(SYS_seccomp|__NR_seccomp|PR_SET_SECCOMP)\b",
     {"lib/load", "lib/arch/", "lib/live"}),
    ("exit", r"\b_?exit\(", {"lib/load", "cmd/", "hooks/"}),
    ("printing", r"\b(printf|puts|perror)\(|\bfprintf\(stderr", {"cmd/", "hooks/"}),
]

# A stage knows itself and those to its left, never those to its right.
STAGES = ["state", "config", "bundle", "resolve", "profile", "policy", "filter", "optimize", "compile",
          "load", "notify"]


# A proof is worth something as long as nothing that it judges had a hand in it.
APART = [({"diagram", "prove"}, {"filter", "graph", "optimize", "search"})]

# Who shows what is in force has no part in putting it there.
APART += [({"live", "container", "identity", "process"}, {"filter", "load", "notify", "rewrite"})]


def part_of(name, parts):
    return any(re.fullmatch(part + r"(_\w+)?", name) for part in parts)


def are_apart(one, other):
    return any(part_of(a, left) and part_of(b, right)
               for left, right in APART for a, b in ((one, other), (other, one)))


def stage_of(name):
    if name.startswith("profile_write"):  # what it writes is the meaning of policies
        return STAGES.index("policy")
    for stage in sorted(STAGES, key=len, reverse=True):
        if re.fullmatch(stage + r"(_\w+)?", name):
            return STAGES.index(stage)
    return None


def violations(root):
    for path in sorted(p for d in ("lib", "cmd", "hooks") for p in (root / d).rglob("*.[ch]")):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        for what, pattern, allowed in RULES:
            if re.search(pattern, code) and not any(name.startswith(a) for a in allowed):
                yield "%s: %s belongs to %s" % (name, what, ", ".join(sorted(allowed)))
        stage = stage_of(path.stem) if path.parent.name == "lib" else None
        for header in re.findall(r'#include "(\w+)\.h"', code):
            included = stage_of(header)
            # resolve reads the profile it found: the one step to the right.
            if (path.stem, header) == ("resolve", "profile"):
                continue
            if path.parent.name == "lib" and are_apart(path.stem, header):
                yield "%s: includes %s.h, and one judges the other" % (name, header)
            if stage is not None and included is not None and included > stage:
                yield "%s: includes %s.h, a later stage" % (name, header)


def main(root):
    found = list(violations(pathlib.Path(root)))
    print("TAP version 13\n1..1")
    for line in found:
        print("# " + line)
    print("%s 1 - include rules" % ("not ok" if found else "ok"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
