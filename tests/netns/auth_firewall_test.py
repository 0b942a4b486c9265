# SPDX-License-Identifier: Apache-2.0
"""Authenticated firewall (MS-AIPS 3.10): a connection's first packet under the SA and in the clear, the rest as it is."""

import os
import time

from scapy.all import IP, TCP, UDP, Ether, rdpcap, wrpcap

from scenario import Scenario, main
from lab.cable import Cable

# Sends each word in a datagram, and says what came back.
_CLIENT = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
    wire.settimeout(3)
    wire.bind(("", int(sys.argv[3])))
    for word in sys.argv[4:]:
        wire.sendto(word.encode(), (sys.argv[1], int(sys.argv[2])))
        try:
            print(wire.recv(100).decode(), flush=True)
        except OSError:
            print("-", flush=True)
"""

_ECHO = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
    wire.bind(("", int(sys.argv[1])))
    print("ready", flush=True)
    while True:
        data, sender = wire.recvfrom(100)
        wire.sendto(data, sender)
"""


class AuthFirewall(Scenario):
    CLIENT_PORT, SERVER_PORT = 40000, 5000

    def start_firewall(self, **rule):
        """Both hosts' rules cover all of their network, and the SA is there; `b` echoes datagrams."""
        self.start(self.widen, mode="authenticated-firewall", **rule)
        self.a.keyline("up", self.b.address_v6 if rule.get("v6") else self.b.address)
        server = self.b.start("/usr/bin/python3", "-u", "-c", _ECHO, self.SERVER_PORT, log="echo.log")
        server.wait_for_output("ready")

    def widen(self, _host, document):
        document["rule"][0]["remote"] = "10.77.0.0/24"

    def send(self, *words):
        """Datagrams from `a`, all of one connection: the echo of each, or "-"."""
        return self.a.output("/usr/bin/python3", "-u", "-c", _CLIENT, self.b.address, self.SERVER_PORT, self.CLIENT_PORT,
                             *words).split()

    def kinds(self, capture):
        """IPv4 packets but IKE's in the order of the wire: who sent it, and what it was."""
        names = {self.a.address: "a", self.b.address: "b"}
        kinds = {1: "icmp", 6: "tcp", 17: "udp", 50: "esp"}
        return [f"{names.get(frame[IP].src, 'stranger')} {kinds[frame[IP].proto]}"
                for frame in rdpcap(capture.stop().path)
                if IP in frame and not (UDP in frame and {500, 4500} & {frame[UDP].sport, frame[UDP].dport})]

    def forge(self, *packets):
        """Puts packets on the cable, towards `b`."""
        source, destination = (host.output("cat", f"/sys/class/net/{host.INTERFACE}/address").strip()
                               for host in (self.a, self.b))
        path = os.path.join(self.lab.directory, "forged.pcap")
        wrpcap(path, [Ether(src=source, dst=destination) / packet for packet in packets])
        self.cable.inject(path, Cable.RIGHT)

    def forget_connections(self, host):
        path = host.pin("kl_connections")
        for entry in host.map("kl_connections"):
            host.run("bpftool", "map", "delete", "pinned", path, "key", *entry["key"])


class Connections(AuthFirewall):
    def test_the_first_datagram_crosses_twice_and_the_rest_as_it_is(self):
        self.start_firewall()
        capture = self.cable.capture()
        self.assertEqual(["one", "two", "three"], self.send("one", "two", "three"))
        self.assertEqual(["a esp", "a udp", "b udp", "a udp", "b udp", "a udp", "b udp"], self.kinds(capture))
        self.assert_counted(self.a, "out-twice")
        self.assert_counted(self.a, "sent-clear")
        self.assert_counted(self.b, "authorized")
        self.assert_counted(self.b, "pass-auth-firewall", 5)
        self.assertEqual({"authenticated-firewall"}, {sa["mode"] for sa in self.a.query("sas")})

    def test_tcp(self):
        self.start_firewall()
        listener = self.b.start("/usr/bin/python3", "-u", "-m", "http.server", "8000", log="http.log")
        listener.wait_for_output("Serving")
        capture = self.cable.capture()
        fetch = f"import urllib.request as r; print(r.urlopen('http://{self.b.address}:8000').status)"
        self.assertEqual("200", self.a.output("/usr/bin/python3", "-c", fetch).strip())
        kinds = self.kinds(capture)
        self.assertEqual(["a esp", "a tcp", "b tcp", "a tcp"], kinds[:4])
        self.assertNotIn("b esp", kinds)
        self.assertEqual(1, kinds.count("a esp"))

    def test_ping_in_both_directions(self):
        self.start_firewall()
        self.assert_pings(self.b.address)
        self.assert_pings(self.a.address, host=self.b)


class ConnectionsV6(AuthFirewall):
    def widen(self, _host, document):
        """Its rule is for the one peer."""

    def test_ping_in_both_directions(self):
        self.start_firewall(v6=True)
        self.assert_pings(self.b.address_v6)
        self.assert_pings(self.a.address_v6, host=self.b)
        self.assert_counted(self.a, "sent-clear")
        self.assert_counted(self.b, "authorized")


class Strangers(AuthFirewall):
    def test_who_has_no_sa_is_dropped_without_a_word(self):
        self.start_firewall()
        self.assertEqual(["one"], self.send("one"))
        stranger = IP(src="10.77.0.9", dst=self.b.address)
        capture = self.cable.capture()
        self.forge(stranger / UDP(sport=self.CLIENT_PORT, dport=self.SERVER_PORT) / b"stranger",
                   stranger / TCP(sport=self.CLIENT_PORT, dport=22, flags="S"))
        self.assert_counted(self.b, "unauthenticated", 2)
        self.assertEqual([], [kind for kind in self.kinds(capture) if not kind.startswith("stranger")])

    def test_a_peers_address_alone_is_not_enough(self):
        self.start_firewall()
        self.assertEqual(["one"], self.send("one"))
        peer = IP(src=self.a.address, dst=self.b.address)
        capture = self.cable.capture()
        self.forge(peer / UDP(sport=40001, dport=self.SERVER_PORT) / b"forged")
        self.assert_counted(self.b, "unauthenticated")
        self.assert_counted(self.b, "asked-twice")
        self.assertNotIn("b udp", self.kinds(capture))


class Forgotten(AuthFirewall):
    def test_after_sixty_seconds_of_silence_the_next_datagram_goes_twice(self):
        self.start_firewall()
        self.assertEqual(["one"], self.send("one"))
        time.sleep(61)
        capture = self.cable.capture()
        self.assertEqual(["two", "three"], self.send("two", "three"))
        self.assertEqual(["a esp", "a udp", "b udp", "a udp", "b udp"], self.kinds(capture))

    def test_a_host_that_lost_its_connections_asks_and_traffic_goes_on(self):
        self.start_firewall()
        self.assertEqual(["one"], self.send("one"))
        self.forget_connections(self.b)
        capture = self.cable.capture()
        self.assertEqual(["-", "three", "four"], self.send("two", "three", "four"))
        self.assertEqual(["a udp", "b icmp", "a esp", "a udp", "b udp", "a udp", "b udp"], self.kinds(capture))
        self.assert_counted(self.b, "asked-twice")


if __name__ == "__main__":
    main()
