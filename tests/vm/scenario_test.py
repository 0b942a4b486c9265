#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a scenario of tests/netns on another kernel, with the engine that is named.

    scenario_test.py KERNEL ENGINE BUILD FILE.CLASS[.TEST]...

The files are those that the host runs. Hosts, cable and domain controller are namespaces of the guest, and its programs
this machine's.
"""

import pathlib
import shlex
import sys

from guest import Guest, Kernel

SCENARIOS = pathlib.Path(__file__).resolve().parent.parent / "netns"
# Of an emulated processor, and another such guest beside it.
PATIENCE = 10


def module_path(scenario):
    file, dot, rest = scenario.partition(".")
    return f"{file}_test{dot}{rest}"


def main():
    version, engine, build, *scenarios = sys.argv[1:]
    kernel = Kernel(version)
    environment = [f"PYTHONPATH={SCENARIOS}", f"KEYLINE_BUILD={build}", f"KEYLINE_ENGINE={engine}", "KEYLINE_PEER_ESP=kernel",
                   f"KEYLINE_PATIENCE={PATIENCE}", "PYTHONDONTWRITEBYTECODE=1"]
    command = ["host-root", kernel.modules, "/usr/bin/env", *environment,
               "/usr/bin/python3", "-m", "unittest", "--verbose", *map(module_path, scenarios)]
    result = Guest(kernel, processors=2, memory_mib=2048, host_files=True).run(
        shlex.join(str(word) for word in command), timeout=900)
    if result.status != 0:
        sys.exit(f"{' '.join(scenarios)} on {version}: {result.describe()}")
    print(result.output)


main()
