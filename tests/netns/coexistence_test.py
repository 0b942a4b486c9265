# SPDX-License-Identifier: Apache-2.0
"""Two hosts of Keyline, of which one may use AuthIP and IKEv1: which of them they negotiate by."""

import os

from scenario import Scenario, main
from strongswan_test import NoDomain

AUTHIP, IKEV1 = "anonymous", "psk"  # a method of each


class Coexistence(Scenario):
    domain = NoDomain

    def negotiate(self, *protocols):
        """Starts the hosts, whose protocols these are, a's first; the method by which they know each other."""
        for host, allowed in zip(self.lab.hosts, protocols):
            peer = self.peer_of(host).address
            keys = os.path.join(host.directory, "psk")
            with open(os.open(keys, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
                file.write(f"{peer} a secret of both\n")
            host.configure({
                "host": {"unprotected": [host.INTERFACE]},
                "auth": {"psk": {"file": keys}},
                "main_mode": {"auth": [AUTHIP, IKEV1], "dh_groups": ["ecp256"]},
                "peer": [{"name": "peer", "address": [peer], "protocols": allowed}],
                "rule": [self.host_rule(host)],
            })
            host.start_keyline()
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        self.assert_protected(capture, esp=10)
        (main_mode,) = self.a.query("mm")
        return main_mode["method"]


class BothSpeakBoth(Coexistence):
    def test_authip_wins(self):
        self.assertEqual(AUTHIP, self.negotiate(["authip", "ikev1"], ["ikev1", "authip"]))


class PeerOfIkev1(Coexistence):
    def test_ikev1_goes_on(self):
        self.assertEqual(IKEV1, self.negotiate(["authip", "ikev1"], ["ikev1"]))

    def test_whoever_begins(self):
        self.assertEqual(IKEV1, self.negotiate(["ikev1"], ["authip", "ikev1"]))


class PeerOfAuthip(Coexistence):
    def test_authip_goes_on(self):
        self.assertEqual(AUTHIP, self.negotiate(["ikev1", "authip"], ["authip"]))


if __name__ == "__main__":
    main()
