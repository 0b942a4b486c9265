// The Internet checksum (RFC 1071) over IPv4 headers and over TCP, UDP and ICMP with their pseudo-headers.
#pragma once

#include <cstdint>
#include <span>

#include "shared/types.h"

namespace keyline::fastpath {

// Sum in 16-bit words, not yet folded; a last odd octet counts as the high half of a word.
std::uint64_t checksum_add(std::span<const std::uint8_t> octets, std::uint64_t sum = 0);
// Folds and complements: the value for the header field.
std::uint16_t checksum_finish(std::uint64_t sum);

// Recomputes the checksum of an IPv4 header; `header` is the header with its options.
void write_ipv4_checksum(std::span<std::uint8_t> header);

// What the pseudo-header of `packet` (IPv4 or IPv6) adds for an upper layer of `protocol` and `octets`.
std::uint64_t pseudo_header_sum(std::span<const std::uint8_t> packet, std::uint8_t protocol,
                                std::uint32_t octets);

}  // namespace keyline::fastpath
