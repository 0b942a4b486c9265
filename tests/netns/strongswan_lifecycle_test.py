# SPDX-License-Identifier: Apache-2.0
"""What befalls IKEv1 SAs with strongSwan while traffic runs: rekeys of both phases, dead peer detection, restarts of
either side; then IPv6, and AuthIP offered beside IKEv1."""

import signal

from scenario import main
from strongswan_test import WithStrongSwan
from lab.processes import wait_until
from lab.traffic import BackgroundPing


class Lifecycle(WithStrongSwan):
    def running_ping(self):
        """A ping through the tunnel, once that works."""
        self.assert_traffic()
        ping = BackgroundPing(self.a, self.far[1], interval=0.05)
        wait_until(ping.answers, "an answer")
        return ping

    def assert_goes_on(self, ping):
        before = ping.answers()
        wait_until(lambda: ping.answers() > before + 20, "more answers", timeout=60)

    def assert_nothing_lost(self, ping):
        self.assert_goes_on(ping)
        result = ping.finish()
        self.assertLessEqual(result.lost, 1, result.output[-200:])  # one may be under way when ping ends

    def spis(self):
        return {sa["spi"] for sa in self.sas(self.a)}

    def main_modes(self):
        return {row["id"] for row in self.a.query("mm") if row["established"]}


class KeylineRekeys(Lifecycle):
    main_mode = {"lifetime": "10s"}
    quick_mode = {"soft_lifetime": "2s", "lifetime": "30s"}
    keying = {"rekey_overlap": "1s"}

    def test_both_phases_and_nothing_is_lost(self):
        ping = self.running_ping()
        spis, main_modes = set(), set()

        def rekeyed():
            spis.update(self.spis())
            main_modes.update(self.main_modes())
            return len(spis) >= 8 and len(main_modes) >= 2

        wait_until(rekeyed, "rekeys of both phases", timeout=60, interval=0.2)
        self.assert_nothing_lost(ping)


class CharonRekeys(Lifecycle):
    def test_both_phases_and_nothing_is_lost(self):
        ping = self.running_ping()
        for _ in range(2):
            before = self.spis()
            self.peer.swanctl("--rekey", "--child", "net")
            wait_until(lambda: self.spis() - before, "new SAs")
            self.assert_goes_on(ping)
            known = self.main_modes()
            self.peer.swanctl("--rekey", "--ike", "keyline")
            wait_until(lambda: self.main_modes() - known, "another main mode SA")
            self.assert_goes_on(ping)
        self.assert_nothing_lost(ping)


class DeadPeerDetection(Lifecycle):
    connection_options = "dpd_delay = 1s"
    keying = {"dead_peer_timeout": "3s", "retransmit_interval": "500ms"}

    def test_charon_asks_and_is_answered(self):
        self.assert_traffic()
        spis = self.spis()
        wait_until(lambda: self.peer.output().count("N(DPD_ACK)") >= 3, "answers to charon's R-U-THERE")
        self.assertEqual(spis, self.spis())

    def test_keyline_asks_and_begins_anew(self):
        ping = self.running_ping()
        self.peer.send(signal.SIGSTOP)
        self.assert_told(self.a, "does not answer R-U-THERE")
        self.peer.send(signal.SIGCONT)
        self.assert_goes_on(ping)


class Restart(Lifecycle):
    keying = {"dead_peer_timeout": "3s", "retransmit_interval": "500ms"}

    def test_charon_has_lost_everything(self):
        ping = self.running_ping()
        self.peer.restart()
        self.configure_charon()
        self.assert_goes_on(ping)
        self.assert_told(self.a, "does not answer R-U-THERE")

    def test_keylined_adopts_and_rekeys(self):
        ping = self.running_ping()
        before = self.spis()
        self.a.keylined.kill()
        self.assert_goes_on(ping)
        self.a.start_keylined()
        wait_until(lambda: self.spis() - before, "successors of what was adopted", timeout=60)
        self.assert_nothing_lost(ping)


class OverIpv6(WithStrongSwan):
    near, far = ("fd01::/64", "fd01::1"), ("fd02::/64", "fd02::1")

    def address_of(self, host):
        return host.address_v6

    def test_traffic_passes_whoever_begins(self):
        self.a.keyline("up", self.b.address_v6)
        self.assert_traffic()
        self.a.keyline("down", self.b.address_v6)
        wait_until(lambda: not self.peer.swanctl("--list-sas").stdout, "charon's SAs to go")
        self.initiate()
        self.assert_traffic()


class Coexistence(WithStrongSwan):
    protocols = ["authip", "ikev1"]
    main_mode = {"auth": ["anonymous", "psk"], "dh_groups": ["ecp256"]}

    def test_what_charon_does_not_know_is_no_hindrance(self):
        capture = self.cable.capture()
        self.a.keyline("up", self.b.address)
        (main_mode,) = self.a.query("mm")
        self.assertEqual("psk", main_mode["method"])
        capture.stop()
        self.assertTrue(capture.rows("frame.number", only="isakmp.exchangetype == 243"), "no message of AuthIP")
        self.assert_traffic()

    def test_charon_begins(self):
        self.initiate()
        self.assert_traffic()


if __name__ == "__main__":
    main()
