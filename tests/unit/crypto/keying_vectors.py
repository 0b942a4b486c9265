#!/usr/bin/python3
"""Known answers for Diffie-Hellman over MODP groups and for AuthIP's keying, computed without Keyline's code.

    keying_vectors.py > keying_vectors.txt     # make
    keying_vectors.py --check keying_vectors.txt

Written from RFC 2409 section 6, RFC 3526 and MS-AIPS 2.2.3.2.1 and 3.1.7.4 alone, with Python's integers, hashlib and
hmac, and the openssl command for the ciphers. The inputs are arbitrary octets that SHA-512 makes from their names.
"""

import hashlib
import hmac
import subprocess
import sys

# RFC 2409 section 6 and RFC 3526: 2^n - 2^(n-64) - 1 + 2^64 * ([2^(n-130) pi] + addend)
MODP = {1: (768, 149686), 2: (1024, 129093), 5: (1536, 741804), 14: (2048, 124476), 15: (3072, 1690314),
        16: (4096, 240904), 17: (6144, 929484), 18: (8192, 4743158)}
HASHES = {"md5": 12, "sha1": 12, "sha256": 16, "sha384": 24}  # octets of the ICV
CIPHERS = {  # Crypto-ID, key octets, block octets, openssl's name
    "des": (1, 8, 8, "des-cbc"),
    "3des": (5, 24, 8, "des-ede3-cbc"),
    "aes128": (7, 16, 16, "aes-128-cbc"),
    "aes192": (7, 24, 16, "aes-192-cbc"),
    "aes256": (7, 32, 16, "aes-256-cbc"),
}


