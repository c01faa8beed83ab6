#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS 1.3 with a P-256 certificate, beside nginx: requests over kept connections, new handshakes, idle connections; and what
waiting for an answer is like at half of what nginx can do."""
import re
import statistics
import subprocess
import sys

from load import in_turns, requests_of, wrk
from servers import HERE, Pair, cpu_seconds, memory_kib, nginx_proxy, sluice
from tables import cpu_rows, table

# What a gateway in production does beside forwarding, in nginx's words.
BUSY = """log_format all '$remote_addr $request_id $time_iso8601 "$request" $status $bytes_sent $request_time $upstream_addr "$http_user_agent"';
  limit_req_zone $binary_remote_addr zone=all:10m rate=1000000r/s; limit_req zone=all burst=100000 nodelay; access_log access.log all;"""


def stop(servers):
    for server in servers:
        server.stop()


def tls(root, up, args):
    pair = Pair(root)
    servers = [nginx_proxy(root / "tls", up, "nginx", pair), nginx_proxy(root / "tls", up, "nginx, limit and log", pair, BUSY),
               sluice(root / "tls", up, args.sluice, "sluice", False, pair), sluice(root / "tls", up, args.sluice, "sluice, recording", True, pair)]
    try:
        figures = in_turns(servers, args)
        table(f"Forwarding 1 KiB over TLS 1.3, {args.connections} connections", cpu_rows(figures, {"sluice": "0.9"}))
        both = {name: figures[name] for name in ("nginx, limit and log", "sluice, recording")}
        table("The same, everything recorded", cpu_rows(both, {"sluice, recording": "1.4"}, against="nginx, limit and log"))
    finally:
        stop(servers)


def new_connections(server, args):
    """Two clients of openssl that shake hands and close, without resuming."""
    clients = [subprocess.Popen(["openssl", "s_time", "-connect", f"127.0.0.1:{server.port}", "-new", "-time", str(args.seconds)],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(2)]
    said = [client.communicate()[0] for client in clients]
    return sum(int(re.search(r"(\d+) connections in \d+ real", text).group(1)) for text in said), ""


def handshakes(root, up, args):
    pair = Pair(root)
    servers = [nginx_proxy(root / "handshakes", up, "nginx", pair), sluice(root / "handshakes", up, args.sluice, "sluice", False, pair)]
    try:
        figures = in_turns(servers, args, new_connections, "handshakes")
        table("New TLS handshakes", cpu_rows(figures, {"sluice": "1.05"}, "handshakes"))
        for name, values in figures.items():
            print(f"{name}: {100_000 / statistics.median([v[0] for v in values]):,.0f} handshakes a CPU second")
    finally:
        stop(servers)


def tls_idle(root, up, args):
    pair, count = Pair(root), args.tls_idle
    servers = [nginx_proxy(root / "tls_idle", up, "nginx", pair), sluice(root / "tls_idle", up, args.sluice, "sluice", False, pair)]
    holders, rows = [], [["", "KiB per idle TLS connection"]]
    try:
        alone = in_turns(servers, args)
        for server in servers:
            before = memory_kib(server.pid, "VmRSS")
            holder = subprocess.Popen([sys.executable, str(HERE / "idle.py"), str(server.port), str(count), "tls"],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            holders.append(holder)
            if not holder.stdout.readline().startswith("ready"):
                sys.exit(f"{server.name} did not take {count} connections")
            rows.append([server.name, f"{(memory_kib(server.pid, 'VmRSS') - before) / count:.2f}"])
        beside = in_turns(servers, args)
        table("Over TLS, without idle connections", cpu_rows(alone, {}))
        table(f"Beside {count:,} idle TLS connections", cpu_rows(beside, {}))
        table("Memory", rows)
    finally:
        for holder in holders:
            holder.stdin.close()
            holder.wait()
        stop(servers)


def answers_at(server, rate, args, log):
    """How long each answer took, in ms, in order; h2load spreads the rate over its connections."""
    log.unlink(missing_ok=True)
    subprocess.run(["h2load", "--h1", "-t", "1", "-c", str(args.connections), "--rps", f"{rate / args.connections:.0f}", "-D", str(args.seconds),
                    "--log-file", str(log), f"http://127.0.0.1:{server.port}/small"], stdout=subprocess.DEVNULL, check=True)
    return sorted(int(line.split("\t")[2]) / 1000 for line in log.read_text().splitlines())


def latency(root, up, args):
    servers = [nginx_proxy(root / "latency", up), sluice(root / "latency", up, args.sluice, "sluice", False),
               sluice(root / "latency", up, args.sluice, "sluice, recording", True)]
    try:
        rate = requests_of(wrk(servers[0], args.seconds, args.connections))[0] / args.seconds / 2
        waits, rates = {s.name: [] for s in servers}, {s.name: [] for s in servers}
        for _ in range(args.rounds):
            for server in servers:
                took = answers_at(server, rate, args, root / "answers")
                waits[server.name].append(took[len(took) * 99 // 100])
                rates[server.name].append(len(took) / args.seconds)
        rows = [["", "p99 ms: median (range)", "more than nginx, per round: median", "at most", "requests/s"]]
        for name, values in waits.items():
            more = statistics.median([a - b for a, b in zip(values, waits["nginx"])])
            rows.append([name, f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})", f"{more:+.2f}",
                         "+0.3" if name == "sluice" else "", f"{statistics.median(rates[name]):,.0f}"])
        table(f"Waiting for an answer at {rate:,.0f} requests a second, half of what nginx can do ({args.connections} connections)", rows)
    finally:
        stop(servers)
