# SPDX-License-Identifier: Apache-2.0
"""IKEv1 with strongSwan by signatures: RSA and ECDSA certificates, both roles, and every kind that is refused."""

from scenario import main
from lab.processes import wait_until
from strongswan_test import WithStrongSwan


class Certificates:
    """For a scenario with a peer of another make: both sides have certificates."""

    key_kind = ""  # of both sides' keys; "": P-256
    own_kind = ""  # of Keyline's certificate
    trusted = "ca.pem"  # by Keyline
    more_x509 = {}

    def certificate(self, host, kind=""):
        pki = self.lab.authorities
        return pki.certificate_with(host, self.key_kind) if self.key_kind and not kind else pki.certificate(host, kind)

    def credentials(self):
        pki = self.lab.authorities
        return {"x509": {"ca": [pki.path(self.trusted)], "crl": [pki.path("crl.pem")],
                         "certificate": [self.certificate(self.a, self.own_kind)], **self.more_x509}}, "signature"


class WithCertificates(Certificates, WithStrongSwan):
    def configure_charon(self, **_):
        self.show("")

    def show(self, kind):
        """charon authenticates by this certificate of its host."""
        certificate = self.certificate(self.b, kind)
        self.peer.install("x509", certificate["file"])
        self.peer.install("private", certificate["key"])
        self.peer.install("x509ca", self.lab.authorities.path("ca.pem"))
        super().configure_charon(local=f"auth = pubkey\n certs = {certificate['file']}", remote="auth = pubkey",
                                 secrets="")

    def assert_charon_reads(self, notify):
        wait_until(lambda: notify in self.peer.output(), f"charon to read {notify}")

    def assert_both_roles(self):
        self.a.keyline("up", self.b.address)
        (main_mode,) = (row for row in self.a.query("mm") if row["established"])  # beside those that failed
        self.assertEqual(("signature", True), (main_mode["method"], main_mode["proved"]))
        self.assertIn(f"CN={self.b.hostname}", main_mode["peer"])
        self.assert_traffic()
        self.start_over()
        self.initiate()
        self.assert_traffic()

    def start_over(self):
        self.a.keyline("down", self.b.address)
        self.peer.swanctl("--terminate", "--ike", "keyline", "--force", check=False)


class Rsa(WithCertificates):
    key_kind = "rsa"

    def test_traffic_passes_whoever_begins(self):
        self.assert_both_roles()


class Ecdsa256(WithCertificates):
    def test_traffic_passes_whoever_begins(self):
        self.assert_both_roles()


class Ecdsa384(WithCertificates):
    key_kind, ike = "p384", "aes256-sha384-ecp384"
    main_mode = {"proposals": ["aes-cbc-256/sha2-384"], "dh_groups": ["ecp384"]}

    def test_traffic_passes_whoever_begins(self):
        self.assert_both_roles()


class Ecdsa521(WithCertificates):
    key_kind, ike = "p521", "aes256-sha512-ecp521"
    main_mode = {"proposals": ["aes-cbc-256/sha2-512"], "dh_groups": ["ecp521"]}

    def test_traffic_passes_whoever_begins(self):
        self.assert_both_roles()


class Refused(WithCertificates):
    """Each bad certificate is refused with its own reason, in both roles, and a good one succeeds afterwards."""

    REASONS = {
        "expired": ("INVALID_CERTIFICATE", "certificate has expired", "correct this host's clock"),
        "early": ("INVALID_CERTIFICATE", "not yet valid"),
        "revoked": ("INVALID_CERTIFICATE", "certificate revoked"),
        "stranger": ("INVALID_CERT_AUTHORITY", "Other CA", "auth.x509.ca"),
        "mail": ("INVALID_CERTIFICATE", "extended key usage does not permit IKE"),
    }

    def assert_refused(self, kind, assert_told):
        """`assert_told` begins the negotiation, and looks for the words."""
        notify, *words = self.REASONS[kind]
        with self.subTest(kind):
            self.show(kind)
            assert_told(words)
            self.assert_charon_reads(notify)
            self.assertEqual([], self.sas(self.a))

    def told_by_command(self, words):
        # The log leaves lines out when so many come: the peer is asked again, as it might have other certificates.
        done = self.a.keyline("up", self.b.address, check=False)
        for word in words:
            self.assertIn(word, done.stdout + done.stderr)

    def told_by_log(self, words):
        self.peer.swanctl("--initiate", "--child", "net", "--timeout", "10", check=False)
        self.assert_told(self.a, "refused", *words)

    def test_responders_certificate(self):
        for kind in self.REASONS:
            self.assert_refused(kind, self.told_by_command)
        self.show("")
        self.assert_both_roles()

    def test_initiators_certificate(self):
        for kind in self.REASONS:
            self.assert_refused(kind, self.told_by_log)
        self.show("")
        self.assert_both_roles()


class WrongName(WithCertificates):
    more_of_peer = {"x509_name": "elsewhere.example"}

    def test_a_certificate_with_another_name_is_refused(self):
        self.a.keyline("up", self.b.address, check=False)
        self.assert_told(self.a, "policy wants elsewhere.example", f"CN={self.b.hostname}", "x509_name")
        self.assert_charon_reads("INVALID_ID_INFORMATION")
        self.show("elsewhere")
        self.a.keyline("up", self.b.address)
        self.assert_traffic()


class RefusedByPeer(WithCertificates):
    own_kind = "expired"

    def test_the_initiator_is_told(self):
        done = self.a.keyline("up", self.b.address, check=False)
        self.assertEqual(5, done.returncode, done)
        self.assertIn("the peer refused: AUTHENTICATION-FAILED", done.stdout + done.stderr)


class InTurn(WithCertificates):
    """Keyline's first certificate is refused, its second is not."""

    def credentials(self):
        auth, method = super().credentials()
        auth["x509"]["certificate"].insert(0, self.certificate(self.a, "expired"))
        return auth, method

    def test_initiator(self):
        self.a.keyline("up", self.b.address)
        self.assert_told(self.a, "the peer refused: AUTHENTICATION-FAILED")
        self.assertIn("failed   signature by peer", self.a.keyline("mm").stdout)
        self.assert_traffic()

    def test_responder(self):
        self.peer.swanctl("--initiate", "--child", "net", "--timeout", "10", check=False)
        self.assert_told(self.a, "whether it refuses this host's certificate")
        self.initiate()
        self.assert_traffic()


if __name__ == "__main__":
    main()
