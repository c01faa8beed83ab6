#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sluice beside nginx: CPU seconds per 100,000 requests, memory, large bodies. `--help` lists the options.
set -euo pipefail
cd "$(dirname "$0")"
ulimit -n "$(ulimit -Hn)"
exec python3 bench.py "$@"
