#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of a man page as they are written and compares what they print.

usage: man_examples.py OCI_SECCOMP PAGE.scd    in a directory with the files that they name
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys


def examples(page):
    text = page.read_text(encoding="utf-8").split("# EXAMPLES\n")[1].split("\n# ")[0]
    for block in re.findall(r"^```\n(.*?)^```$", text, re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, output = part.split("\n", 1)
            yield command, output


def main(program, path):
    environment = dict(os.environ, LC_ALL="C",
                       PATH="%s:%s" % (os.path.dirname(program), os.environ["PATH"]))
    count = 0
    for command, wanted in examples(pathlib.Path(path)):
        if "dot -T" in command and not shutil.which("dot"):
            continue
        got = subprocess.run(command, shell=True, env=environment, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False).stdout
        if got != wanted:
            print("$ %s\n%s" % (command, got))
            return 1
        count += 1
    print("as written" if count else "no examples")
    return 0 if count else 1


sys.exit(main(*sys.argv[1:]))
