#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/faults/soak.sh SECONDS [--asan]: the gateway among clients and upstreams that break off in every way; ten minutes by hand:
#   tests/faults/soak.sh 600 --asan
set -euo pipefail
cd "$(dirname "$0")/../.."
preset=dev
[ "${2:-}" != --asan ] || preset=asan
mkdir -p "build/$preset"
cmake --preset "$preset" >"build/$preset/configure.log" 2>&1 || { cat "build/$preset/configure.log"; exit 1; }
cmake --build --preset "$preset" --target sluice faults_soak
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp ASAN_OPTIONS=detect_stack_use_after_return=1
exec "build/$preset/tests/faults_soak" "${1:?SECONDS}" "$RANDOM"
