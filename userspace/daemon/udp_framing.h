// IKE, ESP and keep-alives on the NAT traversal port (RFC 3948).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace keyline::daemon {

// The ports of an instance: RFC 3948 2.2 puts four zero octets in front of IKE on the second one.
struct IkePorts {
    std::uint16_t ike = 500;
    std::uint16_t nat_traversal = 4500;

    // Whether a message between these ports carries the non-ESP marker.
    bool marked(std::uint16_t local, std::uint16_t remote) const {
        return local != ike && (local == nat_traversal || remote == nat_traversal);
    }
};

inline constexpr std::size_t kNonEspMarkerOctets = 4;
inline constexpr std::array<std::uint8_t, 1> kKeepaliveDatagram{0xff};  // RFC 3948 2.3

enum class Frame { kIke, kKeepalive, kEsp };

// What a datagram on a marked port is (RFC 3948 2.1-2.3).
inline Frame classify_marked(ByteView datagram) {
    if (std::ranges::equal(datagram, kKeepaliveDatagram)) return Frame::kKeepalive;
    const bool marker = datagram.size() >= kNonEspMarkerOctets && load_be32(datagram.data()) == 0;
    return marker ? Frame::kIke : Frame::kEsp;
}

}  // namespace keyline::daemon
