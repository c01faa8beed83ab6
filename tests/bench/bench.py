#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures Sluice beside nginx, in turns, on this machine; see README.md. Called by run.sh."""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from http2 import http2
from killed import killed
from load import in_turns, wrk
from servers import HERE, Upstreams, cpu_seconds, memory_kib, nginx_proxy, reset_peak, sluice
from tables import cpu_rows, table
from tls import handshakes, latency, tls, tls_idle
from window import window


def forwarding(root, up, args):
    servers = [nginx_proxy(root / "forwarding", up), sluice(root / "forwarding", up, args.sluice, "sluice", False), sluice(root / "forwarding", up, args.sluice, "sluice, recording", True)]
    try:
        figures = in_turns(servers, args)
        table(f"Forwarding 1 KiB of JSON, {args.connections} connections", cpu_rows(figures, {"sluice": "0.95", "sluice, recording": "1.7"}))
        status = subprocess.run([args.sluice, "status", "--json", "--socket", str(servers[2].folder / "control.sock")], capture_output=True, text=True)
        if status.returncode == 0:
            recording = json.loads(status.stdout)["recording"]
            print(f"recorded {recording['rows']:,} exchanges in {recording['bytes'] / 2**20:,.0f} MiB, shed {recording['shed']:,}\n", flush=True)
    finally:
        for server in servers:
            server.stop()


def idle(root, up, args):
    servers = [nginx_proxy(root / "idle", up), sluice(root / "idle", up, args.sluice, "sluice", False)]
    holders, rows = [], [["", "KiB per idle connection", "at most"]]
    try:
        for server in servers:
            wrk(server, 1, args.connections)
            before = memory_kib(server.pid, "VmRSS")
            holder = subprocess.Popen([sys.executable, str(HERE / "idle.py"), str(server.port), str(args.idle)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            holders.append(holder)
            if not holder.stdout.readline().startswith("ready"):
                sys.exit(f"{server.name} did not take {args.idle} connections")
            grown = memory_kib(server.pid, "VmRSS") - before
            rows.append([server.name, f"{grown / args.idle:.2f}", "4" if server.name == "sluice" else ""])
        figures = in_turns(servers, args)
        table(f"The same beside {args.idle:,} idle connections", cpu_rows(figures, {"sluice": "1.0"}))
        table("Memory", rows)
    finally:
        for holder in holders:
            holder.stdin.close()
            holder.wait()
        for server in servers:
            server.stop()


def transfer(server, up, big, megabytes):
    reset_peak(server.pid)
    before, began = cpu_seconds(server.pid), time.monotonic()
    down = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", f"http://127.0.0.1:{server.port}/big"],
                          capture_output=True, text=True)
    middle, cpu_down = time.monotonic(), cpu_seconds(server.pid) - before
    peak_down = memory_kib(server.pid, "VmHWM")
    reset_peak(server.pid)
    sent = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_upload}", "-H", "Expect:", "-T", str(big),
                           f"http://127.0.0.1:{server.port}/up"], capture_output=True, text=True)
    ended = time.monotonic()
    good = down.stdout == f"200 {megabytes * 2**20}" and sent.stdout == f"200 {megabytes * 2**20}"
    return [server.name, f"{cpu_down:.2f}", f"{middle - began:.1f}", f"{peak_down / 1024:.1f}",
            f"{cpu_seconds(server.pid) - before - cpu_down:.2f}", f"{ended - middle:.1f}", f"{memory_kib(server.pid, 'VmHWM') / 1024:.1f}",
            "yes" if good else f"NO: {down.stdout} {down.stderr} / {sent.stdout} {sent.stderr}"]


def bodies(root, up, args):
    big = up.files / "big"
    with open(big, "wb") as file:
        file.truncate(args.megabytes * 2**20)
    servers = [nginx_proxy(root / "bodies", up), sluice(root / "bodies", up, args.sluice, "sluice", False),
               sluice(root / "bodies", up, args.sluice, "sluice, recording", True)]
    rows = [["", "down: CPU s", "s", "peak MiB", "up: CPU s", "s", "peak MiB", "whole"]]
    try:
        for server in servers:
            wrk(server, 1, args.connections)
            rows.append(transfer(server, up, big, args.megabytes))
        table(f"One body of {args.megabytes} MiB", rows)
    finally:
        for server in servers:
            server.stop()


SCENARIOS = {"forwarding": forwarding, "idle": idle, "bodies": bodies, "killed": killed, "window": window, "tls": tls, "handshakes": handshakes,
             "tls_idle": tls_idle, "latency": latency, "http2": http2}


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh", description="Sluice beside nginx, in turns. Figures: see tests/bench/README.md")
    parser.add_argument("scenarios", nargs="*", help=f"{', '.join(SCENARIOS)} (all)")
    parser.add_argument("--sluice", default=str(HERE.parents[1] / "build/release/bin/sluice"), help="the program (build/release/bin/sluice)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of load in each round (5)")
    parser.add_argument("--connections", type=int, default=64, help="busy keep-alive connections (64)")
    parser.add_argument("--idle", type=int, default=5000, help="idle connections (5000)")
    parser.add_argument("--tls-idle", type=int, default=10000, help="idle TLS connections (10000)")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--window", type=int, default=60, help="seconds that the window is watched (60)")
    parser.add_argument("--megabytes", type=int, default=1024, help="size of the large body (1024)")
    args = parser.parse_args()
    for name in args.scenarios:
        if name not in SCENARIOS:
            parser.error(f"no scenario {name}; there are {', '.join(SCENARIOS)}")
    for tool in ("nginx", "wrk", "h2load", "curl", "openssl", args.sluice):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not there; build the release preset (cmake --preset release && cmake --build --preset release), "
                     "and install nginx-light, wrk and curl")
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        root = Path(folder)
        up = Upstreams(root)
        try:
            for name in args.scenarios or SCENARIOS:
                print(f"\n== {name}", flush=True)
                SCENARIOS[name](root, up, args)
        finally:
            up.stop()


if __name__ == "__main__":
    main()
