// Big-endian stores into packets in place; the loads are in base/bytes.h.
#pragma once

#include <cstdint>

namespace keyline::fastpath {

inline void store_be16(std::uint8_t* at, std::uint32_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
}

inline void store_be32(std::uint8_t* at, std::uint32_t value) {
    store_be16(at, value >> 16);
    store_be16(at + 2, value);
}

inline void store_be64(std::uint8_t* at, std::uint64_t value) {
    store_be32(at, static_cast<std::uint32_t>(value >> 32));
    store_be32(at + 4, static_cast<std::uint32_t>(value));
}

}  // namespace keyline::fastpath
