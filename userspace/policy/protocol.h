// IP protocol numbers by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keyline::policy {

inline constexpr std::uint8_t kAnyProtocol = 0;

// "any" for 0, "tcp", "icmpv6" and so on; the number in decimal where the protocol has no common name.
std::string protocol_name(std::uint8_t protocol);
// The names protocol_name gives, or a decimal number from 1 to 255.
std::optional<std::uint8_t> parse_protocol(std::string_view name);
// TCP, UDP, SCTP and UDP-Lite.
bool has_ports(std::uint8_t protocol);

}  // namespace keyline::policy
