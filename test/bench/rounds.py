#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rounds.py TITLE NAMES FILE...: a table of what hyperfine measured in rounds; see rounds.sh.

What a row adds to the first one is taken within each round, and the median of that is given; also as
a part of what the row adds whose name ends in "native", where there is one.
"""
import json
import platform
import statistics
import sys

title, names, *files = sys.argv[1:]
names = open(names, encoding="utf-8").read().splitlines()
rounds = [json.load(open(path, encoding="utf-8"))["results"] for path in files]
times = [sorted(t for results in rounds for t in results[i]["times"]) for i in range(len(names))]


def added(i):
    return statistics.median(results[i]["median"] - results[0]["median"] for results in rounds)


print(f"\n{title}, Linux {platform.release()}, {len(times[0])} runs each\n")
native = next((i for i, name in enumerate(names) if name.endswith("native")), None)
part = "" if native is None else " of native's |"
print(f"| | median | added, median of the rounds |{part} 10th to 90th percentile |")
print("|---|---|---|---|" + ("---|" if part else ""))
for i, (name, row) in enumerate(zip(names, times)):
    low, high = row[len(row) // 10], row[len(row) * 9 // 10]
    ratio = f" {added(i) / added(native):.2f} |" if part and i else part and " |"
    print(f"| {name} | {statistics.median(row) * 1e3:.1f} ms | {added(i) * 1e3:+.1f} ms |{ratio} "
          f"{low * 1e3:.1f} to {high * 1e3:.1f} ms |")
