# SPDX-License-Identifier: Apache-2.0
"""With exported keys tshark reads what crossed the cable: the negotiation with our dissector, ESP with its own."""

import os
import signal
import stat

from scenario import MARKER, Scenario, main
from strongswan_test import WithStrongSwan
from lab.host import program
from lab.processes import wait_until

DISSECTOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "wireshark", "authip.lua")


class Wireshark(Scenario):
    def keys_of(self, host):
        return os.path.join(host.directory, "keys")

    def start_with_export(self, exporting, **quick_mode):
        def export(host, document):
            document["quick_mode"] = quick_mode
            if host is exporting:
                document["debug"] = {"key_export": self.keys_of(host)}
        self.start(export)

    def record_ping(self):
        capture = self.lab.cable.capture()
        self.assert_pings(self.b.address)
        return capture.stop()

    def rows(self, capture, host, *fields, only):
        keys = self.keys_of(host)
        return capture.rows(*fields, only=only, occurrence="a", environment={"WIRESHARK_CONFIG_DIR": keys}, options=[
            "-X", f"lua_script:{DISSECTOR}", "-o", f"authip.keys:{keys}/authip_keys",
            "-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE"])

    def test_the_negotiation_is_opened(self):
        self.start_with_export(self.a, suites=["aes-gcm-16-256"])
        capture = self.record_ping()
        fields = ("authip.exchange", "authip.encrypted", "authip.payload.type", "authip.id.ipv4", "authip.proposal.spi")
        messages = self.rows(capture, self.a, *fields, only="authip")
        self.assertEqual(6, len(messages))
        self.assertEqual({"0xf3"}, {exchange for exchange, *_ in messages})
        hash_id_id_sa = "0x08,0x05,0x05,0x01"
        request, answer = messages[4:]
        self.assertEqual(["1", hash_id_id_sa + ",0x0a"], request[1:3])
        self.assertEqual(["1", hash_id_id_sa], answer[1:3])
        for message in (request, answer):
            self.assertEqual(f"{self.a.address},{self.b.address}", message[3])
        spis = {message[4].replace(":", "") for message in (request, answer)}
        self.assertEqual(spis, {sa["spi"].removeprefix("0x") for sa in self.a.query("sas")})

    def test_a_probe_exports_its_own(self):
        self.configure()
        self.b.start_keyline()
        capture = self.lab.cable.capture()
        self.a.keyline("probe", self.b.address, "--config", self.a.config_path, "--export-keys", self.keys_of(self.a))
        capture.stop()
        opened = self.rows(capture, self.a, "authip.crypto.opened", only="authip.encrypted==1")
        self.assertGreaterEqual(len(opened), 2)
        self.assertEqual({"1"}, {field for field, in opened})

    def test_trace_names_what_the_keyer_sent(self):
        self.start_with_export(self.a, suites=["aes-gcm-16-256"])
        keys = f"{self.keys_of(self.a)}/authip_keys"
        trace = self.a.start(program("keyline"), "trace", "--interface", "eth0", "--keys", keys, log="trace.log")
        # A line for each packet socket, below a heading.
        wait_until(lambda: self.a.output("cat", "/proc/net/packet").count("\n") > 1, "keyline trace to watch")
        capture = self.record_ping()
        wait_until(lambda: "#6" in trace.output(), "keyline trace to draw the sixth message")
        trace.stop(signal.SIGINT)
        drawn = self.a.keyline("trace", capture.path, "--keys", keys).stdout
        self.assertEqual(drawn, trace.output())
        for names in ("#1  HDR, SA, Auth, Ni", "#5  HDR*, HAuth1, IDi, IDr, SA, Ni(qm)", "#6  HDR*, HAuth2"):
            self.assertIn(names, drawn)

    def test_esp_is_decrypted_and_by_the_responder_s_keys_too(self):
        for suite in ("aes-gcm-16-128", "aes-cbc-256/hmac-sha2-256-128"):
            with self.subTest(suite):
                self.start_with_export(self.b, suites=[suite])
                capture = self.record_ping()
                self.assertFalse(capture.holds(MARKER))
                echoes = self.rows(capture, self.b, "esp.spi", "data.data", only="esp && icmp.type==8")
                self.assertEqual(5, len(echoes))
                for _, data in echoes:
                    self.assertIn(MARKER.hex(), data)
                wrong = self.rows(capture, self.b, "esp.spi", only="esp.icv_bad==1")
                self.assertEqual([], wrong)
                for host in self.lab.hosts:
                    host.fastpath.stop()
                    host.keylined.stop()

    def test_everybody_is_told(self):
        self.start_with_export(self.a)
        status = self.a.keyline("status").stdout
        self.assertIn(f"keys are exported to {self.keys_of(self.a)}", status)
        self.assertIn(f'every key goes to "{self.keys_of(self.a)}"', self.a.keylined.output())
        for name in os.listdir(self.keys_of(self.a)):
            self.assertEqual(0o600, stat.S_IMODE(os.stat(os.path.join(self.keys_of(self.a), name)).st_mode))
        self.assertIsNone(self.b.query("status")["key_export"])
        self.assertFalse(os.path.exists(self.keys_of(self.b)))


class Ikev1(WithStrongSwan):
    """Wireshark has a dissector and a table of keys for IKEv1."""

    def document(self):
        return {**super().document(), "debug": {"key_export": os.path.join(self.a.directory, "keys")}}

    def test_the_negotiation_is_opened(self):
        capture = self.lab.cable.capture()
        self.a.keyline("up", self.b.address)
        wait_until(lambda: self.sas(self.a), "the SAs")
        capture.stop()
        environment = {"WIRESHARK_CONFIG_DIR": os.path.join(self.a.directory, "keys")}
        encrypted = capture.rows("isakmp.exchangetype", "isakmp.typepayload", only="isakmp.flag_e==1", occurrence="a",
                                 environment=environment)
        identification, sa, hash_ = "5", "1", "8"
        payloads = {kind: [row[1].split(",") for row in encrypted if row[0] == kind] for kind in ("2", "32")}
        self.assertEqual(2, len(payloads["2"]))
        for message in payloads["2"]:
            self.assertLessEqual({identification, hash_}, set(message))
        self.assertLessEqual({hash_, sa, identification}, set(payloads["32"][0]))


if __name__ == "__main__":
    main()
