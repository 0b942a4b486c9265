// A token bucket: lets hostile packets fill no log.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace keyline::daemon {

class RateLimit {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    // At most `burst` at once and `per_second` in the long run.
    RateLimit(double burst, double per_second) : burst_(burst), per_second_(per_second), tokens_(burst) {}

    bool allow(Instant now) {
        const double seconds = std::chrono::duration<double>(now - last_).count();
        tokens_ = last_ == Instant{} ? burst_ : std::min(burst_, tokens_ + seconds * per_second_);
        last_ = now;
        if (tokens_ < 1) {
            ++suppressed_;
            return false;
        }
        tokens_ -= 1;
        return true;
    }

    // How many were not allowed since the last call.
    std::uint64_t take_suppressed() { return std::exchange(suppressed_, 0); }

  private:
    double burst_;
    double per_second_;
    double tokens_;
    Instant last_{};
    std::uint64_t suppressed_ = 0;
};

}  // namespace keyline::daemon
