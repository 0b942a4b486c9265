# SPDX-License-Identifier: Apache-2.0
"""Every suite, mode and family, with and without extended sequence numbers, whatever does the ESP at either end.

In the guests of tests/vm one end is the fast path and the other kernel ESP. All cases run side by side, each a rule with
addresses of its own."""

import dataclasses
import itertools

from scenario import Scenario, main
from suites_test import SUITES
from lab.traffic import ping

# Of the whole packet; the last two are fragments.
SIZES = (64, 1400, 1500, 3000)


@dataclasses.dataclass
class Case:
    number: int
    suite: str
    mode: str
    family: str
    esn: bool

    @property
    def name(self):
        return "-".join([self.suite.replace("/", "-"), self.mode, self.family, *(["esn"] if self.esn else [])])

    @property
    def header(self):
        """Octets of ping's headers."""
        return 28 if self.family == "v4" else 48

    def address(self, host):
        """The host's own for this case: in tunnel mode the inner one."""
        if self.family == "v4":
            return f"10.{host.number}.{self.number}.1"
        return f"fd0{host.number}::{self.number:x}"

    def rule(self, host, peer):
        rule = {"name": self.name, "local": self.address(host), "remote": self.address(peer), "action": "protect",
                "mode": self.mode, "quick_mode": self.name}
        if self.mode == "tunnel":
            outer = "address" if self.family == "v4" else "address_v6"
            rule.update(tunnel_local=getattr(host, outer), tunnel_remote=getattr(peer, outer))
        return rule


class Matrix(Scenario):
    def check(self, choices):
        cases = [Case(number, *choice) for number, choice in enumerate(choices, start=1)]

        def configure(host, document):
            peer = self.peer_of(host)
            for case in cases:
                own = case.address(host)
                host.run("ip", "address", "add", own, "dev", host.INTERFACE, *(["nodad"] if case.family == "v6" else []))
                # Not by way of the peer's other address: Linux forgets the MTUs of routes by gateways that are no routers.
                host.run("ip", "route", "add", case.address(peer), "dev", host.INTERFACE, "src", own)
            document["auth"] = {"anonymous": {}}
            document["main_mode"]["auth"] = ["anonymous"]
            document["quick_mode"] = {case.name: {"suites": [case.suite], "esn": case.esn} for case in cases}
            document["rule"] = [case.rule(host, peer) for case in cases]

        self.start(configure)
        capture = self.cable.capture()
        for case in cases:
            with self.subTest(case.name):
                if case.family == "v6":
                    self.teach_mtu(case)
                for octets in SIZES:
                    self.assert_pings(case.address(self.b), count=1, size=octets - case.header)
        for host in self.lab.hosts:
            self.assertEqual({(case.name, case.suite, case.mode, case.esn) for case in cases},
                             {(sa["rule"], sa["suite"], sa["mode"], sa["esn"]) for sa in host.query("sas")})
        # Not all of the suites hide what they carry.
        kinds = capture.stop().kinds()
        self.assertGreaterEqual(kinds["esp"], 2 * len(SIZES) * len(cases), kinds)
        self.assertEqual(0, kinds["clear"], kinds)

    def teach_mtu(self, case):
        """IPv6 has no routers that fragment: the first packet that is too big teaches its sender, and is lost."""
        for host in self.lab.hosts:
            ping(host, case.address(self.peer_of(host)), count=1, size=1500 - case.header)


class Chosen(Matrix):
    """Each suite once: the eight combinations of the rest take turns, twice."""

    def test_each_suite(self):
        combinations = itertools.cycle(itertools.product(("transport", "tunnel"), ("v4", "v6"), (False, True)))
        self.check([(suite, *rest) for suite, rest in zip(SUITES, combinations)])


class All(Matrix):
    """Every combination: too many for every run."""

    def check_all(self, mode, family):
        self.check(itertools.product(SUITES, (mode,), (family,), (False, True)))

    def test_transport_v4(self):
        self.check_all("transport", "v4")

    def test_transport_v6(self):
        self.check_all("transport", "v6")

    def test_tunnel_v4(self):
        self.check_all("tunnel", "v4")

    def test_tunnel_v6(self):
        self.check_all("tunnel", "v6")


if __name__ == "__main__":
    main()
