// The clock of the kernel programs and the fast path.
#pragma once

#include <time.h>

#include <cstdint>

namespace keyline::datapath {

// CLOCK_MONOTONIC, as bpf_ktime_get_ns() tells it.
inline std::uint64_t monotonic_nanoseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace keyline::datapath
