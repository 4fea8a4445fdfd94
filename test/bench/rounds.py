#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rounds.py TITLE [NAME PREPARATION COMMAND]...: times commands side by side with hyperfine, prints a table.

In BENCH_ROUNDS (20) rounds of BENCH_RUNS (5) runs for each row, so that a busy moment of the machine
falls on all of them, and in another order each time, so that what a row leaves behind does too. The
preparation goes before each run. What a row adds to the first one is taken within each round, and the
median of that is given; also as a part of what the row adds whose name ends in "native", where there is
one.
"""
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile

title, *words = sys.argv[1:]
rows = list(zip(words[0::3], words[1::3], words[2::3]))
times = {name: [] for name, _, _ in rows}
added = {name: [] for name, _, _ in rows}


def measure(order):
    """The times of one round, by the names of the rows."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = ["hyperfine", "--shell=none", "--warmup", "1", "--runs",
                   os.environ.get("BENCH_RUNS", "5"), "--export-json", file.name]
        for name, preparation, run in order:
            command += ["--command-name", name, "--prepare", preparation, run]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode != 0:
            sys.exit(done.stderr.decode())
        return {result["command"]: result["times"] for result in json.load(file)["results"]}


for turn in range(int(os.environ.get("BENCH_ROUNDS", "20"))):
    measured = measure(random.Random(turn).sample(rows, len(rows)))
    first = statistics.median(measured[rows[0][0]])
    for name, row in measured.items():
        times[name] += row
        added[name].append(statistics.median(row) - first)

print(f"\n{title}, Linux {platform.release()}, {len(times[rows[0][0]])} runs each\n")
native = next((name for name in times if name.endswith("native")), None)
part = " of native's |" if native else ""
print(f"| | median | added, median of the rounds |{part} 10th to 90th percentile |")
print("|---|---|---|---|" + ("---|" if part else ""))
for name, row in times.items():
    more = statistics.median(added[name])
    row.sort()
    low, high = row[len(row) // 10], row[len(row) * 9 // 10]
    ratio = ""
    if native:
        ratio = f" {more / statistics.median(added[native]):.2f} |" if name != rows[0][0] else " |"
    print(f"| {name} | {statistics.median(row) * 1e3:.1f} ms | {more * 1e3:+.1f} ms |{ratio} "
          f"{low * 1e3:.1f} to {high * 1e3:.1f} ms |")
