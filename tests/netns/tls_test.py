# SPDX-License-Identifier: Apache-2.0
"""Authentication by certificates: both sides' or the responder's, good ones and every kind of bad one."""

import json

from scenario import Scenario, main


class TlsScenario(Scenario):
    def tls(self, *methods, **settings):
        """A change to each host's file: TLS with the host's good certificate, then other methods."""
        def change(host, document):
            document["auth"]["tls"] = self.lab.authorities.tls(host, **settings)
            document["main_mode"]["auth"] = ["tls", *methods]

        return change

    def show(self, host, *kinds):
        """Has a running host show certificates of these kinds from now on."""
        document = host.configuration(self.host_rule(host))
        document["auth"]["tls"] = self.lab.authorities.tls(host, *kinds)
        document["main_mode"]["auth"] = ["tls"]
        host.configure(document)
        host.keyline("reload")

    def main_mode(self, host):
        (mm,) = host.query("mm")
        return mm


class Mutual(TlsScenario):
    def test_ping_is_protected_and_both_names_are_proved(self):
        self.start(self.tls())
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        self.assert_protected(capture, esp=10)
        for host, peer in ((self.a, self.b), (self.b, self.a)):
            mm = self.main_mode(host)
            self.assertEqual(("tls", peer.hostname, True), (mm["method"], mm["peer"], mm["proved"]))

    def test_a_known_name_saves_a_round_trip(self):
        def known(host, document):
            self.tls()(host, document)
            peer = self.b if host is self.a else self.a
            document["peer"] = [{"address": peer.address, "tls_name": peer.hostname}]

        self.start(known)
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        # #1 and #2 with tokens, one more round trip of GSS-API, quick mode with its synchronize.
        self.assertEqual(8, self.assert_protected(capture, esp=10)["ike"])

    def test_probe_tells_what_was_proved(self):
        self.configure(self.tls())
        self.b.start_keyline()
        pki = self.lab.authorities
        own = pki.certificate(self.a)
        probe = self.a.keyline("probe", self.b.address, "--no-config", "--auth", "tls", "--certificate", own["file"],
                               "--key", own["key"], "--ca", pki.path("ca.pem"), "--peer-name", self.b.hostname, "--json")
        result = json.loads(probe.stdout)
        self.assertEqual((True, "tls", self.b.hostname), (result["ok"], result["auth_method"], result["peer_name"]))


class OneWay(TlsScenario):
    """The initiator proves nothing: it needs no certificate, and the responder knows no name."""

    def test_ping_is_protected(self):
        def one_way(host, document):
            self.tls(mutual=False)(host, document)
            if host is self.a:
                del document["auth"]["tls"]["certificate"]

        self.start(one_way)
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        self.assert_protected(capture, esp=10)
        self.assertEqual(self.b.hostname, self.main_mode(self.a)["peer"])
        self.assertFalse(self.main_mode(self.b)["proved"])


class Refused(TlsScenario):
    """Each bad certificate is refused with its own reason, on either side, and a good one succeeds afterwards."""

    REASONS = {
        "expired": ("SEC_E_CERT_EXPIRED", "expired"),
        "early": ("SEC_E_CERT_EXPIRED", "not yet valid"),
        "revoked": ("CRYPT_E_REVOKED", "revoked"),
        "stranger": ("SEC_E_UNTRUSTED_ROOT", "Other CA"),
        "mail": ("SEC_E_CERT_WRONG_USAGE", "extended key usage"),
    }

    def assert_refused(self, bad, by):
        for kind, words in self.REASONS.items():
            with self.subTest(kind):
                self.show(bad, kind)
                self.assert_silent(self.b.address)
                self.assert_told(by, "tls failed", *words)
                shown = [failure for mm in by.query("mm") for failure in mm["failed_methods"]]
                self.assertIn(words[0], [failure["status_name"] for failure in shown])
        self.show(bad, "")
        self.assert_pings(self.b.address, count=8)

    def test_responders_certificate(self):
        self.start(self.tls())
        self.assert_refused(self.b, by=self.a)

    def test_initiators_certificate(self):
        self.start(self.tls())
        self.assert_refused(self.a, by=self.b)

    def test_wrong_name(self):
        def expecting(host, document):
            self.tls()(host, document)
            if host is self.a:
                document["peer"] = [{"address": self.b.address, "tls_name": "elsewhere.example"}]

        self.start(expecting)
        self.assert_silent(self.b.address)
        self.assert_told(self.a, "SEC_E_WRONG_PRINCIPAL", self.b.hostname, "tls_name")
        self.show(self.b, "elsewhere")
        self.assert_pings(self.b.address, count=8)


class Retry(TlsScenario):
    """Every certificate is tried before the next method, and `keyline mm` tells what failed before."""

    def test_certificates_are_tried_in_turn(self):
        def several(host, document):
            self.tls()(host, document)
            kinds = ("expired", "revoked", "") if host is self.a else ("stranger", "")
            document["auth"]["tls"] = self.lab.authorities.tls(host, *kinds)

        self.start(several)
        self.assert_pings(self.b.address, count=8)
        mm = self.main_mode(self.a)
        self.assertEqual("tls", mm["method"])
        self.assertEqual(["SEC_E_UNTRUSTED_ROOT", "SEC_E_CERT_EXPIRED", "CRYPT_E_REVOKED"],
                         [failure["status_name"] for failure in mm["failed_methods"]])

    def test_tls_fails_and_kerberos_succeeds(self):
        def expired(host, document):
            self.tls("kerberos")(host, document)
            document["auth"]["tls"] = self.lab.authorities.tls(host, "expired")

        self.start(expired)
        self.assert_pings(self.b.address, count=8)
        for host in self.lab.hosts:
            mm = self.main_mode(host)
            self.assertEqual("kerberos", mm["method"])
        failures = self.main_mode(self.a)["failed_methods"]
        self.assertEqual({"tls"}, {failure["method"] for failure in failures})
        self.assertIn("expired", failures[0]["reason"])
        self.assertIn("certificate has expired", self.a.keyline("mm").stdout)


if __name__ == "__main__":
    main()
