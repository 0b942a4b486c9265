# SPDX-License-Identifier: Apache-2.0
"""The certificates of tools/lab/pki for a laboratory's hosts, as tables of keyline.toml."""

import os

from lab.processes import run

_TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pki")


class Authorities:
    USERS = ("alice", "bob")

    def __init__(self, directory, hosts):
        self.directory = directory
        run([_TOOL, directory, "--host", *(host.hostname for host in hosts), "--user", *self.USERS])

    def path(self, file):
        return os.path.join(self.directory, file)

    def certificate(self, host, kind=""):
        """One of the host's certificates: "" is the good one, "expired" and others are bad."""
        name = f"{host.hostname}.{kind}" if kind else host.hostname
        return {"file": self.path(f"{name}.pem"), "key": self.path(f"{host.hostname}.key")}

    def certificate_with(self, host, key_kind):
        """The host's good one with a key of another kind: "rsa", "p384", "p521" or "weak"."""
        return {kind: self.path(f"{host.hostname}.{key_kind}.{end}") for kind, end in (("file", "pem"), ("key", "key"))}

    def user_certificate(self, user, kind=""):
        """One of a user's: "" is for the user principal name, "revoked" and others are bad."""
        name = f"{user}.{kind}" if kind else user
        return {"file": self.path(f"{name}.pem"), "key": self.path(f"{user}.key")}

    def tls(self, host, *kinds, **more):
        """[auth.tls] of a host with certificates of these kinds; without any, the good one."""
        return {"ca": [self.path("ca.pem")], "crl": [self.path("crl.pem")],
                "certificate": [self.certificate(host, kind) for kind in kinds or [""]], **more}
