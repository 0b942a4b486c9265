#include "wire/attributes.h"

#include <algorithm>

namespace keyline::wire {
namespace {

constexpr std::uint64_t kKilobyte = 1024;

}  // namespace

std::optional<std::uint64_t> Attribute::number() const {
    if (const auto* basic = std::get_if<std::uint16_t>(&value)) return *basic;
    const Bytes& octets = std::get<Bytes>(value);
    if (octets.empty() || octets.size() > 8) return std::nullopt;
    std::uint64_t sum = 0;
    for (const std::uint8_t octet : octets)
        sum = sum << 8 | octet;
    return sum;
}

Attribute number_attribute(std::uint16_t type, std::uint32_t value) {
    if (value <= 0xFFFF) return {type, static_cast<std::uint16_t>(value)};
    Bytes octets;
    append_be32(octets, value);
    return {type, std::move(octets)};
}

std::uint64_t octets_of_kilobytes(std::uint64_t kilobytes) {
    return std::min(kilobytes, UINT64_MAX / kKilobyte) * kKilobyte;
}

std::uint32_t kilobytes_of_octets(std::uint64_t octets) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(octets / kKilobyte, UINT32_MAX));
}

const Attribute* find_attribute(std::span<const Attribute> attributes, std::uint16_t type) {
    const auto found = std::ranges::find(attributes, type, &Attribute::type);
    return found == attributes.end() ? nullptr : &*found;
}

}  // namespace keyline::wire
