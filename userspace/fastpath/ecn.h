// Explicit congestion notification at the end of a tunnel (RFC 6040 4.2, which updates RFC 4301 5.1.2).
#pragma once

#include <cstdint>
#include <optional>

namespace keyline::fastpath {

// The traffic class the inner packet goes on with: its own DSCP and the combined ECN field; nullopt when the
// packet must be dropped, since congestion on the way cannot be told to a transport that does not know ECN.
inline std::optional<std::uint8_t> decapsulated_traffic_class(std::uint8_t inner, std::uint8_t outer) {
    constexpr std::uint8_t kNotEct = 0, kEct1 = 1, kEct0 = 2, kCe = 3;
    const std::uint8_t inner_ecn = inner & 3;
    const std::uint8_t outer_ecn = outer & 3;
    const std::uint8_t dscp = inner & 0xfc;
    if (inner_ecn == kNotEct) return outer_ecn == kCe ? std::nullopt : std::optional(inner);
    if (outer_ecn == kCe) return static_cast<std::uint8_t>(dscp | kCe);
    if (inner_ecn == kEct0 && outer_ecn == kEct1) return static_cast<std::uint8_t>(dscp | kEct1);
    return inner;
}

}  // namespace keyline::fastpath
