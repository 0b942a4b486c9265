#include "fastpath/fragment.h"

#include <algorithm>

#include "base/bytes.h"
#include "fastpath/byte_order.h"
#include "fastpath/checksum.h"
#include "fastpath/ip_packet.h"

namespace keyline::fastpath {
namespace {

constexpr std::uint32_t kFragmentHeaderOctets = 8;

// The header of fragments after the first: only options with the copied flag (RFC 791 3.1), padded to 32
// bits.
Bytes later_v4_header(ByteView header) {
    constexpr std::uint8_t kEndOfOptions = 0, kNoOperation = 1;
    Bytes later(header.begin(), header.begin() + 20);
    for (std::size_t at = 20; at < header.size() && header[at] != kEndOfOptions;) {
        const std::size_t octets = header[at] == kNoOperation ? 1
                                   : at + 1 < header.size()   ? header[at + 1]
                                                              : 0;
        if (octets == 0 || at + octets > header.size()) break;
        if ((header[at] & 0x80) != 0) append(later, header.subspan(at, octets));
        at += octets;
    }
    while (later.size() % 4 != 0)
        later.push_back(kEndOfOptions);
    later[0] = static_cast<std::uint8_t>(0x40 | later.size() / 4);
    return later;
}

bool fragment_v4(ByteView packet, const IpPacket& ip, std::uint32_t mtu, const EmitFragment& emit) {
    constexpr std::uint16_t kMoreFragments = 0x2000;
    if (mtu < ip.upper_at + 8) return false;
    const ByteView first_header = packet.first(ip.upper_at);
    const Bytes later_header = later_v4_header(first_header);
    const ByteView data = packet.subspan(ip.upper_at, ip.total_octets - ip.upper_at);
    for (std::size_t at = 0; at < data.size();) {
        Bytes header = at == 0 ? Bytes(first_header.begin(), first_header.end()) : later_header;
        const std::size_t room = (mtu - header.size()) / 8 * 8;
        const std::size_t octets = std::min(room, data.size() - at);
        const bool more = ip.more_fragments || at + octets < data.size();
        store_be16(&header[2], static_cast<std::uint32_t>(header.size() + octets));
        store_be16(&header[6],
                   static_cast<std::uint32_t>((ip.fragment_offset + at) / 8) | (more ? kMoreFragments : 0));
        write_ipv4_checksum(header);
        emit(header, data.subspan(at, octets));
        at += octets;
    }
    return true;
}

bool fragment_v6(ByteView packet, const IpPacket& ip, std::uint32_t mtu, std::uint32_t identification,
                 const EmitFragment& emit) {
    // What routers on the way look at stays in every fragment: the headers ESP would stand behind.
    const std::uint32_t kept = ip.esp_at;
    if (ip.fragment_at != 0 || mtu < kept + kFragmentHeaderOctets + 8) return false;
    Bytes headers(packet.begin(), packet.begin() + kept);
    headers.resize(kept + kFragmentHeaderOctets);
    headers[kept] = headers[ip.esp_name_at];
    headers[ip.esp_name_at] = kProtocolFragment;
    store_be32(&headers[kept + 4], identification);
    const ByteView data = packet.subspan(kept, ip.total_octets - kept);
    const std::size_t room = (mtu - headers.size()) / 8 * 8;
    for (std::size_t at = 0; at < data.size();) {
        const std::size_t octets = std::min(room, data.size() - at);
        const bool more = at + octets < data.size();
        store_be16(&headers[4], static_cast<std::uint32_t>(headers.size() + octets - 40));
        store_be16(&headers[kept + 2], static_cast<std::uint32_t>(at) | (more ? 1U : 0U));
        emit(headers, data.subspan(at, octets));
        at += octets;
    }
    return true;
}

}  // namespace

bool fragment_packet(std::span<const std::uint8_t> packet, std::uint32_t mtu, std::uint32_t identification,
                     const EmitFragment& emit) {
    const auto ip = parse_ip(packet);
    if (!ip) return false;
    return ip->family == KL_FAMILY_V4 ? fragment_v4(packet, *ip, mtu, emit)
                                      : fragment_v6(packet, *ip, mtu, identification, emit);
}

}  // namespace keyline::fastpath
