#!/usr/bin/python3
"""Makes ikev1_messages.txt: IKEv1 messages as scapy builds them, one "name hex" a line. Run it again after a change
(Debian: python3-scapy) and commit the result; the tests read the file only."""

import pathlib

from scapy.layers.isakmp import (ISAKMP, ISAKMP_payload_Hash, ISAKMP_payload_ID, ISAKMP_payload_KE,
                                 ISAKMP_payload_Nonce, ISAKMP_payload_Proposal, ISAKMP_payload_SA,
                                 ISAKMP_payload_Transform, ISAKMP_payload_VendorID)

INITIATOR, RESPONDER = bytes.fromhex("0102030405060708"), bytes.fromhex("1112131415161718")
AES_SHA = [("Encryption", "AES-CBC"), ("KeyLength", 256), ("Hash", "SHA"), ("Authentication", "PSK"),
           ("GroupDesc", "2048MODPgr"), ("LifeType", "Seconds"), ("LifeDuration", 28800)]
TRIPLE_DES = [("Encryption", "3DES-CBC"), ("Hash", "SHA"), ("Authentication", "PSK"), ("GroupDesc", "1024MODPgr"),
              ("LifeType", "Seconds"), ("LifeDuration", 100000)]


def header(**fields):
    return ISAKMP(init_cookie=INITIATOR, resp_cookie=RESPONDER, **fields)


def main_mode_sa():
    transforms = (ISAKMP_payload_Transform(num=1, transforms=AES_SHA)
                  / ISAKMP_payload_Transform(num=2, transforms=TRIPLE_DES))
    return ISAKMP_payload_SA(prop=ISAKMP_payload_Proposal(trans_nb=2, trans=transforms))


MESSAGES = {
    "main-mode-1": ISAKMP(init_cookie=INITIATOR, exch_type="identity prot.") / main_mode_sa()
                   / ISAKMP_payload_VendorID(load=bytes.fromhex("4a131c81070358455c5728f20e95452f")),
    "main-mode-3": header(exch_type="identity prot.") / ISAKMP_payload_KE(load=bytes(range(256)))
                   / ISAKMP_payload_Nonce(load=bytes(range(20))),
    "main-mode-5": header(exch_type="identity prot.")
                   / ISAKMP_payload_ID(IDtype=1, ProtoID=17, Port=500, load=bytes([192, 0, 2, 1]))
                   / ISAKMP_payload_Hash(load=bytes(range(20))),
    "aggressive-1": ISAKMP(init_cookie=INITIATOR, exch_type="aggressive") / main_mode_sa()
                    / ISAKMP_payload_KE(load=bytes(128)) / ISAKMP_payload_Nonce(load=bytes(range(16)))
                    / ISAKMP_payload_ID(IDtype=2, load=b"gateway.example.com"),
}


def main():
    lines = [f"{name} {bytes(message).hex()}\n" for name, message in MESSAGES.items()]
    pathlib.Path(__file__).with_suffix(".txt").write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
