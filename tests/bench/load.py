#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load for the servers of the bench, and what it cost them."""
import random
import re
import signal
import subprocess
import time

from servers import cpu_seconds

SLICE = 0.1  # seconds


def start_wrk(server, seconds, connections, script=None):
    """A server with a pair is asked over TLS."""
    scheme = "https" if server.tls else "http"
    more = ["-s", str(script)] if script else []
    return subprocess.Popen(["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--latency", *more,
                             f"{scheme}://127.0.0.1:{server.port}/small"], stdout=subprocess.PIPE, text=True)


def wrk(server, seconds, connections, script=None):
    """wrk's own words."""
    return said_by(start_wrk(server, seconds, connections, script))


def said_by(load):
    said = load.communicate()[0]
    if load.returncode:
        raise subprocess.CalledProcessError(load.returncode, "wrk", said)
    return said


def requests_of(said):
    bad = re.search(r"Socket errors.*|Non-2xx.*", said)
    return int(re.search(r"(\d+) requests in", said).group(1)), bad.group(0) if bad else ""


def round_of(server, args, load):
    """CPU seconds per 100,000 of what `load` counts, and how many of it a second."""
    before = cpu_seconds(server.pid)
    count, bad = load(server, args)
    return figure(server, cpu_seconds(server.pid) - before, count, args.seconds, bad)


def figure(server, used, count, seconds, bad):
    if bad:
        print(f"  {server.name}: {bad}", flush=True)
    return used * 100_000 / max(1, count), count / seconds


def sliced_round(servers, args):
    """A wrk for each, of which one runs at a time, SLICE long, in an order that changes: what disturbs the machine for longer than that
    disturbs all alike. Each gets nearly args.seconds of load."""
    before = [cpu_seconds(server.pid) for server in servers]
    length = len(servers) * args.seconds
    end = time.monotonic() + length
    loads = [start_wrk(server, length, args.connections) for server in servers]
    for load in loads:
        load.send_signal(signal.SIGSTOP)
    order, slices = list(range(len(servers))), 0
    try:
        while time.monotonic() + len(servers) * SLICE < end:
            random.shuffle(order)
            slices += 1
            for one in order:
                loads[one].send_signal(signal.SIGCONT)
                time.sleep(SLICE)
                loads[one].send_signal(signal.SIGSTOP)
        time.sleep(max(0, end + 0.1 - time.monotonic()))
    finally:
        for load in loads:
            load.send_signal(signal.SIGCONT)  # it finds that its time is over, and tells what it counted
    figures = []
    for server, load, used in zip(servers, loads, before):
        count, bad = requests_of(said_by(load))
        figures.append(figure(server, cpu_seconds(server.pid) - used, count, slices * SLICE, bad))
    return figures


def in_turns(servers, args, load=None, what="requests", warm=None):
    """Rounds of all servers: kept connections in slices; another load A B C, A B C …"""
    for server in servers:
        warm(server) if warm else wrk(server, 1, args.connections)
    figures = {server.name: [] for server in servers}
    for number in range(args.rounds):
        these = [round_of(server, args, load) for server in servers] if load else sliced_round(servers, args)
        for server, each in zip(servers, these):
            figures[server.name].append(each)
            print(f"  round {number + 1} {server.name:24} {each[0]:.3f} CPU-s/100k, {each[1]:,.0f} {what}/s", flush=True)
    return figures
