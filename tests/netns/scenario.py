# SPDX-License-Identifier: Apache-2.0
"""What the scenarios share: a fresh lab for each test, rules, and the questions they all ask."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))

from lab.domain import Domain  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.traffic import ping  # noqa: E402

# Stands in the payload of pings; found on the cable, it went in the clear.
MARKER = b"keyline-in-clear"


class Scenario(unittest.TestCase):
    behind_nat = ""  # "a", "b" or "ab"
    domain = Domain

    def setUp(self):
        self.lab = self.enterContext(Lab(self.behind_nat, self.domain))
        self.a, self.b, self.cable = self.lab.a, self.lab.b, self.lab.cable
        # Cleanups run before those of the lab, while logs are there: a failure shows what the daemons said and counted.
        self.addCleanup(self._show_logs_of_failure)

    def _show_logs_of_failure(self):
        outcome = self._outcome.result
        if any(test is self for test, _ in outcome.failures + outcome.errors):
            for host in self.lab.hosts:
                for daemon in (host.keylined, host.fastpath):
                    if daemon:
                        print(f"--- {daemon.log}\n{daemon.output()}", file=sys.stderr)
                if host.keylined and host.keylined.running():
                    print(f"--- {host.name}: keyline counters\n{host.keyline('counters').stdout}", file=sys.stderr)

    def peer_of(self, host):
        return self.b if host is self.a else self.a

    # Rules

    def host_rule(self, host, action="protect", v6=False, **more):
        """A rule for everything between this host and the other one."""
        peer = self.peer_of(host)
        local, remote = (host.address_v6, peer.address_v6) if v6 else (host.address, peer.public_address)
        return {"name": f"{action}-{'v6' if v6 else 'v4'}", "local": local, "remote": remote, "action": action, **more}

    def configure(self, change=None, **rule):
        """Configures both hosts with one rule between them; `change(host, document)` may alter each file."""
        for host in self.lab.hosts:
            document = host.configuration(self.host_rule(host, **rule))
            if change:
                change(host, document)
            host.configure(document)

    def start(self, change=None, **rule):
        self.configure(change, **rule)
        for host in self.lab.hosts:
            host.start_keyline()

    # Questions

    def assert_pings(self, destination, *, host=None, count=5, **options):
        result = ping(host or self.a, destination, count=count, pattern=MARKER, **options)
        self.assertEqual(0, result.lost, result.output)
        return result

    def assert_silent(self, destination, *, host=None, **options):
        result = ping(host or self.a, destination, count=2, **options)
        self.assertEqual(0, result.received, result.output)

    def assert_protected(self, capture, esp):
        """The capture holds at least `esp` ESP packets and nothing in the clear."""
        kinds = capture.stop().kinds()
        self.assertGreaterEqual(kinds["esp"], esp, kinds)
        self.assertEqual(0, kinds["clear"], kinds)
        self.assertFalse(capture.holds(MARKER))
        return kinds

    def assert_told(self, host, *words):
        """A line of keylined's log has all these words."""
        def told():
            return any(all(word in line for word in words) for line in host.keylined.output().splitlines())

        wait_until(told, f"a line with {words} in {host.name}'s log")

    def by_kernel(self, host):
        """Whether its SAs are kernel ESP's, which misses no fast path."""
        return {sa["engine"] for sa in host.query("sas")} == {"kernel"}

    def sas(self, host):
        """The public SA map's entries."""
        return [entry["formatted"]["value"] for entry in host.map("kl_sas")]

    def counters(self, host):
        """Counted packets by the reason's name; those that the kernel's own ESP counts by its names."""
        return {row["name"]: row["count"] for row in host.query("counters", "--all") if row["where"] in ("packets", "xfrm")}

    def assert_counted(self, host, reason, at_least=1):
        wait_until(lambda: self.counters(host)[reason] >= at_least, f"{reason} to be counted")


def main():
    unittest.main(verbosity=2)
