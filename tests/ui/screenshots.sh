#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes the README's pictures: the demo's real traffic through a real gateway, each page, light and dark, on a display of its
# own. Usage: tests/ui/screenshots.sh [BUILD [OUT]]; by default build/release and build/screenshots.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/release}
out=${2:-build/screenshots}
mkdir -p "$out"
work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

export XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config XDG_RUNTIME_DIR=$work/run
mkdir -p -m 700 "$XDG_DATA_HOME" "$XDG_CONFIG_HOME" "$XDG_RUNTIME_DIR"
mkfifo "$work/display"
exec 3<> "$work/display"
Xvfb -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp 2> "$work/xvfb.log" &
pids+=($!)
read -r -t 20 display <&3 || { cat "$work/xvfb.log" >&2; exit 1; }
export DISPLAY=:$display QT_QPA_PLATFORM=xcb

"$build/bin/sluice" demo --headless --seconds 180 > "$work/demo.log" 2>&1 &
pids+=($!)
for _ in $(seq 100); do
    socket=$(find "$XDG_RUNTIME_DIR/sluice" -name '*.sock' 2>/dev/null | head -1 || true)
    [[ -n $socket ]] && break
    sleep 0.2
done
[[ -n ${socket:-} ]] || { cat "$work/demo.log" >&2; exit 1; }
# Another gateway that nobody has sent anything to, for the first screen.
"$build/bin/sluice" run --to http://127.0.0.1:9 --listen http://127.0.0.1:0 --record "$work/empty.db" \
    --socket "$work/empty.sock" > "$work/empty.log" 2>&1 &
pids+=($!)
sleep 20                                       # traffic for the charts

# WebSockets, one over and one open, where node's ws is there (tests/peers installs it into the build folder).
modules=$(find "$build" -path '*/npm/ws/node_modules' -prune -print -quit 2>/dev/null || true)
if [[ -n $modules ]]; then
    export NODE_PATH=$modules
    node tests/peers/streams.js > "$work/streams.out" &
    pids+=($!)
    for _ in $(seq 100); do grep -q ready "$work/streams.out" && break; sleep 0.1; done
    "$build/bin/sluice" run --to "http://127.0.0.1:$(sed 's/ready //' "$work/streams.out")" --listen http://127.0.0.1:0 \
        --record "$work/streams.db" --socket "$work/streams.sock" > "$work/streams.log" 2>&1 &
    pids+=($!)
    for _ in $(seq 100); do grep -qs 'sluice ready' "$work/streams.log" && break; sleep 0.1; done
    at=ws://$(sed -n 's,.*http://,,p' "$work/streams.log" | head -1)
    node tests/peers/ws_client.js "$at/echo" talk > "$work/talk.out"
    node tests/peers/ws_client.js "$at/echo" stay > "$work/stay.out" &
    pids+=($!)
    for _ in $(seq 100); do
        "$build/bin/sluice" log is:websocket --json --record "$work/streams.db" | grep -q websocket && break
        sleep 0.1
    done
fi

# The newest exchange that a filter lets through.
newest() { "$build/bin/sluice" log "$@" --json --record "$XDG_DATA_HOME/sluice/demo/recording.db" | tail -1 | sed 's/.*"id":\([0-9]*\).*/\1/'; }
read_one=$(newest 'route:users status:200 method:GET')
broken=$(newest 'route:payments is:failed')   # not every half minute has one whose answer broke off
broken=${broken:-$(newest 'route:payments status>=500')}
again=$(newest 'route:reports status:200 not header:Authorization')

shot() {
    local name=$1 theme=$2
    shift 2
    "$build/bin/sluice-desktop" --attach "${gateway:-$socket}" --theme "$theme" --screenshot "$out/$name-$theme.png" "$@"
    echo "$out/$name-$theme.png"
}
for theme in light dark; do
    shot traffic $theme --show "$read_one"
    shot decisions $theme --show "$broken" --tab decisions --filter 'route:payments'
    shot timing $theme --show "$again" --tab timing
    shot raw $theme --show "$read_one" --tab raw
    shot routes $theme --page routes
    shot try $theme --try /api/users/7
    shot services $theme --page services
    shot dashboard $theme --page dashboard
    shot replay $theme --page replay --show "$again"
    [[ -z $modules ]] || gateway=$work/streams.sock shot messages $theme --show 1 --tab messages
    gateway=$work/empty.sock shot first-screen $theme
    gateway=$work/empty.sock shot replay-empty $theme --page replay
done
for page in traffic services dashboard; do     # as narrow as the window is meant to go
    shot narrow-$page light --page $page --size 1100x700
done
shot narrow-detail light --size 1100x700 --show "$read_one"
