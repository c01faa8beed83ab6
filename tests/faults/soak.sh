#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/faults/soak.sh SECONDS [--asan | --tsan]: the gateway among clients and upstreams that break off in every way, and then, as long, one
# under which all changes that can while it serves; ten minutes each by hand:
#   tests/faults/soak.sh 600 --asan
#   tests/faults/soak.sh 600 --tsan
set -euo pipefail
cd "$(dirname "$0")/../.."
preset=dev
case ${2:-} in --asan | --tsan) preset=${2#--} ;; esac
mkdir -p "build/$preset"
cmake --preset "$preset" >"build/$preset/configure.log" 2>&1 || { cat "build/$preset/configure.log"; exit 1; }
cmake --build --preset "$preset" --target sluice faults_soak faults_changes_soak
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp ASAN_OPTIONS=detect_stack_use_after_return=1
export TSAN_OPTIONS="second_deadlock_stack=1 history_size=4 suppressions=$PWD/tests/tsan.supp"
"build/$preset/tests/faults_soak" "${1:?SECONDS}" "$RANDOM"
exec "build/$preset/tests/faults_changes_soak" "$1"
