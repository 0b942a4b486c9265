// Ethernet as the fast path meets it: VLAN tags, and the handover in the source address (shared/handover.h).
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "shared/handover.h"

namespace keyline::fastpath {

constexpr std::uint32_t kEthernetOctets = 14;
constexpr std::uint32_t kSourceAt = 6;
constexpr std::uint32_t kAddressOctets = 6;

// Octets of the Ethernet header with up to two VLAN tags; 0 when the frame is cut short or carries no IP.
inline std::uint32_t link_octets(std::span<const std::uint8_t> frame) {
    constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd, kVlan = 0x8100, kServiceVlan = 0x88a8;
    for (std::uint32_t octets = kEthernetOctets; octets <= kEthernetOctets + 8 && octets <= frame.size();
         octets += 4) {
        const std::uint16_t type = load_be16(&frame[octets - 2]);
        if (type == kIpv4 || type == kIpv6) return octets;
        if (type != kVlan && type != kServiceVlan) return 0;
    }
    return 0;
}

inline kl_handover read_handover(const std::uint8_t* frame) {
    kl_handover handover;
    std::memcpy(&handover, frame + kSourceAt, sizeof handover);
    return handover;
}

inline std::uint32_t handover_value(const kl_handover& handover) {
    return handover.value[0] | std::uint32_t{handover.value[1]} << 8 |
           std::uint32_t{handover.value[2]} << 16 | std::uint32_t{handover.value[3]} << 24;
}

inline void write_handover(std::uint8_t* frame, kl_handover_kind kind, std::uint8_t port,
                           std::uint32_t value = 0) {
    kl_handover handover{};
    for (unsigned i = 0; i < 4; ++i)
        handover.value[i] = static_cast<std::uint8_t>(value >> 8 * i);
    handover.kind = static_cast<std::uint8_t>(kind);
    handover.port = port;
    std::memcpy(frame + kSourceAt, &handover, sizeof handover);
}

}  // namespace keyline::fastpath
