#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load for the servers of the bench, and what it cost them."""
import re
import subprocess

from servers import cpu_seconds


def wrk(server, seconds, connections, script=None):
    """wrk's own words. A server with a pair is asked over TLS."""
    scheme = "https" if server.tls else "http"
    more = ["-s", str(script)] if script else []
    return subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--latency", *more,
                           f"{scheme}://127.0.0.1:{server.port}/small"], capture_output=True, text=True, check=True).stdout


def requests_of(said):
    bad = re.search(r"Socket errors.*|Non-2xx.*", said)
    return int(re.search(r"(\d+) requests in", said).group(1)), bad.group(0) if bad else ""


def keep_alive(server, args):
    return requests_of(wrk(server, args.seconds, args.connections))


def round_of(server, args, load=keep_alive):
    """CPU seconds per 100,000 of what `load` counts, and how many of it a second."""
    before = cpu_seconds(server.pid)
    count, bad = load(server, args)
    used = cpu_seconds(server.pid) - before
    if bad:
        print(f"  {server.name}: {bad}", flush=True)
    return used * 100_000 / max(1, count), count / args.seconds


def in_turns(servers, args, load=keep_alive, what="requests", warm=None):
    """A B C, A B C …: a busy machine disturbs all alike."""
    for server in servers:
        warm(server) if warm else wrk(server, 1, args.connections)
    figures = {server.name: [] for server in servers}
    for number in range(args.rounds):
        for server in servers:
            figures[server.name].append(round_of(server, args, load))
            print(f"  round {number + 1} {server.name:24} {figures[server.name][-1][0]:.3f} CPU-s/100k, "
                  f"{figures[server.name][-1][1]:,.0f} {what}/s", flush=True)
    return figures
