# SPDX-License-Identifier: Apache-2.0
"""A flood of first messages from spoofed addresses: cookies are asked for, and honest negotiations go on."""

import ipaddress
import os

from scapy.all import IP, UDP, Ether, Raw, rdpcap, wrpcap

from scenario import Scenario, main
from lab.cable import Cable
from lab.processes import wait_until

THRESHOLD = 100
# Known to the victim by one neighbour, so that its answers cost no address resolution.
SPOOFED = ipaddress.ip_network("10.99.0.0/16")


class Flooded(Scenario):
    """`a` is the victim, `b` an honest peer; the flood comes from the cable."""

    def flooded(self, document):
        document["keying"] = {"dos_threshold": THRESHOLD, "responder_timeout": "20s"}

    def change(self, host, document):
        document["rule"].append({"name": "everybody", "local": self.a.address, "remote": str(SPOOFED),
                                 "action": "protect"} if host is self.a else self.host_rule(host, v6=True))
        document["auth"] = {"anonymous": {}}
        document["main_mode"] = {"auth": ["anonymous"], "dh_groups": ["ecp256"]}
        if host is self.a:
            self.flooded(document)

    def prepare(self):
        """Starts both hosts, and makes a flood of a first message of `b`'s."""
        self.cable.run_xdp(Cable.LEFT)
        self.start(self.change)
        self.a.run("ip", "route", "add", str(SPOOFED), "via", self.b.address)
        capture = self.cable.capture("udp port 500")
        self.assert_pings(self.a.address, host=self.b, count=1)
        first = rdpcap(capture.stop().path)[0]
        self.a.keyline("down", self.b.address)
        wait_until(lambda: not self.b.query("mm"), "the peer to have forgotten its main mode")
        self.first = first

    def flood(self, count, start=0):
        """Injects `count` first messages, each from an address of its own."""
        message = bytes(self.first[UDP].payload)
        frames = []
        for number in range(start, start + count):
            frames.append(Ether(src=self.first.src, dst=self.first.dst)
                          / IP(src=str(SPOOFED[number + 1]), dst=self.a.address)
                          / UDP(sport=500, dport=500, chksum=0) / Raw(os.urandom(8) + message[8:]))
        path = os.path.join(self.lab.directory, "flood.pcap")
        wrpcap(path, frames)
        self.cable.inject(path, Cable.LEFT)

    def keying_counters(self, host):
        return {row["name"]: row["count"] for row in host.query("counters", "--all") if row["where"] == "keying"}

    def wait_for_protection(self, where):
        wait_until(lambda: self.a.query("status")["dos_cookies"] == where, f"DoS cookies: {where}", timeout=60)

    def assert_negotiates(self, initiator):
        responder = self.b if initiator is self.a else self.a
        self.assertIn("protected", initiator.keyline("up", responder.address).stdout)
        initiator.keyline("down", responder.address)


class InXdp(Flooded):
    def test_the_daemon_sees_no_flood_and_honest_peers_negotiate(self):
        self.prepare()
        self.flood(THRESHOLD)
        self.wait_for_protection("XDP")
        capture = self.cable.capture("udp port 500 and src host " + self.a.address)
        before = self.counters(self.a)
        self.flood(1000, start=THRESHOLD)
        self.assert_counted(self.a, "cookie-sent", before["cookie-sent"] + 1000)
        self.assertEqual(before["pass-ike"], self.counters(self.a)["pass-ike"])
        self.assertEqual(0, self.keying_counters(self.a)["ike-dos-cookie"])
        # exchange type 0xF6 with one notification of 0x9C55: nothing else is said to the flood.
        answers = capture.stop().rows("isakmp.exchangetype", "udp.payload", "udp.checksum.status")
        self.assertGreaterEqual(len(answers), 1000)
        for _, payload, _ in answers:
            octets = bytes.fromhex(payload)
            self.assertEqual((0x0B, 0xF6, 0x9C55), (octets[16], octets[18], int.from_bytes(octets[38:40], "big")))
        asked = self.counters(self.a)["cookie-sent"]
        self.assert_negotiates(self.b)
        self.assertEqual(asked + 1, self.counters(self.a)["cookie-sent"])
        self.assertEqual("XDP", self.a.query("status")["dos_cookies"])
        # The answer to its own first message is no first message.
        self.assert_negotiates(self.a)
        self.assertEqual(asked + 1, self.counters(self.a)["cookie-sent"])
        self.wait_for_protection("off")
        self.assert_negotiates(self.b)
        self.assertEqual(asked + 1, self.counters(self.a)["cookie-sent"])


class InKeylined(Flooded):
    def flooded(self, document):
        super().flooded(document)
        del document["host"]

    def test_without_xdp_the_daemon_asks(self):
        self.start(self.change)
        self.a.run("ip", "route", "add", str(SPOOFED), "via", self.b.address)
        capture = self.cable.capture("udp port 500")
        self.b.keyline("up", self.a.address)
        self.first = rdpcap(capture.stop().path)[0]
        self.b.keyline("down", self.a.address)
        self.flood(2 * THRESHOLD)
        self.wait_for_protection("keylined")
        self.assertGreaterEqual(self.keying_counters(self.a)["ike-dos-cookie"], 1)
        self.assert_negotiates(self.b)
        self.wait_for_protection("off")


if __name__ == "__main__":
    main()
