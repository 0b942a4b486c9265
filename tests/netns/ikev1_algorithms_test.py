# SPDX-License-Identifier: Apache-2.0
"""IKEv1's algorithms with strongSwan, from the oldest to the longest, and what ike-scan makes of our responder."""

from scenario import main
from lab.processes import wait_until
from strongswan_test import WithStrongSwan


class Oldest(WithStrongSwan):
    """What policy has to name: DES, MD5 and the smallest group, in both phases."""

    ike, esp = "des-md5-modp768", "des-md5"
    main_mode = {"proposals": ["des-cbc/md5"], "dh_groups": ["modp768"]}
    quick_mode = {"suites": ["des-cbc/hmac-md5-96"]}

    def test_traffic_passes_with_a_warning_whoever_begins(self):
        for weak in ("DES is weak", "MD5 is weak", '"modp768" is weak'):
            self.assert_told(self.a, "main_mode", weak)
        self.a.keyline("up", self.b.address)
        self.assert_traffic()
        self.a.keyline("down", self.b.address)
        wait_until(lambda: not self.peer.swanctl("--list-sas").stdout, "charon's SAs to go")
        self.initiate()
        self.assert_traffic()


class Every(WithStrongSwan):
    """A main mode in both roles by each algorithm."""

    SETS = {
        "3des-cbc/md5/modp1024": "3des-md5-modp1024",
        "aes-cbc-128/sha1/modp1536": "aes128-sha1-modp1536",
        "aes-cbc-192/sha2-256/modp2048": "aes192-sha256-modp2048",
        "aes-cbc-256/sha2-384/modp3072": "aes256-sha384-modp3072",
        "aes-cbc-128/sha2-512/modp4096": "aes128-sha512-modp4096",
        "aes-cbc-128/sha2-256/modp6144": "aes128-sha256-modp6144",
        "aes-cbc-256/sha2-512/modp8192": "aes256-sha512-modp8192",
        "aes-cbc-256/sha2-256/ecp384": "aes256-sha256-ecp384",
        "aes-cbc-256/sha2-512/ecp521": "aes256-sha512-ecp521",
    }

    def test_both_roles(self):
        for proposal, ike in self.SETS.items():
            with self.subTest(proposal):
                combination, group = proposal.rsplit("/", 1)
                self.ike, self.main_mode = ike, {"proposals": [combination], "dh_groups": [group]}
                self.a.configure(self.document())
                self.a.keyline("reload")
                self.configure_charon()
                self.a.keyline("up", self.b.address)
                self.assert_chosen(proposal)
                self.initiate()
                self.assert_chosen(proposal)

    def assert_chosen(self, proposal):
        self.assertEqual({proposal}, {mm["proposal"] for mm in self.a.query("mm")})
        self.a.keyline("down", self.b.address)
        wait_until(lambda: not self.peer.swanctl("--list-sas").stdout, "charon's SAs to go")


class IkeScan(WithStrongSwan):
    """A scanner that does not negotiate to the end."""

    AES256_SHA256_ECP256 = "(1=7,14=256,2=4,3=1,4=19)"
    DES_MD5_MODP768 = "(1=1,2=1,3=1,4=1)"
    RFC_3947 = "4a131c81070358455c5728f20e95452f"

    def scan(self, *options):
        # Our responder answers once, as a scanner's packets are repeated by the scanner.
        return self.b.output("ike-scan", "--sport=0", "--retry=1", *options, self.a.address)

    def test_an_acceptable_transform_is_chosen(self):
        shown = self.scan(f"--trans={self.AES256_SHA256_ECP256}", f"--vendor={self.RFC_3947}")
        self.assertIn("Main Mode Handshake returned", shown)
        self.assertIn("Enc=AES KeyLength=256 Hash=SHA2-256 Auth=PSK", shown)
        self.assertIn("VID=4a131c81070358455c5728f20e95452f (RFC 3947 NAT-T)", shown)
        self.assertIn("VID=afcad71368a1f1c96b8696fc77570100 (Dead Peer Detection v1.0)", shown)

    def test_the_acceptable_one_of_several_is_chosen(self):
        shown = self.scan(f"--trans={self.DES_MD5_MODP768}", f"--trans={self.AES256_SHA256_ECP256}")
        self.assertIn("Enc=AES KeyLength=256", shown)

    def test_others_are_refused(self):
        self.assertIn("NO-PROPOSAL-CHOSEN", self.scan(f"--trans={self.DES_MD5_MODP768}"))

    def test_aggressive_mode_is_not_answered_with_a_handshake(self):
        shown = self.scan("--aggressive", "--id=scanner", "--dhgroup=19", f"--trans={self.AES256_SHA256_ECP256}")
        self.assertNotIn("Handshake", shown)

    def test_broken_headers_are_not_answered(self):
        for broken in ("--exchange=32", "--headerver=32", "--hdrmsgid=5", "--cookie=0000000000000000"):
            with self.subTest(broken):
                self.assertIn("0 returned handshake; 0 returned notify", self.scan(broken))


if __name__ == "__main__":
    main()
