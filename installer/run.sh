#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds Sluice, and starts the demo: with the window where a display is, else in the terminal.
# Whatever is given is passed on to `sluice demo` (--headless, --seconds N).
set -euo pipefail
cd "$(dirname "$0")/.."

bash installer/install-packages.sh installer/packages.txt
cmake --preset release -DSLUICE_TESTS=OFF >build-release.log 2>&1 || { cat build-release.log; exit 1; }
rm -f build-release.log
echo "Building (a few minutes the first time) …"
cmake --build --preset release
echo
exec build/release/bin/sluice demo "$@"
