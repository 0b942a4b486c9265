# SPDX-License-Identifier: Apache-2.0
"""NTLM with accounts in a file: the initiator proves its account, to a responder that proves nothing."""

import os

from scenario import Scenario, main

PASSWORDS = {"a": "correct horse", "b": "battery staple"}


class Accounts(Scenario):
    def write(self, host, file, text):
        path = os.path.join(host.directory, file)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def ntlm(self, *before, passwords=PASSWORDS):
        """A change to each host's file: account EXAMPLE\\a or EXAMPLE\\b, after other methods."""
        def change(host, document):
            accounts = "".join(f"EXAMPLE:{user}:{password}\n" for user, password in PASSWORDS.items())
            document["auth"]["ntlm"] = {"user": host.name, "domain": "EXAMPLE",
                                        "password": self.write(host, "password", passwords[host.name] + "\n"),
                                        "accounts": self.write(host, "accounts", accounts)}
            document["main_mode"] = {"auth": [*before, "ntlm"], "dh_groups": ["none", "ecp256"]}

        return change

    def test_ping_is_protected_and_the_initiators_account_is_proved(self):
        self.start(self.ntlm())
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        self.assert_protected(capture, esp=10)
        (mm,) = self.b.query("mm")
        self.assertEqual(("ntlm", "EXAMPLE\\a", True), (mm["method"], mm["peer"], mm["proved"]))
        self.assertIn("ecp256", mm["proposal"])  # never without Diffie-Hellman
        (mm,) = self.a.query("mm")
        self.assertFalse(mm["proved"])

    def test_a_wrong_password_is_refused(self):
        self.start(self.ntlm(passwords={**PASSWORDS, "a": "wrong"}))
        self.assert_silent(self.b.address)
        self.assert_told(self.b, "ntlm failed", "SEC_E_LOGON_DENIED", "wrong password")
        self.assert_pings(self.a.address, host=self.b)

    def test_kerberos_fails_and_ntlm_succeeds(self):
        self.lab.domain.stop_kdc()
        self.start(self.ntlm("kerberos"))
        self.assert_pings(self.b.address)
        (mm,) = self.a.query("mm")
        self.assertEqual("ntlm", mm["method"])
        self.assertEqual(["kerberos"], [failure["method"] for failure in mm["failed_methods"]])
        self.assertIn("KDC", mm["failed_methods"][0]["reason"])


if __name__ == "__main__":
    main()
