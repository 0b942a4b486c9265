# SPDX-License-Identifier: Apache-2.0
"""Tunnel mode between the two hosts, each of which has a network behind it, in all four pairs of families."""

import ipaddress
import itertools

from scenario import Scenario, main
from lab.traffic import iperf


def network_behind(host, inner):
    return f"10.{host.number}.0.0/24" if inner == "v4" else f"fd0{host.number}::/64"


def address_in(network):
    """Its first address, the host's own."""
    return str(next(ipaddress.ip_network(network).hosts()))


def lay_tunnel(host, peer, inner, outer):
    """Gives the host its own address of the network behind it and a route to that behind the peer. Returns what a rule
    has for a tunnel between the two networks."""
    own_network, peers_network = network_behind(host, inner), network_behind(peer, inner)
    own = address_in(own_network)
    host.run("ip", "address", "add", own, "dev", "lo", *(["nodad"] if inner == "v6" else []))
    host.run("ip", "route", "add", peers_network, "dev", host.INTERFACE, "src", own,
             "via", peer.address if inner == "v4" else peer.address_v6)
    local, remote = (host.address, peer.address) if outer == "v4" else (host.address_v6, peer.address_v6)
    return {"local": own_network, "remote": peers_network, "mode": "tunnel", "tunnel_local": local,
            "tunnel_remote": remote}


class Tunnel(Scenario):
    def configure_tunnel(self, inner, outer, **tables):
        """With these tables of the configuration, too. Returns the address of b behind the tunnel."""
        def tunnel(host, document):
            rule = lay_tunnel(host, self.peer_of(host), inner, outer)
            document["rule"] = [{"name": "tunnel", "action": "protect", **rule}]
            document.update(tables)

        self.configure(tunnel)
        return address_in(network_behind(self.b, inner))

    def start_tunnel(self, inner, outer):
        target = self.configure_tunnel(inner, outer)
        for host in self.lab.hosts:
            host.start_keyline()
        return target

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
