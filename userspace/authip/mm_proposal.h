// The main mode SA payload: from policy and back (MS-AIPS 3.2.4, RFC 2409 appendix A; interpretation items
// 11, 12, M1-M3).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "exchange/mm_transform.h"
#include "policy/main_mode.h"
#include "wire/payloads.h"

namespace keyline::authip {

using exchange::MmTransform;

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

}  // namespace keyline::authip
