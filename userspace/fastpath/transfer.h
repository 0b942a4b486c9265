// Frames for a port on which the worker at hand has no queue: they go to the worker that has one. This
// happens only where an interface has fewer queues than there are workers, so it copies and locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "shared/port.h"

namespace keyline::fastpath {

class Transfers {
  public:
    struct Item {
        std::uint8_t port;
        Bytes frame;
    };

    explicit Transfers(std::uint32_t workers);
    ~Transfers();
    Transfers(const Transfers&) = delete;
    Transfers& operator=(const Transfers&) = delete;

    // False when too many wait for that worker.
    bool put(std::uint32_t worker, std::uint8_t port, std::span<const std::uint8_t> frame);
    bool has_any(std::uint32_t worker) const { return boxes_[worker].filled.load(std::memory_order_relaxed); }
    std::vector<Item> take(std::uint32_t worker);
    // Becomes readable when there is something to take, or after `wake`; `take` makes it unreadable again.
    int fd(std::uint32_t worker) const { return boxes_[worker].event; }
    void wake(std::uint32_t worker);

  private:
    struct Box {
        std::mutex mutex;
        std::vector<Item> items;
        std::atomic<bool> filled{false};
        int event = -1;
    };
    std::vector<Box> boxes_;
};

}  // namespace keyline::fastpath
