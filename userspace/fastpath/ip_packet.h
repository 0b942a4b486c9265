// IPv4 and IPv6 headers as ESP needs them: where the upper layer starts, where ESP goes in transport mode,
// what names it, and whether the packet is a fragment.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "shared/reasons.h"
#include "shared/slot.h"

namespace keyline::fastpath {

constexpr std::uint8_t kProtocolIcmp = 1;
constexpr std::uint8_t kProtocolIpv4 = 4;
constexpr std::uint8_t kProtocolTcp = 6;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint8_t kProtocolIpv6 = 41;
constexpr std::uint8_t kProtocolFragment = 44;
constexpr std::uint8_t kProtocolEsp = 50;
constexpr std::uint8_t kProtocolIcmpv6 = 58;
constexpr std::uint8_t kProtocolNone = 59;

constexpr std::uint32_t kMinimumMtuV6 = 1280;
constexpr unsigned kMaxExtensionHeaders = 8;

// Offsets count from the first octet of the IP header.
struct IpPacket {
    std::uint8_t family = 0;         // 4 or 6
    std::uint8_t traffic_class = 0;  // DSCP and ECN
    std::uint8_t hop_limit = 0;
    std::uint8_t protocol = 0;           // of the upper layer; of a fragment, what its fragment header says
    std::uint32_t total_octets = 0;      // what the length field says; never more than there is
    std::uint32_t upper_at = 0;          // start of the upper layer, or of the fragment's data
    std::uint32_t upper_name_at = 0;     // the protocol or next header field that names the upper layer
    std::uint32_t esp_at = 0;            // RFC 4303 3.1.1: after the headers that are processed on the way
    std::uint32_t esp_name_at = 0;       // the protocol or next header field that names what stands at esp_at
    std::uint32_t fragment_at = 0;       // IPv6: the fragment header; 0: none
    std::uint32_t fragment_name_at = 0;  // IPv6: the next header field that names the fragment header
    std::uint32_t fragment_id = 0;
    std::uint32_t fragment_offset = 0;  // octets
    bool more_fragments = false;
    bool dont_fragment = false;  // IPv4's DF; always true for IPv6

    // An IPv6 packet that is its own only fragment is whole (RFC 6946).
    bool is_fragment() const { return more_fragments || fragment_offset != 0; }
};

// DROP_TRUNCATED when a header is cut short or a length field contradicts the packet, DROP_HEADERS when there
// are more than kMaxExtensionHeaders or the version is neither 4 nor 6. Octets beyond the length field are
// allowed (Ethernet padding).
std::expected<IpPacket, kl_reason> parse_ip(std::span<const std::uint8_t> packet);

// The packet's tuple (shared/slot.h) with the source as local (outbound) or the destination as local
// (inbound). Ports are zero for fragments other than the first and where the upper layer is cut short.
kl_tuple outbound_tuple(std::span<const std::uint8_t> packet, const IpPacket& ip);
kl_tuple inbound_tuple(std::span<const std::uint8_t> packet, const IpPacket& ip);
// KL_TCP_*; 0 for what is not the start of a TCP segment.
std::uint8_t tcp_flags(std::span<const std::uint8_t> packet, const IpPacket& ip);

// Sets DSCP and ECN, the IPv4 checksum included.
void set_traffic_class(std::span<std::uint8_t> packet, std::uint8_t traffic_class);
// One hop less, the IPv4 checksum updated. The caller has checked that there are two.
void decrement_hop_limit(std::span<std::uint8_t> packet);
// Writes the length field, and the IPv4 checksum.
void set_total_octets(std::span<std::uint8_t> packet, std::uint32_t octets);

}  // namespace keyline::fastpath
