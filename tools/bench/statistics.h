// What the benchmarks have in common.
#pragma once

#include <errno.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
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

}  // namespace keyline::bench
