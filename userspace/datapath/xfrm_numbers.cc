#include "datapath/xfrm_numbers.h"

namespace keyline::datapath {
namespace {

constexpr NumberRange kIds{.first = 0x4b000000, .count = 1U << 24};
// Room for the priorities of every rule (rule_order.h).
constexpr NumberRange kPriorities{.first = 0x40000000, .count = 1U << 30};

NumberRange share_of(const NumberRange& all, unsigned share) {
    const std::uint32_t count = all.count / kXfrmShares;
    return {.first = all.first + share * count, .count = count};
}

}  // namespace

NumberRange xfrm_ids(unsigned share) { return share_of(kIds, share); }
NumberRange xfrm_priorities(unsigned share) { return share_of(kPriorities, share); }

bool is_keyline_id(std::uint32_t id) { return kIds.contains(id); }
bool is_keyline_priority(std::uint32_t priority) { return kPriorities.contains(priority); }

}  // namespace keyline::datapath
