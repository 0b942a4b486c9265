# SPDX-License-Identifier: Apache-2.0
"""What befalls IKEv1 SAs with strongSwan while traffic runs: rekeys of both phases, dead peer detection, restarts of
either side; then IPv6, and AuthIP offered beside IKEv1."""

import re
import signal

from scenario import main
from strongswan_test import FAR_V6, NEAR_V6, WithStrongSwan
from lab.processes import wait_until


class Lifecycle(WithStrongSwan):
    def spis(self):
        return {sa["spi"] for sa in self.sas(self.a)}


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


class CrossedRekeys(Lifecycle):
    quick_mode = {"soft_lifetime": "3s", "lifetime": "60s"}
    keying = {"rekey_overlap": "1s", "retransmit_interval": "500ms"}

    def test_both_begin_and_nothing_is_lost(self):
        ping = self.running_ping()
        before = self.spis()
        capture = self.cable.capture("udp")
        self.cable.hold_ike()
        self.peer.swanctl("--rekey", "--child", "net")
        wait_until(lambda: "sending retransmit 1 of request" in self.peer.output(), "charon to have begun")
        ours = wait_until(lambda: self.messages(capture, self.a), "Keyline to have begun")
        theirs = int(re.findall(r"generating QUICK_MODE request (\d+)", self.peer.output())[-1])
        self.cable.release_ike()
        wait_until(lambda: ours | {theirs} <= self.messages(capture, self.a) & self.messages(capture, self.b),
                   "an answer to both")
        wait_until(lambda: not self.spis() & before, "the old SAs to go")
        self.assert_nothing_lost(ping)

    @staticmethod
    def messages(capture, sender):
        """The message IDs of quick modes that this host has taken part in."""
        only = f"ip.src == {sender.address} && isakmp.exchangetype == 32"
        return {int(row[0], 16) for row in capture.rows("isakmp.messageid", only=only)}


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


class IdleDeadPeer(Lifecycle):
    keying = {"dpd_delay": "1s", "dpd_timeout": "2s", "retransmit_interval": "500ms"}

    def test_it_is_asked_without_traffic_and_its_sas_go(self):
        self.assert_traffic()
        wait_until(lambda: self.peer.output().count("N(DPD_ACK)") >= 3, "answers to Keyline's R-U-THERE")
        self.peer.send(signal.SIGSTOP)
        wait_until(lambda: not self.sas(self.a), "the SAs to go")
        self.assert_told(self.a, "does not answer R-U-THERE")
        self.peer.send(signal.SIGCONT)
        self.assert_traffic()


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
    near, far = NEAR_V6, FAR_V6

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
