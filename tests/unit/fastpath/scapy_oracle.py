#!/usr/bin/python3
"""Scapy's ESP against ours, both ways: what one seals the other opens, and every octet of the packet comes back.

Usage: scapy_oracle.py ESP_PEER  (the program built from esp_peer.cc)"""

import hmac
import itertools
import logging
import os
import random
import struct
import subprocess
import sys

logging.getLogger("scapy").setLevel(logging.ERROR)

from scapy.layers.inet import ICMP, IP, TCP, UDP  # noqa: E402
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, PadN  # noqa: E402
from scapy.layers.ipsec import ESP, SecurityAssociation  # noqa: E402
from scapy.packet import Raw  # noqa: E402

SPI = 0xC0FFEE01  # as packets.h makes it
SUITES = {  # name: cipher, key octets with salt, integrity, key octets
    "gcm128": ("AES-GCM", 20, None, 0),
    "gcm192": ("AES-GCM", 28, None, 0),
    "gcm256": ("AES-GCM", 36, None, 0),
    "cbc128sha1": ("AES-CBC", 16, "HMAC-SHA1-96", 20),
    "cbc192sha256": ("AES-CBC", 24, "SHA2-256-128", 32),
    "cbc256sha256": ("AES-CBC", 32, "SHA2-256-128", 32),
    "cbc128sha384": ("AES-CBC", 16, "SHA2-384-192", 48),
    "cbc256sha512": ("AES-CBC", 32, "SHA2-512-256", 64),
    "cbc128md5": ("AES-CBC", 16, "HMAC-MD5-96", 16),
    "desmd5": ("DES", 8, "HMAC-MD5-96", 16),
    "3dessha1": ("3DES", 24, "HMAC-SHA1-96", 20),
    "nullsha1": ("NULL", 0, "HMAC-SHA1-96", 20),
    "nullsha256": ("NULL", 0, "SHA2-256-128", 32),
}


class Peer:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def packets(family, generator):
    """Whole packets of every upper layer, with options and extension headers."""
    size = generator.randrange(0, 1400)
    payload = Raw(generator.randbytes(size))
    if family == 4:
        head = IP(src="10.0.0.1", dst="10.0.0.2", tos=generator.randrange(256) & 0xFC, id=generator.randrange(65536))
        yield head / UDP(sport=1000, dport=2000) / payload
        yield head / TCP(sport=1000, dport=2000) / payload
        yield head / ICMP() / payload
    else:
        head = IPv6(src="fd00::1", dst="fd00::2", tc=generator.randrange(256) & 0xFC, fl=0x12345)
        yield head / UDP(sport=1000, dport=2000) / payload
        yield head / IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0" * 4)]) / UDP(sport=1, dport=2) / payload
        yield head / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]) / UDP(sport=1, dport=2) / payload


def association(suite, keys, mode, outer, esn, sequence, udp):
    cipher, _, integrity, _ = SUITES[suite]
    header = None
    if mode == "tunnel":
        header = IP(src="10.0.0.1", dst="10.0.0.2") if outer == 4 else IPv6(src="fd00::1", dst="fd00::2")
    return SecurityAssociation(
        ESP, spi=SPI, seq_num=sequence & 0xFFFFFFFF, tunnel_header=header,
        crypt_algo=cipher, crypt_key=keys[0] or None, auth_algo=integrity or "NULL", auth_key=keys[1] or None,
        nat_t_header=UDP(sport=4500, dport=4500) if udp else None, esn_en=bool(esn), esn=sequence >> 32)


def exchange_icv(packet, suite, auth_key, checked, written):
    """Scapy leaves the high half of an extended sequence number out of its HMACs (RFC 4303 2.8). This checks the ICV over
    what was sent and `checked`, and puts in its place the one with `written`: each the packed high half, or nothing."""
    digest, octets = {"HMAC-MD5-96": ("md5", 12), "HMAC-SHA1-96": ("sha1", 12), "SHA2-256-128": ("sha256", 16), "SHA2-384-192": ("sha384", 24),
                      "SHA2-512-256": ("sha512", 32)}[SUITES[suite][2]]
    covered = packet[packet.index(struct.pack(">L", SPI)):-octets]
    assert hmac.digest(auth_key, covered + checked, digest)[:octets] == packet[-octets:], f"ICV of {suite} with ESN"
    return packet[:-octets] + hmac.digest(auth_key, covered + written, digest)[:octets]


def with_udp_length(packet):
    """Scapy writes the UDP length before it knows what follows."""
    start = (packet[0] & 0xF) * 4
    return packet[:start + 4] + struct.pack(">H", len(packet) - start) + packet[start + 6:]


def canonical(packet, family):
    """The packet with every length and checksum written out anew."""
    return bytes((IP if family == 4 else IPv6)(bytes(packet)))


def main():
    generator = random.Random(4303)
    peer = Peer(sys.argv[1])
    checked = 0
    for suite, mode, outer, inner, esn, udp, engine in itertools.product(
            SUITES, ("transport", "tunnel"), (4, 6), (4, 6), (0, 1), (0, 1), ("openssl", "ipsec-mb")):
        if mode == "transport" and inner != outer:
            continue
        if udp and outer == 6:
            continue  # scapy encapsulates in UDP over IPv4 only
        _, key_octets, _, auth_octets = SUITES[suite]
        keys = generator.randbytes(key_octets), generator.randbytes(auth_octets)
        words = [keys[0].hex() or "-", keys[1].hex() or "-"]
        for packet in packets(inner, generator):
            sequence = generator.randrange(1, 2**32) | (generator.randrange(1, 2**31) << 32 if esn else 0)
            plain = canonical(packet, inner)
            scenario = f"{suite} {mode} {inner} in {outer} esn={esn} udp={udp} {engine} {packet.summary()}"

            sealed = peer.ask("seal", engine, suite, mode, outer, esn, udp, sequence, *words, plain.hex())
            assert not sealed.startswith("dropped"), f"seal {scenario}: {sealed}"
            theirs = association(suite, keys, mode, outer, esn, sequence, udp)
            sealed, high = bytes.fromhex(sealed), struct.pack(">L", sequence >> 32)
            if esn and keys[1]:
                sealed = exchange_icv(sealed, suite, keys[1], high, b"")
            frame = (IP if outer == 4 else IPv6)(sealed)
            opened = theirs.decrypt(frame, esn_en=bool(esn), esn=sequence >> 32)
            assert canonical(opened, inner) == plain, f"scapy opens ours otherwise: {scenario}"

            theirs = association(suite, keys, mode, outer, esn, sequence, udp)
            encrypted = bytes(theirs.encrypt((IP if inner == 4 else IPv6)(plain), seq_num=sequence & 0xFFFFFFFF,
                                             esn_en=bool(esn), esn=sequence >> 32))
            if esn and keys[1]:
                encrypted = exchange_icv(encrypted, suite, keys[1], b"", high)
            if udp:
                encrypted = with_udp_length(encrypted)
            ours = peer.ask("open", engine, suite, mode, outer, esn, udp, sequence, *words, encrypted.hex())
            assert ours == plain.hex(), f"we open scapy's otherwise: {scenario}\n{ours}\n{plain.hex()}"
            checked += 2
    assert peer.close() == 0
    print(f"{checked} packets agree")


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    main()
