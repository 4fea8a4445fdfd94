#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""console.py SOCKET: takes the terminal of one container there and prints what comes out of it."""
import os
import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
    server.bind(sys.argv[1])
    server.listen(1)
    connection, _ = server.accept()
    _, descriptors, _, _ = socket.recv_fds(connection, 4096, 1)
    connection.close()
try:
    while data := os.read(descriptors[0], 4096):
        os.write(1, data)
except OSError:  # EIO: nobody has the other end any more
    pass
