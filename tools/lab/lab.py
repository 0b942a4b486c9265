# SPDX-License-Identifier: Apache-2.0
"""The whole laboratory of __init__.py's drawing, as a context manager that leaves nothing behind."""

import contextlib
import functools
import os
import shutil
import signal
import sys
import tempfile

from lab.authorities import Authorities
from lab.cable import Cable
from lab.domain import Domain
from lab.host import Host
from lab.nat import Nat
from lab.processes import LabError


def _exit_on(number, _frame):
    sys.exit(128 + number)


class Lab:
    """`with Lab() as lab:` gives lab.a, lab.b, lab.cable and lab.domain; nothing of Keyline runs yet.

    Hosts named in `behind_nat` ("a", "b" or "ab") have lab.nats[name] between themselves and the cable; that of b, who
    mostly responds, forwards IKE to it. Such a host has no IPv6 there.
    """

    def __init__(self, behind_nat="", domain=Domain):
        self._behind_nat = behind_nat
        self._domain = domain

    def __enter__(self):
        if os.geteuid() != 0:
            raise LabError("network namespaces need root: run this with sudo")
        # A signal unwinds the stack like an exception, and so cleans up.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _exit_on)
        with contextlib.ExitStack() as stack:
            self.directory = tempfile.mkdtemp(prefix="keyline-lab-")
            stack.callback(shutil.rmtree, self.directory)
            self.a = self._closing(stack, Host("a", 1, self.directory))
            self.b = self._closing(stack, Host("b", 2, self.directory))
            self.cable = self._closing(stack, Cable(os.path.join(self.directory, "cable")))
            self.nats = {host.name: self._closing(stack, Nat(host, self.directory, forwards=host is self.b))
                         for host in self.hosts if host.name in self._behind_nat}
            self.cable.join(*(self._end(host) for host in self.hosts))
            self.domain = self._closing(stack, self._domain(os.path.join(self.directory, "dc"), self.hosts))
            for host in self.hosts:
                self.nats.get(host.name, host).bring_up()
                host.join_domain(self.domain)
                # Before the network goes: their last messages reach each other, and neither waits for an answer.
                stack.callback(host.stop_processes)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        # A second Ctrl-C must not interrupt the cleaning up after the first.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._stack.close()
        signal.signal(signal.SIGINT, before)

    def _end(self, host):
        """The namespace and interface that the cable is plugged into."""
        nat = self.nats.get(host.name)
        return (nat, Nat.OUTSIDE) if nat else (host, Host.INTERFACE)

    @staticmethod
    def _closing(stack, namespace):
        stack.callback(namespace.close)
        return namespace

    @functools.cached_property
    def authorities(self):
        """Certificates for the hosts, made when a test first asks for them."""
        return Authorities(os.path.join(self.directory, "pki"), self.hosts)

    @property
    def hosts(self):
        return [self.a, self.b]
