#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/wireshark/authip.lua, asked through tshark: fields, encrypted messages, and messages that are damaged."""

import json
import os
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw
from scapy.utils import wrpcap

ROOT = pathlib.Path(__file__).resolve().parents[2]
DISSECTOR = ROOT / "tools/wireshark/authip.lua"
CORPUS = ROOT / "tests/fuzz/corpus/fuzz_isakmp"
WINDOWS_MESSAGE = ROOT / "../shared/spec/captures/authip-windows-2008r2-message-1.bin"

COOKIES = bytes(range(1, 17))
QUICK_MODE = 0xF4
ID, CRYPTO = 0x05, 0x85
ID_PAYLOAD = bytes([0, 0, 0, 12, 1, 0, 0, 0, 192, 0, 2, 7])


def corpus(name):
    return (CORPUS / name).read_bytes()


def header(next_payload, exchange, flags, message_id, octets):
    return COOKIES + struct.pack("!BBBBII", next_payload, 0x10, exchange, flags, message_id, octets)


def seal(key, payloads, first, icv_octets=16, iv=bytes(range(100, 116))):
    """An encrypted quick mode message; its ICV is filler."""
    padding = -(len(payloads) + 2) % 16
    text = payloads + bytes(range(1, padding + 1)) + bytes([padding, first])
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    crypto = struct.pack("!BBHI", 0, 0, 8 + len(iv), 3) + iv
    body = crypto + encryptor.update(text) + encryptor.finalize() + bytes(icv_octets)
    return header(CRYPTO, QUICK_MODE, 1, 7, 28 + len(body)) + body


def key_line(key, icv_octets=16):
    return ",".join([COOKIES[:8].hex(), COOKIES[8:].hex(), f"aes-cbc-{8 * len(key)}/sha2-256", key.hex(),
                     bytes(32).hex(), str(icv_octets)]) + "\n"


