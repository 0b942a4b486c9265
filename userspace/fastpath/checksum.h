// The Internet checksum (RFC 1071) over IPv4 headers and over TCP, UDP and ICMP with their pseudo-headers.
#pragma once

#include <arpa/inet.h>

#include <cstdint>
#include <cstring>
#include <span>

#include "fastpath/byte_order.h"

namespace keyline::fastpath {

// The sum of 16-bit words as they lie in memory, not yet folded; a last odd octet stands with a zero behind
// it.
inline std::uint64_t checksum_add(std::span<const std::uint8_t> octets, std::uint64_t sum = 0) {
    std::size_t at = 0;
    for (; at + 4 <= octets.size(); at += 4) {
        std::uint32_t words;
        std::memcpy(&words, &octets[at], 4);
        sum += words;
    }
    for (; at < octets.size(); at += 2) {
        std::uint16_t word = 0;
        std::memcpy(&word, &octets[at], at + 1 < octets.size() ? 2 : 1);
        sum += word;
    }
    return sum;
}

// Folds and complements: the value for the header field.
inline std::uint16_t checksum_finish(std::uint64_t sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ntohs(static_cast<std::uint16_t>(~sum));
}

// Recomputes the checksum of an IPv4 header; `header` is the header with its options.
inline void write_ipv4_checksum(std::span<std::uint8_t> header) {
    store_be16(&header[10], 0);
    store_be16(&header[10], checksum_finish(checksum_add(header)));
}

// What the pseudo-header of `packet` (IPv4 or IPv6) adds for an upper layer of `protocol` and `octets`.
inline std::uint64_t pseudo_header_sum(std::span<const std::uint8_t> packet, std::uint8_t protocol,
                                       std::uint32_t octets) {
    const bool v4 = packet[0] >> 4 == 4;
    return checksum_add(v4 ? packet.subspan(12, 8) : packet.subspan(8, 32)) + htons(protocol) + htonl(octets);
}

}  // namespace keyline::fastpath
