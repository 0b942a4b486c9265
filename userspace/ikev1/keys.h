// IKEv1's keys, proofs and IVs (RFC 2409 5, 5.4, 5.5, appendix B). The prf is HMAC with the negotiated hash.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "wire/message.h"

namespace keyline::ikev1 {

// What the prf of one main mode SA depends on.
struct KeyContext {
    crypto::HashAlgorithm hash{};
    crypto::CipherAlgorithm cipher{};
    wire::Cookie initiator_cookie{};
    wire::Cookie responder_cookie{};
};

struct MmKeys {
    Secret skeyid;
    Secret skeyid_d;
    Secret skeyid_a;
    Secret skeyid_e;
    Secret encryption_key;  // from SKEYID_e, in the cipher's length
};

// SKEYID of the pre-shared key method.
Secret psk_skeyid(crypto::HashAlgorithm hash, const Secret& key, ByteView initiator_nonce,
                  ByteView responder_nonce);

// Of signatures; `dh_secret` is g^xy.
Secret signature_skeyid(crypto::HashAlgorithm hash, ByteView initiator_nonce, ByteView responder_nonce,
                        const Secret& dh_secret);
// Of public key encryption and its revision.
Secret public_key_skeyid(const KeyContext& context, ByteView initiator_nonce, ByteView responder_nonce);

// Ke_i and Ke_r of revised public key encryption (5.3): nonce and cookie are those of the sender.
Secret payload_key(const KeyContext& context, ByteView nonce, const wire::Cookie& cookie);

MmKeys derive_mm_keys(const KeyContext& context, Secret skeyid, const Secret& dh_secret);

// HASH_I and HASH_R: the sender's public value comes first, and its cookie.
struct ProofInput {
    ByteView own_public_value;
    ByteView other_public_value;
    ByteView offer;  // SAi_b: the body of message 1's SA payload
    ByteView id;     // the body of the sender's ID payload
};
Bytes hash_i(const KeyContext& context, const Secret& skeyid, const ProofInput& input);
Bytes hash_r(const KeyContext& context, const Secret& skeyid, const ProofInput& input);

// IVs: main mode's first, and the first of a later exchange from main mode's last block.
Bytes first_iv(const KeyContext& context, ByteView initiator_public_value, ByteView responder_public_value);
Bytes exchange_iv(const KeyContext& context, ByteView last_block, std::uint32_t message_id);

// HASH(1) of quick mode and of an informational exchange, HASH(2) with the initiator's nonce; `rest` are the
// payloads that follow the HASH payload, with their headers.
Bytes message_hash(const KeyContext& context, const Secret& skeyid_a, std::uint32_t message_id,
                   ByteView initiator_nonce, ByteView rest);
// HASH(3).
Bytes final_hash(const KeyContext& context, const Secret& skeyid_a, std::uint32_t message_id,
                 ByteView initiator_nonce, ByteView responder_nonce);

// HASH(2) of an acknowledged delete (MS-IKEE 3.8.5.1): the nonce is the delete's, and comes first.
Bytes delete_answer_hash(const KeyContext& context, const Secret& skeyid_a, ByteView nonce,
                         std::uint32_t message_id, ByteView rest);

// KEYMAT of the SA with this SPI; `dh_secret` is empty without PFS.
struct QmKeyInput {
    const Secret& skeyid_d;
    const Secret& dh_secret;
    std::uint8_t protocol = wire::protocol::kEsp;
    std::uint32_t spi = 0;
    ByteView initiator_nonce;
    ByteView responder_nonce;
};
Secret derive_keymat(const KeyContext& context, const QmKeyInput& input, std::size_t octets);

}  // namespace keyline::ikev1
