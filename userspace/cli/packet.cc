#include "cli/packet.h"

#include <netinet/in.h>
#include <pcap/dlt.h>

#include <algorithm>

namespace keyline::cli {
namespace {

constexpr std::uint16_t kEtherIpv4 = 0x0800;
constexpr std::uint16_t kEtherIpv6 = 0x86dd;
constexpr std::size_t kMaxVlanTags = 4;
constexpr std::size_t kMaxExtensionHeaders = 8;
constexpr std::size_t kMaxUnfinished = 256;
constexpr std::size_t kMaxFragments = 128;  // of one packet
constexpr std::size_t kMaxIpPayload = 65535;

// <pcap/dlt.h> of libpcap 1.10 has these two only under names that clash with system headers.
constexpr int kDltIpv4 = 228;
constexpr int kDltIpv6 = 229;

bool is_vlan(std::uint16_t type) { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }

// `at` is the offset of an EtherType.
std::optional<ByteView> after_ether_type(ByteView frame, std::size_t at) {
    for (std::size_t tags = 0; tags <= kMaxVlanTags && frame.size() >= at + 2; ++tags, at += 4) {
        const std::uint16_t type = load_be16(frame.data() + at);
        if (type == kEtherIpv4 || type == kEtherIpv6) return frame.subspan(at + 2);
        if (!is_vlan(type)) return std::nullopt;
    }
    return std::nullopt;
}

std::optional<ByteView> skip(ByteView frame, std::size_t octets) {
    if (frame.size() < octets) return std::nullopt;
    return frame.subspan(octets);
}

std::optional<IpPayload> ipv4_payload(ByteView packet) {
    if (packet.size() < 20) return std::nullopt;
    const std::size_t header = std::size_t{packet[0]} % 16 * 4;
    const std::size_t total = load_be16(packet.data() + 2);
    if (header < 20 || packet.size() < header || total < header) return std::nullopt;
    const std::uint16_t fragment = load_be16(packet.data() + 6);
    IpPayload payload;
    payload.source = *IpAddress::from_octets(packet.subspan(12, 4));
    payload.destination = *IpAddress::from_octets(packet.subspan(16, 4));
    payload.protocol = packet[9];
    payload.cut_short = packet.size() < total;
    payload.octets = packet.subspan(header, std::min(packet.size(), total) - header);
    payload.identification = load_be16(packet.data() + 4);
    payload.offset = std::size_t{fragment & 0x1fffu} * 8;
    payload.more_fragments = (fragment & 0x2000) != 0;
    return payload;
}

std::optional<IpPayload> ipv6_payload(ByteView packet) {
    constexpr std::size_t kHeader = 40;
    if (packet.size() < kHeader) return std::nullopt;
    const std::size_t length = load_be16(packet.data() + 4);
    IpPayload payload;
    payload.source = *IpAddress::from_octets(packet.subspan(8, 16));
    payload.destination = *IpAddress::from_octets(packet.subspan(24, 16));
    payload.protocol = packet[6];
    payload.cut_short = packet.size() - kHeader < length;
    payload.octets = packet.subspan(kHeader, std::min(packet.size() - kHeader, length));
    for (std::size_t headers = 0; headers < kMaxExtensionHeaders; ++headers) {
        const ByteView octets = payload.octets;
        switch (payload.protocol) {
            case IPPROTO_HOPOPTS:
            case IPPROTO_ROUTING:
            case IPPROTO_DSTOPTS: {
                if (octets.size() < 8) return std::nullopt;
                const std::size_t size = (std::size_t{octets[1]} + 1) * 8;
                if (octets.size() < size) return std::nullopt;
                payload.protocol = octets[0];
                payload.octets = octets.subspan(size);
                break;
            }
            case IPPROTO_FRAGMENT: {
                if (octets.size() < 8 || payload.is_fragment()) return std::nullopt;
                const std::uint16_t fragment = load_be16(octets.data() + 2);
                payload.offset = fragment & 0xfff8u;
                payload.more_fragments = (fragment & 1) != 0;
                payload.identification = load_be32(octets.data() + 4);
                payload.protocol = octets[0];
                payload.octets = octets.subspan(8);
                if (payload.is_fragment()) return payload;
                break;
            }
            default:
                return payload;
        }
    }
    return std::nullopt;
}

}  // namespace

bool knows_link_type(int link) {
    constexpr int kKnown[] = {DLT_EN10MB, DLT_RAW,  DLT_LINUX_SLL, DLT_LINUX_SLL2,
                              DLT_NULL,   DLT_LOOP, kDltIpv4,      kDltIpv6};
    return std::ranges::find(kKnown, link) != std::end(kKnown);
}

std::optional<ByteView> ip_packet(int link, ByteView frame) {
    switch (link) {
        case DLT_EN10MB:
            return after_ether_type(frame, 12);
        case DLT_LINUX_SLL:
            return after_ether_type(frame, 14);
        case DLT_LINUX_SLL2: {
            const auto type = after_ether_type(frame, 0);
            return type ? skip(frame, 20) : std::nullopt;
        }
        case DLT_NULL:
        case DLT_LOOP:
            return skip(frame, 4);
        case DLT_RAW:
        case kDltIpv4:
        case kDltIpv6:
            return frame;
        default:
            return std::nullopt;
    }
}

std::optional<IpPayload> ip_payload(ByteView packet) {
    if (packet.empty()) return std::nullopt;
    switch (packet[0] >> 4) {
        case 4:
            return ipv4_payload(packet);
        case 6:
            return ipv6_payload(packet);
        default:
            return std::nullopt;
    }
}

std::optional<UdpDatagram> udp_datagram(const IpPayload& payload) {
    constexpr std::size_t kHeader = 8;
    if (payload.protocol != IPPROTO_UDP || payload.octets.size() < kHeader) return std::nullopt;
    const std::uint8_t* const header = payload.octets.data();
    const std::size_t length = load_be16(header + 4);
    if (length < kHeader) return std::nullopt;
    const std::size_t end = std::min(length, payload.octets.size());
    return UdpDatagram{
        {payload.source, load_be16(header)},
        {payload.destination, load_be16(header + 2)},
        Bytes(payload.octets.begin() + kHeader, payload.octets.begin() + static_cast<std::ptrdiff_t>(end)),
        payload.octets.size() < length};
}

std::optional<IpPayload> Reassembly::add(const IpPayload& fragment) {
    const Key key{fragment.source, fragment.destination, fragment.identification, fragment.protocol};
    const std::size_t end = fragment.offset + fragment.octets.size();
    if (fragment.cut_short || fragment.octets.empty() || end > kMaxIpPayload) return std::nullopt;
    if (!pieces_.contains(key) && pieces_.size() >= kMaxUnfinished) {
        pieces_.erase(
            std::ranges::min_element(pieces_, {}, [](const auto& entry) { return entry.second.age; }));
        ++forgotten_;
    }
    Pieces& pieces = pieces_[key];
    pieces.age = ++clock_;
    if (pieces.by_offset.size() >= kMaxFragments) return std::nullopt;
    const bool is_new =
        pieces.by_offset.try_emplace(fragment.offset, fragment.octets.begin(), fragment.octets.end()).second;
    if (is_new) pieces.octets += fragment.octets.size();
    if (!fragment.more_fragments) pieces.total = end;
    if (pieces.octets != pieces.total) return std::nullopt;

    whole_.clear();
    for (const auto& [offset, octets] : pieces.by_offset) {
        if (offset != whole_.size()) return std::nullopt;
        append(whole_, octets);
    }
    pieces_.erase(key);
    IpPayload whole = fragment;
    whole.octets = whole_;
    whole.offset = 0;
    whole.more_fragments = false;
    return whole;
}

}  // namespace keyline::cli
