#include "fastpath/ip_packet.h"

#include <algorithm>

#include "base/bytes.h"
#include "fastpath/byte_order.h"
#include "fastpath/checksum.h"

namespace keyline::fastpath {
namespace {

constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kDestinationOptions = 60;
constexpr std::uint8_t kSctp = 132;
constexpr std::uint8_t kUdpLite = 136;

using Octets = std::span<const std::uint8_t>;

std::expected<IpPacket, kl_reason> parse_v4(Octets packet) {
    if (packet.size() < 20) return std::unexpected(KL_REASON_DROP_TRUNCATED);
    IpPacket ip;
    ip.family = KL_FAMILY_V4;
    ip.traffic_class = packet[1];
    ip.hop_limit = packet[8];
    ip.protocol = packet[9];
    ip.total_octets = load_be16(&packet[2]);
    ip.upper_at = (packet[0] & 15U) * 4;
    ip.esp_at = ip.upper_at;
    ip.esp_name_at = 9;
    ip.upper_name_at = 9;
    const std::uint16_t fragment = load_be16(&packet[6]);
    ip.fragment_id = load_be16(&packet[4]);
    ip.fragment_offset = (fragment & 0x1fffU) * 8;
    ip.more_fragments = (fragment & 0x2000) != 0;
    ip.dont_fragment = (fragment & 0x4000) != 0;
    if (ip.upper_at < 20 || ip.total_octets < ip.upper_at || ip.total_octets > packet.size()) {
        return std::unexpected(KL_REASON_DROP_TRUNCATED);
    }
    return ip;
}

std::expected<IpPacket, kl_reason> parse_v6(Octets packet) {
    if (packet.size() < 40) return std::unexpected(KL_REASON_DROP_TRUNCATED);
    IpPacket ip;
    ip.family = KL_FAMILY_V6;
    ip.traffic_class = static_cast<std::uint8_t>(load_be16(&packet[0]) >> 4);
    ip.hop_limit = packet[7];
    ip.total_octets = 40U + load_be16(&packet[4]);
    ip.dont_fragment = true;
    if (ip.total_octets > packet.size()) return std::unexpected(KL_REASON_DROP_TRUNCATED);

    std::uint32_t at = 40;
    std::uint32_t name_at = 6;
    ip.esp_at = at;
    ip.esp_name_at = name_at;
    for (unsigned headers = 0;; ++headers) {
        const std::uint8_t kind = packet[name_at];
        const bool extension =
            kind == kHopByHop || kind == kRouting || kind == kDestinationOptions || kind == kProtocolFragment;
        if (!extension) break;
        if (headers == kMaxExtensionHeaders) return std::unexpected(KL_REASON_DROP_HEADERS);
        if (at + 8 > ip.total_octets) return std::unexpected(KL_REASON_DROP_TRUNCATED);
        const std::uint32_t octets = kind == kProtocolFragment ? 8 : (packet[at + 1] + 1U) * 8;
        if (at + octets > ip.total_octets) return std::unexpected(KL_REASON_DROP_TRUNCATED);
        if (kind == kProtocolFragment) {
            // A second fragment header would hide the ports from everybody on the way.
            if (ip.fragment_at != 0) return std::unexpected(KL_REASON_DROP_HEADERS);
            const std::uint16_t field = load_be16(&packet[at + 2]);
            ip.fragment_at = at;
            ip.fragment_name_at = name_at;
            ip.fragment_id = load_be32(&packet[at + 4]);
            ip.fragment_offset = field & 0xfff8U;
            ip.more_fragments = (field & 1) != 0;
        }
        name_at = at;
        at += octets;
        // Destination options stay in front only when a routing header follows them.
        if (kind != kDestinationOptions) {
            ip.esp_at = at;
            ip.esp_name_at = name_at;
        }
        if (kind == kProtocolFragment && ip.is_fragment()) break;
    }
    ip.protocol = packet[name_at];
    ip.upper_at = at;
    ip.upper_name_at = name_at;
    return ip;
}

bool has_ports(std::uint8_t protocol) {
    return protocol == kProtocolTcp || protocol == kProtocolUdp || protocol == kSctp || protocol == kUdpLite;
}

struct Ports {
    std::uint16_t source = 0;
    std::uint16_t destination = 0;
};

Ports ports_of(Octets packet, const IpPacket& ip) {
    if (ip.fragment_offset != 0 || !has_ports(ip.protocol) || ip.total_octets < ip.upper_at + 4) return {};
    return {load_be16(&packet[ip.upper_at]), load_be16(&packet[ip.upper_at + 2])};
}

kl_tuple base_tuple(Octets packet, const IpPacket& ip, bool outbound) {
    kl_tuple tuple{};
    tuple.family = ip.family;
    tuple.protocol = ip.protocol;
    const std::size_t size = ip.family == KL_FAMILY_V4 ? 4 : 16;
    const std::uint8_t* source = &packet[ip.family == KL_FAMILY_V4 ? 12 : 8];
    std::copy_n(source, size, outbound ? tuple.local.octets : tuple.remote.octets);
    std::copy_n(source + size, size, outbound ? tuple.remote.octets : tuple.local.octets);
    const bool icmp = ip.protocol == (ip.family == KL_FAMILY_V4 ? kProtocolIcmp : kProtocolIcmpv6);
    if (icmp && ip.fragment_offset == 0 && ip.total_octets >= ip.upper_at + 2) {
        tuple.local_port = load_be16(&packet[ip.upper_at]);
    }
    return tuple;
}

}  // namespace

std::expected<IpPacket, kl_reason> parse_ip(Octets packet) {
    if (packet.empty()) return std::unexpected(KL_REASON_DROP_TRUNCATED);
    switch (packet[0] >> 4) {
        case 4:
            return parse_v4(packet);
        case 6:
            return parse_v6(packet);
        default:
            return std::unexpected(KL_REASON_DROP_HEADERS);
    }
}

kl_tuple outbound_tuple(Octets packet, const IpPacket& ip) {
    kl_tuple tuple = base_tuple(packet, ip, true);
    if (has_ports(ip.protocol)) {
        const Ports ports = ports_of(packet, ip);
        tuple.local_port = ports.source;
        tuple.remote_port = ports.destination;
    }
    return tuple;
}

kl_tuple inbound_tuple(Octets packet, const IpPacket& ip) {
    kl_tuple tuple = base_tuple(packet, ip, false);
    if (has_ports(ip.protocol)) {
        const Ports ports = ports_of(packet, ip);
        tuple.local_port = ports.destination;
        tuple.remote_port = ports.source;
    }
    return tuple;
}

std::uint8_t tcp_flags(std::span<const std::uint8_t> packet, const IpPacket& ip) {
    constexpr std::uint32_t kFlagsAt = 13;
    if (ip.protocol != kProtocolTcp || ip.fragment_offset != 0) return 0;
    return ip.upper_at + kFlagsAt < ip.total_octets ? packet[ip.upper_at + kFlagsAt] : std::uint8_t{0};
}

void set_traffic_class(std::span<std::uint8_t> packet, std::uint8_t traffic_class) {
    if (packet[0] >> 4 == 4) {
        packet[1] = traffic_class;
        write_ipv4_checksum(packet.first((packet[0] & 15U) * 4));
    } else {
        packet[0] = static_cast<std::uint8_t>(0x60 | traffic_class >> 4);
        packet[1] = static_cast<std::uint8_t>(traffic_class << 4 | (packet[1] & 15));
    }
}

void decrement_hop_limit(std::span<std::uint8_t> packet) {
    if (packet[0] >> 4 == 4) {
        // RFC 1624: the sum of the header falls by 0x100, so its complement rises by as much.
        --packet[8];
        const std::uint32_t sum = load_be16(&packet[10]) + 0x100U;
        store_be16(&packet[10], sum + (sum >= 0xffff ? 1 : 0));
    } else {
        --packet[7];
    }
}

void set_total_octets(std::span<std::uint8_t> packet, std::uint32_t octets) {
    if (packet[0] >> 4 == 4) {
        store_be16(&packet[2], octets);
        write_ipv4_checksum(packet.first((packet[0] & 15U) * 4));
    } else {
        store_be16(&packet[4], octets - 40);
    }
}

}  // namespace keyline::fastpath
