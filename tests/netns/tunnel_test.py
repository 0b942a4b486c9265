# SPDX-License-Identifier: Apache-2.0
"""Tunnel mode between the two hosts, each of which has a network behind it, in all four pairs of families."""

import itertools

from scenario import Scenario, main
from lab.traffic import iperf

INNER = {"v4": ("10.1.0.{}", "10.{}.0.0/24", 24), "v6": ("fd0{}::1", "fd0{}::/64", 64)}


class Tunnel(Scenario):
    def networks(self, inner):
        return {host: f"10.{number}.0.0/24" if inner == "v4" else f"fd0{number}::/64"
                for number, host in enumerate(self.lab.hosts, start=1)}

    def address_in(self, network):
        return network.replace("0/24", "1") if "/24" in network else network.replace("::/64", "::1")

    def start_tunnel(self, inner, outer):
        networks = self.networks(inner)

        def tunnel(host, document):
            peer = self.b if host is self.a else self.a
            host.run("ip", "address", "add", f"{self.address_in(networks[host])}/{24 if inner == 'v4' else 64}",
                     "dev", "lo")
            host.run("ip", "route", "add", networks[peer], "dev", "eth0", "src", self.address_in(networks[host]),
                     *(("via", peer.address) if inner == "v4" else ("via", peer.address_v6)))
            ends = [getattr(each, "address" if outer == "v4" else "address_v6") for each in (host, peer)]
            document["rule"] = [{"name": "tunnel", "local": networks[host], "remote": networks[peer],
                                 "action": "protect", "mode": "tunnel",
                                 "tunnel": {"local": ends[0], "remote": ends[1]}}]

        self.start(tunnel)
        return self.address_in(networks[self.b])

    def check(self, inner, outer):
        target = self.start_tunnel(inner, outer)
        capture = self.cable.capture()
        self.assert_pings(target)
        self.assert_protected(capture, esp=10)
        self.assertGreater(iperf(self.a, self.b, target, 1), 1e6)


# TunnelV4InV4, TunnelV4InV6, TunnelV6InV4, TunnelV6InV6.
for _inner, _outer in itertools.product(("v4", "v6"), repeat=2):
    _name = f"Tunnel{_inner.upper()}In{_outer.upper()}"
    globals()[_name] = type(_name, (Tunnel,), {
        "test_ping_and_tcp_are_protected": lambda self, inner=_inner, outer=_outer: self.check(inner, outer)})


if __name__ == "__main__":
    main()
