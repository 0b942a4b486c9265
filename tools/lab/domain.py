# SPDX-License-Identifier: Apache-2.0
"""The domain controller: a namespace with a real KDC (tools/lab/realm), reached over links of its own."""

import os
import signal

from lab.namespace import Namespace, connect
from lab.processes import run

REALM = "KEYLINE.EXAMPLE"
ADDRESS = "10.88.0.1"
_TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "realm")


class Domain(Namespace):
    def __init__(self, directory, hosts):
        super().__init__("dc.keyline.example", directory)
        self.realm_directory = os.path.join(directory, "realm")
        self.run("ip", "address", "add", f"{ADDRESS}/32", "dev", "lo")
        for number, host in enumerate(hosts, start=1):
            link = f"to-{host.name}"
            connect(self, link, host, "eth1")
            self.run("ip", "address", "add", f"10.88.{number}.1/30", "dev", link)
            host.run("ip", "address", "add", f"10.88.{number}.2/30", "dev", "eth1")
            host.run("ip", "route", "add", f"{ADDRESS}/32", "via", f"10.88.{number}.1")
        self.create_realm(hosts)
        self.start_kdc()

    def create_realm(self, hosts):
        names = [word for host in hosts for word in ("--host", host.hostname)]
        run([_TOOL, "create", self.realm_directory, REALM, "--kdc", f"{ADDRESS}:88", *names])

    def principal(self, host):
        return f"host/{host.hostname}@{REALM}"

    @property
    def krb5_conf(self):
        return os.path.join(self.realm_directory, "krb5.conf")

    def keytab(self, host):
        return os.path.join(self.realm_directory, f"{host.hostname}.keytab")

    def admin(self, *query):
        """A kadmin.local query on the realm's database."""
        return run([_TOOL, "admin", self.realm_directory, *query]).stdout

    def start_kdc(self):
        self._kdc = self.start(_TOOL, "run", self.realm_directory, log="krb5kdc.log")
        self._kdc.wait_for_output("starting...")

    def stop_kdc(self):
        self._kdc.stop()

    def freeze_kdc(self):
        """It takes requests and answers none."""
        self._kdc.send(signal.SIGSTOP)

    def thaw_kdc(self):
        self._kdc.send(signal.SIGCONT)
