// Builds captures in memory: Ethernet frames with UDP datagrams, and the pcap file around them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/ip_address.h"

namespace keyline {

inline Bytes udp(std::uint16_t source, std::uint16_t destination, ByteView data) {
    Bytes octets;
    append_be16(octets, source);
    append_be16(octets, destination);
    append_be16(octets, static_cast<std::uint16_t>(8 + data.size()));
    append_be16(octets, 0);
    append(octets, data);
    return octets;
}

// `fragment` is the flags-and-offset field.
inline Bytes ipv4(const char* source, const char* destination, ByteView payload, std::uint16_t fragment = 0) {
    Bytes octets{0x45, 0};
    append_be16(octets, static_cast<std::uint16_t>(20 + payload.size()));
    append_be16(octets, 0x1234);
    append_be16(octets, fragment);
    append(octets, Bytes{64, 17, 0, 0});
    append(octets, IpAddress::parse(source)->octets());
    append(octets, IpAddress::parse(destination)->octets());
    append(octets, payload);
    return octets;
}

// `next` is the type of what `payload` starts with.
inline Bytes ipv6(const char* source, const char* destination, std::uint8_t next, ByteView payload) {
    Bytes octets{0x60, 0, 0, 0};
    append_be16(octets, static_cast<std::uint16_t>(payload.size()));
    octets.push_back(next);
    octets.push_back(64);
    append(octets, IpAddress::parse(source)->octets());
    append(octets, IpAddress::parse(destination)->octets());
    append(octets, payload);
    return octets;
}

inline Bytes ethernet(std::uint16_t type, ByteView packet, int vlan_tags = 0) {
    Bytes octets(12, 0x02);
    for (int i = 0; i < vlan_tags; ++i)
        append(octets, Bytes{0x81, 0x00, 0x00, 0x05});
    append_be16(octets, type);
    append(octets, packet);
    return octets;
}

// A pcap file of big-endian writing with microseconds; `link` is the LINKTYPE.
inline Bytes pcap(const std::vector<Bytes>& frames, std::uint32_t link = 1, std::size_t snap_length = 65535) {
    Bytes file;
    append_be32(file, 0xa1b2c3d4);
    append_be16(file, 2);
    append_be16(file, 4);
    append_be32(file, 0);
    append_be32(file, 0);
    append_be32(file, static_cast<std::uint32_t>(snap_length));
    append_be32(file, link);
    for (const Bytes& frame : frames) {
        const std::size_t kept = std::min(frame.size(), snap_length);
        append_be32(file, 1700000000);
        append_be32(file, 250000);
        append_be32(file, static_cast<std::uint32_t>(kept));
        append_be32(file, static_cast<std::uint32_t>(frame.size()));
        append(file, ByteView(frame).first(kept));
    }
    return file;
}

}  // namespace keyline
