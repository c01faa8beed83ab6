#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The window on a display of its own, attached to a gateway that records 2,000 exchanges a second: does its memory stay flat?"""
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from servers import cpu_seconds, memory_kib, sluice
from tables import table


def display():
    """Xvfb, and the name of its display."""
    reading, writing = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
                              pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as names:
        return server, ":" + names.readline().strip()


def window(root, up, args):
    desktop = Path(args.sluice).with_name("sluice-desktop")
    for tool in ("Xvfb", "h2load", str(desktop)):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not there; install xvfb and nghttp2-client, and build sluice-desktop")
    server = sluice(root / "window", up, args.sluice, "window", True)
    screen, name = display()
    shown = load = None
    rows = [["after, s", "exchanges arrived", "VmRSS of the window, MiB", "its CPU, % of a core"]]
    try:
        shown = subprocess.Popen([str(desktop), "--attach", str(server.folder / "control.sock")],
                                 env={**os.environ, "DISPLAY": name, "QT_QPA_PLATFORM": "xcb", "XDG_CONFIG_HOME": str(root / "config")},
                                 stderr=subprocess.DEVNULL)
        load = subprocess.Popen(["h2load", "--h1", "-c", "20", "-t", "1", "--rps", "100", "-D", str(args.window + 5),
                                 f"http://127.0.0.1:{server.port}/small"], stdout=subprocess.DEVNULL)
        begun = last = time.monotonic()
        used = cpu_seconds(shown.pid)
        for mark in [5 + args.window * step // 6 for step in range(7)]:
            while time.monotonic() - begun < mark:
                time.sleep(0.05)
            if shown.poll() is not None:
                sys.exit(f"sluice-desktop ended with {shown.returncode}")
            now, spent = time.monotonic(), cpu_seconds(shown.pid)
            rows.append([mark, f"{mark * 2000:,}", f"{memory_kib(shown.pid, 'VmRSS') / 1024:.1f}", f"{(spent - used) * 100 / (now - last):.0f}"])
            last, used = now, spent
        table("The window while 2,000 exchanges a second arrive", rows)
    finally:
        for process in (load, shown, screen):
            if process:
                process.terminate()
                process.wait()
        server.stop()
