// Compiles selectors into the table that the kernel programs search (shared/selector_table.h).
//
// A table of n selectors takes about n + n / 3 cells of 64 octets, and 0.5 to 2 MiB of bitmaps when there is
// more than one search mask. Building is O(n log n). No selector is left
// out but those that repeat another one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "policy/selector.h"
#include "shared/selector_table.h"

namespace keyline::datapath {

struct RuleSelector {
    policy::Selector selector;
    std::uint32_t rule = 0;        // not 0
    std::uint32_t precedence = 0;  // the lowest that matches wins; below 2^32 - 1
};

struct alignas(64) TableCell {
    std::uint64_t words[8];
};

// The cells of the map, the header first.
std::vector<TableCell> compile_selectors(std::span<const RuleSelector> selectors);

}  // namespace keyline::datapath
