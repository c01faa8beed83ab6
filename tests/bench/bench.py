#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures Sluice beside nginx, in turns, on this machine; see README.md. Called by run.sh."""
import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICK = os.sysconf("SC_CLK_TCK")
SMALL = json.dumps({"items": [{"id": i, "name": f"article {i}", "price": 12.5 + i, "tags": ["a", "b"]} for i in range(14)]}).ljust(1024)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, process):
    for _ in range(1000):
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"nobody listens on {port}")


def family(pid):
    """The process and all below it."""
    out, todo = [], [pid]
    while todo:
        one = todo.pop()
        out.append(one)
        try:
            todo += [int(c) for c in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
        except OSError:
            pass
    return out


def cpu_seconds(pid):
    total = 0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def memory_kib(pid, name):
    """VmRSS or VmHWM, of the process that serves: the largest of the family."""
    best = 0
    for one in family(pid):
        found = re.search(name + r":\s+(\d+)", Path(f"/proc/{one}/status").read_text())
        best = max(best, int(found.group(1)) if found else 0)
    return best


def reset_peak(pid):
    for one in family(pid):
        try:
            Path(f"/proc/{one}/clear_refs").write_text("5")
        except OSError:
            pass


class Program:
    """A server with its folder; ends with stop()."""

    def __init__(self, name, command, port, folder):
        self.name, self.port, self.folder = name, port, folder
        self.errors = open(folder / "errors.txt", "w")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors, cwd=folder)
        wait_for_port(port, self.process)
        self.pid = self.process.pid

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()


NGINX = """daemon off; worker_processes 1; worker_rlimit_nofile 40000; pid {folder}/pid; error_log {folder}/error.log;{user}
events {{ worker_connections 20000; }}
http {{
  access_log off; client_max_body_size 0; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {body}
}}
"""


def nginx(name, root, body, port):
    folder = root / name
    folder.mkdir(parents=True)
    user = " user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user, body=body))
    return Program(name, ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], port, folder)


class Upstreams:
    """An nginx that serves 1 KiB of JSON at /small and a large file at /big, and a sink that reads uploads at /up."""

    def __init__(self, root):
        self.files, self.port, self.sink_port = root / "files", free_port(), free_port()
        self.files.mkdir()
        self.web = nginx("upstream", root, f"""sendfile on;
  server {{ listen 127.0.0.1:{self.port} backlog=4096; root {self.files};
    location = /small {{ return 200 '{SMALL}'; }} }}""", self.port)
        self.sink = Program("sink", [sys.executable, str(HERE / "sink.py"), str(self.sink_port)], self.sink_port, self.files)

    def stop(self):
        self.web.stop()
        self.sink.stop()


def nginx_proxy(root, up):
    port = free_port()
    body = f"""upstream up {{ server 127.0.0.1:{up.port}; keepalive 128; keepalive_requests 1000000000; }}
  upstream sink {{ server 127.0.0.1:{up.sink_port}; keepalive 8; }}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_request_buffering off; proxy_max_temp_file_size 0;
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://up; }} location = /up {{ proxy_pass http://sink; }} }}"""
    return nginx("nginx", root, body, port)


def sluice(root, up, program, name, record):
    folder = root / name
    folder.mkdir(parents=True)
    port = free_port()
    (folder / "sluice.yaml").write_text(f"""listen: http://127.0.0.1:{port}
services: {{up: "http://127.0.0.1:{up.port}", sink: "http://127.0.0.1:{up.sink_port}"}}
routes:
- {{path: /**, service: up}}
- {{path: /up, service: sink}}
""")
    command = [program, "run", "-c", str(folder / "sluice.yaml"), "--workers", "1",
               "--record", str(folder / "recording.db") if record else "none", "--socket", str(folder / "control.sock")]
    return Program(name, command, port, folder)


