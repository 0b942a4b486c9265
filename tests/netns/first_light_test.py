# SPDX-License-Identifier: Apache-2.0
"""A first ping meets a protect rule, AuthIP runs, and from then on the cable carries ESP only."""

from scenario import Scenario, main
from lab.processes import patient
from lab.traffic import BackgroundPing, iperf


class KerberosTransport(Scenario):
    def test_ping_is_protected_from_its_first_packet(self):
        self.start()
        capture = self.cable.capture()
        self.assert_pings(self.b.address, count=10)
        kinds = self.assert_protected(capture, esp=20)
        self.assertGreaterEqual(kinds["ike"], 6)
        for host, peer in ((self.a, self.b), (self.b, self.a)):
            self.assertEqual([("in", peer.principal), ("out", peer.principal)],
                             sorted((sa["direction"], sa["peer"]) for sa in host.query("sas")))

    def test_the_other_side_may_begin(self):
        self.start()
        self.assert_pings(self.a.address, host=self.b)
        self.assert_pings(self.b.address)

    def test_both_may_begin_at_once(self):
        self.start()
        # No more packets than are held while the negotiation lasts.
        pings = [BackgroundPing(host, self.peer_of(host).address, interval=patient(0.2)) for host in self.lab.hosts]
        self.assert_pings(self.b.address, count=10)
        self.assertEqual([0, 0], [max(0, ping.finish().lost - 1) for ping in pings])  # one may be under way

    def test_tcp_fills_the_sa(self):
        self.start()
        clear = self.cable.capture(only="not ip proto 50 and not udp port 500 and not arp and not icmp6")
        self.assertGreater(iperf(self.a, self.b, self.b.address, 2), 1e6)
        self.assertEqual(0, clear.stop().kinds()["clear"])


class KerberosTransportV6(Scenario):
    def test_ping_and_tcp_are_protected(self):
        self.start(v6=True)
        capture = self.cable.capture()
        self.assert_pings(self.b.address_v6, count=10)
        self.assert_protected(capture, esp=20)
        self.assertGreater(iperf(self.a, self.b, self.b.address_v6, 1), 1e6)


class Anonymous(Scenario):
    """Anonymous authentication, which forces a Diffie-Hellman exchange."""

    @staticmethod
    def anonymous(_host, document):
        document["auth"] = {"anonymous": {}}
        document["main_mode"] = {"auth": ["anonymous"], "dh_groups": ["ecp256"]}

    def test_ping_is_protected(self):
        self.start(self.anonymous)
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        self.assert_protected(capture, esp=10)
        self.assertEqual(["anonymous"], [mm["method"] for mm in self.a.query("mm")])

    def test_kerberos_failing_falls_back_to_it(self):
        def both(host, document):
            document["auth"]["anonymous"] = {}
            document["main_mode"] = {"auth": ["kerberos", "anonymous"], "dh_groups": ["ecp256"]}

        self.lab.domain.stop_kdc()
        self.start(both)
        self.assert_pings(self.b.address)
        self.assertEqual(["anonymous"], [mm["method"] for mm in self.a.query("mm")])


class PerfectForwardSecrecy(Scenario):
    """PFS makes the quick mode a normal one, with the synchronize round trip."""

    def test_ping_is_protected(self):
        def with_pfs(_host, document):
            document["quick_mode"] = {"pfs_group": "ecp256"}

        self.start(with_pfs)
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        self.assertGreaterEqual(self.assert_protected(capture, esp=10)["ike"], 8)


if __name__ == "__main__":
    main()
