#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the bench writes its figures."""
import statistics


def spread(values):
    return f"{statistics.median(values):.3f} ({min(values):.3f}–{max(values):.3f})"


def ratio(mine, theirs):
    """Round by round, so that what disturbed one round is in both."""
    each = [a[0] / b[0] for a, b in zip(mine, theirs) if b[0] > 0]
    return f"{statistics.median(each):.2f} ({min(each):.2f}–{max(each):.2f})" if each else "?"


def table(title, rows):
    print(f"\n### {title}\n")
    for number, row in enumerate(rows):
        print("| " + " | ".join(str(cell) for cell in row) + " |")
        if number == 0:
            print("|" + " --- |" * len(row))
    print(flush=True)


def cpu_rows(figures, limits, what="requests", against="nginx"):
    rows = [["", "CPU-s/100k: median (range)", f"× {against}, per round: median (range)", "at most", f"{what}/s"]]
    for name, values in figures.items():
        rows.append([name, spread([v[0] for v in values]), "1" if name == against else ratio(values, figures[against]),
                     limits.get(name, ""), f"{statistics.median([v[1] for v in values]):,.0f}"])
    return rows
