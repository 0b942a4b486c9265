# SPDX-License-Identifier: Apache-2.0
"""The cable between the two hosts, where an observer or an attacker would sit (the drawing is in __init__.py)."""

import os

from lab import inject
from lab.capture import Capture
from lab.namespace import Namespace, connect
from lab.processes import run

_XDP_PASS = '__attribute__((section("xdp"))) int pass_all(void *frame) { return 2; } /* XDP_PASS */'


class Cable(Namespace):
    LEFT, RIGHT = "left", "right"
    _IKE_HANDLES = ("800::1", "800::2")  # before that of plug()

    def __init__(self, directory):
        super().__init__("cable", directory)
        self._captures = 0

    def join(self, left, right):
        """Puts the cable between two interfaces, each a namespace and a name, which it creates."""
        for (namespace, interface), end in ((left, self.LEFT), (right, self.RIGHT)):
            connect(namespace, interface, self, end)
        self.plug()

    def join_guest(self, namespace, interface):
        """As join(), with a tap for a virtual machine as the right end."""
        connect(namespace, interface, self, self.LEFT)
        self.run("ip", "tuntap", "add", "dev", self.RIGHT, "mode", "tap", "vnet_hdr")
        self.run("ip", "link", "set", self.RIGHT, "up")
        self.plug()

    def plug(self):
        """Lets frames cross."""
        for end, other in ((self.LEFT, self.RIGHT), (self.RIGHT, self.LEFT)):
            self.run("ip", "link", "set", end, "addrgenmode", "none", "arp", "off", "promisc", "on")
            self.run("tc", "qdisc", "replace", "dev", end, "clsact")
            self.run("tc", "filter", "replace", "dev", end, "ingress", "pref", "1", "handle", "800::800", "protocol",
                     "all", "u32", "match", "u32", "0", "0", "action", "mirred", "egress", "redirect", "dev", other)

    def unplug(self):
        """Lets nothing cross."""
        for end in (self.LEFT, self.RIGHT):
            self.run("tc", "filter", "delete", "dev", end, "ingress")

    def hold_ike(self):
        """Lets no IKE over IPv4 cross; ESP does, also in UDP."""
        ike = [["match", "ip", "dport", "500", "0xffff"],
               ["match", "ip", "dport", "4500", "0xffff", "match", "u32", "0", "0xffffffff", "at", "28"]]  # RFC 3948 2.2
        for end in (self.LEFT, self.RIGHT):
            for handle, port in zip(self._IKE_HANDLES, ike):
                self.run("tc", "filter", "add", "dev", end, "ingress", "pref", "1", "handle", handle, "protocol", "all", "u32",
                         "match", "ip", "protocol", "17", "0xff", *port, "flowid", "1:1")  # and goes nowhere

    def release_ike(self):
        for end in (self.LEFT, self.RIGHT):
            for handle in self._IKE_HANDLES:
                self.run("tc", "filter", "delete", "dev", end, "ingress", "pref", "1", "handle", handle, "protocol", "all",
                         "u32")

    def run_xdp(self, end, source=_XDP_PASS):
        """Attaches the XDP program, of C in the section "xdp": a veth takes what XDP_TX sends only when it has one."""
        program = os.path.join(self.directory, f"{end}.o")
        run(["clang-16", "-target", "bpf", "-O2", "-x", "c", "-c", "-", "-o", program], input=source)
        self.run("ip", "link", "set", "dev", end, "xdpdrv", "obj", program, "sec", "xdp")

    def set_mtu(self, octets):
        for end in (self.LEFT, self.RIGHT):
            self.run("ip", "link", "set", end, "mtu", octets)

    def capture(self, only="", snap_length=0):
        """Starts a capture of what crosses; `only` is a tcpdump filter, snap_length 0 means whole frames."""
        self._captures += 1
        return Capture(self, self.LEFT, os.path.join(self.directory, f"{self._captures}.pcap"), only, snap_length)

    def inject(self, pcap, end, repetitions=1):
        """Sends the frames of a capture file towards the host at that end."""
        self.run("/usr/bin/python3", inject.__file__, end, pcap, repetitions)
