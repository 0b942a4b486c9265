# SPDX-License-Identifier: Apache-2.0
"""The files of this machine for a guest, by virtiofs: no image is made and nothing is copied.

In the guest `host-root MODULES COMMAND...` runs a command on them. Needs root, as virtiofsd reads for the guest's root.
"""

import os
import pathlib
import subprocess
import time

# Part of Debian's qemu-system-common.
VIRTIOFSD = "/usr/lib/qemu/virtiofsd"
START_SECONDS = 30


class HostFiles:
    """Runs virtiofsd, as a context manager; it serves one guest."""

    def __init__(self, directory):
        if os.geteuid() != 0:
            raise PermissionError("the files of this machine are given to guests by root alone: run this with sudo")
        self._socket = pathlib.Path(directory) / "virtiofs"
        self._log = pathlib.Path(directory) / "virtiofsd.log"

    def __enter__(self):
        with open(self._log, "wb") as log:
            self._server = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", VIRTIOFSD, "-f", f"--socket-path={self._socket}", "-o", "source=/",
                 "-o", "cache=always", "-o", "sandbox=chroot"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + START_SECONDS
        while not self._socket.exists():
            if self._server.poll() is not None or time.monotonic() > deadline:
                self._server.kill()
                raise OSError(f"virtiofsd did not start: {self._log.read_text()}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self._server.kill()
        self._server.wait()

    def qemu_options(self, memory_mib):
        """The device and the memory, which virtiofsd shares."""
        return ["-chardev", f"socket,id=host,path={self._socket}", "-device", "vhost-user-fs-pci,chardev=host,tag=host",
                "-object", f"memory-backend-memfd,id=memory,size={memory_mib}M,share=on",
                "-machine", "memory-backend=memory"]
