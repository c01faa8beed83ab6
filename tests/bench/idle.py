#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens N connections to 127.0.0.1:PORT (over TLS, where "tls" follows), has one answer on each of them, says "ready N" and holds
them until its input ends."""
import resource
import socket
import ssl
import sys

port, count = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
context = ssl._create_unverified_context() if "tls" in sys.argv else None
held = []
for _ in range(count):
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    if context:
        connection = context.wrap_socket(connection)
    connection.sendall(b"GET /small HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")).split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    held.append(connection)
print("ready", len(held), flush=True)
sys.stdin.read()
