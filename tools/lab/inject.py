# SPDX-License-Identifier: Apache-2.0
"""Sends the Ethernet frames of a capture file: inject.py INTERFACE FILE [REPETITIONS]. Runs inside a namespace."""

import socket
import struct
import sys


def frames_of(path):
    """The frames of a classic pcap file in this machine's byte order."""
    with open(path, "rb") as file:
        file.seek(24)
        while header := file.read(16):
            yield file.read(struct.unpack("=IIII", header)[2])


def main():
    interface, path, *repetitions = sys.argv[1:]
    frames = list(frames_of(path))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((interface, 0))
        for _ in range(int(repetitions[0]) if repetitions else 1):
            for frame in frames:
                wire.send(frame)


if __name__ == "__main__":
    main()
