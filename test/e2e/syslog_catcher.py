#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""syslog_catcher.py SOCKET FILE: is the syslog daemon behind SOCKET; appends its lines to FILE."""
import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log, open(sys.argv[2], "ab") as file:
    log.bind(sys.argv[1])
    while True:
        file.write(log.recv(65536).rstrip(b"\0\n") + b"\n")
        file.flush()
