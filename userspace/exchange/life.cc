#include "exchange/life.h"

#include <algorithm>

namespace keyline::exchange {
namespace {

void append(std::vector<wire::Attribute>& attributes, LifeAttributes numbers, std::uint16_t type,
            std::uint32_t duration) {
    if (duration == 0) return;
    attributes.push_back(wire::number_attribute(numbers.type, type));
    attributes.push_back(wire::number_attribute(numbers.duration, duration));
}

}  // namespace

void append_life(std::vector<wire::Attribute>& attributes, LifeAttributes numbers,
                 std::chrono::seconds lifetime) {
    append(attributes, numbers, wire::kLifeSeconds,
           static_cast<std::uint32_t>(std::clamp<std::int64_t>(lifetime.count(), 0, UINT32_MAX)));
}

void append_life(std::vector<wire::Attribute>& attributes, LifeAttributes numbers, std::uint64_t octets) {
    append(attributes, numbers, wire::kLifeKilobytes, wire::kilobytes_of_octets(octets));
}

}  // namespace keyline::exchange
