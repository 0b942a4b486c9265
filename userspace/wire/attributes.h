// Data attributes of transforms (RFC 2408 3.3), in the encoding they had or shall have on the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "base/bytes.h"

namespace keyline::wire {

struct Attribute {
    std::uint16_t type = 0;  // 15 bits; what it means depends on the transform's protocol
    // Two octets in the basic form (AF = 1, "TV"), any number in the variable form (AF = 0, "TLV").
    std::variant<std::uint16_t, Bytes> value;

    bool is_basic() const { return value.index() == 0; }
    // The value as a big-endian number; nullopt for a variable form that is empty or wider than 8 octets.
    std::optional<std::uint64_t> number() const;

    bool operator==(const Attribute&) const = default;
};

// Basic form up to 65535, else the variable form with 4 octets (interpretation M1).
Attribute number_attribute(std::uint16_t type, std::uint32_t value);

// Life durations of the type kLifeKilobytes; both are cut to what fits.
std::uint64_t octets_of_kilobytes(std::uint64_t kilobytes);
std::uint32_t kilobytes_of_octets(std::uint64_t octets);

// The first attribute of this type, or null.
const Attribute* find_attribute(std::span<const Attribute> attributes, std::uint16_t type);

}  // namespace keyline::wire
