// Octet strings as every folder passes them, their hexadecimal form, and big-endian loads and stores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keyline {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// Lower-case hexadecimal without separators. Never call it with key octets.
std::string to_hex(ByteView octets);

// Accepts upper and lower case; nullopt for an odd number of digits or any other character.
std::optional<Bytes> from_hex(std::string_view digits);

inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Big-endian loads. The caller has checked that the octets are there.
inline std::uint16_t load_be16(const std::uint8_t* at) {
    return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
inline std::uint32_t load_be32(const std::uint8_t* at) {
    return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
}
inline std::uint64_t load_be64(const std::uint8_t* at) {
    return std::uint64_t{load_be32(at)} << 32 | load_be32(at + 4);
}

inline void append_be16(Bytes& to, std::uint16_t value) {
    to.push_back(static_cast<std::uint8_t>(value >> 8));
    to.push_back(static_cast<std::uint8_t>(value));
}
inline void append_be32(Bytes& to, std::uint32_t value) {
    append_be16(to, static_cast<std::uint16_t>(value >> 16));
    append_be16(to, static_cast<std::uint16_t>(value));
}
inline void append(Bytes& to, ByteView octets) { to.insert(to.end(), octets.begin(), octets.end()); }

}  // namespace keyline
