# SPDX-License-Identifier: Apache-2.0
"""Negotiation discovery (MS-IKEE 3.7): in the clear while there is no SA, under it once there is, and never back."""

from scenario import MARKER, Scenario, main
from lab.capture import kind_of
from lab.processes import wait_until
from lab.traffic import BackgroundPing


class Discovery(Scenario):
    @staticmethod
    def impatient(_host, document):
        document["keying"] = {"retransmit_interval": "200ms", "first_message_retransmit_limit": 1}

    def start_alone(self, **rule):
        """Only `a` runs Keyline."""
        self.configure(self.impatient, **rule)
        self.a.start_keyline()

    def kinds_in_order(self, capture):
        rows = capture.stop().rows("frame.number", "ip.proto", "ipv6.nxt", "ipv6.fraghdr.nxt", "udp.srcport",
                                   "udp.dstport", "icmpv6.type", "frame.protocols")
        return [kind_of(row) for row in rows]


class WithoutPeer(Discovery):
    def test_a_host_without_keyline_is_reached_in_the_clear(self):
        self.start_alone(negotiation="request")
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        self.assert_pings(self.a.address, host=self.b)
        kinds = self.kinds_in_order(capture)
        self.assertIn("ike", kinds)
        self.assertNotIn("esp", kinds)
        self.assert_counted(self.a, "pass-discovery", 20)

    def test_with_require_inbound_only_this_host_begins_in_the_clear(self):
        self.start_alone(negotiation="require-inbound")
        self.assert_silent(self.a.address, host=self.b)
        self.assert_counted(self.a, "clear-in", 2)
        self.assert_pings(self.b.address)


class WithPeer(Discovery):
    def begin(self):
        """A ping that began in the clear and has become protected; its capture runs."""
        self.start(self.impatient, negotiation="request")
        capture = self.cable.capture()
        pings = BackgroundPing(self.a, self.b.address, pattern=MARKER)
        wait_until(lambda: self.sas(self.a) and self.sas(self.b), "SAs at both hosts")
        answered = pings.answers()
        wait_until(lambda: pings.answers() > answered + 5, "answers under the SA")
        return capture, pings

    def test_the_flow_begins_in_the_clear_and_goes_on_protected(self):
        capture, pings = self.begin()
        self.assertEqual(0, pings.finish().lost)
        kinds = self.kinds_in_order(capture)
        self.assertIn("clear", kinds)
        self.assertIn("esp", kinds)
        # A packet or two may have been under way.
        last_clear = len(kinds) - 1 - kinds[::-1].index("clear")
        self.assertNotIn("clear", kinds[kinds.index("esp") + 4:])
        self.assertLess(last_clear, len(kinds) - 5)
        self.assertTrue(any(flow["secure"] for flow in self.a.query("flows")))

    def test_a_protected_flow_does_not_go_back(self):
        capture, pings = self.begin()
        pings.finish()
        capture.stop()
        # `b` loses Keyline without a word, and speaks plainly from now on.
        self.b.keyline("detach", self.b.INTERFACE)
        self.b.fastpath.kill()
        self.b.keylined.kill()
        for left_in_the_kernel in ("policy", "state"):
            self.b.run("ip", "xfrm", left_in_the_kernel, "flush")
        self.a.keyline("down", self.b.address)
        after = self.cable.capture()
        self.assert_silent(self.b.address, pattern=MARKER)
        self.assertFalse(after.stop().holds(MARKER))
        self.assert_silent(self.a.address, host=self.b)
        self.assert_counted(self.a, "clear-in", 1)


if __name__ == "__main__":
    main()