class Dissector(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def tshark(self, messages, *options, keys=None, port=500):
        """Its output for a capture of these datagrams, without an error of the script in it."""
        capture = str(self.directory / "capture.pcap")
        wrpcap(capture, [IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=port, dport=port) / Raw(message)
                         for message in messages])
        if keys is not None:
            (self.directory / "authip_keys").write_text(keys)
            options += ("-o", f"authip.keys:{self.directory}/authip_keys")
        done = subprocess.run(["tshark", "-n", "-X", f"lua_script:{DISSECTOR}", "-r", capture, *options],
                              env={**os.environ, "WIRESHARK_CONFIG_DIR": str(self.directory)}, timeout=200,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(0, done.returncode, done.stderr)
        failures = re.findall(r".*(?:Lua Error|Dissector bug).*", done.stdout + done.stderr)
        self.assertEqual([], failures[:3])
        return done.stdout

    def fields(self, message, **more):
        """Every value that tshark has for each of the dissector's fields, by name."""
        packet = json.loads(self.tshark([message], "-T", "ek", **more).splitlines()[1])
        found = packet["layers"]["authip"]
        return {name.removeprefix("authip_authip_"): value if isinstance(value, list) else [value]
                for name, value in found.items()}

    def info(self, message, **more):
        return self.tshark([message], "-T", "fields", "-e", "_ws.col.Info", **more).strip()

    def assert_fields(self, message, expected, **more):
        found = self.fields(message, **more)
        self.assertEqual(expected, {name: found.get(name) for name in expected})

    # Fields

    def test_main_mode(self):
        self.assert_fields(corpus("mm2"), {
            "initiator_cookie": ["01:02:03:04:05:06:07:08"], "exchange": ["0xf3"], "encrypted": [False],
            "payload_type": ["0x01", "0x87", "0x0a", "0x0a", "0x86"], "crypto_sequence": ["0"],
            "transform_number": ["1", "2"],
            "attribute_type": ["1", "14", "2", "4", "11", "12", "1", "2", "4", "11", "12"],
            "attribute_value": ["7", "128", "2", "0", "1", "28800", "5", "2", "0", "1", "28800"],
            "auth_method": ["2"], "gss_id": ["host/b.example.com@EXAMPLE.COM"]})
        self.assertEqual("Main Mode: HDR, SA, Auth, NONCE, NONCE, GSS_ID", self.info(corpus("mm2")))

    def test_gss(self):
        self.assert_fields(corpus("mm3"), {
            "gss_status": ["0x00000000"], "gss_flags_new_exchange": [True], "gss_flags_complete": [False]})

    def test_quick_mode(self):
        self.assert_fields(corpus("qm5"), {
            "proposal_protocol": ["3"], "proposal_spi": ["a0:a1:a2:a3"], "transform_id": ["20", "12"],
            "id_ipv4": ["10.11.12.13", "10.0.0.0", "255.0.0.0"], "id_protocol": ["0", "6"], "id_port": ["0", "443"],
            "notify_flags": ["0x00000002"], "key_dictation_weight": ["7"]})

    def test_notifies(self):
        self.assert_fields(corpus("status"), {"exchange": ["0xf6"], "notify_type": ["0x9c54"],
                                              "notify_status": ["13816"], "notify_protocol": ["1"],
                                              "notify_reliable": [True]})
        self.assert_fields(corpus("dos-cookie"), {"notify_type": ["0x9c55"], "crypto_sequence": None,
                                                  "notify_cookie": ["60:61:62:63:64:65:66:67"]})
        self.assert_fields(corpus("ack"), {"notify_acknowledged": ["3"], "notify_reliable": [False]})
        self.assert_fields(corpus("acquire"), {"notify_encapsulation_mode": ["2"], "notify_flags": ["0x00000002"]})

    def test_fragment(self):
        self.assert_fields(corpus("fragment"), {"fragment_id": ["7"], "fragment_number": ["1"],
                                                "fragment_last": [True]})

    def test_the_message_of_a_windows_host(self):
        if not WINDOWS_MESSAGE.exists():
            self.skipTest("the captured message is not part of the source tree and is not beside it")
        message = WINDOWS_MESSAGE.read_bytes()
        self.assert_fields(message, {
            "auth_method": ["2"],
            "vendor_id_name": ["MS NT5 ISAKMPOAKLEY", "RFC 3947", "FRAGMENTATION", "MS-Negotiation Discovery Capable",
                               "Vid-Initial-Contact"],
            "vendor_id_number": ["8"],
            "attribute_value": ["7", "128", "2", "0", "1", "28800", "5", "2", "0", "1", "28800"]})

    # Ports

    def test_port_4500_with_and_without_marker(self):
        out = self.tshark([bytes(4) + corpus("mm1"), b"\xff", bytes.fromhex("12345678") + corpus("mm1")],
                          "-T", "fields", "-e", "_ws.col.Protocol", port=4500)
        self.assertEqual(["AuthIP", "UDPENCAP", "ESP"], out.split())

    def test_ikev1_stays_with_wiresharks_own(self):
        names = sorted(path.name for path in CORPUS.glob("ikev1-*"))
        out = self.tshark([corpus(name) for name in names], "-T", "fields", "-e", "_ws.col.Protocol")
        self.assertEqual(["ISAKMP"] * len(names), out.split())

    # Encrypted messages

    def test_opens_what_it_has_the_key_of(self):
        for octets in (16, 24, 32):
            key = bytes(range(octets))
            message = seal(key, ID_PAYLOAD, ID)
            self.assert_fields(message, {"crypto_opened": [True], "id_ipv4": ["192.0.2.7"], "payload_type": ["0x05"]},
                               keys=key_line(key))
            self.assertEqual("Quick Mode: HDR*, ID", self.info(message, keys=key_line(key)))

    def test_the_last_key_that_fits_opens(self):
        wrong, right = bytes(16), bytes(range(16))
        message = seal(right, ID_PAYLOAD, ID)
        for keys in (key_line(wrong) + key_line(right), key_line(right) + key_line(wrong)):
            self.assert_fields(message, {"crypto_opened": [True], "id_ipv4": ["192.0.2.7"]}, keys=keys)

    def test_short_icv_and_a_message_of_nothing(self):
        key = bytes(range(16))
        self.assert_fields(seal(key, ID_PAYLOAD, ID, icv_octets=12), {"id_ipv4": ["192.0.2.7"]},
                           keys=key_line(key, icv_octets=12))
        self.assert_fields(seal(key, b"", 0), {"crypto_opened": [True], "payload_type": None}, keys=key_line(key))

    def test_says_why_it_does_not_open(self):
        message = seal(bytes(16), ID_PAYLOAD, ID)
        unfit = key_line(bytes(range(16)))
        for keys, why in ((None, "no key file is set"), ("", "the key file has no key for these cookies"),
                          ("\nnonsense,,\n# comment\n", "the key file has no key for these cookies"),
                          (unfit, "the exported key does not fit"),
                          (unfit.replace("aes-cbc-128", "3des-cbc"), "only AES is opened here")):
            self.assertIn(why, self.tshark([message], "-V", keys=keys))

    # Damage

    def test_cut_at_every_octet(self):
        for name in ("mm2", "qm5", "acquire"):
            whole = corpus(name)
            self.tshark([whole[:24] + struct.pack("!I", end) + whole[28:end] for end in range(28, len(whole))], "-V")

    def test_every_octet_altered(self):
        for name in ("mm1-dh-gss", "qm5", "acquire", "fragment", "em8"):
            whole = corpus(name)
            self.tshark([whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1:]
                         for at in range(16, len(whole)) for mask in (0x01, 0xFF)], "-V")

    def test_damage_inside_encrypted_messages(self):
        key = bytes(range(16))
        self.tshark([seal(key, ID_PAYLOAD[:end], ID) for end in range(12)]
                    + [seal(key, ID_PAYLOAD, first) for first in range(256)], "-V", keys=key_line(key))

    def test_a_wrong_length_is_marked(self):
        message = bytearray(corpus("mm1"))
        message[27] ^= 1
        self.assertIn("malformed: the length is not the datagram's", self.info(bytes(message)))


if __name__ == "__main__":
    unittest.main()
