# SPDX-License-Identifier: Apache-2.0
"""IKEv1 with Libreswan by signatures with RSA certificates, the only ones it takes in IKEv1: both roles, and authorities
that one side does not trust."""

from scenario import main
from ikev1_certificates_test import Certificates
from libreswan_test import WithLibreswan
from lab.libreswan import Libreswan
from lab.processes import wait_until


class WithCertificates(Certificates, WithLibreswan):
    key_kind = "rsa"
    trusted_by_pluto = "ca.pem"
    # Each sends its certificate only because the other has requested it.
    more_x509 = {"send_unasked": False}

    def credentials_of_peer(self):
        peer = f"O=Keyline laboratory, CN={self.a.hostname}"
        return {"certificate": self.certificate(self.b), "ca": self.lab.authorities.path(self.trusted_by_pluto),
                "authby": "rsasig", "leftcert": Libreswan.NICKNAME, "leftsendcert": "sendifasked", "leftid": "%fromcert",
                "rightid": f'"{peer}"', "rightca": "%same"}


class Rsa(WithCertificates):
    def test_both_agree_whoever_begins(self):
        self.up()
        (main_mode,) = self.a.query("mm")
        self.assertEqual(("signature", True), (main_mode["method"], main_mode["proved"]))
        self.assertIn(f"CN={self.b.hostname}", main_mode["peer"])
        self.assert_agreed()
        self.a.keyline("down", self.b.address)
        wait_until(lambda: not self.peer.sas(), "pluto's SAs to go")
        self.peer.up()
        self.assert_agreed()


class RefusedByKeyline(WithCertificates):
    trusted = "other-ca.pem"

    def test_the_responders(self):
        self.a.keyline("up", self.b.address, check=False)
        self.assert_refused()

    def test_the_initiators(self):
        self.peer.up()
        self.assert_refused()

    def assert_refused(self):
        self.assert_told(self.a, "refused", "Laboratory CA", "auth.x509.ca")
        self.assertEqual([], self.sas(self.a))


class RefusedByLibreswan(WithCertificates):
    """It says why in its log alone: what it sends is encrypted with an IV that only a finished main mode has."""

    trusted_by_pluto = "other-ca.pem"
    keying = {"retransmit_limit": 2, "retransmit_interval": "500ms"}

    def test_the_responders(self):
        self.peer.up()
        self.assert_refused()

    def test_the_initiators(self):
        done = self.a.keyline("up", self.b.address, check=False)
        self.assertEqual(5, done.returncode, done)
        self.assertIn("refuses this host's certificate, the name in it or its CA", done.stdout + done.stderr)
        self.assert_refused()

    def assert_refused(self):
        wait_until(lambda: "SEC_ERROR_UNKNOWN_ISSUER" in self.peer.output(), "pluto to name the reason")
        self.assertEqual([], self.sas(self.a))


if __name__ == "__main__":
    main()
