#include "policy/selector.h"

#include <functional>

#include "policy/protocol.h"

namespace keyline::policy {

std::string PacketTuple::to_string() const {
    constexpr std::uint8_t kIcmp = 1, kIcmpv6 = 58;
    std::string text;
    if (has_ports(protocol)) {
        text = Endpoint{local, local_port}.to_string() + " -> " + Endpoint{remote, remote_port}.to_string();
    } else {
        text = local.to_string() + " -> " + remote.to_string();
    }
    text += ' ' + protocol_name(protocol);
    if (protocol == kIcmp || protocol == kIcmpv6) {
        text += " type " + std::to_string(local_port >> 8) + " code " + std::to_string(local_port & 0xff);
    }
    return text;
}

Selector Selector::of(const PacketTuple& packet) {
    Selector selector{Prefix::host(packet.local), Prefix::host(packet.remote), packet.protocol, 0, 0};
    if (has_ports(packet.protocol)) {
        selector.local_port = packet.local_port;
        selector.remote_port = packet.remote_port;
    }
    return selector;
}

bool Selector::matches(const PacketTuple& packet) const { return contains(of(packet)); }

bool Selector::contains(const Selector& narrower) const {
    return local.contains(narrower.local) && remote.contains(narrower.remote) &&
           (protocol == kAnyProtocol || protocol == narrower.protocol) &&
           (local_port == 0 || local_port == narrower.local_port) &&
           (remote_port == 0 || remote_port == narrower.remote_port);
}

Selector Selector::reversed() const { return {remote, local, protocol, remote_port, local_port}; }

std::string Selector::to_string() const {
    std::string text = local.to_string() + " -> " + remote.to_string();
    if (protocol != kAnyProtocol) text += ' ' + protocol_name(protocol);
    if (local_port != 0) text += " local-port " + std::to_string(local_port);
    if (remote_port != 0) text += " remote-port " + std::to_string(remote_port);
    return text;
}

std::size_t SelectorHash::operator()(const Selector& selector) const noexcept {
    const std::hash<IpAddress> hash;
    const std::uint64_t rest = std::uint64_t{selector.local.length} << 48 |
                               std::uint64_t{selector.remote.length} << 40 |
                               std::uint64_t{selector.protocol} << 32 |
                               std::uint64_t{selector.local_port} << 16 | selector.remote_port;
    constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio
    std::uint64_t mixed = hash(selector.local.address);
    mixed = mixed * kMultiplier + hash(selector.remote.address);
    return mixed * kMultiplier + rest;
}

}  // namespace keyline::policy
