// Numbers as netlink's messages have them, either way.
#pragma once

#include <bit>
#include <cstdint>

namespace keyline::datapath {

static_assert(std::endian::native == std::endian::little);
inline std::uint16_t to_be16(std::uint16_t value) { return __builtin_bswap16(value); }
inline std::uint32_t to_be32(std::uint32_t value) { return __builtin_bswap32(value); }

}  // namespace keyline::datapath
