#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what the tests need, builds, and runs them all.
#   tests/run.sh                  format and tidy checks, then everything in a debug build
#   tests/run.sh asan | tsan      the same tests in a sanitizer build
#   tests/run.sh asan-core        the coroutines, the journeys and the readers alone under the address sanitizer
#   tests/run.sh fuzz             each fuzz target for a minute, small ones for a third of it (FUZZ_SECONDS), another way each time (FUZZ_SEED: always the same)
#   tests/run.sh tidy             the checks of the source alone
#   tests/run.sh dev asan fuzz    several, in this order
set -euo pipefail
cd "$(dirname "$0")/.."

bash installer/install-packages.sh installer/packages.txt tests/packages.txt
[ $# -gt 0 ] || set -- tidy dev

build_and_test() {
    local preset=$1
    shift
    echo "== $preset: build"
    mkdir -p "build/$preset"
    cmake --preset "$preset" >"build/$preset/configure.log" 2>&1 || { cat "build/$preset/configure.log"; return 1; }
    cmake --build --preset "$preset" || return 1
    echo "== $preset: test"
    # Stories of many processes share this machine with others: what fails is told, and tried once more.
    ctest --test-dir "build/$preset" --output-on-failure --repeat until-pass:2 -j2 -LE unsettled "$@"
}

fuzz() {
    echo "== fuzz: build"
    mkdir -p build/fuzz
    cmake --preset fuzz >build/fuzz/configure.log 2>&1 || { cat build/fuzz/configure.log; return 1; }
    local name names=()
    for name in tests/fuzz/*_fuzz.cpp; do names+=("$(basename "$name" _fuzz.cpp)"); done
    cmake --build --preset fuzz --target "${names[@]/#/fuzz_}"
    for name in "${names[@]}"; do
        echo "== fuzz: $name"
        mkdir -p "build/fuzz/corpus/$name"
        local seconds=${FUZZ_SECONDS:-60}
        case $name in filter | proxy_protocol | http1_writer) seconds=$(((seconds + 2) / 3)) ;; esac
        "build/fuzz/tests/fuzz_$name" -max_total_time="$seconds" -seed="${FUZZ_SEED:-0}" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
            -artifact_prefix=build/fuzz/ "build/fuzz/corpus/$name" "tests/fuzz/seeds/$name"
    done
}

asan_core() {
    local targets=(simulation_journey_test unit_base_scope_test unit_base_text_test) target
    local file
    for file in tests/unit/http/*_test.cpp tests/unit/routing/*_test.cpp; do
        targets+=("unit_$(basename "$(dirname "$file")")_$(basename "$file" .cpp)")
    done
    echo "== asan-core: build"
    mkdir -p build/asan
    cmake --preset asan >build/asan/configure.log 2>&1 || { cat build/asan/configure.log; return 1; }
    cmake --build --preset asan --target "${targets[@]}"
    for target in "${targets[@]}"; do
        echo "== asan-core: $target"
        ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 "build/asan/tests/$target"
    done
}

# Programs that tests start and kill say what was found, too: into files.
tsan() {
    local reports=$PWD/build/tsan/reports failed=0
    rm -rf "$reports"
    mkdir -p "$reports"
    TSAN_OPTIONS="second_deadlock_stack=1 history_size=4 suppressions=$PWD/tests/tsan.supp log_path=$reports/of log_exe_name=1" \
        build_and_test tsan || failed=1
    cat "$reports"/* 2>/dev/null && failed=1
    return $failed
}

export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp

for stage in "$@"; do
    case $stage in
    tidy) bash tests/tidy/run.sh ;;
    dev) build_and_test dev ;;
    asan-core) asan_core ;;
    asan) ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 build_and_test asan ;;
    tsan) tsan ;;
    fuzz) fuzz ;;
    *) echo "tests/run.sh: unknown stage $stage (tidy dev asan tsan fuzz)" >&2; exit 2 ;;
    esac
done
