#include "exchange/traffic_id.h"

#include <algorithm>
#include <bit>

#include "policy/protocol.h"

namespace keyline::exchange {
namespace {

struct Side {
    Prefix prefix;
    std::uint8_t protocol = 0;
    std::uint16_t port = 0;
};

wire::Identification build(const Side& side) {
    const bool v4 = side.prefix.address.is_v4();
    wire::Identification id{.protocol = side.protocol, .port = side.port};
    append(id.data, side.prefix.address.octets());
    if (side.prefix.is_host()) {
        id.type = v4 ? wire::id_type::kIpv4Address : wire::id_type::kIpv6Address;
        return id;
    }
    id.type = v4 ? wire::id_type::kIpv4Subnet : wire::id_type::kIpv6Subnet;
    for (unsigned octet = 0; octet < side.prefix.address.bits() / 8; ++octet) {
        const int bits = std::clamp(int{side.prefix.length} - static_cast<int>(octet) * 8, 0, 8);
        id.data.push_back(static_cast<std::uint8_t>(0xFF00 >> bits));
    }
    return id;
}

// The length of a mask that is ones, then zeros.
std::optional<std::uint8_t> mask_length(ByteView mask) {
    unsigned length = 0;
    bool ended = false;
    for (const std::uint8_t octet : mask) {
        const int ones = std::countl_one(octet);
        if (std::popcount(octet) != ones || (ended && ones != 0)) return std::nullopt;
        ended = ended || ones != 8;
        length += static_cast<unsigned>(ones);
    }
    return static_cast<std::uint8_t>(length);
}

std::optional<Prefix> parse_prefix(const wire::Identification& id) {
    const ByteView data = id.data;
    const auto host = [&](std::size_t size) -> std::optional<Prefix> {
        if (data.size() != size) return std::nullopt;
        return Prefix::host(*IpAddress::from_octets(data));
    };
    const auto subnet = [&](std::size_t size) -> std::optional<Prefix> {
        if (data.size() != 2 * size) return std::nullopt;
        const auto length = mask_length(data.subspan(size));
        if (!length) return std::nullopt;
        return Prefix{IpAddress::from_octets(data.first(size))->masked(*length), *length};
    };
    switch (id.type) {
        case wire::id_type::kIpv4Address:
            return host(4);
        case wire::id_type::kIpv6Address:
            return host(16);
        case wire::id_type::kIpv4Subnet:
            return subnet(4);
        case wire::id_type::kIpv6Subnet:
            return subnet(16);
        default:
            return std::nullopt;
    }
}

}  // namespace

TrafficIds build_traffic_ids(const policy::Selector& selector, Role role) {
    const wire::Identification local = build({selector.local, selector.protocol, selector.local_port});
    const wire::Identification remote = build({selector.remote, selector.protocol, selector.remote_port});
    return role == Role::kInitiator ? TrafficIds{local, remote} : TrafficIds{remote, local};
}

std::optional<policy::Selector> parse_traffic_ids(const TrafficIds& ids, Role role) {
    const bool own_first = role == Role::kInitiator;
    const wire::Identification& local = own_first ? ids.initiator : ids.responder;
    const wire::Identification& remote = own_first ? ids.responder : ids.initiator;
    const auto local_prefix = parse_prefix(local);
    const auto remote_prefix = parse_prefix(remote);
    if (!local_prefix || !remote_prefix) return std::nullopt;
    if (local_prefix->address.family() != remote_prefix->address.family()) return std::nullopt;
    if (local.protocol != remote.protocol) return std::nullopt;
    if ((local.port != 0 || remote.port != 0) && !policy::has_ports(local.protocol)) return std::nullopt;
    return policy::Selector{.local = *local_prefix,
                            .remote = *remote_prefix,
                            .protocol = local.protocol,
                            .local_port = local.port,
                            .remote_port = remote.port};
}

}  // namespace keyline::exchange
