#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""phases.py RUNTIME [NAME HOOK COMMAND]...: where the time of a start goes, as a table.

HOOK is the program that COMMAND, a `run` of the runtime, executes as a hook. The kernel's trace events of
processes say when; an instance of its own keeps them apart from what others trace. In BENCH_ROUNDS (20) times
4 rounds, in another order each time; medians.
"""
import os
import random
import re
import statistics
import subprocess
import sys

TRACING = "/sys/kernel/tracing"
INSTANCE = f"{TRACING}/instances/oci-seccomp-bench-{os.getpid()}"
EVENTS = ["sched/sched_process_fork", "sched/sched_process_exec", "sched/sched_process_exit",
          "syscalls/sys_enter_execve", "syscalls/sys_enter_execveat"]
PHASES = ["the runtime's fork, and execve of the hook", "the hook, until it ends",
          "until the container process calls execve", "that execve",
          "the program, which ends at once, and the runtime"]
LINE = re.compile(r"\s*.+-(\d+)\s+\[\d+\]\s+\S+\s+([\d.]+): (\w+)[:(] ?(.*)")

runtime, *words = sys.argv[1:]
rows = list(zip(words[0::3], words[1::3], words[2::3]))


def write(file, text):
    with open(f"{INSTANCE}/{file}", "w", encoding="ascii") as stream:
        stream.write(text)


def events_of(command):
    """(microsecond, pid, event, details) of one run."""
    write("trace", "")
    write("tracing_on", "1")
    subprocess.run(command.split(), check=True, stdin=subprocess.DEVNULL)
    write("tracing_on", "0")
    with open(f"{INSTANCE}/trace", encoding="utf-8", errors="replace") as trace:
        found = [LINE.match(line) for line in trace]
    return [(float(m[2]) * 1e6, int(m[1]), m[3], m[4]) for m in found if m]


def phases_of(events, hook):
    """The lengths of the phases of one run."""
    def first(event, text="", pid=None):
        return next(e for e in events
                    if e[2] == event and text in e[3] and pid in (None, e[1]))
    own = first("sched_process_exec", f"/{os.path.basename(runtime)} ")[1]
    start = first("sched_process_exec", f"filename={hook} ")
    fork = first("sched_process_fork", f"child_pid={start[1]}")
    end = first("sched_process_exit", pid=start[1])
    program = first("sched_process_exec", "filename=/probe ")
    call = [e for e in events if e[2].startswith("sys_execve") and e[1] == program[1]
            and e[0] < program[0]][-1]
    last = [e for e in events if e[2] == "sched_process_exit" and e[1] == own][-1]
    moments = [e[0] for e in (fork, start, end, call, program, last)]
    return [later - earlier for earlier, later in zip(moments, moments[1:])]


os.mkdir(INSTANCE)
try:
    write("trace_clock", "mono")
    for name in EVENTS:
        write(f"events/{name}/enable", "1")
    lengths = {name: [] for name, _, _ in rows}
    for turn in range(4 * int(os.environ.get("BENCH_ROUNDS", "20"))):
        for name, hook, command in random.Random(turn).sample(rows, len(rows)):
            lengths[name].append(phases_of(events_of(command), hook))
finally:
    write("tracing_on", "0")
    os.rmdir(INSTANCE)

version = subprocess.run([runtime, "--version"], capture_output=True, text=True, check=True)
print(f"\nWhere the time goes: {version.stdout.splitlines()[0]}, us, medians of "
      f"{len(lengths[rows[0][0]])} runs\n")
print("| | " + " | ".join(lengths) + " |")
print("|---" * (len(rows) + 1) + "|")
for i, phase in enumerate(PHASES):
    medians = (statistics.median(run[i] for run in runs) for runs in lengths.values())
    print(f"| {phase} | " + " | ".join(f"{m:.0f}" for m in medians) + " |")
