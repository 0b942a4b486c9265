# SPDX-License-Identifier: Apache-2.0
"""The service manager's side of sd_notify(3): learns when a daemon is ready."""

import os
import socket

from lab.processes import wait_until, LabError


class ReadySocket:
    def __init__(self, path):
        self.environment = {"NOTIFY_SOCKET": path}
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        os.unlink(self._path)

    def _said_ready(self):
        try:
            return "READY=1" in self._socket.recv(4096).decode().splitlines()
        except BlockingIOError:
            return False

    def wait(self, process, timeout=60):
        """Returns once the process has reported READY=1; its end before that is a LabError."""
        def ready_or_ended():
            if self._said_ready():
                return True
            if not process.running():
                raise LabError(f"{process.command} ended before it was ready:\n{process.output()}")
            return False

        try:
            wait_until(ready_or_ended, "READY=1", timeout)
        except LabError as error:
            raise LabError(f"{error} from {process.command}:\n{process.output()}") from error
