#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the packet tests on another kernel.

    packet_test.py KERNEL PACKET_TEST
"""

import sys

from guest import Guest, Kernel


def main():
    version, program = sys.argv[1:]
    result = Guest(Kernel(version)).run("./packet_test --gtest_brief=1 --gtest_color=no", files=[program])
    # GoogleTest counts a skipped test as success; here none may be.
    if result.status != 0 or "SKIPPED" in result.output:
        sys.exit(f"on {version}: {result.describe()}")
    print(result.output)


main()
