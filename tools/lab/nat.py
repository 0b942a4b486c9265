# SPDX-License-Identifier: Apache-2.0
"""A network address translator in front of one host: a router with nftables, as a home or an office has it."""

import os

from lab.namespace import Namespace, connect

_TRANSLATION = """
table ip nat {
    chain translated {
        type nat hook postrouting priority srcnat;
        oifname "outside" meta l4proto { tcp, udp } snat to %(address)s%(ports)s
        oifname "outside" snat to %(address)s
    }
}
"""
_FORWARDING = """
table ip nat {
    chain forwarded {
        type nat hook prerouting priority dstnat;
        iifname "outside" udp dport { 500, 4500 } dnat to %(host)s
    }
}
"""


class Nat(Namespace):
    """Its inside is the host's interface of that name, its outside is the cable's to connect.

    With `forwards` UDP 500 and 4500 that come in are the host's, and keep their numbers on the way out: the host may
    be a responder. Else the host is reached only by what it has sent before, from the port that it was given then.
    """

    OUTSIDE = "outside"
    _GIVEN_PORTS = ":20000-20999", ":30000-30999"

    def __init__(self, host, directory, forwards):
        super().__init__(f"nat-{host.name}", os.path.join(directory, f"nat-{host.name}"))
        self._host, self._forwards = host, forwards
        self._subnet = f"192.168.{host.number}"
        self.inside_address = f"{self._subnet}.254"
        self.address = f"10.77.0.{10 + host.number}"
        self._given = 0
        connect(host, host.INTERFACE, self, "inside")

    def bring_up(self):
        """Once the cable is there: addresses, routes and translation; the host gets an address of the inside."""
        self.run("ip", "address", "add", f"{self.inside_address}/24", "dev", "inside")
        self.run("ip", "address", "add", f"{self.address}/24", "dev", self.OUTSIDE)
        self.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self._host.address = f"{self._subnet}.1"
        self._host.public_address = self.address
        self._host.run("ip", "address", "add", f"{self._host.address}/24", "dev", self._host.INTERFACE)
        self._host.run("ip", "route", "add", "10.77.0.0/24", "via", self.inside_address)
        self._translate()

    def rebind(self, address=None):
        """Forgets every mapping, as after a restart: what the host sends next leaves from another port, and from the
        other address if one is given."""
        self._given = 1 - self._given
        if address:
            self.run("ip", "address", "add", f"{address}/24", "dev", self.OUTSIDE)
            self.address = address
        self._translate()
        self.run("conntrack", "--flush")

    def _translate(self):
        rules = "flush ruleset" + _TRANSLATION % {
            "address": self.address, "ports": "" if self._forwards else self._GIVEN_PORTS[self._given]}
        if self._forwards:
            rules += _FORWARDING % {"host": self._host.address}
        self.run("nft", "--file", "-", input=rules)
