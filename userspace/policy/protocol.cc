#include "policy/protocol.h"

#include <charconv>

#include "policy/names.h"

namespace keyline::policy {

std::string protocol_name(std::uint8_t protocol) {
    for (const auto& [number, name] : kProtocolNames) {
        if (number == protocol) return std::string(name);
    }
    return std::to_string(protocol);
}

std::optional<std::uint8_t> parse_protocol(std::string_view name) {
    if (const auto number = value_of(kProtocolNames, name)) return number;
    std::uint8_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc{} || end != name.data() + name.size() || number == kAnyProtocol)
        return std::nullopt;
    return number;
}

bool has_ports(std::uint8_t protocol) {
    constexpr std::uint8_t kTcp = 6, kUdp = 17, kSctp = 132, kUdpLite = 136;
    return protocol == kTcp || protocol == kUdp || protocol == kSctp || protocol == kUdpLite;
}

}  // namespace keyline::policy
