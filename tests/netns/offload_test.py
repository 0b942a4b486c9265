# SPDX-License-Identifier: Apache-2.0
"""What a network device does of kernel ESP: in the guests of tests/vm."""

import json
import pathlib

from scenario import Scenario, main
from lab.processes import run, wait_until


class Offload(Scenario):
    def configure_with(self, offload, suite):
        for host in self.lab.hosts:
            document = host.configuration(self.host_rule(host, engine="kernel"))
            document["quick_mode"] = {"suites": [suite]}
            if host is self.a:
                document["rule"][0]["offload"] = offload
            host.configure(document)

    def start_with(self, offload, suite="aes-gcm-16-128"):
        self.configure_with(offload, suite)
        for host in self.lab.hosts:
            host.start_keyline()

    def assert_refused(self, *words):
        self.a.keyline("up", self.b.address, check=False)
        self.assert_told(self.a, *words)
        self.assertEqual("", self.a.output("ip", "xfrm", "state"))

    def assert_carried(self, offload, crypto, mode):
        capture = self.cable.capture()
        self.a.keyline("up", self.b.address)
        self.assert_pings(self.b.address)
        self.assert_protected(capture, esp=10)
        for sa in self.a.query("sas"):
            self.assertEqual(("kernel", offload, crypto), (sa["engine"], sa["offload"], sa["crypto"]))
            self.assertIn(mode, sa["engine_mode"])


class Veth(Offload):
    """It takes nothing over."""

    def test_auto_goes_on_without(self):
        self.start_with("auto")
        self.assert_carried("none", "kernel", "no offload")

    def test_what_is_demanded_and_not_there_is_an_error(self):
        self.start_with("crypto")
        self.assert_refused('offload = "crypto"', "the device has no ESP offload")


class Netdevsim(Offload):
    """Its states are those of a device; packets go by the cable, where the kernel does what the device would."""

    NUMBER = 10
    DEVICES = pathlib.Path("/sys/bus/netdevsim")
    TAKEN = pathlib.Path(f"/sys/kernel/debug/netdevsim/netdevsim{NUMBER}/ports/0/ipsec")

    def setUp(self):
        super().setUp()
        run(["modprobe", "netdevsim"])
        run(["mount", "-t", "debugfs", "none", "/sys/kernel/debug"], check=False)
        # The device comes to the namespace of who writes there.
        before = self.links()
        self.a.run("sh", "-c", f"echo {self.NUMBER} 1 > {self.DEVICES}/new_device")
        self.addCleanup((self.DEVICES / "del_device").write_text, str(self.NUMBER), encoding="ascii")
        (self.device,) = self.links() - before
        self.a.run("ip", "address", "delete", f"{self.a.address}/24", "dev", self.a.INTERFACE)
        self.a.run("ip", "address", "add", f"{self.a.address}/32", "dev", self.device)
        self.a.run("ip", "link", "set", self.device, "up")
        self.a.run("ip", "route", "add", "10.77.0.0/24", "dev", self.a.INTERFACE, "src", self.a.address)

    def links(self):
        return {link["ifname"] for link in json.loads(self.a.output("ip", "-json", "link"))}

    def taken(self):
        """The number of states that the device has, as it tells itself."""
        return int(self.TAKEN.read_text(encoding="ascii").split("SA count=")[1].split()[0])

    def test_it_takes_the_cryptography_of_suites_that_it_knows(self):
        self.start_with("auto", suite="aes-cbc-256/hmac-sha2-256-128")
        self.assert_carried("none", "kernel", "no offload")
        self.assertEqual(0, self.taken())
        self.a.keyline("down", self.b.address)
        self.configure_with("crypto", "aes-gcm-16-128")
        for host in self.lab.hosts:
            host.keyline("reload")
        self.assert_carried("crypto", "device", f"cryptography by {self.device}")
        self.assertEqual(2, self.taken())
        self.a.keyline("down", self.b.address)
        wait_until(lambda: self.taken() == 0, "the device to lose its states")

    def test_it_does_not_take_all_of_esp(self):
        self.start_with("packet")
        self.assert_refused('offload = "packet"', "the kernel refuses it", "offload request")


if __name__ == "__main__":
    main()
