# SPDX-License-Identifier: Apache-2.0
"""IKEv1 with strongSwan: host a runs Keyline, host b charon. A network is behind each, and a tunnel between
them."""

import os
import sys

from scenario import Scenario, main
from lab.processes import wait_until
from lab.strongswan import StrongSwan
from lab.traffic import BackgroundPing

KEY = "the same at both sides"
# The networks behind the hosts, and an address in each.
NEAR, FAR = ("10.1.0.0/24", "10.1.0.1"), ("10.2.0.0/24", "10.2.0.1")
NEAR_V6, FAR_V6 = ("fd01::/64", "fd01::1"), ("fd02::/64", "fd02::1")

SWANCTL = """
connections {{
  keyline {{
    version = 1
    local_addrs = {own}
    remote_addrs = {peer}
    proposals = {ike}
    {options}
    local {{ {local} }}
    remote {{ {remote} }}
    children {{
      net {{
        local_ts = {far}
        remote_ts = {near}
        esp_proposals = {esp}
        start_action = none
      }}
    }}
  }}
}}
{secrets}
"""


class NoDomain:
    """These hosts know each other by keys, not by a realm."""

    krb5_conf = os.devnull

    def __init__(self, *_):
        pass

    def principal(self, _host):
        return None

    keytab = principal

    def close(self):
        pass


class WithPeer(Scenario):
    """Host a runs Keyline, host b an IKEv1 peer of another make, which start_peer() leaves in `peer`."""

    domain = NoDomain
    ike, esp = "aes256-sha256-ecp256", "aes128gcm16"
    main_mode = {}
    quick_mode = {}
    keying = {}
    protocols = ["ikev1"]
    more_of_peer = {}
    key_of_peer = KEY
    near, far = NEAR, FAR

    def address_of(self, host):
        return host.address

    def setUp(self):
        super().setUp()
        self.addCleanup(self.show_peer_of_failure)
        self.a.configure(self.document())
        for host, near, far in ((self.a, self.near, self.far), (self.b, self.far, self.near)):
            host.run("ip", "address", "add", near[1], "dev", "lo")
            gateway = self.address_of(self.peer_of(host))
            host.run("ip", "route", "add", far[0], "dev", host.INTERFACE, "src", near[1], "via", gateway)
        self.start_peer()
        self.a.start_keyline()

    def credentials(self):
        """[auth] of Keyline, and the method."""
        keys = os.path.join(self.a.directory, "psk")
        with open(os.open(keys, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{self.address_of(self.b)} {KEY}\n")
        return {"psk": {"file": keys}}, "psk"

    def document(self):
        """Keyline's keyline.toml."""
        auth, method = self.credentials()
        own, peer = self.address_of(self.a), self.address_of(self.b)
        return {
            "host": {"unprotected": [self.a.INTERFACE]},
            "auth": auth,
            "main_mode": {"auth": [method], **self.main_mode},
            "quick_mode": self.quick_mode,
            "keying": self.keying,
            "peer": [{"name": "peer", "address": [peer], "protocols": self.protocols, **self.more_of_peer}],
            "rule": [{"name": "tunnel", "local": self.near[0], "remote": self.far[0], "action": "protect",
                      "mode": "tunnel", "tunnel_local": own, "tunnel_remote": peer}],
        }

    def show_peer_of_failure(self):
        outcome = self._outcome.result
        if any(test is self for test, _ in outcome.failures + outcome.errors):
            print(f"--- peer\n{self.peer.output()}", file=sys.stderr)

    def assert_traffic(self):
        # charon takes traffic from the third message of quick mode on: it may come after the first packet.
        wait_until(lambda: self.a.run("ping", "-c", "1", "-W", "1", self.far[1], check=False).returncode == 0,
                   "the first answer")
        capture = self.cable.capture()
        self.assert_pings(self.far[1])
        self.assert_pings(self.near[1], host=self.b)
        self.assert_protected(capture, esp=20)

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
        # One may be under way when ping ends.
        self.assertLessEqual(result.lost, 1 + self.lost_by_peer(), result.output[-200:])

    def lost_by_peer(self):
        """How many packets it sent so that nobody can open them."""
        return 0

    def main_modes(self):
        return {row["id"] for row in self.a.query("mm") if row["established"]}


class WithStrongSwan(WithPeer):
    connection_options = ""  # of swanctl's

    def start_peer(self):
        self.peer = StrongSwan(self.b)
        self.configure_charon()

    def configure_charon(self, local="auth = psk", remote="auth = psk", secrets=None):
        if secrets is None:
            secrets = f'secrets {{ ike-keyline {{ secret = "{self.key_of_peer}" }} }}'
        self.peer.load(SWANCTL.format(own=self.address_of(self.b), peer=self.address_of(self.a), near=self.near[0],
                                      far=self.far[0], ike=self.ike, esp=self.esp, local=local, remote=remote,
                                      secrets=secrets, options=self.connection_options))

    def initiate(self):
        self.peer.swanctl("--initiate", "--child", "net", "--timeout", "10")


class Initiator(WithStrongSwan):
    def test_keyline_negotiates_and_traffic_passes(self):
        self.a.keyline("up", self.address_of(self.b))
        (main_mode,) = self.a.query("mm")
        self.assertEqual("psk", main_mode["method"])
        self.assert_traffic()

    def test_a_packet_asks_for_the_sa(self):
        self.assert_traffic()


class Responder(WithStrongSwan):
    def test_charon_negotiates_and_traffic_passes(self):
        self.initiate()
        self.assert_traffic()

    def test_charon_rekeys_and_deletes(self):
        self.initiate()
        self.assert_traffic()
        before = {sa["spi"] for sa in self.sas(self.a)}
        pings = BackgroundPing(self.a, self.far[1], interval=0.05)
        wait_until(pings.answers, "an answer")
        self.peer.swanctl("--rekey", "--child", "net")
        wait_until(lambda: {sa["spi"] for sa in self.sas(self.a)} - before, "new SAs")
        answered = pings.answers()
        wait_until(lambda: pings.answers() > answered + 10, "answers under the new SAs")
        self.assertEqual(0, pings.finish().lost)
        self.peer.swanctl("--terminate", "--ike", "keyline")
        wait_until(lambda: not self.sas(self.a), "the SAs to go")


class PerfectForwardSecrecy(WithStrongSwan):
    ike, esp = "aes128-sha1-modp2048", "aes256-sha256-modp2048"
    main_mode = {"proposals": ["aes-cbc-128/sha1"], "dh_groups": ["modp2048"], "lifetime_octets": "1MB"}
    quick_mode = {"suites": ["aes-cbc-256/hmac-sha2-256-128"], "pfs_group": "modp2048", "lifetime_octets": "1GB"}

    def test_traffic_passes_whoever_begins(self):
        self.a.keyline("up", self.address_of(self.b))
        self.assert_traffic()
        self.a.keyline("down", self.address_of(self.b))
        wait_until(lambda: not self.peer.swanctl("--list-sas").stdout, "charon's SAs to go")
        self.initiate()
        self.assert_traffic()


class DifferingKeys(WithStrongSwan):
    key_of_peer = "another"

    def test_the_failure_names_the_keys(self):
        done = self.a.keyline("up", self.address_of(self.b), check=False)
        self.assertEqual(5, done.returncode, done)
        self.assertIn("pre-shared keys", done.stdout + done.stderr)
        self.assertEqual([], self.sas(self.a))


if __name__ == "__main__":
    main()
