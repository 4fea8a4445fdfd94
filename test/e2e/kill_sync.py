#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill_sync.py DIRECTORY OCI_SECCOMP: kills `oci-seccomp sync` at each of its system calls.

The round that is killed replaces old.json, installs new.json and removes gone.json. After each kill
every file is there whole as it was or as it is going to be; the next round does the rest, and takes
none of them for somebody else's. Prints how many rounds there were, and how many of the files were
old and new.
"""
import hashlib
import os
import shutil
import subprocess
import sys

from kill_shim import kill_after, read

FIRST = b'{"defaultAction": "SCMP_ACT_ALLOW"}\n'
SECOND = b'{"defaultAction": "SCMP_ACT_LOG"}\n'
# What is in the target before the round and after it; None: nothing.
FILES = {"old.json": (FIRST, SECOND), "team/new.json": (None, SECOND), "team/gone.json": (FIRST, None)}
MANIFEST = "".join(f"{hashlib.sha256(texts[1]).hexdigest()}  {name}\n"
                   for name, texts in FILES.items() if texts[1] is not None)


def write(directory, name, text):
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text)


def content(directory, name):
    path = os.path.join(directory, name)
    return read(path) if os.path.exists(path) else None


def make_source(directory, which):
    for name, texts in FILES.items():
        if texts[which] is not None:
            write(directory, name, texts[which])


def finish(command, target, number):
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"round {number}: the next one fails: {run.stdout}{run.stderr}")
    for name, texts in FILES.items():
        if content(target, name) != texts[1]:
            sys.exit(f"round {number}: {name} is not as in the source after the next one")
    if read(os.path.join(target, ".oci-seccomp-sync")).decode() != MANIFEST:
        sys.exit(f"round {number}: the manifest does not list what the rounds wrote")
    if sorted(os.listdir(target)) != [".oci-seccomp-sync", "old.json", "team"]:
        sys.exit(f"round {number}: left: {os.listdir(target)}")


def main():
    work, program = sys.argv[1:]
    before, after, pristine, target = (os.path.join(work, d) for d in ("1", "2", "pristine", "to"))
    make_source(before, 0)
    make_source(after, 1)
    subprocess.run([program, "sync", "--to", pristine, before], check=True, capture_output=True)
    command = [program, "sync", "--to", target, after]
    rounds = old = new = 0
    while True:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(pristine, target)
        killed = kill_after(rounds, command)
        for name, texts in FILES.items():
            if content(target, name) not in texts:
                sys.exit(f"round {rounds}: {name} is neither old nor new: {content(target, name)!r}")
            old += content(target, name) == texts[0]
            new += content(target, name) == texts[1]
        finish(command, target, rounds)
        if not killed:
            break
        rounds += 1
    print(f"rounds={rounds} old={old} new={new}")


main()
