#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listens on 127.0.0.1:PORT; reads each request to its end, throws the body away, and answers with how long it was."""
import socketserver
import sys


class Sink(socketserver.StreamRequestHandler):
    rbufsize = 1 << 20

    def take(self, size):
        left, buffer = size, memoryview(bytearray(1 << 20))
        while left > 0:
            n = self.rfile.readinto(buffer[:min(left, len(buffer))])
            if not n:
                return size - left
            left -= n
        return size

    def handle(self):
        while self.rfile.readline():
            headers = {}
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                headers[name.strip().lower()] = value.strip().lower()
            size = 0
            if headers.get(b"transfer-encoding") == b"chunked":
                while (n := int(self.rfile.readline().split(b";")[0], 16)) > 0:
                    size += self.take(n)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                size = self.take(int(headers.get(b"content-length", b"0")))
            body = f"{size}\n".encode()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Sink).serve_forever()
