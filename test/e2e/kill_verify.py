#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill_verify.py MICROSECONDS COMMAND...: starts it, kills it after that time, prints what it met."""
import subprocess
import sys
import time

with subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
    time.sleep(int(sys.argv[1]) / 1e6)
    process.kill()
    print("killed" if process.wait() == -9 else "ended")
