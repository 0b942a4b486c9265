// The main mode SA payload: from policy and back (MS-AIPS 3.2.4, RFC 2409 appendix A; interpretation items
// 11, 12, M1-M3).
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "policy/main_mode.h"
#include "wire/payloads.h"

namespace keyline::authip {

// One KEY_IKE transform whose every value is known.
struct MmTransform {
    policy::MmProposal proposal;
    policy::DhGroup group = policy::DhGroup::kNone;
    std::optional<std::chrono::seconds> lifetime;  // none named: the receiver's own
    // Where it stands: the proposal with this transform alone, for the answer.
    wire::Proposal echo;

    // "aes-cbc-256/sha2-256/ecp256".
    std::string to_string() const;
};

// One proposal with a transform per acceptable combination, all of one group (item 11).
wire::SecurityAssociation build_mm_offer(const policy::MainMode& main_mode, policy::DhGroup group);

struct MmOffer {
    std::uint16_t group = 0;              // common to all transforms
    std::vector<MmTransform> transforms;  // the known ones, in the sender's order
};

// The error is one line: transforms with differing groups (M3), or no KEY_IKE transform at all.
std::expected<MmOffer, std::string> parse_mm_offer(const wire::SecurityAssociation& sa);

// The responder's choice: the first of its own combinations that is offered (MS-AIPS 3.3.5.1).
const MmTransform* choose_mm_transform(const MmOffer& offer, const policy::MainMode& main_mode);

// What #2 may choose: exactly one transform, and one of those offered.
std::expected<MmTransform, std::string> parse_mm_choice(const wire::SecurityAssociation& sa,
                                                        const policy::MainMode& main_mode,
                                                        policy::DhGroup group);

crypto::CipherAlgorithm cipher_of(policy::MmEncryption encryption);
crypto::HashAlgorithm hash_of(policy::MmHash hash);

}  // namespace keyline::authip
