#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The checks of the source itself: format, and the rules of the house that a program can check.
set -euo pipefail
cd "$(dirname "$0")/../.."
echo "== tidy: format"
git ls-files '*.cpp' '*.h' | xargs clang-format-14 --dry-run -Werror
echo "== tidy: rules"
python3 tests/tidy/tidy.py
