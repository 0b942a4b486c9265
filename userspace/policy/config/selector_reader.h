// The selector keys that a rule and each table of its `selectors` have, and the selectors they stand for.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "policy/config/value.h"
#include "policy/selector.h"

namespace keyline::policy::config {

inline constexpr std::size_t kMaxSelectors = 1'000'000;

struct SelectorKeys {
    std::optional<Value> local;
    std::optional<Value> remote;
    std::optional<Value> protocol;
    std::optional<Value> local_port;
    std::optional<Value> remote_port;

    bool any_given() const { return local || remote || protocol || local_port || remote_port; }
};

// Appends every combination of the listed addresses (of one family), protocols and ports. `owner` is the
// table that has the keys.
void append_selectors(const SelectorKeys& keys, const Value& owner, std::vector<Selector>& to);

}  // namespace keyline::policy::config
