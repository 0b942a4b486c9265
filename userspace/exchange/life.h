// Lifetimes as attributes of a transform or a notify: a life type, then its duration (RFC 2409 appendix A,
// RFC 2407 4.5).
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "wire/attributes.h"
#include "wire/numbers.h"

namespace keyline::exchange {

// Main mode has other numbers for them than quick mode.
struct LifeAttributes {
    std::uint16_t type;
    std::uint16_t duration;
};
inline constexpr LifeAttributes kMainModeLife{wire::ike_attribute::kLifeType,
                                              wire::ike_attribute::kLifeDuration};
inline constexpr LifeAttributes kQuickModeLife{wire::ipsec_attribute::kLifeType,
                                               wire::ipsec_attribute::kLifeDuration};

// What is 0 is no limit, and is not named. Octets are named in whole kilobytes.
void append_life(std::vector<wire::Attribute>& attributes, LifeAttributes numbers,
                 std::chrono::seconds lifetime);
void append_life(std::vector<wire::Attribute>& attributes, LifeAttributes numbers, std::uint64_t octets);

}  // namespace keyline::exchange
