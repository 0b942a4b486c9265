# SPDX-License-Identifier: Apache-2.0
"""Whoever sits on the cable replays, alters and forges; each packet is counted by its reason and none is passed on."""

import os

from scapy.all import ESP, ICMP, IP, UDP, Ether, Raw, rdpcap, wrpcap
from scapy.layers.ipsec import SecurityAssociation

from scenario import MARKER, Scenario, main
from lab.cable import Cable
from lab.processes import wait_until


class Hostile(Scenario):
    """Forges frames from what it recorded; `a` is the victim."""

    def recorded_esp(self, **rule):
        """Starts both hosts, pings, and returns the ESP frames that went to `a`."""
        self.start(**rule)
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        return [frame for frame in rdpcap(capture.stop().path) if ESP in frame and frame[IP].dst == self.a.address]

    def send_to_a(self, frames, repetitions=1):
        path = os.path.join(self.lab.directory, "forged.pcap")
        wrpcap(path, frames)
        self.cable.inject(path, Cable.LEFT, repetitions)

    def answers_of_a(self, capture):
        return [frame for frame in rdpcap(capture.stop().path) if IP in frame and frame[IP].src == self.a.address]

    def outbound_sa(self, host):
        """The keyed scapy SA that the host seals with."""
        sa = next(sa for sa in self.sas(host) if sa["direction"] == 1)
        index = next(entry["formatted"]["key"] for entry in host.map("kl_sas")
                     if entry["formatted"]["value"]["spi"] == sa["spi"])
        keys = next(entry["formatted"]["value"] for entry in host.map("kl_sa_keys")
                    if entry["formatted"]["key"] == index)
        key = bytes(keys["encryption"][:keys["encryption_octets"]])
        return SecurityAssociation(ESP, spi=sa["spi"], crypt_algo="AES-GCM", crypt_key=key)


class Replay(Hostile):
    def test_recorded_esp_is_dropped_when_it_comes_again(self):
        frames = self.recorded_esp()
        capture = self.cable.capture()
        self.send_to_a(frames)
        self.assert_counted(self.a, "replay", len(frames))
        self.assertEqual([], self.answers_of_a(capture))
        self.assert_pings(self.b.address)


class Altered(Hostile):
    def test_a_flipped_bit_anywhere_is_dropped(self):
        frame = self.recorded_esp()[-1]
        forged = []
        for offset in (8, 20, len(frame[ESP].data) - 1):
            copy = frame.copy()
            data = bytearray(copy[ESP].data)
            data[offset] ^= 1
            copy[ESP].data = bytes(data)
            copy[ESP].seq += 100 + offset
            forged.append(copy)
        self.send_to_a(forged)
        self.assert_counted(self.a, "icv", len(forged))
        self.assert_pings(self.b.address)

    def test_truncated_esp_is_dropped(self):
        frame = self.recorded_esp()[-1]
        forged = []
        for octets in (0, 4, 7, 8, 12, 20):
            copy = Ether(src=frame.src, dst=frame.dst) / IP(src=frame[IP].src, dst=frame[IP].dst, proto=50)
            forged.append(copy / Raw(bytes(frame[IP].payload)[:octets]))
        self.send_to_a(forged)
        wait_until(lambda: sum(self.counters(self.a)[name] for name in ("truncated", "icv", "spi", "padding", "replay"))
                   >= len(forged), "the truncated packets to be counted")
        self.assert_pings(self.b.address)


class UnknownSpi(Hostile):
    def test_esp_without_an_sa_is_dropped(self):
        frame = self.recorded_esp()[-1]
        frame[ESP].spi ^= 0xFFFF
        self.send_to_a([frame])
        self.assert_counted(self.a, "spi")


class WrongSelector(Hostile):
    def test_inner_packet_outside_the_selector_is_dropped(self):
        """`b` has turned hostile: it has the keys, and sends what was not negotiated."""
        frame = self.recorded_esp(protocol="icmp")[-1]
        sealed = self.outbound_sa(self.b).encrypt(IP(src=self.b.address, dst=self.a.address) / UDP(dport=9) / MARKER,
                                                  seq_num=frame[ESP].seq + 50)
        self.send_to_a([Ether(src=frame.src, dst=frame.dst) / sealed])
        # The kernel does not tell which SA it was.
        self.assert_counted(self.a, "XfrmInStateMismatch" if self.by_kernel(self.a) else "selector")


class ClearText(Hostile):
    def test_clear_ping_from_a_host_without_keyline_is_dropped(self):
        self.configure()
        self.a.start_keyline()
        capture = self.cable.capture()
        self.assert_silent(self.a.address, host=self.b)
        self.assert_counted(self.a, "clear-in", 2)
        self.assertEqual([], [frame for frame in self.answers_of_a(capture) if ICMP in frame])


class Flood(Hostile):
    def test_a_clean_negotiation_succeeds_right_after_garbage(self):
        self.start()
        mac_a = self.a.output("cat", "/sys/class/net/eth0/address").strip()
        mac_b = self.b.output("cat", "/sys/class/net/eth0/address").strip()
        frames = []
        for number in range(200):
            header = os.urandom(8) + bytes(8) + bytes([0x85, 0x10, 0xF3, 0]) + bytes(4)
            body = os.urandom(number % 400)
            # Half claim their true length and so reach the payloads.
            length = len(header) + 4 + len(body) if number % 2 else number
            frames.append(Ether(src=mac_b, dst=mac_a) / IP(src=f"10.77.0.{10 + number}", dst=self.a.address)
                          / UDP(sport=500, dport=500) / Raw(header + length.to_bytes(4, "big") + body))
        self.send_to_a(frames, repetitions=20)
        self.assert_pings(self.b.address)
        self.assert_pings(self.a.address, host=self.b)


if __name__ == "__main__":
    main()
