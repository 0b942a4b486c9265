// When an unanswered message is sent again (MS-AIPS 3.1.6.1, 3.1.6.2; interpretation item 33, S11).
#pragma once

#include <chrono>

#include "exchange/instant.h"

namespace keyline::exchange {

class Retransmission {
  public:
    enum class Verdict { kWait, kSendAgain, kGiveUp };

    // Stopped: never due.
    Retransmission() = default;
    // The message has just been sent. It is sent again after `first`, then after twice as long each time,
    // `limit` times in all; after the last one more doubled interval passes before giving up.
    Retransmission(Instant now, std::chrono::milliseconds first, unsigned limit)
        : due_(now + first), interval_(first), left_(limit) {}

    // kNever when stopped.
    Instant due() const { return due_; }
    bool running() const { return due_ != kNever; }

    // What to do at `now`. kSendAgain schedules the next; kGiveUp stops.
    Verdict expire(Instant now) {
        if (now < due_) return Verdict::kWait;
        if (left_ == 0) {
            due_ = kNever;
            return Verdict::kGiveUp;
        }
        --left_;
        interval_ *= 2;
        due_ = now + interval_;
        return Verdict::kSendAgain;
    }

  private:
    Instant due_ = kNever;
    std::chrono::milliseconds interval_{0};
    unsigned left_ = 0;
};

}  // namespace keyline::exchange
