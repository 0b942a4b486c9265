// AuthIP's keying material: the SKEYID family, the quick mode keys and the authentication proofs
// (MS-AIPS 3.1.7.4; interpretation items 16 and 20-25).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "policy/policy.h"
#include "wire/message.h"

namespace keyline::authip {

// RFC 2409 appendix A: the number of the negotiated encryption algorithm (1, 5 or 7), as MS-AIPS 3.1 defines
// Crypto-ID.
std::uint16_t crypto_id(crypto::CipherAlgorithm cipher);

// What every derivation under one main mode SA shares.
struct KeyContext {
    crypto::HashAlgorithm hash = crypto::HashAlgorithm::kSha256;
    crypto::CipherAlgorithm cipher = crypto::CipherAlgorithm::kAes128Cbc;
    wire::Cookie initiator_cookie{};  // CKY-I
    wire::Cookie responder_cookie{};  // CKY-R
};

// Views that the caller keeps alive for the call.
struct MmKeyInput {
    ByteView initiator_nonce;  // Ni
    ByteView responder_nonce;  // Nr
    ByteView dh_secret;        // g^xy; empty without a Diffie-Hellman exchange
    ByteView gss_secret;       // GSS-APIsecret; empty for anonymous
};

// hashLength octets each, but skeyid_e has max(hashLength, cryptLength).
struct MmKeys {
    Secret skeyid;
    Secret skeyid_d;
    Secret skeyid_a;
    Secret skeyid_e;
    // The message key: the first cryptLength octets of skeyid_e, with odd parity for DES and 3DES (item 6).
    Secret encryption_key;
};

enum class KeyError : std::uint8_t { kWeakKey };
// One line for people.
std::string to_string(KeyError error);

// kWeakKey when SKEYID_e gives a weak DES or 3DES key (MS-AIPS 3.1.7.4): the negotiation has to fail.
std::expected<MmKeys, KeyError> derive_mm_keys(const KeyContext& context, const MmKeyInput& input);

// SKEYID_em: as SKEYID, with extended mode's GSS-APIsecret_em in `input.gss_secret`.
Secret derive_skeyid_em(const KeyContext& context, const MmKeyInput& input);

// One direction of one quick mode (item 24). Views that the caller keeps alive for the call.
struct QmKeyInput {
    std::uint32_t message_id = 0;  // 0 names the first quick mode (item 10)
    std::uint32_t spi = 0;         // chosen by the receiver of this direction's traffic
    ByteView initiator_nonce;      // Ni(qm)
    ByteView responder_nonce;      // Nr(qm)
    ByteView skeyid_d;
    ByteView dh_secret;  // g(qm)^xy; empty without PFS
    // Set when extended mode was run under this main mode SA, else all empty.
    ByteView mm_initiator_nonce;  // Ni(mm)
    ByteView mm_responder_nonce;  // Nr(mm)
    ByteView skeyid_em;
};

struct QmKeys {
    Secret encryption_key;  // for AES-GCM and AES-GMAC, cipher key | salt
    Secret integrity_key;
};

// The lengths are the suite's octets of keying material; `order` is which key it starts with (item 25). Keys
// of DES and 3DES are not parity-adjusted (Q6).
QmKeys derive_qm_keys(const KeyContext& context, const QmKeyInput& input, std::size_t encryption_octets,
                      std::size_t integrity_octets, policy::QmKeyOrder order);

// The same from keying material that is there already, a dictated IPSecEncryptKey.
QmKeys split_qm_keys(const Secret& material, std::size_t encryption_octets, std::size_t integrity_octets,
                     policy::QmKeyOrder order);

// The proofs of HASH payloads, hashLength octets. `chain` is the main mode transcript T, `em_chain` extended
// mode's T' (exchange/transcript.h), both up to the message before the one that carries Auth1 or Auth3.
Bytes auth1(crypto::HashAlgorithm hash, const Secret& skeyid, ByteView chain);
Bytes auth2(crypto::HashAlgorithm hash, const Secret& skeyid, ByteView chain);
Bytes auth3(crypto::HashAlgorithm hash, const Secret& skeyid_em, ByteView em_chain, ByteView auth1);
Bytes auth4(crypto::HashAlgorithm hash, const Secret& skeyid_em, ByteView em_chain, ByteView auth2);

}  // namespace keyline::authip
