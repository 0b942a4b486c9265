# SPDX-License-Identifier: Apache-2.0
"""IKEv1 with Libreswan, both roles. Its ESP is the kernel's, and where that has none no packet passes
(tools/lab/libreswan.py): what is shown is that both sides have the same SAs with the same keys, and lose and renew them
together."""

import re
import signal

from scenario import main
from strongswan_test import FAR_V6, KEY, NEAR_V6, WithPeer
from lab.host import PEER_HAS_KERNEL_ESP
from lab.libreswan import Libreswan
from lab.processes import wait_until
from lab.traffic import BackgroundPing


class WithLibreswan(WithPeer):
    ike, esp = "aes256-sha2_256;dh19", "aes_gcm128"
    quick_mode = {"suites": ["aes-gcm-16-128"]}
    options = {"pfs": "no"}  # more of ipsec.conf's

    def start_peer(self):
        self.peer = Libreswan(self.b, left=self.address_of(self.b), right=self.address_of(self.a),
                              leftsubnet=self.far[0], rightsubnet=self.near[0], ike=self.ike, esp=self.esp,
                              **self.credentials_of_peer(), **self.options)

    def credentials_of_peer(self):
        return {"key": KEY, "authby": "secret"}

    def up(self):
        self.a.keyline("up", self.address_of(self.b))

    def spis(self):
        return {f"{sa['spi']:x}" for sa in self.sas(self.a)}

    def keys(self):
        """The keys of Keyline's SAs, in hexadecimal."""
        found = set()
        for entry in self.a.map("kl_sa_keys"):
            value = entry["formatted"]["value"]
            found.add(bytes(value["encryption"][:value["encryption_octets"]]).hex())
            found.add(bytes(value["integrity"][:value["integrity_octets"]]).hex())
        return found - {""}

    def assert_agreed(self):
        wait_until(lambda: len(self.spis()) >= 2 and self.spis() <= self.peer.sas(), "both sides to have the same SAs")
        self.assertLessEqual(self.keys(), self.peer.keys())
        if PEER_HAS_KERNEL_ESP:
            self.assert_traffic()

    def lost_by_peer(self):
        # The kernel sends under the newest SA, which pluto installs before it sends message 2 of quick mode.
        return self.counters(self.a)["spi"]

    def assert_renewed(self, before):
        wait_until(lambda: self.spis() and not self.spis() & before, "others in the place of all SAs", timeout=60)
        self.assert_agreed()

    def assert_both_phases_renewed(self):
        """And nothing lost of a ping that runs meanwhile, where pluto has ESP."""
        main_modes = self.main_modes()
        ping = self.running_ping() if PEER_HAS_KERNEL_ESP else None
        self.assert_renewed(self.spis())
        wait_until(lambda: self.main_modes() - main_modes, "another main mode SA", timeout=60)
        self.assert_renewed(self.spis())
        if ping:
            self.assert_nothing_lost(ping)


class Initiator(WithLibreswan):
    def test_both_agree_and_keyline_deletes(self):
        self.up()
        self.assert_agreed()
        self.a.keyline("down", self.address_of(self.b))
        wait_until(lambda: not self.peer.sas(), "pluto's SAs to go")


class Responder(WithLibreswan):
    def test_both_agree_and_pluto_deletes(self):
        self.peer.up()
        self.assert_agreed()
        self.peer.down()
        wait_until(lambda: not self.sas(self.a), "Keyline's SAs to go")


class PerfectForwardSecrecy(WithLibreswan):
    ike, esp = "aes128-sha1;modp2048", "aes256-sha2_256;modp2048"
    main_mode = {"proposals": ["aes-cbc-128/sha1"], "dh_groups": ["modp2048"], "lifetime_octets": "1MB"}
    quick_mode = {"suites": ["aes-cbc-256/hmac-sha2-256-128"], "pfs_group": "modp2048", "lifetime_octets": "1GB"}
    options = {"pfs": "yes"}

    def test_both_agree_whoever_begins(self):
        self.up()
        self.assert_agreed()
        self.a.keyline("down", self.address_of(self.b))
        wait_until(lambda: not self.peer.sas(), "pluto's SAs to go")
        self.peer.up()
        self.assert_agreed()


class Oldest(PerfectForwardSecrecy):
    """What Libreswan still has of the old: 3DES, MD5 and the group of 1536 bits, in both phases."""

    ike, esp = "3des-md5;modp1536", "3des-md5;modp1536"
    main_mode = {"proposals": ["3des-cbc/md5"], "dh_groups": ["modp1536"]}
    quick_mode = {"suites": ["3des-cbc/hmac-md5-96"], "pfs_group": "modp1536"}


class OverIpv6(PerfectForwardSecrecy):
    near, far = NEAR_V6, FAR_V6

    def address_of(self, host):
        return host.address_v6


class KeylineRekeys(WithLibreswan):
    main_mode = {"lifetime": "10s"}
    quick_mode = {"suites": ["aes-gcm-16-128"], "soft_lifetime": "3s", "lifetime": "30s"}
    keying = {"rekey_overlap": "1s"}

    def test_both_phases(self):
        self.up()
        self.assert_agreed()
        self.assert_both_phases_renewed()


class LibreswanRekeys(WithLibreswan):
    # It renews a quick mode after 6 seconds and a main mode after 10; of IKEv1 nothing else makes it.
    options = {"pfs": "no", "salifetime": "18s", "ikelifetime": "22s", "rekeymargin": "12s", "rekeyfuzz": "0%"}
    keying = {"rekey_overlap": "1s"}

    def test_both_phases(self):
        self.peer.up()
        self.assert_agreed()
        self.assert_both_phases_renewed()


class DeadPeerDetection(WithLibreswan):
    options = {"pfs": "no", "dpddelay": "1s", "dpdtimeout": "30s", "dpdaction": "hold"}
    keying = {"dead_peer_timeout": "2s", "retransmit_interval": "500ms"}

    def test_both_ask_and_keyline_gives_up(self):
        self.up()
        self.assert_agreed()
        wait_until(lambda: "R_U_THERE_ACK" in self.peer.output(), "pluto to be answered")
        # Nobody answers this, so Keyline asks whether pluto lives; and once it does not, begins anew.
        ping = BackgroundPing(self.a, self.far[1])
        wait_until(lambda: self.asked_by_keyline() >= 1, "Keyline to ask")
        self.peer.send(signal.SIGSTOP)
        self.assert_told(self.a, "does not answer")
        before = self.spis()
        self.peer.send(signal.SIGCONT)
        self.assert_renewed(before)
        ping.finish()

    def asked_by_keyline(self):
        return len(re.findall(r"received .*R_U_THERE\b", self.peer.output()))


class Restart(WithLibreswan):
    keying = {"dead_peer_timeout": "2s", "retransmit_interval": "500ms", "rekey_overlap": "1s"}

    def test_pluto_has_lost_everything(self):
        self.up()
        self.assert_agreed()
        before = self.spis()
        self.peer.restart()
        ping = BackgroundPing(self.a, self.far[1])
        self.assert_renewed(before)
        ping.finish()

    def test_keylined_adopts_and_rekeys(self):
        self.up()
        self.assert_agreed()
        before = self.spis()
        self.a.keylined.kill()
        self.a.start_keylined()
        self.assert_renewed(before)


if __name__ == "__main__":
    main()
