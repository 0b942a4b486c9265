# SPDX-License-Identifier: Apache-2.0
"""Runs a job on another kernel: a QEMU guest without disk, whose file system is an initramfs.

    result = Guest(Kernel("6.1")).run("./program --flag", files=["build/program"])

It may also be given this machine's own files (host_files.py), for jobs that want a whole Debian:

    kernel = Kernel("6.1")
    result = Guest(kernel, host_files=True).run(f"host-root {kernel.modules} /usr/bin/python3 --version")

And a network card, which is the other end of a tap in a namespace of tools/lab:

    Guest(kernel, tap=(cable, cable.RIGHT))

TCG unless asked: a /dev/kvm that is there need not work, and these jobs are small. Expect ten times the native duration. One
thread has all processors of a guest: with a thread each, TCG now and then keeps executing a breakpoint that the kernel has put
into its own text and taken out again (a static key that tcpdump turns, say), and both processors trap until the time is up.
"""

import contextlib
import dataclasses
import os
import pathlib
import re
import subprocess
import tempfile

import initramfs
from host_files import HostFiles

KERNELS = ("6.1", "6.12")
# AES, but none of what glibc and the kernel take for fast, and TCG does octet by octet or in pieces.
PROCESSOR = "max,erms=off,avx=off,avx2=off"


class Kernel:
    """One that fetch-kernels has unpacked."""

    def __init__(self, version):
        self.version = version
        self.directory = pathlib.Path(os.environ.get("KEYLINE_KERNELS", "/var/cache/keyline/kernels")) / version
        if not (self.directory / "package").exists():
            raise FileNotFoundError(f"no kernel {version} in {self.directory}: run tools/setup")
        (self.modules,) = (self.directory / "lib/modules").iterdir()
        self.image = self.directory / "boot" / f"vmlinuz-{self.modules.name}"


@dataclasses.dataclass
class Result:
    status: int  # of the job; None: the guest did not get to its end
    output: str  # of the job
    serial_log: str  # of the kernel

    def describe(self):
        ended = "did not end" if self.status is None else f"exit status {self.status}"
        return f"{ended}\n--- output\n{self.output}\n--- serial log\n{self.serial_log}"


class Guest:
    def __init__(self, kernel, *, processors=1, memory_mib=1024, host_files=False, tap=None,
                 accelerator="tcg,thread=single"):
        self.kernel = kernel
        self.processors = processors
        self.memory_mib = memory_mib
        self.host_files = host_files
        self.tap = tap
        self.accelerator = accelerator

    def run(self, script, files=(), *, timeout=600):
        """Runs the shell script in /job, beside the files and with the libraries that they want. `timeout`: seconds."""
        with contextlib.ExitStack() as stack:
            directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            (directory / "initrd").write_bytes(initramfs.base_archive(self.kernel).read_bytes()
                                               + initramfs.job_archive(script, files))
            shared = stack.enter_context(HostFiles(directory)).qemu_options(self.memory_mib) if self.host_files else []
            command = [
                "setpriv", "--pdeathsig", "KILL",
                "qemu-system-x86_64", "-machine", "q35", "-accel", self.accelerator, "-cpu", PROCESSOR,
                "-smp", str(self.processors), "-m", str(self.memory_mib),
                "-nodefaults", "-display", "none", "-no-reboot",
                "-serial", f"file:{directory}/log", "-serial", f"file:{directory}/output",
                "-kernel", self.kernel.image, "-initrd", directory / "initrd",
                "-append", "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check",
                *shared,
            ]
            if self.tap:
                namespace, interface = self.tap
                command = namespace.inside([
                    *command, "-netdev", f"tap,id=cable,ifname={interface},script=no,downscript=no",
                    "-device", "virtio-net-pci,netdev=cable,romfile="])
            try:
                subprocess.run(command, stdin=subprocess.DEVNULL, timeout=timeout, check=True)
            except subprocess.TimeoutExpired:
                pass  # its output tells how far it got
            output, log = (self._read(directory / file) for file in ("output", "log"))
        ended = re.fullmatch(r"(.*)\nguest: exit (\d+)\n", output, re.DOTALL)
        return Result(int(ended[2]), ended[1], log) if ended else Result(None, output, log)

    @staticmethod
    def _read(path):
        text = path.read_text(errors="replace").replace("\r", "")
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc", "", text)
