# SPDX-License-Identifier: Apache-2.0
"""NAT traversal (RFC 3947, RFC 3948): NATs in front of one host or both, transport and tunnel mode, and NATs that
forget their mappings."""

import os

from scapy.all import IP, UDP, rdpcap, wrpcap

from scenario import Scenario, main
from lab.processes import wait_until
from lab.traffic import BackgroundPing, iperf, ping

# What ping says when ICMP, or the host's own route after ICMP, tells it that the packet is too big.
TOLD = ("Frag needed", "message too long")


class Translated(Scenario):
    """`a` reaches `b`; what crosses the cable is UDP 500 and 4500 alone."""

    def start_tunnel(self):
        """A tunnel between networks behind the hosts; the address to reach in the one behind `b`."""
        networks = {self.a: "10.1.0", self.b: "10.2.0"}

        def tunnel(host, document):
            near, far = networks[host], networks[self.peer_of(host)]
            host.run("ip", "address", "add", f"{near}.1", "dev", "lo")
            host.run("ip", "route", "add", f"{far}.0/24", "dev", host.INTERFACE, "src", f"{near}.1", "via",
                     self.gateway(host))
            document["rule"] = [{"name": "tunnel", "local": f"{near}.0/24", "remote": f"{far}.0/24",
                                 "action": "protect", "mode": "tunnel", "tunnel_local": host.address,
                                 "tunnel_remote": self.peer_of(host).public_address}]

        self.start(tunnel)
        return f"{networks[self.b]}.1"

    def gateway(self, host):
        nat = self.lab.nats.get(host.name)
        return nat.inside_address if nat else self.peer_of(host).public_address

    def assert_encapsulated(self, capture):
        """Nothing but IKE and ESP, and both in UDP."""
        self.assert_protected(capture, esp=10)
        ports = {frozenset(row) for row in capture.rows("udp.srcport", "udp.dstport", only="ip")}
        self.assertTrue(all(pair & {"500", "4500"} for pair in ports), ports)

    def check(self, destination):
        capture = self.cable.capture()
        self.assert_pings(destination)
        self.assert_encapsulated(capture)
        self.assertGreater(iperf(self.a, self.b, destination, 1), 1e6)
        # Reversed: the server sends, so that both hosts' checksums are put to the test.
        self.assertGreater(iperf(self.a, self.b, destination, 1, "--reverse"), 1e6)
        self.assertGreater(iperf(self.a, self.b, destination, 1, "--udp", "--bitrate", "5M"), 1e6)
        self.check_sizes(destination)

    def check_sizes(self, destination):
        """Packets around the largest that fits, with DF and without; then some of many fragments."""
        told = 0
        for octets in range(1400, 1501, 4):
            with self.subTest(octets=octets, df=True):
                result = ping(self.a, destination, count=1, size=octets - 28, df=True)
                told += any(words in result.output for words in TOLD)
                self.assertTrue(result.lost == 0 or any(words in result.output for words in TOLD), result.output)
            with self.subTest(octets=octets, df=False):
                self.assert_pings(destination, count=1, size=octets - 28)
        self.assertGreater(told, 0)
        for octets in (3000, 20000):
            self.assert_pings(destination, count=1, size=octets)


class InitiatorTransport(Translated):
    behind_nat = "a"

    def test_transport_mode(self):
        self.start()
        self.check(self.b.public_address)
        # The responder reaches the initiator by the way the initiator has opened.
        self.assert_pings(self.a.public_address, host=self.b)


class InitiatorTunnel(Translated):
    behind_nat = "a"

    def test_tunnel_mode(self):
        self.check(self.start_tunnel())


class ResponderTransport(Translated):
    behind_nat = "b"

    def test_transport_mode(self):
        self.start()
        self.check(self.b.public_address)


class ResponderTunnel(Translated):
    behind_nat = "b"

    def test_tunnel_mode(self):
        self.check(self.start_tunnel())


class BothTransport(Translated):
    behind_nat = "ab"

    def test_transport_mode(self):
        self.start()
        self.check(self.b.public_address)


class BothTunnel(Translated):
    behind_nat = "ab"

    def test_tunnel_mode(self):
        self.check(self.start_tunnel())


class Rebinding(Translated):
    """The NAT in front of the initiator forgets its mappings while traffic is under way; so may the address change."""

    behind_nat = "a"

    def seen_by_responder(self):
        """Where b sends what it protects: the ports of its SAs, and of its main mode."""
        outbound = [sa for sa in self.b.query("sas") if sa["direction"] == "out"]
        ends = {(sa["remote"], sa["udp_encapsulation"]["remote_port"]) for sa in outbound}
        return ends, {mm["remote"] for mm in self.b.query("mm") if mm["established"]}

    def check_move(self, destination, address=None):
        """Pings go on under the same SAs, which have moved with the main mode."""
        running = BackgroundPing(self.a, destination, interval=0.05)
        wait_until(lambda: running.answers() > 20, "answers before the move")
        spis = {sa["spi"] for sa in self.sas(self.b)}
        before = self.seen_by_responder()
        self.lab.nats["a"].rebind(address)
        wait_until(lambda: self.seen_by_responder() != before, "the responder to follow")
        answers = running.answers()
        wait_until(lambda: running.answers() > answers + 20, "answers after the move")
        running.finish()
        self.assertEqual(spis, {sa["spi"] for sa in self.sas(self.b)})
        ((remote, port),), (main_mode,) = self.seen_by_responder()
        self.assertEqual(f"{remote}:{port}", main_mode)
        self.assertEqual(self.lab.nats["a"].address, remote)
        # What b has to say about its main mode arrives, too.
        self.b.keyline("down", remote)
        wait_until(lambda: not self.sas(self.a), "the initiator to hear of the deletion")

    def test_transport_mode_survives_another_port(self):
        self.start()
        self.check_move(self.b.public_address)

    def test_tunnel_mode_survives_another_port(self):
        self.check_move(self.start_tunnel())

    def test_a_connection_survives_another_port(self):
        destination = self.start_tunnel()
        self.assert_pings(destination)
        running = BackgroundPing(self.a, destination, interval=0.05)
        self.lab.nats["a"].rebind()
        self.assertGreater(iperf(self.a, self.b, destination, 3, "--reverse"), 1e6)
        running.finish()

    def test_another_address_is_followed_within_the_rule(self):
        def whole_network(host, document):
            if host is self.b:
                document["rule"][0]["remote"] = "10.77.0.0/24"

        self.start(whole_network)
        self.check_move(self.b.public_address, address="10.77.0.99")

    def test_a_forged_source_moves_nothing(self):
        self.start()
        capture = self.cable.capture()
        self.assert_pings(self.b.public_address)
        before = self.seen_by_responder()
        forged = [frame for frame in rdpcap(capture.stop().path) if UDP in frame and frame[IP].dst == self.b.address]
        for frame in forged:
            frame[IP].src, frame[UDP].sport, frame[UDP].chksum = "10.77.0.66", 33333, 0
            del frame[IP].chksum
        path = os.path.join(self.lab.directory, "forged.pcap")
        wrpcap(path, forged)
        self.cable.inject(path, self.cable.RIGHT)
        self.assert_counted(self.b, "replay", at_least=5)
        self.assertEqual(before, self.seen_by_responder())
        self.assert_pings(self.b.public_address)


if __name__ == "__main__":
    main()
