// Which payloads a message may and must have (interpretation F5, F6).
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>

#include "wire/message.h"

namespace keyline::exchange {

struct PayloadCount {
    wire::PayloadType type{};
    std::size_t least = 1;
    std::size_t most = 1;
};

// One line when a payload is missing, repeated or out of place. Vendor IDs, NAT-OA (Q5) and unknown types
// from 0x80 on may stand in any message and are not counted.
std::optional<std::string> check_payloads(std::span<const wire::Payload> payloads,
                                          std::initializer_list<PayloadCount> expected);

// F8: 8 to 256 octets.
bool nonce_acceptable(const wire::Nonce& nonce);

}  // namespace keyline::exchange
