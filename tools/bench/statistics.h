// What the benchmarks have in common.
#pragma once

#include <errno.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace keyline::bench {

inline double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

[[noreturn]] inline void fail(std::string_view what) {
    fmt::print(stderr, "{}: {}\n", program_invocation_short_name, what);
    std::exit(1);
}

// The value, or the end of the process.
template <typename Value>
Value need(std::expected<Value, std::string>&& value) {
    if (!value) {
        fail(value.error());
    }
    if constexpr (!std::is_void_v<Value>) {
        return std::move(*value);
    }
}

}  // namespace keyline::bench
