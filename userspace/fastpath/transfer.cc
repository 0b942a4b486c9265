#include "fastpath/transfer.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace keyline::fastpath {
namespace {

constexpr std::size_t kMaxWaiting = 1024;

}  // namespace

Transfers::Transfers(std::uint32_t workers) : boxes_(workers) {
    for (Box& box : boxes_)
        box.event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

Transfers::~Transfers() {
    for (const Box& box : boxes_)
        close(box.event);
}

bool Transfers::put(std::uint32_t worker, std::uint8_t port, std::span<const std::uint8_t> frame) {
    {
        Box& box = boxes_[worker];
        const std::lock_guard lock(box.mutex);
        if (box.items.size() == kMaxWaiting) return false;
        box.items.push_back({port, Bytes(frame.begin(), frame.end())});
        box.filled.store(true, std::memory_order_relaxed);
    }
    wake(worker);
    return true;
}

std::vector<Transfers::Item> Transfers::take(std::uint32_t worker) {
    Box& box = boxes_[worker];
    std::uint64_t events = 0;
    [[maybe_unused]] const auto drained = read(box.event, &events, sizeof events);
    const std::lock_guard lock(box.mutex);
    box.filled.store(false, std::memory_order_relaxed);
    return std::exchange(box.items, {});
}

void Transfers::wake(std::uint32_t worker) {
    const std::uint64_t one = 1;
    // It fails only when the counter is full, and then the worker is awake already.
    [[maybe_unused]] const auto written = write(boxes_[worker].event, &one, sizeof one);
}

}  // namespace keyline::fastpath
