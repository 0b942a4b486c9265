# SPDX-License-Identifier: Apache-2.0
"""Every size of packet either passes or its sender is told what would."""

from scenario import Scenario, main
from lab.traffic import iperf, ping

SWEEP = range(1300, 1501)
# What ping says when ICMP, or the host's own route after ICMP, tells it that the packet is too big.
TOLD = ("Frag needed", "Packet too big", "message too long")


class Sweep(Scenario):
    def sweep(self, destination, header, df_up_to=SWEEP[-1]):
        """Pings with IP packets of each size that the interface takes, with DF set and without."""
        for octets in SWEEP[:SWEEP.index(df_up_to) + 1]:
            with self.subTest(octets=octets, df=True):
                result = ping(self.a, destination, count=1, size=octets - header, df=True)
                self.assertTrue(result.lost == 0 or any(words in result.output for words in TOLD), result.output)
        for octets in SWEEP:
            with self.subTest(octets=octets, df=False):
                self.assert_pings(destination, count=1, size=octets - header)


class TransportV4(Sweep):
    def test_sizes_around_the_mtu(self):
        self.start()
        self.assert_pings(self.b.address)
        self.sweep(self.b.address, header=28)

    def test_fragments_both_ways(self):
        self.start()
        self.assert_pings(self.b.address)
        capture = self.cable.capture()
        for octets in (1473, 2000, 3000, 9000, 20000, 65000):
            self.assert_pings(self.b.address, count=2, size=octets)
        self.assertEqual(0, capture.stop().kinds()["clear"])


class TransportV6(Sweep):
    def test_sizes_around_the_mtu(self):
        self.start(v6=True)
        self.assert_pings(self.b.address_v6)
        # IPv6 has no routers that fragment: the first packet that is too big teaches its sender, and is lost.
        for sender, destination in ((self.a, self.b), (self.b, self.a)):
            ping(sender, destination.address_v6, count=2, size=1452)
        # Kernel ESP tells nobody here what it leaves of the MTU (docs/decisions/0006).
        self.sweep(self.b.address_v6, header=48, df_up_to=1466 if self.by_kernel(self.a) else SWEEP[-1])

    def test_fragments_both_ways(self):
        self.start(v6=True)
        self.assert_pings(self.b.address_v6)
        capture = self.cable.capture()
        for octets in (1453, 3000, 9000):
            self.assert_pings(self.b.address_v6, count=2, size=octets)
        self.assertEqual(0, capture.stop().kinds()["clear"])


class Jumbo(Sweep):
    """Interfaces with an MTU of 9000 on the whole path."""

    def test_sizes_around_the_mtu_of_9000(self):
        self.cable.set_mtu(9000)
        for host in self.lab.hosts:
            host.run("ip", "link", "set", host.INTERFACE, "mtu", 9000)
        self.start()
        self.assert_pings(self.b.address)
        for octets in (1500, 4000, 8900, 8950, 8964, 8965, 8980, 9000):
            with self.subTest(octets=octets, df=True):
                result = ping(self.a, self.b.address, count=1, size=octets - 28, df=True)
                self.assertTrue(result.lost == 0 or any(words in result.output for words in TOLD), result.output)
            with self.subTest(octets=octets, df=False):
                self.assert_pings(self.b.address, count=1, size=octets - 28)
        self.assertGreater(iperf(self.a, self.b, self.b.address, 1), 1e6)


if __name__ == "__main__":
    main()
