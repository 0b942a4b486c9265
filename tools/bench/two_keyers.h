// An initiator and a responder in one process. Datagrams reach the other at once, authentication steps run in
// line, and time stands still.
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "crypto/random.h"
#include "keyer/keyer.h"

namespace keyline::bench {

// Of this thread: what others do on a busy machine is not in it.
std::chrono::nanoseconds processor_time();

class TwoKeyers {
  public:
    struct Side {
        std::shared_ptr<const policy::Policy> policy;
        std::vector<std::shared_ptr<auth::Method>> methods;
    };

    TwoKeyers(const Side& initiator, const Side& responder);

    // The initiator's host has this packet, which rule 1 protects; returns when neither side has anything
    // left to say.
    void negotiate(const policy::PacketTuple& packet);

    // Ends the program unless `quick_modes` have been negotiated since the last check, with the same keys on
    // both sides.
    void check(std::size_t quick_modes);

    // Spent in authentication steps so far.
    std::chrono::nanoseconds authentication() const { return authentication_; }

  private:
    struct Host {
        std::unique_ptr<keyer::Keyer> keyer;
        std::vector<policy::SadEntry> installed;
    };

    void give(Host& host, exchange::Event event);
    void run(Host& host, exchange::StartAuthStep& start);

    crypto::SystemRandom random_;
    std::array<Host, 2> hosts_;
    std::deque<std::pair<Host*, exchange::Event>> events_;
    std::chrono::nanoseconds authentication_{0};
};

}  // namespace keyline::bench
