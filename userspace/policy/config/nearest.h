// "Did you mean": the known word that a misspelt one most likely stands for.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace keyline::policy::config {

// nullopt when none is near enough to be meant. Distance is the number of letters inserted, left out,
// changed, or swapped with their neighbour.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace keyline::policy::config
