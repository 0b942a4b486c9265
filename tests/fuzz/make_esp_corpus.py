#!/usr/bin/python3
"""Writes the seeds of fuzz_esp (its comment says what an input is). Deterministic; run it again after a change and commit
the files."""

import pathlib
import struct

SEAL, HOLD, OPEN, REASSEMBLE = 1, 2, 3, 4
OUT, IN = 1, 2
UDP, ESP, FRAGMENT, HOP_BY_HOP, DESTINATION, ROUTING, NONE = 17, 50, 44, 0, 60, 43, 59
AUTHENTIC, TUNNEL, OUTER_V6, INNER_V6 = 1, 2, 4, 8


def checksum(header):
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(body, protocol=UDP, fragment=0, options=b"", ttl=64):
    def header(value):
        return struct.pack(">BBHHHBBH4B4B", 0x45 + len(options) // 4, 0, 20 + len(options) + len(body), 7, fragment, ttl,
                           protocol, value, 10, 0, 0, 1, 10, 0, 0, 2) + options
    return header(checksum(header(0))) + body


def ipv6(body, following=UDP):
    return struct.pack(">IHBB", 0x60000000, len(body), following, 64) + b"\xfd" + bytes(14) + b"\1\xfd" + bytes(14) + b"\2" + body


def udp(octets):
    return struct.pack(">HHHH", 40000, 5000, 8 + octets, 0) + bytes(octets)


def frame(packet, kind, value):
    octets = b"\2" * 6 + struct.pack("<IBB", value, kind, 1) + (b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd") + packet
    return struct.pack(">H", len(octets)) + octets


def padded(payload, next_header, alignment=16):
    padding = -(len(payload) + 2) % alignment
    return payload + bytes(range(1, padding + 1)) + bytes([padding, next_header])


def seeds():
    small, large = udp(20), udp(1480)
    extended = struct.pack(">BB6x", ROUTING, 0) + struct.pack(">BB6x", DESTINATION, 0) + struct.pack(">BB6x", UDP, 0) + small
    yield "seal_v4", 0, frame(ipv4(small), SEAL, OUT)
    yield "seal_options", 0, frame(ipv4(small, options=b"\x94\4\0\0"), SEAL, OUT)
    yield "seal_v6_extensions", OUTER_V6 | INNER_V6, frame(ipv6(extended, HOP_BY_HOP), SEAL, OUT)
    yield "seal_tunnel_v6_in_v4", TUNNEL | INNER_V6, frame(ipv6(small), SEAL, OUT)
    yield "seal_too_big", 0, frame(ipv4(large, fragment=0x4000), SEAL, OUT)
    yield "seal_outer_fragments", TUNNEL, frame(ipv4(large), SEAL, OUT)
    yield "seal_inner_fragments", 0, (frame(ipv4(large[:1480], fragment=0x2000), SEAL, OUT) +
                                      frame(ipv4(large[1480:], fragment=185), SEAL, OUT))
    yield "hold", 0, frame(ipv4(small), HOLD, 5)
    esp = struct.pack(">II", 0xC0FFEE01, 1) + bytes(8) + bytes(32) + bytes(16)
    yield "open_forged", 0, frame(ipv4(esp, ESP), OPEN, IN)
    yield "reassemble", 0, (frame(ipv4(esp[:32], ESP, fragment=0x2000), REASSEMBLE, 0) +
                            frame(ipv4(esp[32:], ESP, fragment=4), REASSEMBLE, 0))
    pieces = [struct.pack(">BBHI", ESP, 0, at << 3 | more, 9) for at, more in ((0, 1), (4, 0))]
    yield "reassemble_v6", OUTER_V6, (frame(ipv6(pieces[0] + esp[:32], FRAGMENT), REASSEMBLE, 0) +
                                      frame(ipv6(pieces[1] + esp[32:], FRAGMENT), REASSEMBLE, 0))
    for suite in range(10):
        yield f"authentic_transport_{suite}", AUTHENTIC | suite << 4, padded(small, UDP)
    yield "authentic_tunnel", AUTHENTIC | TUNNEL, padded(ipv4(small), 4)
    yield "authentic_tunnel_v6", AUTHENTIC | TUNNEL | INNER_V6, padded(ipv6(extended, HOP_BY_HOP), 41)
    yield "authentic_dummy", AUTHENTIC, padded(bytes(20), NONE)
    yield "authentic_inner_fragment", AUTHENTIC | TUNNEL, padded(ipv4(small, fragment=0x2000), 4)


def main():
    folder = pathlib.Path(__file__).parent / "corpus" / "fuzz_esp"
    folder.mkdir(parents=True, exist_ok=True)
    for name, choice, octets in seeds():
        (folder / name).write_bytes(bytes([choice]) + octets)


if __name__ == "__main__":
    main()
