#!/usr/bin/python3
"""Writes the seeds of fuzz_isakmp and fuzz_sa_payload: one small message of each kind, made from the text of RFC 2408,
RFC 2409 and MS-AIPS 2.2 alone. Deterministic; run it again after a change and commit the files."""

import pathlib
import struct

SA, PROPOSAL, TRANSFORM, KE, ID, CERT, CR, HASH, SIG, NONCE, N, D, VID, NATD, NATOA = *range(1, 14), 20, 21
GSS_API, NATD_DRAFT, FRAGMENT, CRYPTO, GSS_ID, AUTH, KEY_DICT, WEIGHT = 0x81, 0x82, *range(0x84, 0x8A)
MAIN, AGGRESSIVE, INFORMATIONAL, QUICK = 2, 4, 5, 32
AUTHIP_MM, AUTHIP_QM, AUTHIP_EM, AUTHIP_NOTIFY = range(0xF3, 0xF7)
ENCRYPTED = 1
INITIATOR, RESPONDER = bytes(range(1, 9)), bytes(range(0x11, 0x19))
NO_COOKIE = bytes(8)


def octets(count, start=0):
    return bytes((start + i) & 0xFF for i in range(count))


def chain(payloads):
    """[(type, body)] with generic headers; the type of the first and the octets."""
    out = b""
    for index, (_, body) in enumerate(payloads):
        following = payloads[index + 1][0] if index + 1 < len(payloads) else 0
        out += struct.pack(">BBH", following, 0, 4 + len(body)) + body
    return (payloads[0][0] if payloads else 0), out


def basic(kind, value):
    return struct.pack(">HH", 0x8000 | kind, value)


def variable(kind, value):
    return struct.pack(">HH", kind, len(value)) + value


def transform(number, kind, *attributes):
    return TRANSFORM, struct.pack(">BBH", number, kind, 0) + b"".join(attributes)


def proposal(number, protocol, spi, *transforms):
    return PROPOSAL, struct.pack(">BBBB", number, protocol, len(spi), len(transforms)) + spi + chain(list(transforms))[1]


def sa(*proposals):
    return SA, struct.pack(">II", 1, 1) + chain(list(proposals))[1]


def isakmp(first, body, exchange, flags=0, message_id=0, responder=RESPONDER):
    return INITIATOR + responder + struct.pack(">BBBBII", first, 0x10, exchange, flags, message_id,
                                               28 + len(body)) + body


def plain(payloads, exchange, **fields):
    return isakmp(*chain(payloads), exchange, **fields)


def clear(payloads, exchange, sequence, iv=b"", **fields):
    first, body = chain(payloads)
    return isakmp(CRYPTO, struct.pack(">BBHI", first, 0, 8 + len(iv), sequence) + iv + body, exchange, **fields)


def sealed(ciphertext_size, exchange, sequence, **fields):
    crypto = struct.pack(">BBHI", 0, 0, 8 + 16, sequence) + octets(16, 0x40)
    return isakmp(CRYPTO, crypto + octets(ciphertext_size, 0x80) + octets(12), exchange, flags=ENCRYPTED, **fields)


def authip_notify(kind, data=b"", protocol=1, flags=0):
    return N, struct.pack(">IBBH", 1, protocol, flags, kind) + data


def identification(kind, data, protocol=0, port=0):
    return ID, struct.pack(">BBH", kind, protocol, port) + data


MM_SA = sa(proposal(1, 1, b"",
                    transform(1, 1, basic(1, 7), basic(14, 128), basic(2, 2), basic(4, 0), basic(11, 1),
                              variable(12, struct.pack(">I", 28800))),
                    transform(2, 1, basic(1, 5), basic(2, 2), basic(4, 0), basic(11, 1), basic(12, 28800))))
QM_SA = sa(proposal(1, 3, octets(4, 0xA0),
                    transform(1, 20, basic(1, 1), basic(2, 3600), basic(4, 2), basic(6, 128)),
                    transform(2, 12, basic(1, 2), variable(2, struct.pack(">I", 100000)), basic(4, 2), basic(5, 5),
                              basic(6, 256))))
AH_ESP_SA = sa(proposal(1, 2, octets(4), transform(1, 3, basic(4, 1), basic(5, 2))),
               proposal(1, 3, octets(4, 8), transform(1, 3, basic(4, 1))))
IKEV1_SA = sa(proposal(1, 1, b"", transform(1, 1, basic(1, 7), basic(14, 256), basic(2, 4), basic(3, 1), basic(4, 14),
                                            basic(11, 1), basic(12, 3600))))
IDS = [identification(1, octets(4, 10)), identification(4, bytes([10, 0, 0, 0, 255, 0, 0, 0]), 6, 443)]
VIDS = [(VID, bytes.fromhex("1e2b516905991c7d7c96fcbfb587e46100000009")),
        (VID, bytes.fromhex("4a131c81070358455c5728f20e95452f"))]
AUTH_KERBEROS = (AUTH, struct.pack(">HH", 2, 0))
NAME = "host/b.example.com@EXAMPLE.COM".encode("utf-16-le")

