#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Loads every kernel program on another kernel and holds the verifier's work to a budget.

    load_test.py KERNEL LOAD_PROGRAMS

Prints the table: instructions that the verifier looked at, and the budget. The verifier gives up at a million.
"""

import pathlib
import sys

from guest import Guest, Kernel

BUDGET = pathlib.Path(__file__).with_name("verifier_budget.txt")


def read_budget():
    lines = (line.partition("#")[0].split() for line in BUDGET.read_text().splitlines())
    return {name: int(limit) for name, limit in filter(None, lines)}


def main():
    version, program = sys.argv[1:]
    result = Guest(Kernel(version)).run(
        "ip link add port type veth peer name other && ip link set port up && ./load_programs port", files=[program])
    if result.status != 0:
        sys.exit(f"the programs do not load on {version}: {result.describe()}")
    counts = {name: int(count) for name, count in (line.split() for line in result.output.splitlines() if line)}
    budget = read_budget()
    failures = [f"{name}: not in {BUDGET.name}" for name in counts.keys() - budget.keys()]
    failures += [f"{name}: in {BUDGET.name}, but not loaded" for name in budget.keys() - counts.keys()]
    print(f"{'program':24}{version:>10}{'budget':>10}")
    for name, count in sorted(counts.items()):
        limit = budget.get(name, 0)
        print(f"{name:24}{count:10}{limit:10}")
        if name in budget and count > limit:
            failures.append(f"{name}: {count} instructions, {limit} allowed")
    if failures:
        sys.exit("\n".join(failures))


main()
