#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house that a program can check: which room may include which, what a room may not know, the forms of
co_await that g++ 12 compiles rightly, lengths, licences. Prints FILE:LINE: what, and fails when there is any."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOP = {"app", "engine", "ui", "resources", "storage", "tests", "installer"}
FUNCTION_LINES, FILE_LINES = 60, 400

# The arrows of ARCHITECTURE.md: a room's files may include those of these rooms (and their own).
POLICIES = ["routing", "balancing", "tls"]
MAY = {
    "base": [],
    "http": ["base"],
    "routing": ["base", "http"],
    "balancing": ["base", "http"],
    "tls": ["base", "http"],
    "protobuf": ["base"],
    "config": ["base", "http", *POLICIES],
    "exporters": ["base", "http", "config", *POLICIES],
    "journey": ["base", "http", "config", *POLICIES],
    "recording": ["base", "http", "config", "journey"],
    "simulation": ["base", "http", "config", "journey", "recording", *POLICIES],
    "net": ["base", "http", "config", "journey", "recording", *POLICIES],
    "replay": ["base", "http", "journey", "recording", "net"],
    "gateway": ["base", "http", "tls", "config", "journey", "recording", "net", *POLICIES],
    "storage": ["base", "http", "config", "journey", "recording"],
}
# The window sees the engine through its façade, and the plain values that the façade and the recording hand out.
UI_MAY = {"gateway", "base", "protobuf", "recording", "replay", "journey", "http", "config", "exporters"}

PURE = set(MAY) - {"net", "gateway", "replay", "storage"}
NO_QT = set(MAY) - {"net", "gateway", "replay"}
OUTSIDE = re.compile(
    r"\b(system_clock|steady_clock|high_resolution_clock)::now|\b(clock_gettime|gettimeofday|time\(nullptr\)|std::time)\b"
    r"|\brandom_device\b|\b(s?rand)\(|<sys/socket\.h>|<netinet/|\bgetenv\(")
QT = re.compile(r'#include\s*[<"]Q')
FORBIDDEN = re.compile(r"ForTesting\b|\bTODO\b|\bFIXME\b|\bXXX\b|\bHACK\b|\bdownstream\b", re.IGNORECASE)
SLEEP = re.compile(r"\bsleep_for\b|\busleep\(|QTest::q(Wait|Sleep)\(|QThread::m?sleep\(|\bnanosleep\(")
# co_await as engine/base/task.h allows it: a statement, an initialiser, an assignment, or a co_return of one call.
AWAIT = re.compile(
    r"^\s*(?:(?:const\s+)?[\w:<>,\s\*&]+?\s\w+\s*=\s*|[\w.\->]+\s*=\s*|co_return\s+|if\s*\((?:const\s+)?[\w:<>]+\s+\w+\s*=\s*)?"
    r"co_await\s+(?:std::move\(\w+\)|[\w:.\->]+\([^{}\[\]?]*\));.*$")

problems = []


def report(path, line, what):
    problems.append(f"{path.relative_to(ROOT)}:{line}: {what}")


def reasons(name):
    """Lines `path  reason` of an exceptions list."""
    out = {}
    for line in (ROOT / "tests/tidy" / name).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            path, _, why = line.partition("  ")
            if not why.strip():
                problems.append(f"tests/tidy/{name}: {path} has no reason")
            out[path.strip()] = why.strip()
    return out


def room_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "engine" and len(parts) > 2 else parts[0]


def strip(text):
    """Comments and strings blanked, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0)) if match.group(0)[0] == "/" else '""' + "\n" * match.group(0).count("\n")
    return re.sub(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.DOTALL)


def check_includes(path, room, text):
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'#include "(engine/(\w+)|storage|ui|app|tests)/', line)
        if not found:
            continue
        target = found.group(2) or found.group(1)
        if room in MAY and target != room and target not in MAY[room]:
            report(path, number, f"{room} must not include {target}")
        if room == "ui" and found.group(2) and target not in UI_MAY:
            report(path, number, f"ui must not include {target}, but through the façade")
        if room not in ("app", "tests") and target in ("app", "tests"):
            report(path, number, f"{room} must not include {target}")


def check_words(path, room, text, code, allowed):
    relative = str(path.relative_to(ROOT))
    for number, (line, bare) in enumerate(zip(text.splitlines(), code.splitlines()), 1):
        if room in PURE and OUTSIDE.search(bare) and relative not in allowed:
            report(path, number, "a room reads no clock, random source, socket or environment: hand it in")
        if room in NO_QT and QT.search(line):
            report(path, number, "no Qt in this room")
        if FORBIDDEN.search(line) and room != "tests":
            report(path, number, "a word that does not belong into the source: " + FORBIDDEN.search(line).group(0))
        if room == "tests" and "tests/bench" not in relative and SLEEP.search(bare):
            report(path, number, "no sleep in a test: wait for the condition")
        if "co_await" in bare and not AWAIT.match(bare) and "operator co_await" not in bare:
            report(path, number, "a form of co_await that g++ 12 may compile wrongly (engine/base/task.h)")


def check_lengths(path, code, long_files, long_functions):
    relative = str(path.relative_to(ROOT))
    lines = code.splitlines()
    if len(lines) > FILE_LINES and relative not in long_files:
        report(path, 1, f"{len(lines)} lines; one idea a file ({FILE_LINES}), or a reason in tests/tidy/long_files.txt")
    start, depth = None, 0
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start:
            if number - start - 1 > FUNCTION_LINES and f"{relative}:{name_before(lines, start)}" not in long_functions:
                report(path, start, f"{name_before(lines, start)} has {number - start - 1} lines; one screen ({FUNCTION_LINES}), "
                                    "or a reason in tests/tidy/long_functions.txt")
            start = None


def name_before(lines, start):
    for line in reversed(lines[max(0, start - 6):start - 1]):
        found = re.search(r"([\w:~]+)\s*\(", line)
        if found:
            return found.group(1)
    return "?"


def main():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    top = {f.split("/")[0] for f in files if "/" in f and not f.startswith(".")}
    for extra in sorted(top ^ TOP):
        problems.append(f"{extra}: the folders at the top are exactly {' '.join(sorted(TOP))}")
    long_files, long_functions, outside = reasons("long_files.txt"), reasons("long_functions.txt"), reasons("outside.txt")
    for name in files:
        path = ROOT / name
        if not path.is_file():
            continue
        if path.suffix in (".cpp", ".h", ".py", ".sh", ".sql", ".js") or path.name == "CMakeLists.txt":
            text = path.read_text()
            if "SPDX-License-Identifier: GPL-3.0-or-later" not in "\n".join(text.splitlines()[:3]):
                report(path, 1, "no SPDX line")
        if path.suffix in (".cpp", ".h"):
            code, room = strip(text), room_of(path)
            check_includes(path, room, text)
            check_words(path, room, text, code, outside)
            check_lengths(path, code, long_files, long_functions)
    print("\n".join(problems) if problems else f"{len(files)} files are tidy")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
