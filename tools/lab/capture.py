# SPDX-License-Identifier: Apache-2.0
"""What crossed the cable: tcpdump records it, tshark, which shares no code with Keyline, says what it was."""

import collections
import os
import signal
import time

from lab.processes import run

# ICMPv6 multicast listener and neighbour discovery: of the link, like ARP, and never protected (RFC 4861, 3810).
_LINK_ICMPV6 = {"130", "131", "132", "133", "134", "135", "136", "137", "143"}
_IKE_PORTS = {"500", "4500"}
_FIELDS = ["frame.number", "ip.proto", "ipv6.nxt", "ipv6.fraghdr.nxt", "udp.srcport", "udp.dstport", "icmpv6.type",
           "frame.protocols"]


def kind_of(row):
    """One of esp, ike, link, clear, from a row of _FIELDS."""
    _, protocol, v6_next, v6_fragment_next, source, destination, icmpv6_type, layers = row
    protocol = protocol or v6_fragment_next or v6_next
    if not protocol:
        return "link"
    if protocol == "50" or (":udp:" in layers and layers.endswith(":esp") and "4500" in (source, destination)):
        return "esp"
    if protocol == "17" and _IKE_PORTS & {source, destination}:
        return "ike"
    if icmpv6_type in _LINK_ICMPV6:
        return "link"
    return "clear"


class Capture:
    """Records from construction to stop(); afterwards answers questions."""

    def __init__(self, namespace, interface, path, only="", snap_length=0):
        self.path = path
        self._process = namespace.start("tcpdump", "--interface", interface, "--immediate-mode", "--packet-buffered",
                                        "--buffer-size=65536", f"--snapshot-length={snap_length}", "-w", path,
                                        "--relinquish-privileges=root", *([only] if only else []),
                                        log=path.rsplit("/", 1)[-1] + ".log")
        self._process.wait_for_output("listening on")

    def stop(self):
        """Ends the recording, with what was under way a moment ago in it."""
        time.sleep(0.3)
        self._process.stop(signal.SIGINT)
        return self

    def rows(self, *fields, only="", occurrence="f", options=(), environment=None):
        """The named tshark fields of each packet that the display filter takes: the first occurrence, or all ("a")."""
        wanted = [word for field in fields for word in ("-e", field)]
        table = run(["tshark", "-n", "-r", self.path, "-T", "fields", "-E", f"occurrence={occurrence}",
                     "-E", "separator=|", *wanted, *(["-Y", only] if only else []), *options], timeout=300,
                    env={**os.environ, **(environment or {})}).stdout
        return [line.split("|") for line in table.splitlines()]

    def kinds(self):
        """Counter of packets by kind; `clear` is every IP packet that is neither ESP, IKE nor of the link. A fragment is what
        the whole is: a later one of UDP has no ports."""
        rows = self.rows("ip.reassembled_in", *_FIELDS, options=["-2"])  # twice: it knows what is to come
        kind = {number: kind_of([number, *rest]) for _, number, *rest in rows}
        return collections.Counter(kind[whole or number] for whole, number, *_ in rows)

    def holds(self, octets):
        """Whether the octets stand anywhere in the recording."""
        with open(self.path, "rb") as file:
            return octets in file.read()
