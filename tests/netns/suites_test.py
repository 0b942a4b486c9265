# SPDX-License-Identifier: Apache-2.0
"""Every ESP suite carries traffic, on each of the fast path's cryptographic engines."""

from scenario import Scenario, main

SUITES = ["aes-gcm-16-128", "aes-gcm-16-256",
          *(f"aes-cbc-{bits}/{integrity}" for bits in (128, 192, 256)
            for integrity in ("hmac-sha1-96", "hmac-sha2-256-128")),
          "aes-cbc-256/hmac-sha2-384-192", "aes-cbc-256/hmac-sha2-512-256", "aes-gmac-128", "aes-gmac-256",
          "3des-cbc/hmac-sha1-96", "des-cbc/hmac-md5-96", "null/hmac-sha1-96", "null/hmac-sha2-256-128"]
# Those that intel-ipsec-mb leaves to OpenSSL.
OPENSSL_ONLY = {"aes-gmac-128", "aes-gmac-256", "3des-cbc/hmac-sha1-96", "des-cbc/hmac-md5-96"}


class Suites(Scenario):
    def check(self, library):
        for suite in SUITES:
            with self.subTest(suite=suite):
                for host in self.lab.hosts:
                    document = host.configuration(self.host_rule(host, engine="fastpath"))
                    document["quick_mode"] = {"suites": [suite]}
                    host.configure(document)
                    host.start_keylined()
                    host.start_fastpath("--engine", library)
                self.assert_pings(self.b.address, size=1000)
                self.assert_pings(self.b.address, size=1, count=2)
                crypto = "openssl" if suite in OPENSSL_ONLY else library
                self.assertEqual({(suite, crypto)}, {(sa["suite"], sa["crypto"]) for sa in self.a.query("sas")})
                for host in self.lab.hosts:
                    host.fastpath.stop()
                    host.keylined.stop()


class OpenSsl(Suites):
    def test_every_suite(self):
        self.check("openssl")


class IpsecMb(Suites):
    def test_every_suite(self):
        with open("/proc/cpuinfo", encoding="ascii") as cpuinfo:
            if " aes " not in cpuinfo.read():
                self.skipTest("this CPU has no AES instructions, which intel-ipsec-mb needs")
        self.check("ipsec-mb")


if __name__ == "__main__":
    main()
