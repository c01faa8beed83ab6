#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/2 in, 100 streams a connection, and HTTP/1.1 out, beside nginx."""
import re
import subprocess

from load import in_turns
from servers import nginx_proxy, sluice
from tables import cpu_rows, table

STREAMS = 100


def h2load(server, seconds):
    """Good answers within so many seconds, and what was not good."""
    said = subprocess.run(["h2load", "-D", str(seconds), "-c", "1", "-m", str(STREAMS), "-t", "1", f"http://127.0.0.1:{server.port}/small"],
                          capture_output=True, text=True, check=True).stdout
    good = int(re.search(r"status codes: (\d+) 2xx", said).group(1))
    bad = re.search(r"status codes: \d+ 2xx, (?!0 3xx, 0 4xx, 0 5xx).*", said)
    return good, bad.group(0) if bad else ""


def http2(root, up, args):
    servers = [nginx_proxy(root / "http2", up, "nginx", listen=" http2"), sluice(root / "http2", up, args.sluice, "sluice", False),
               sluice(root / "http2", up, args.sluice, "sluice, recording", True)]
    try:
        figures = in_turns(servers, args, lambda server, a: h2load(server, a.seconds), warm=lambda server: h2load(server, 1))
        table(f"HTTP/2 in, {STREAMS} streams on a connection, 1 KiB, HTTP/1.1 out", cpu_rows(figures, {"sluice": "1.0"}))
    finally:
        for server in servers:
            server.stop()
