#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of man pages as they are written: a line that begins with `$ ` in a literal block, and
below it just what it prints. Prints TAP. From the environment: OCI_SECCOMP (the program).

usage: manual_examples.py PAGE.scd...
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile


def examples(path):
    """Commands and their outputs."""
    for block in re.findall(r"^```\n(.*?)^```$", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            yield command, output


def run(command, folder):
    environment = dict(os.environ, PATH="%s:%s" % (folder, os.environ["PATH"]), LC_ALL="C.UTF-8")
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    return done.stdout.decode()


def main(pages):
    count, failed = 0, 0
    print("TAP version 13")
    for page in map(pathlib.Path, pages):
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(os.environ["OCI_SECCOMP"], os.path.join(folder, "oci-seccomp"))
            for command, wanted in examples(page):
                got = run(command, folder)
                count += 1
                failed += got != wanted
                print("%s %d - %s: %s" % ("ok" if got == wanted else "not ok", count, page.name, command))
                if got != wanted:
                    print("# got:\n#   " + got.replace("\n", "\n#   ").rstrip("# \n"))
    print("1..%d" % count)
    return 1 if failed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
