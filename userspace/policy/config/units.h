// Durations and sizes as people write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keyline::policy::config {

// "500ms", "90s", "30m", "8h", "7d"; nullopt for anything else or what does not fit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// The shortest text that parse_duration reads as `duration`.
std::string format_duration(std::chrono::milliseconds duration);

// Octets: "1500B", "100kB", "100MB", "4GiB"; decimal units to TB, binary ones to TiB. nullopt as above.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace keyline::policy::config
