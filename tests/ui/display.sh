#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a test on an X server of its own. Usage: display.sh PROGRAM [ARGUMENT...]
set -euo pipefail
command -v Xvfb >/dev/null || { echo "there is no Xvfb"; exit 77; }
work=$(mktemp -d)
mkfifo "$work/display"
exec 3<>"$work/display"
Xvfb -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp 2>"$work/log" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
read -r -t 30 display <&3 || { cat "$work/log"; exit 1; }
DISPLAY=:$display QT_QPA_PLATFORM=xcb "$@"
