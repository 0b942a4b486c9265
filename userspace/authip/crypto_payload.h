// Encrypted AuthIP messages: the Crypto payload's cipher and integrity check (MS-AIPS 2.2.3.2.1;
// interpretation items 3-6, F2 and F3). Framing and payloads are wire/'s.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "wire/message.h"
#include "wire/parse.h"

namespace keyline::authip {

// Octets of the ICV: 12 for MD5 and SHA-1, else those of RFC 4868 2.3. `short_for_all` asks for 12 whatever
// the hash: either side announced "MS NT5 ISAKMPOAKLEY" version 5, 6 or 7 (item 5, F2).
std::size_t icv_size(crypto::HashAlgorithm hash, bool short_for_all);

// How one main mode SA protects its messages. The views are of keys that the caller keeps alive
// (authip/keys.h).
struct MessageProtection {
    crypto::HashAlgorithm hash = crypto::HashAlgorithm::kSha256;
    crypto::CipherAlgorithm cipher = crypto::CipherAlgorithm::kAes128Cbc;
    ByteView encryption_key;  // MmKeys::encryption_key
    ByteView integrity_key;   // SKEYID_a
    std::size_t icv_octets = 16;
};

// Plaintext payloads (`#n`), and the type of the first.
struct PayloadSequence {
    wire::PayloadType first = wire::PayloadType::kNone;
    Bytes octets;
};

// The whole datagram. `header` is as for a clear message; the E flag, the next payload and the length are set
// here. The IV and nothing else is taken from `random`. The error, one line, is that of a message too long
// for a datagram or a cipher that this system lacks.
std::expected<Bytes, std::string> seal(const wire::Header& header, std::uint32_t sequence,
                                       const PayloadSequence& payloads, const MessageProtection& protection,
                                       crypto::RandomSource& random);

// Why a message is dropped silently (F3).
enum class OpenError : std::uint8_t {
    kLength,   // IV, ciphertext or ICV have lengths that the algorithms exclude
    kIcv,      // forged, altered, or keyed otherwise
    kPadding,  // not 1, 2, 3, ... or longer than the message
};
std::string to_string(OpenError error);

// Verifies, then decrypts `frame`, which wire::parse_crypto_frame found in `datagram`. Nothing of the
// plaintext has been parsed: what is wrong with it is the caller's to refuse.
std::expected<PayloadSequence, OpenError> open(ByteView datagram, const wire::CryptoFrame& frame,
                                               const MessageProtection& protection);

// The body of a Key Dictation payload: IV, ciphertext and an ICV over the ciphertext alone (MS-AIPS 2.2.3.7,
// Q10).
std::expected<Bytes, std::string> seal_keys(const Secret& keys, const MessageProtection& protection,
                                            crypto::RandomSource& random);
std::expected<Secret, OpenError> open_keys(ByteView sealed, const MessageProtection& protection);

}  // namespace keyline::authip