def octets(name, length):
    return b"".join(hashlib.sha512(f"{name} {n}".encode()).digest() for n in range(length // 64 + 1))[:length]


def number(value, length):
    return value.to_bytes(length, "big")


def record(section, **fields):
    lines = [f"[{section}]"]
    for name, value in fields.items():
        lines.append(f"{name} = {value.hex() if isinstance(value, bytes) else value}")
    return "\n".join(lines) + "\n"


def floor_pi(bits):
    """[2^bits * pi], by Machin's formula with guard bits."""
    guard = bits + 64

    def arctan_inverse(x):
        power = total = (1 << guard) // x
        n = 1
        while power:
            power //= -x * x
            n += 2
            total += power // n
        return total

    return 4 * (4 * arctan_inverse(5) - arctan_inverse(239)) >> 64


def prime(group):
    bits, addend = MODP[group]
    return 2**bits - 2 ** (bits - 64) - 1 + 2**64 * (floor_pi(bits - 130) + addend)


def modp_records():
    for group, (bits, _) in MODP.items():
        p, size = prime(group), bits // 8
        if group <= 2:
            yield record("RFC 2409 prime", P=number(p, size))
        x, y = (octets(f"{side}{group}", 32) for side in "xy")
        gx, gy = (pow(2, int.from_bytes(private, "big"), p) for private in (x, y))
        gxy = pow(gy, int.from_bytes(x, "big"), p)
        yield record("MODP", GROUP=group, X=x, GX=number(gx, size), GY=number(gy, size), GXY=number(gxy, size))


def kdf(hash_name, z, other_info, length):
    """SP 800-56A (March 2007) 5.8.1."""
    out, counter = b"", 0
    while len(out) < length:
        counter += 1
        out += hashlib.new(hash_name, number(counter, 4) + z + other_info).digest()
    return out[:length]


def odd_parity(key):
    return bytes(octet if octet.bit_count() % 2 else octet ^ 1 for octet in key)


class MainMode:
    """One main mode SA: MS-AIPS 3.1.7.4."""

    def __init__(self, hash_name, cipher, with_dh):
        name = f"{hash_name} {cipher} {with_dh}"
        self.hash, self.cipher = hash_name, cipher
        self.crypto_id, self.crypt_length, self.block, self.openssl = CIPHERS[cipher]
        self.hash_length = hashlib.new(hash_name).digest_size
        self.cky_i, self.cky_r = octets("CKY-I " + name, 8), octets("CKY-R " + name, 8)
        self.ni, self.nr = octets("Ni " + name, 48), octets("Nr " + name, 32)
        self.z = octets("g^xy " + name, 256) if with_dh else b""
        self.gss_secret = octets("GSS " + name, 32)
        public = self.ni + self.nr
        self.skeyid = self.a_kdf(self.z, public, self.gss_secret, self.hash_length)
        self.skeyid_d = self.a_kdf(self.z, public + b"\0", self.skeyid, self.hash_length)
        self.skeyid_a = self.a_kdf(self.z, public + b"\1", self.skeyid_d + self.skeyid, self.hash_length)
        self.skeyid_e = self.a_kdf(self.z, public + b"\2", self.skeyid_a + self.skeyid,
                                   max(self.hash_length, self.crypt_length))
        key = self.skeyid_e[: self.crypt_length]
        self.key = odd_parity(key) if "des" in cipher else key
        self.gss_secret_em = octets("GSS em " + name, 16)
        self.skeyid_em = self.a_kdf(self.z, public, self.gss_secret_em, self.hash_length)

    def a_kdf(self, z, public_info, private_info, length):
        other_info = number(self.crypto_id, 2) + self.cky_i + self.cky_r + public_info + private_info
        return kdf(self.hash, z, other_info, length)

    def prf(self, key, message):
        return hmac.new(key, message, self.hash).digest()

    def keys(self):
        return record("MM keys", HASH=self.hash, CIPHER=self.cipher, CKY_I=self.cky_i, CKY_R=self.cky_r, NI=self.ni,
                      NR=self.nr, Z=self.z, GSS=self.gss_secret, GSS_EM=self.gss_secret_em, SKEYID=self.skeyid,
                      SKEYID_D=self.skeyid_d, SKEYID_A=self.skeyid_a, SKEYID_E=self.skeyid_e, KEY=self.key,
                      SKEYID_EM=self.skeyid_em)

    def quick_mode(self, message_id, spi, encryption, integrity, with_pfs, with_em):
        name = f"{self.hash} {message_id} {spi}"
        ni, nr = octets("Ni(qm) " + name, 32), octets("Nr(qm) " + name, 32)
        z = octets("g(qm)^xy " + name, 64) if with_pfs else b""
        private = self.ni + self.nr + self.skeyid_em if with_em else b""
        material = self.a_kdf(z, number(message_id, 4) + number(spi, 4) + ni + nr + self.skeyid_d, private,
                              encryption + integrity)
        return record("QM keys", HASH=self.hash, CIPHER=self.cipher, CKY_I=self.cky_i, CKY_R=self.cky_r,
                      MESSAGE_ID=message_id, SPI=spi, NI=ni, NR=nr, SKEYID_D=self.skeyid_d, Z=z,
                      MM_NI=self.ni if with_em else b"", MM_NR=self.nr if with_em else b"",
                      SKEYID_EM=self.skeyid_em if with_em else b"", ENCRYPTION=encryption, INTEGRITY=integrity,
                      MATERIAL=material)

    def proofs(self, messages):
        """Auth1 to Auth4 over main mode and extended mode messages of these lengths."""
        main = [octets(f"#{n} {self.hash}", length) for n, length in enumerate(messages, 1)]
        chain = b""
        for n, message in enumerate(main, 1):
            chain = hashlib.new("sha256" if n <= 2 else self.hash, message + chain).digest()
        extended = [octets(f"em {n} {self.hash}", length) for n, length in enumerate(messages, 7)]
        em_chain = b""
        for message in extended:
            em_chain = hashlib.new(self.hash, message + em_chain).digest()
        auth1, auth2 = self.prf(self.skeyid, chain + b"\1"), self.prf(self.skeyid, chain + b"\2")
        fields = {f"MM_{n}": message for n, message in enumerate(main)}
        fields |= {f"EM_{n}": message for n, message in enumerate(extended)}
        return record("Proofs", HASH=self.hash, SKEYID=self.skeyid, SKEYID_EM=self.skeyid_em, COUNT=len(messages),
                      **fields, AUTH1=auth1, AUTH2=auth2, AUTH3=self.prf(self.skeyid_em, em_chain + auth1),
                      AUTH4=self.prf(self.skeyid_em, em_chain + auth2))

    def encrypt(self, iv, text):
        providers = ["-provider", "legacy", "-provider", "default"] if self.cipher == "des" else []
        command = ["openssl", "enc", "-" + self.openssl, "-K", self.key.hex(), "-iv", iv.hex(), "-nopad", *providers]
        return subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout

    def sealed(self, length, sequence, short):
        """A message whose Crypto payload carries `length` octets of payloads: MS-AIPS 2.2.3.2.1."""
        icv_length = 12 if short else HASHES[self.hash]
        payloads, first = octets(f"payloads {self.hash} {length}", length), 8
        iv = octets(f"iv {self.hash} {self.cipher} {length}", self.block)
        padding = -(length + 2) % self.block
        ciphertext = self.encrypt(iv, payloads + bytes(range(1, padding + 1)) + bytes([padding, first]))
        crypto_header = bytes([0, 0]) + number(8 + self.block, 2) + number(sequence, 4) + iv

        def message(header_length):
            header = self.cky_i + self.cky_r + bytes([0x85, 0x10, 0xF4, 0x01]) + number(7, 4) + number(header_length, 4)
            return header + crypto_header + ciphertext

        icv = self.prf(self.skeyid_a, message(0))[:icv_length]
        return record("Sealed", HASH=self.hash, CIPHER=self.cipher, CKY_I=self.cky_i, CKY_R=self.cky_r, KEY=self.key,
                      SKEYID_A=self.skeyid_a, SHORT=int(short), SEQUENCE=sequence, MESSAGE_ID=7, FIRST=first, IV=iv,
                      PAYLOADS=payloads, MESSAGE=message(len(message(0)) + icv_length) + icv)


def keying_records():
    for hash_name in HASHES:
        for cipher in CIPHERS:
            for with_dh in (False, True):
                yield MainMode(hash_name, cipher, with_dh).keys()
        main_mode = MainMode(hash_name, "aes128", False)
        yield main_mode.quick_mode(0, 0x01020304, 20, 0, False, False)
        yield main_mode.quick_mode(0, 0xC0000001, 32, 32, True, False)
        yield main_mode.quick_mode(0xFEDCBA98, 0x10000000, 24, 20, True, True)
        yield main_mode.quick_mode(2, 0x0A0B0C0D, 0, 64, False, True)
        yield main_mode.proofs([300, 280, 1200, 150])
        yield main_mode.proofs([64, 64, 900, 90, 30, 1])
        for cipher in CIPHERS:
            main_mode = MainMode(hash_name, cipher, False)
            yield main_mode.sealed(30, 3, False)
            yield main_mode.sealed(45, 0xFFFFFFFF, True)


def main():
    text = f"# Made by {sys.argv[0].rpartition('/')[2]}; do not edit.\n\n"
    text += "\n".join((*modp_records(), *keying_records()))
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        with open(sys.argv[2], encoding="ascii") as file:
            sys.exit(0 if file.read() == text else f"{sys.argv[2]} is stale: run keying_vectors.py again")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
