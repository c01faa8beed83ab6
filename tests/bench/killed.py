#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills a recording gateway under load (SIGKILL) and looks which answered exchanges the recording lacks: how old was the oldest?"""
import json
import random
import signal
import socket
import sqlite3
import subprocess
import threading
import time

from servers import sluice
from tables import table


class Client(threading.Thread):
    """Asks one thing after the other on one connection; notes each answer's request id and when it came."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.answers = []
        self.start()

    def run(self):
        got = b""
        try:
            while True:
                self.connection.sendall(b"GET /small HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                while b"\r\n\r\n" not in got:
                    more = self.connection.recv(65536)
                    if not more:
                        return
                    got += more
                head, _, got = got.partition(b"\r\n\r\n")
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
                while len(got) < int(fields[b"content-length"]):
                    got += self.connection.recv(65536)
                got = got[int(fields[b"content-length"]):]
                self.answers.append((fields[b"x-request-id"].decode(), time.monotonic()))
        except OSError:
            pass


def one_kill(folder, up, program):
    server = sluice(folder, up, program, "killed", True)
    clients = [Client(server.port) for _ in range(4)]
    time.sleep(0.5 + random.random())
    server.process.send_signal(signal.SIGKILL)
    died = time.monotonic()
    server.process.wait()
    for client in clients:
        client.join(10)
    with sqlite3.connect(server.folder / "recording.db") as recording:
        sound = recording.execute("PRAGMA integrity_check").fetchone()[0]
    log = subprocess.run([program, "log", "--record", server.folder / "recording.db", "--json"], capture_output=True, text=True, check=True)
    kept = {json.loads(line)["request_id"] for line in log.stdout.splitlines()}
    answers = [answer for client in clients for answer in client.answers]
    lost = [died - at for name, at in answers if name not in kept]
    return len(answers), len(lost), max(lost, default=0) * 1000, sound


def killed(root, up, args):
    rows = [["", "answered", "not in the recording", "the oldest of these, ms before the kill", "at most", "the file"]]
    for number in range(args.kills):
        answered, lost, oldest, sound = one_kill(root / f"killed{number}", up, args.sluice)
        rows.append([f"kill {number + 1}", f"{answered:,}", f"{lost:,}", f"{oldest:.0f}", "200", sound])
    table("Killed under load", rows)
