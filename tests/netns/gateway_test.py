# SPDX-License-Identifier: Apache-2.0
"""`a` is a gateway: a machine in the LAN behind its protected interface reaches the network behind `b` by a tunnel."""

import os

from scenario import Scenario, main
from lab.namespace import Namespace, connect
from lab.traffic import iperf, ping

NEAR, FAR = "10.1.0", "10.2.0"


class Gateway(Scenario):
    def setUp(self):
        super().setUp()
        self.client = Namespace("client", os.path.join(self.lab.directory, "client"))
        self.addCleanup(self.client.close)
        connect(self.client, "eth0", self.a, "lan0")
        # A LAN's frames come with checksums; a veth would leave them to a network card that there is not.
        self.client.run("ethtool", "-K", "eth0", "tx", "off")
        self.client.run("ip", "address", "add", f"{NEAR}.2/24", "dev", "eth0")
        self.client.run("ip", "route", "add", "default", "via", f"{NEAR}.1")
        self.a.run("ip", "address", "add", f"{NEAR}.1/24", "dev", "lan0")
        self.a.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.b.run("ip", "address", "add", f"{FAR}.1/24", "dev", "lo")
        for host, peer, network in ((self.a, self.b, FAR), (self.b, self.a, NEAR)):
            host.run("ip", "route", "add", f"{network}.0/24", "via", peer.address)

        def tunnel(host, document):
            near, far = (NEAR, FAR) if host is self.a else (FAR, NEAR)
            peer = self.b if host is self.a else self.a
            document["rule"] = [{"name": "site-to-site", "local": f"{near}.0/24", "remote": f"{far}.0/24",
                                 "action": "protect", "mode": "tunnel", "tunnel_local": host.address,
                                 "tunnel_remote": peer.address}]
            if host is self.a:
                document["host"]["protected"] = ["lan0"]

        self.start(tunnel)

    def test_the_lan_reaches_the_other_site(self):
        capture = self.cable.capture()
        self.assert_pings(f"{FAR}.1", host=self.client)
        self.assert_protected(capture, esp=10)
        self.assertGreater(iperf(self.client, self.b, f"{FAR}.1", 1), 1e6)

    def test_the_other_site_reaches_the_lan(self):
        self.assert_pings(f"{NEAR}.2", host=self.b)

    def test_too_big_a_packet_is_told_to_the_lan(self):
        self.assert_pings(f"{FAR}.1", host=self.client)
        result = ping(self.client, f"{FAR}.1", count=2, size=1472, df=True)
        self.assertIn("Frag needed", result.output)
        self.assert_pings(f"{FAR}.1", host=self.client, size=1472)


if __name__ == "__main__":
    main()
