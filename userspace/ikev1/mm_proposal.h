// IKEv1's main mode SA payload: from policy and back (RFC 2409 5 and appendix A).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auth/method.h"
#include "exchange/mm_transform.h"
#include "policy/main_mode.h"
#include "wire/payloads.h"

namespace keyline::ikev1 {

// A transform whose every value is known, the authentication method too.
struct MmChoice {
    exchange::MmTransform transform;
    std::uint16_t authentication = 0;  // the Authentication Method attribute
    auth::MethodId method{};           // what it stands for
};

// One proposal with a transform per combination, group and method, in policy's order; `authentication` are
// this host's methods, as everywhere here (authentication.h).
wire::SecurityAssociation build_mm_offer(const policy::MainMode& main_mode,
                                         std::span<const std::uint16_t> authentication);

// The known transforms in the sender's order; several groups may be among them.
std::vector<MmChoice> parse_mm_offer(const wire::SecurityAssociation& sa);

// The responder's choice: the first of its own combinations that is offered with a group and a method of its
// own.
const MmChoice* choose_mm_transform(const std::vector<MmChoice>& offer, const policy::MainMode& main_mode,
                                    std::span<const std::uint16_t> authentication);

// What message 2 may choose: exactly one transform, and one of those offered. The error is one line.
std::expected<MmChoice, std::string> parse_mm_choice(const wire::SecurityAssociation& sa,
                                                     const policy::MainMode& main_mode,
                                                     std::span<const std::uint16_t> authentication);

}  // namespace keyline::ikev1
