#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a C string of a digest of all that decides what program a profile becomes: the sources and
tables below a directory. The depfile names them for the build system.

usage: digest.py DIRECTORY OUTPUT DEPFILE
"""
import hashlib
import pathlib
import sys

directory, output, depfile = sys.argv[1:]
files = sorted(file for pattern in ("*.c", "*.h", "*.csv") for file in pathlib.Path(directory).rglob(pattern))
digest = hashlib.sha256()
for file in files:
    data = file.read_bytes()
    digest.update(f"{file.relative_to(directory)} {len(data)}\n".encode() + data)
with open(output, "w", encoding="ascii") as out:
    out.write(f'"{digest.hexdigest()[:16]}"\n')
with open(depfile, "w", encoding="utf-8") as out:
    out.write(output + ": " + " ".join(str(file).replace(" ", "\\ ") for file in files) + "\n")
