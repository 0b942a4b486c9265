#include "datapath/xfrm_numbers.h"

#include <numeric>

namespace keyline::datapath {
namespace {

constexpr std::uint32_t kInstances = 16;
constexpr NumberRange kIds{.first = 0x4b000000, .count = 1U << 24};
// Room for the priorities of every rule (rule_order.h).
constexpr NumberRange kPriorities{.first = 0x40000000, .count = 1U << 30};

NumberRange share_of(const NumberRange& all, const std::string& instance) {
    const std::uint32_t place = std::accumulate(
        instance.begin(), instance.end(), 0U,
        [](std::uint32_t sum, char letter) { return sum * 31 + static_cast<unsigned char>(letter); });
    const std::uint32_t count = all.count / kInstances;
    return {.first = all.first + place % kInstances * count, .count = count};
}

}  // namespace

NumberRange xfrm_ids(const std::string& instance) { return share_of(kIds, instance); }
NumberRange xfrm_priorities(const std::string& instance) { return share_of(kPriorities, instance); }

bool is_keyline_id(std::uint32_t id) { return kIds.contains(id); }
bool is_keyline_priority(std::uint32_t priority) { return kPriorities.contains(priority); }

}  // namespace keyline::datapath