MESSAGES = {
    "mm1": clear([MM_SA, AUTH_KERBEROS, (NONCE, octets(32)), *VIDS, (NATD, octets(20)), (NATD, octets(20, 1))],
                 AUTHIP_MM, 0, responder=NO_COOKIE),
    "mm1-dh-gss": clear([MM_SA, (AUTH, struct.pack(">HHHH", 3, 0, 2, 0)), (NONCE, octets(32)), (KE, octets(64)),
                         (GSS_API, struct.pack(">IB", 0, 1) + octets(24))], AUTHIP_MM, 0, responder=NO_COOKIE),
    "mm2": clear([MM_SA, AUTH_KERBEROS, (NONCE, octets(32)), (NONCE, octets(32, 7)), (GSS_ID, NAME)], AUTHIP_MM, 0),
    "mm3": clear([(GSS_API, struct.pack(">IB", 0, 1) + octets(90))], AUTHIP_MM, 1),
    "mm4-complete": clear([(GSS_API, struct.pack(">IB", 0, 0x10) + octets(90))], AUTHIP_MM, 1, iv=octets(8)),
    "mm4-failed": clear([(GSS_API, struct.pack(">IB", 0x8009030C, 0))], AUTHIP_MM, 1),
    "mm5": sealed(160, AUTHIP_MM, 2),
    "qm5": clear([(HASH, octets(32)), *IDS, QM_SA, (NONCE, octets(32)), (KE, octets(64)),
                  authip_notify(0x9C45, struct.pack(">I", 2), 2), (WEIGHT, struct.pack(">I", 7))], AUTHIP_QM, 3,
                 message_id=0x12345678),
    "qm6-dictated": clear([(HASH, octets(32)), *IDS, QM_SA, (KEY_DICT, octets(48)), (KEY_DICT, octets(48, 9))],
                          AUTHIP_QM, 3, message_id=0x12345678),
    "qm-later": sealed(144, AUTHIP_QM, 1, message_id=0x01020304),
    "em8": clear([(AUTH, struct.pack(">HHHH", 4, 0, 2, 0)), (GSS_ID, NAME)], AUTHIP_EM, 0, message_id=1),
    "status": clear([authip_notify(0x9C54, struct.pack(">I", 13816), 1, 1)], AUTHIP_NOTIFY, 0, message_id=9),
    "ack": clear([authip_notify(0x9C56, struct.pack(">I", 3), 2)], AUTHIP_NOTIFY, 1, message_id=9),
    "synchronize": clear([authip_notify(0x9C57, b"", 2)], AUTHIP_QM, 1),
    "acquire": clear([authip_notify(0x9C58, struct.pack(">II", 2, 2), 2, 1), *IDS], AUTHIP_NOTIFY, 2, message_id=10),
    "dos-cookie": plain([authip_notify(0x9C55, octets(8, 0x60))], AUTHIP_NOTIFY, message_id=11, responder=NO_COOKIE),
    "fragment": plain([(FRAGMENT, struct.pack(">HBB", 7, 1, 1) + octets(60))], AUTHIP_MM),
    "unknown": clear([(0xA0, octets(5)), (0x0E, octets(3)), (NATOA, b"\x01\0\0\0" + octets(4))], AUTHIP_MM, 1),
    "ikev1-mm1": plain([IKEV1_SA, *VIDS], MAIN, responder=NO_COOKIE),
    "ikev1-mm3": plain([(KE, octets(256)), (NONCE, octets(20)), (NATD, octets(20)), (NATD_DRAFT, octets(20)),
                        (0x83, b"\x05\0\0\0" + octets(16))], MAIN),
    "ikev1-mm5": isakmp(ID, octets(64, 0x90), MAIN, flags=ENCRYPTED),
    "ikev1-aggressive": plain([IKEV1_SA, (KE, octets(128)), (NONCE, octets(16)), identification(2, b"a.example")],
                              AGGRESSIVE, responder=NO_COOKIE),
    "ikev1-quick": plain([(HASH, octets(20)), AH_ESP_SA, (NONCE, octets(16)), *IDS], QUICK, message_id=5),
    "ikev1-certificates": plain([identification(9, octets(30)), (CERT, b"\x04" + octets(40)), (CR, b"\x04"),
                                 (SIG, octets(64))], MAIN),
    "ikev1-notify": plain([(N, struct.pack(">IBBH", 1, 3, 4, 24578) + octets(4) + octets(2))], INFORMATIONAL,
                          message_id=6),
    "ikev1-delete": plain([(HASH, octets(20)), (D, struct.pack(">IBBH", 1, 3, 4, 2) + octets(8))], INFORMATIONAL,
                          message_id=7),
}

SA_PAYLOADS = {
    "main-mode": [MM_SA],
    "quick-mode": [QM_SA],
    "ah-and-esp": [AH_ESP_SA, (NONCE, octets(8))],
    "odd-attributes": [sa(proposal(1, 1, octets(16), transform(1, 1, variable(12, b""), variable(1, octets(9)),
                                                               basic(0x7FFF, 0xFFFF), variable(0, octets(2)))))],
}


def main():
    corpus = pathlib.Path(__file__).resolve().parent / "corpus"
    seeds = {f"fuzz_isakmp/{name}": data for name, data in MESSAGES.items()}
    seeds |= {f"fuzz_sa_payload/{name}": chain(payloads)[1] for name, payloads in SA_PAYLOADS.items()}
    for name, data in seeds.items():
        path = corpus / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
