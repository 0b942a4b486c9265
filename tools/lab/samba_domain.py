# SPDX-License-Identifier: Apache-2.0
"""The domain controller as Samba, with machine accounts as hosts of a Windows domain have them."""

import os
import secrets

from lab.domain import ADDRESS, REALM, Domain
from lab.processes import wait_until

_KRB5_CONF = f"""[libdefaults]
    default_realm = {REALM}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false

[realms]
    {REALM} = {{
        kdc = {ADDRESS}:88
    }}
"""


def _password():
    """Long and of every kind of character, as a domain's rules want it."""
    return secrets.token_urlsafe(24) + "aA1!"


class SambaDomain(Domain):
    """Provisioning takes some twenty seconds. Nothing is written outside the laboratory's directory."""

    def create_realm(self, hosts):
        domain = REALM.split(".", maxsplit=1)[0]
        self.run("samba-tool", "domain", "provision", f"--realm={REALM}", f"--domain={domain}", "--server-role=dc",
                 "--dns-backend=NONE", "--host-name=dc", f"--host-ip={ADDRESS}", f"--adminpass={_password()}",
                 f"--targetdir={self.realm_directory}")
        with open(self.krb5_conf, "w", encoding="utf-8") as file:
            file.write(_KRB5_CONF)
        for host in hosts:
            self._tool("computer", "create", host.name)
            self._tool("user", "setpassword", f"{host.name}$", f"--newpassword={_password()}")
            self._tool("user", "enable", f"{host.name}$")
            self._tool("domain", "exportkeytab", self.keytab(host), f"--principal={host.name}$")

    def _tool(self, *command):
        return self.run("samba-tool", *command, "-s", self._smb_conf).stdout

    @property
    def _smb_conf(self):
        return os.path.join(self.realm_directory, "etc", "smb.conf")

    @property
    def krb5_conf(self):
        return os.path.join(self.realm_directory, "krb5.conf")

    def principal(self, host):
        return f"{host.name}$@{REALM}"

    def start_kdc(self):
        places = {"pid directory": "/run", "ncalrpc dir": "/run/ncalrpc", "server services": "kdc"}
        options = [f"--option={name}={value}" for name, value in places.items()]
        self._kdc = self.start("samba", "--interactive", "--debug-stdout", "--model=single", "-s", self._smb_conf,
                               *options, log="samba.log")
        connect = f"import socket; socket.create_connection(('{ADDRESS}', 88), 1)"
        wait_until(lambda: self.run("/usr/bin/python3", "-c", connect, check=False).returncode == 0, "Samba's KDC")
