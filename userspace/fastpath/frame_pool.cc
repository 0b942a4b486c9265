#include "fastpath/frame_pool.h"

#include <sys/mman.h>

namespace keyline::fastpath {

std::expected<std::unique_ptr<FramePool>, std::string> FramePool::create(std::uint32_t frames) {
    void* const area = mmap(nullptr, std::size_t{frames} * kFrameOctets, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        return std::unexpected("no memory for the workers' packets: free some, or use fewer workers");
    return std::unique_ptr<FramePool>(new FramePool(static_cast<std::uint8_t*>(area), frames));
}

FramePool::FramePool(std::uint8_t* area, std::uint32_t frames) : area_(area), frames_(frames) {
    free_.reserve(frames);
    for (std::uint32_t i = frames; i > 0; --i)
        free_.push_back(i - 1);
}

FramePool::~FramePool() { munmap(area_, area_octets()); }

std::optional<std::uint64_t> FramePool::take_address() {
    if (free_.empty()) return std::nullopt;
    const std::uint64_t address = std::uint64_t{free_.back()} * kFrameOctets;
    free_.pop_back();
    return address;
}

Frame FramePool::frame_at(std::uint64_t address) const {
    const auto offset = static_cast<std::uint32_t>(address % kFrameOctets);
    return {area_ + (address - offset), kFrameOctets, offset, 0, 0};
}

std::optional<Frame> FramePool::take() {
    const auto address = take_address();
    if (!address) return std::nullopt;
    return frame_at(*address + kFrameStart);
}

std::optional<Frame> FramePool::take_large() {
    if (free_large_.empty()) {
        if (large_.size() == kMaxLargeBuffers) return std::nullopt;
        large_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(kLargeOctets));
        free_large_.push_back(large_.back().get());
    }
    std::uint8_t* const room = free_large_.back();
    free_large_.pop_back();
    return Frame{room, kLargeOctets, kFrameStart, 0, 0};
}

std::optional<Frame> FramePool::take_for(std::uint32_t octets) {
    return octets + kTailRoom <= kFrameOctets - kFrameStart ? take() : take_large();
}

void FramePool::give(const Frame& frame) {
    if (in_area(frame)) {
        give_address(static_cast<std::uint64_t>(frame.room - area_));
    } else {
        free_large_.push_back(frame.room);
    }
}

}  // namespace keyline::fastpath
