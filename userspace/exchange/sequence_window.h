// Which sequence numbers of a sender's notifies have been seen (interpretation S3).
#pragma once

#include <cstdint>

namespace keyline::exchange {

class SequenceWindow {
  public:
    enum class Verdict { kNew, kSeen, kTooOld };

    static constexpr std::uint32_t kSize = 64;

    // Gaps are accepted. kNew marks the number as seen.
    Verdict accept(std::uint32_t sequence) {
        if (seen_ == 0 || sequence > highest_) {
            const std::uint32_t step = sequence - highest_;
            seen_ = (seen_ == 0 || step >= kSize ? 0 : seen_ << step) | 1;
            highest_ = sequence;
            return Verdict::kNew;
        }
        const std::uint32_t age = highest_ - sequence;
        if (age >= kSize) return Verdict::kTooOld;
        const std::uint64_t bit = std::uint64_t{1} << age;
        if ((seen_ & bit) != 0) return Verdict::kSeen;
        seen_ |= bit;
        return Verdict::kNew;
    }

  private:
    std::uint32_t highest_ = 0;
    std::uint64_t seen_ = 0;  // bit n: highest_ - n; 0 before the first
};

}  // namespace keyline::exchange
