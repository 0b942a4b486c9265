// The numbers by which Keyline's states and policies in XFRM are told from those of others, and those of one
// instance from another's: reqids and interface ids, and the priorities of policies. Both are out of the way
// of the small ones that people and other programs choose. Each instance has one of sixteen shares
// (xfrm_share.h).
#pragma once

#include <cstdint>

namespace keyline::datapath {

struct NumberRange {
    std::uint32_t first = 0;
    std::uint32_t count = 0;

    bool contains(std::uint32_t number) const { return number - first < count; }
};

inline constexpr unsigned kXfrmShares = 16;

NumberRange xfrm_ids(unsigned share);
// Behind the priorities that others choose, whose policies stay in force as they were before.
NumberRange xfrm_priorities(unsigned share);

// Of all instances.
bool is_keyline_id(std::uint32_t id);
bool is_keyline_priority(std::uint32_t priority);

}  // namespace keyline::datapath