def wrk(port, seconds, connections):
    out = subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", f"http://127.0.0.1:{port}/small"],
                         capture_output=True, text=True, check=True).stdout
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    bad = re.search(r"Socket errors.*|Non-2xx.*", out)
    return requests, bad.group(0) if bad else ""


def round_of(server, args):
    """CPU seconds per 100,000 requests, and requests a second."""
    before = cpu_seconds(server.pid)
    requests, bad = wrk(server.port, args.seconds, args.connections)
    used = cpu_seconds(server.pid) - before
    if bad:
        print(f"  {server.name}: {bad}", flush=True)
    return used * 100_000 / max(1, requests), requests / args.seconds


def in_turns(servers, args):
    """A B C, A B C …: a busy machine disturbs all alike."""
    for server in servers:
        wrk(server.port, 1, args.connections)
    figures = {server.name: [] for server in servers}
    for number in range(args.rounds):
        for server in servers:
            figures[server.name].append(round_of(server, args))
            print(f"  round {number + 1} {server.name:18} {figures[server.name][-1][0]:.3f} CPU-s/100k, "
                  f"{figures[server.name][-1][1]:,.0f} requests/s", flush=True)
    return figures


def spread(values):
    return f"{statistics.median(values):.3f} ({min(values):.3f}–{max(values):.3f})"


def ratio(mine, theirs):
    """Round by round, so that what disturbed one round is in both."""
    each = [a[0] / b[0] for a, b in zip(mine, theirs) if b[0] > 0]
    return f"{statistics.median(each):.2f} ({min(each):.2f}–{max(each):.2f})" if each else "?"


def table(title, rows):
    print(f"\n### {title}\n")
    for number, row in enumerate(rows):
        print("| " + " | ".join(str(cell) for cell in row) + " |")
        if number == 0:
            print("|" + " --- |" * len(row))
    print(flush=True)


def cpu_rows(figures, limits):
    rows = [["", "CPU-s/100k: median (range)", "× nginx, per round: median (range)", "at most", "requests/s"]]
    for name, values in figures.items():
        rows.append([name, spread([v[0] for v in values]), "1" if name == "nginx" else ratio(values, figures["nginx"]),
                     limits.get(name, ""), f"{statistics.median([v[1] for v in values]):,.0f}"])
    return rows


def forwarding(root, up, args):
    servers = [nginx_proxy(root / "forwarding", up), sluice(root / "forwarding", up, args.sluice, "sluice", False), sluice(root / "forwarding", up, args.sluice, "sluice, recording", True)]
    try:
        figures = in_turns(servers, args)
        table(f"Forwarding 1 KiB of JSON, {args.connections} connections", cpu_rows(figures, {"sluice": "1.0", "sluice, recording": "2.0"}))
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
            wrk(server.port, 1, args.connections)
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
            wrk(server.port, 1, args.connections)
            rows.append(transfer(server, up, big, args.megabytes))
        table(f"One body of {args.megabytes} MiB", rows)
    finally:
        for server in servers:
            server.stop()


SCENARIOS = {"forwarding": forwarding, "idle": idle, "bodies": bodies}


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh", description="Sluice beside nginx, in turns. Figures: see tests/bench/README.md")
    parser.add_argument("scenarios", nargs="*", help="forwarding, idle, bodies (all)")
    parser.add_argument("--sluice", default=str(HERE.parents[1] / "build/release/bin/sluice"), help="the program (build/release/bin/sluice)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of load in each round (5)")
    parser.add_argument("--connections", type=int, default=64, help="busy keep-alive connections (64)")
    parser.add_argument("--idle", type=int, default=5000, help="idle connections (5000)")
    parser.add_argument("--megabytes", type=int, default=1024, help="size of the large body (1024)")
    args = parser.parse_args()
    for name in args.scenarios:
        if name not in SCENARIOS:
            parser.error(f"no scenario {name}; there are {', '.join(SCENARIOS)}")
    for tool in ("nginx", "wrk", "curl", args.sluice):
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
