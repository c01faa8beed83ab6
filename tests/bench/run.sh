#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sluice beside nginx: CPU seconds per 100,000 requests, memory, large bodies. `--help` lists the options.
set -euo pipefail
cd "$(dirname "$0")"
ulimit -Hn 65536 2>/dev/null || true  # 10,000 idle clients want twice as many; root may
ulimit -n "$(ulimit -Hn)"
exec python3 bench.py "$@"
