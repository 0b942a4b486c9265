#include "policy/config/units.h"

#include <charconv>
#include <limits>
#include <span>

namespace keyline::policy::config {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// From the largest down, for format_duration.
constexpr Unit kDurationUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
constexpr Unit kSizeUnits[] = {
    {"B", 1},
    {"kB", 1000},
    {"MB", 1000'000},
    {"GB", 1000'000'000},
    {"TB", 1000'000'000'000},
    {"KiB", 1ULL << 10},
    {"MiB", 1ULL << 20},
    {"GiB", 1ULL << 30},
    {"TiB", 1ULL << 40},
};

std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const Unit& unit : units) {
        if (unit.name != name) continue;
        constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
        return number <= kMost / unit.factor ? std::optional(number * unit.factor) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const auto count = parse(text, kDurationUnits);
    if (!count) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(*count));
}

std::string format_duration(std::chrono::milliseconds duration) {
    const auto count = static_cast<std::uint64_t>(duration.count());
    for (const Unit& unit : kDurationUnits) {
        if (count != 0 && count % unit.factor == 0) {
            return std::to_string(count / unit.factor).append(unit.name);
        }
    }
    return "0s";
}

std::optional<std::uint64_t> parse_size(std::string_view text) { return parse(text, kSizeUnits); }

}  // namespace keyline::policy::config
