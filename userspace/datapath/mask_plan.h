// Chooses the search masks of a selector table: at most KL_MAX_MASKS per family, each at least as coarse as
// the exact masks filed under it.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "shared/selector_table.h"

namespace keyline::datapath {

using TupleWords = std::array<__u64, KL_TUPLE_WORDS>;

inline TupleWords masked(const TupleWords& tuple, const TupleWords& mask) {
    TupleWords out;
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = tuple[i] & mask[i];
    }
    return out;
}

struct ExactMask {
    TupleWords words{};
    std::size_t selectors = 0;          // that have this mask
    std::uint32_t best_precedence = 0;  // of those
};

struct SearchMask {
    TupleWords words{};
    std::uint32_t best_precedence = 0;
};

struct MaskPlan {
    std::vector<SearchMask> search;        // by best precedence
    std::vector<std::uint32_t> search_of;  // exact mask's index -> index into `search`
};

// Of one family's masks. Where there are more than `limit`, those of the fewest selectors are merged with the
// masks they lose the fewest bits to.
MaskPlan plan_masks(const std::vector<ExactMask>& exact, std::size_t limit = KL_MAX_MASKS);

}  // namespace keyline::datapath
