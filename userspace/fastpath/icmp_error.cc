#include "fastpath/icmp_error.h"

#include <algorithm>

#include "fastpath/byte_order.h"
#include "fastpath/checksum.h"
#include "fastpath/ip_packet.h"

namespace keyline::fastpath {
namespace {

constexpr std::uint8_t kHopLimit = 64;

struct TypeAndCode {
    std::uint8_t type;
    std::uint8_t code;
};

TypeAndCode v4_error(kl_reason reason) {
    if (reason == KL_REASON_DROP_TOO_BIG) return {3, 4};
    if (reason == KL_REASON_DROP_UNAUTHENTICATED) return {3, 13};
    return {11, 0};
}

TypeAndCode v6_error(kl_reason reason) {
    if (reason == KL_REASON_DROP_TOO_BIG) return {2, 0};
    if (reason == KL_REASON_DROP_UNAUTHENTICATED) return {1, 1};
    return {3, 0};
}

bool is_icmp_error(ByteView packet, const IpPacket& ip) {
    if (ip.upper_at >= ip.total_octets) return false;
    const std::uint8_t type = packet[ip.upper_at];
    if (ip.family == KL_FAMILY_V6) return ip.protocol == kProtocolIcmpv6 && type < 128;
    // Unreachable, source quench, redirect, time exceeded, parameter problem.
    return ip.protocol == kProtocolIcmp && (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

bool is_group_or_nobody(ByteView address) {
    const bool zero =
        std::all_of(address.begin(), address.end(), [](std::uint8_t octet) { return octet == 0; });
    return zero || (address.size() == 4 ? address[0] >= 224 : address[0] == 0xff);
}

Bytes error_v4(ByteView packet, kl_reason reason, std::uint32_t mtu) {
    constexpr std::size_t kQuoted = 548;  // the whole error stays within 576 octets (RFC 1812 4.3.2.3)
    const auto [type, code] = v4_error(reason);
    Bytes error(28);
    append(error, packet.first(std::min(packet.size(), kQuoted)));
    error[0] = 0x45;
    error[1] = 0xc0;  // internetwork control (RFC 1812 4.3.2.5)
    store_be16(&error[2], static_cast<std::uint32_t>(error.size()));
    error[8] = kHopLimit;
    error[9] = kProtocolIcmp;
    std::copy_n(&packet[16], 4, &error[12]);
    std::copy_n(&packet[12], 4, &error[16]);
    write_ipv4_checksum(std::span(error).first(20));
    error[20] = type;
    error[21] = code;
    store_be16(&error[26], mtu);
    store_be16(&error[22], checksum_finish(checksum_add(std::span(error).subspan(20))));
    return error;
}

Bytes error_v6(ByteView packet, kl_reason reason, std::uint32_t mtu) {
    const auto [type, code] = v6_error(reason);
    Bytes error(48);
    append(error, packet.first(std::min<std::size_t>(packet.size(), kMinimumMtuV6 - error.size())));
    const auto icmp_octets = static_cast<std::uint32_t>(error.size() - 40);
    error[0] = 0x60;
    store_be16(&error[4], icmp_octets);
    error[6] = kProtocolIcmpv6;
    error[7] = kHopLimit;
    std::copy_n(&packet[24], 16, &error[8]);
    std::copy_n(&packet[8], 16, &error[24]);
    error[40] = type;
    error[41] = code;
    store_be32(&error[44], mtu);
    const std::uint64_t pseudo = pseudo_header_sum(error, kProtocolIcmpv6, icmp_octets);
    store_be16(&error[42], checksum_finish(checksum_add(std::span(error).subspan(40), pseudo)));
    return error;
}

}  // namespace

std::optional<Bytes> make_icmp_error(std::span<const std::uint8_t> packet, kl_reason reason,
                                     std::uint32_t mtu) {
    const auto ip = parse_ip(packet);
    if (!ip || ip->fragment_offset != 0 || is_icmp_error(packet, *ip)) return std::nullopt;
    const bool v4 = ip->family == KL_FAMILY_V4;
    const std::size_t size = v4 ? 4 : 16;
    const ByteView source = packet.subspan(v4 ? 12 : 8, size);
    const ByteView destination = packet.subspan(v4 ? 16 : 24, size);
    if (is_group_or_nobody(source) || is_group_or_nobody(destination)) return std::nullopt;
    const ByteView quoted = packet.first(ip->total_octets);
    if (reason != KL_REASON_DROP_TOO_BIG) mtu = 0;
    return v4 ? error_v4(quoted, reason, mtu) : error_v6(quoted, reason, mtu);
}

bool IcmpLimit::allow(std::uint64_t now) {
    const std::uint64_t floor = now > kBurst * kInterval ? now - kBurst * kInterval : 0;
    empty_at_ = std::max(empty_at_, floor);
    if (empty_at_ + kInterval > now) return false;
    empty_at_ += kInterval;
    return true;
}

}  // namespace keyline::fastpath
