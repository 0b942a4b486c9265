// One KEY_IKE transform of a main mode SA payload: from policy and back (RFC 2409 appendix A; interpretation
// M1, M2).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "policy/main_mode.h"
#include "wire/payloads.h"

namespace keyline::exchange {

// One whose every value is known.
struct MmTransform {
    policy::MmProposal proposal;
    policy::DhGroup group = policy::DhGroup::kNone;
    // None named: the receiver's own.
    std::optional<std::chrono::seconds> lifetime;
    std::optional<std::uint64_t> life_octets;
    // Where it stands: the proposal with this transform alone, for the answer.
    wire::Proposal echo;

    // "aes-cbc-256/sha2-256/ecp256".
    std::string to_string() const;
};

wire::Transform build_mm_transform(std::uint8_t transform_number, const policy::MmProposal& proposal,
                                   policy::DhGroup group, std::chrono::seconds lifetime);

// The Group Description: absent means 0, no Diffie-Hellman exchange. nullopt when it is no 16-bit number.
std::optional<std::uint16_t> mm_group(const wire::Transform& transform);

// nullopt for a transform with an unknown value (M2). The group is what the attribute says, known or not.
std::optional<MmTransform> parse_mm_transform(const wire::Proposal& proposal,
                                              const wire::Transform& transform);

crypto::CipherAlgorithm cipher_of(policy::MmEncryption encryption);
crypto::HashAlgorithm hash_of(policy::MmHash hash);

}  // namespace keyline::exchange
