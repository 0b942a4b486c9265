#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Kernel ESP in a guest against the fast path of this machine, keyed by AuthIP with certificates.

    KEYLINE_BUILD=BUILD hybrid_test.py KERNEL

         this machine             cable                    guest
    +--------------------+      +---------+      +----------------------+
    | a: native XDP,     | veth |         | tap  | b: engine = "kernel" |
    |    the fast path   +------+ tcpdump +------+    hybrid_peer.py    |
    +--------------------+      +---------+      +----------------------+
"""

import contextlib
import os
import pathlib
import shlex
import sys
import tempfile
import types
import unittest

import hybrid_peer
from guest import Guest, Kernel

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))

from lab import toml  # noqa: E402
from lab.authorities import Authorities  # noqa: E402
from lab.cable import Cable  # noqa: E402
from lab.host import BUILD, Host  # noqa: E402
from lab.traffic import BackgroundPing  # noqa: E402

# Of the emulated processor, and another such guest beside it.
PATIENCE_OF_GUEST = 10


class Hybrid(unittest.TestCase):
    kernel = None

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="keyline-hybrid-"))
        self.a = self.enterContext(contextlib.closing(Host("a", 1, os.path.join(self.directory, "a"))))
        self.cable = self.enterContext(contextlib.closing(Cable(os.path.join(self.directory, "cable"))))
        self.cable.join_guest(self.a, self.a.INTERFACE)
        self.a.bring_up()
        self.b = types.SimpleNamespace(hostname="b.keyline.example", address="10.77.0.2")  # made in the guest
        self.authorities = Authorities(os.path.join(self.directory, "pki"), [self.a, self.b])

    def configuration(self, host, peer, engine):
        rule = {"name": "peer", "local": host.address, "remote": peer.address, "action": "protect", "engine": engine}
        return {"host": {"unprotected": [self.a.INTERFACE]}, "auth": {"tls": self.authorities.tls(host)},
                "main_mode": {"auth": ["tls"]}, "rule": [rule]}

    def run_guest(self):
        config = pathlib.Path(self.directory, "b.toml")
        config.write_text(toml.dump(self.configuration(self.b, self.a, "kernel")), encoding="utf-8")
        environment = [f"KEYLINE_BUILD={BUILD}", f"KEYLINE_PATIENCE={PATIENCE_OF_GUEST}", "PYTHONDONTWRITEBYTECODE=1"]
        command = ["host-root", self.kernel.modules, "/usr/bin/env", *environment,
                   "/usr/bin/python3", HERE / "hybrid_peer.py", config, self.a.address]
        return Guest(self.kernel, host_files=True, tap=(self.cable, self.cable.RIGHT)).run(
            shlex.join(str(word) for word in command))

    def test_the_kernel_and_the_fast_path_understand_each_other(self):
        self.a.configure(self.configuration(self.a, self.b, "fastpath"))
        self.a.start_keyline()
        # One for each direction: after a test a server takes a while until it takes another.
        for port in hybrid_peer.TCP_PORTS.values():
            self.a.start("iperf3", "--server", "--one-off", "--forceflush", "--port", port,
                         log=f"iperf3-{port}.log").wait_for_output("listening")
        capture = self.cable.capture()
        towards_guest = BackgroundPing(self.a, self.b.address, interval=0.5)
        result = self.run_guest()
        self.assertEqual(0, result.status, f"{result.describe()}\n--- a\n{self.a.keylined.output()}")
        print(result.output)
        (port,) = [port for port in self.a.query("status")["datapath"]["interfaces"] if port["name"] == self.a.INTERFACE]
        self.assertEqual("native", port["xdp"])
        self.assertGreater(towards_guest.finish().received, 3)
        kinds = capture.stop().kinds()
        self.assertGreater(kinds["esp"], 100, kinds)
        self.assertEqual(0, kinds["clear"], kinds)


if __name__ == "__main__":
    Hybrid.kernel = Kernel(sys.argv.pop())
    unittest.main(verbosity=2)
