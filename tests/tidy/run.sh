#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The checks of the source itself: format, and the rules of the house that a program can check.
set -euo pipefail
cd "$(dirname "$0")/../.."
echo "== tidy: format"
# tests/tidy/unformatted.txt: files that clang-format has not been over yet. It may only become shorter.
git ls-files '*.cpp' '*.h' | grep -vxFf tests/tidy/unformatted.txt | xargs clang-format-14 --dry-run -Werror
echo "== tidy: rules"
python3 tests/tidy/tidy.py
