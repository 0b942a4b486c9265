// Chooses the search masks of a selector table: few, at most KL_MAX_MASKS per family, each at least as coarse
// as the exact masks filed under it. Merging masks as TupleMerge does (Daly et al., 2019) saves probes; a
// probe then finds a group of selectors that only their exact masks tell apart, so groups are kept small.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
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
    std::span<const TupleWords> values;  // the different values of its selectors
    std::uint32_t best_precedence = 0;   // of those
};

struct SearchMask {
    TupleWords words{};
    std::uint32_t best_precedence = 0;
};

struct MaskPlan {
    std::vector<SearchMask> search;        // by best precedence
    std::vector<std::uint32_t> search_of;  // exact mask's index -> index into `search`
};

// Groups larger than this are made only where there would be more masks than `limit` otherwise.
inline constexpr std::size_t kWantedGroup = 4;

// Of one family's masks.
MaskPlan plan_masks(const std::vector<ExactMask>& exact, std::size_t limit = KL_MAX_MASKS);

}  // namespace keyline::datapath
