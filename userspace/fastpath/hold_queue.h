// Packets that wait for the negotiation of their SA: few, and not for long.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>

#include "base/bytes.h"
#include "shared/slot.h"

namespace keyline::fastpath {

constexpr std::size_t kMaxHeld = 256;
constexpr std::size_t kMaxHeldPerKey = 16;
constexpr std::uint64_t kHoldTimeout = 5'000'000'000;  // nanoseconds

// What has become of the negotiation that packets wait for: the SA, if there is one, and whose it is.
enum class Awaited : std::uint8_t { kNoSa, kFastpathSa, kKernelSa };

class HoldQueue {
  public:
    struct Held {
        std::uint8_t port = 0;  // which it is to leave by
        std::uint32_t rule = 0;
        kl_tuple tuple{};
        std::uint64_t since = 0;  // CLOCK_MONOTONIC, nanoseconds
        Bytes frame;              // from its link layer on
        std::uint32_t link_octets = 0;
    };

    // `key` groups packets that one SA will serve. False when there is no room.
    bool add(const kl_slot_key& key, Held held);

    // Asks of each group, by the tuple of its first packet, whether it has an SA, and hands those that have
    // to `release` in the order of their arrival. Returns how many packets waited in vain.
    std::uint32_t poll(std::uint64_t now,
                       const std::function<Awaited(std::uint32_t rule, const kl_tuple&)>& awaited,
                       const std::function<void(const Held&, Awaited)>& release);

    bool empty() const { return count_ == 0; }

  private:
    struct Group {
        kl_slot_key key;
        std::deque<Held> packets;
    };
    std::list<Group> groups_;
    std::size_t count_ = 0;
};

}  // namespace keyline::fastpath
