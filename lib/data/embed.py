#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a C initialiser of char from a file's bytes.

usage: embed.py FILE OUTPUT
"""
import sys

data = open(sys.argv[1], "rb").read()
with open(sys.argv[2], "w", encoding="ascii") as out:
    for start in range(0, len(data), 24):
        out.write(", ".join(str(b if b < 128 else b - 256) for b in data[start:start + 24]) + ",\n")
