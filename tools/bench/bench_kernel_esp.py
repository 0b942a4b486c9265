# SPDX-License-Identifier: Apache-2.0
"""What many SAs cost on the kernel path, in a guest. tools/bench/bench-kernel-esp starts this."""

import argparse
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "vm"))

from guest import KERNELS, Guest, Kernel  # noqa: E402

BUILD = pathlib.Path(os.environ.get("KEYLINE_BUILD", ROOT / "build" / "release"))


def main():
    parser = argparse.ArgumentParser(prog="bench-kernel-esp", description=__doc__)
    parser.add_argument("--kernel", choices=KERNELS, default=KERNELS[-1], help="the guest's (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=15, help="default: %(default)s")
    options = parser.parse_args()
    # One processor: with more, the two sides of the link would share the work in ways of their own.
    result = Guest(Kernel(options.kernel), processors=1, memory_mib=2048).run(
        f"ulimit -n 8192; exec ./bench_kernel_esp {options.rounds}", files=[BUILD / "tools/bench/bench_kernel_esp"],
        timeout=900)
    if result.status != 0:
        sys.exit(f"bench-kernel-esp on {options.kernel}: {result.describe()}")
    print(f"Linux {options.kernel} in a guest, one emulated processor.")
    print(result.output)


main()
