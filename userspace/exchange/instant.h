// The keyer's clock: monotonic, handed in with every event; simulations count their own.
#pragma once

#include <chrono>

namespace keyline::exchange {

using Instant = std::chrono::steady_clock::time_point;

inline constexpr Instant kNever = Instant::max();

}  // namespace keyline::exchange
