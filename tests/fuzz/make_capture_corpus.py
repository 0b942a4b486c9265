#!/usr/bin/python3
"""Writes the seeds of fuzz_capture: one small pcap of each kind that the reader knows."""
import pathlib
import struct

HERE = pathlib.Path(__file__).parent / "corpus" / "fuzz_capture"
MESSAGE = bytes(range(1, 41))


def udp(source, destination, data):
    return struct.pack(">HHHH", source, destination, 8 + len(data), 0) + data


def ipv4(payload, fragment=0):
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, fragment, 64, 17, 0,
                       bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])) + payload


def ipv6(next_header, payload):
    return struct.pack(">IHBB16s16s", 0x60000000, len(payload), next_header, 64, b"\x20" * 16, b"\x21" * 16) + payload


def ethernet(kind, packet, tags=b""):
    return b"\x02" * 12 + tags + struct.pack(">H", kind) + packet


def pcap(frames, link=1):
    octets = struct.pack(">IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for frame in frames:
        octets += struct.pack(">IIII", 1700000000, 1, len(frame), len(frame)) + frame
    return octets


def main():
    whole = udp(500, 500, b"\x55" * 200)
    options = bytes([17, 0, 1, 4, 0, 0, 0, 0]) + udp(500, 500, MESSAGE)
    v6_fragments = [ipv6(44, struct.pack(">BBHI", 17, 0, 1, 9) + whole[:104]),
                    ipv6(44, struct.pack(">BBHI", 17, 0, 104, 9) + whole[104:])]
    seeds = {
        "ethernet": pcap([ethernet(0x0800, ipv4(udp(500, 500, MESSAGE))),
                          ethernet(0x0800, ipv4(udp(4500, 4500, bytes(4) + MESSAGE)), b"\x81\x00\x00\x05")]),
        "ipv6": pcap([ethernet(0x86DD, ipv6(60, options))]),
        "fragments": pcap([ethernet(0x0800, ipv4(whole[:104], 0x2000)), ethernet(0x0800, ipv4(whole[104:], 13))]),
        "ipv6-fragments": pcap(v6_fragments, 101),
        "cooked": pcap([bytes(14) + b"\x08\x00" + ipv4(udp(500, 500, MESSAGE))], 113),
        "cooked2": pcap([b"\x08\x00" + bytes(18) + ipv4(udp(500, 500, MESSAGE))], 276),
        "loop": pcap([bytes([0, 0, 0, 2]) + ipv4(udp(500, 500, MESSAGE))], 108),
    }
    HERE.mkdir(parents=True, exist_ok=True)
    for name, octets in seeds.items():
        (HERE / f"{name}.pcap").write_bytes(octets)


if __name__ == "__main__":
    main()
