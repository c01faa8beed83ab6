#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers of the bench, and what the system says of their time and memory."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
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

    def __init__(self, name, command, port, folder, tls=False):
        self.name, self.port, self.folder, self.tls = name, port, folder, tls
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


def nginx(name, root, body, port, tls=False):
    folder = root / name.replace(", ", "-").replace(" ", "-")
    folder.mkdir(parents=True)
    user = " user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user, body=body))
    return Program(name, ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], port, folder, tls)


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


class Pair:
    """A P-256 certificate for 127.0.0.1."""

    def __init__(self, root):
        self.certificate, self.key = root / "certificate.pem", root / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-keyout", self.key, "-out", self.certificate, "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True)


def nginx_proxy(root, up, name="nginx", pair=None, extra="", listen=""):
    """`extra` stands in http, `listen` behind the address."""
    port = free_port()
    tls = f" ssl_certificate {pair.certificate}; ssl_certificate_key {pair.key}; ssl_protocols TLSv1.2 TLSv1.3;" if pair else ""
    body = f"""upstream up {{ server 127.0.0.1:{up.port}; keepalive 128; keepalive_requests 1000000000; }}
  upstream sink {{ server 127.0.0.1:{up.sink_port}; keepalive 8; }}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_request_buffering off; proxy_max_temp_file_size 0; {extra}
  server {{ listen 127.0.0.1:{port}{" ssl" if pair else ""}{listen} backlog=4096;{tls}
    location / {{ proxy_pass http://up; }} location = /up {{ proxy_pass http://sink; }} }}"""
    return nginx(name, root, body, port, pair is not None)


def sluice(root, up, program, name, record, pair=None):
    folder = root / name
    folder.mkdir(parents=True)
    port = free_port()
    listen = f"http://127.0.0.1:{port}"
    if pair:
        listen = f"[{{url: https://127.0.0.1:{port}, certificates: [{{certificate: {pair.certificate}, key: {pair.key}}}]}}]"
    (folder / "sluice.yaml").write_text(f"""listen: {listen}
services: {{up: "http://127.0.0.1:{up.port}", sink: "http://127.0.0.1:{up.sink_port}"}}
routes:
- {{path: /**, service: up}}
- {{path: /up, service: sink}}
""")
    command = [program, "run", "-c", str(folder / "sluice.yaml"), "--workers", "1",
               "--record", str(folder / "recording.db") if record else "none", "--socket", str(folder / "control.sock")]
    return Program(name, command, port, folder, pair is not None)
