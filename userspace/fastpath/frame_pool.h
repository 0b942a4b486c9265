// The memory of a worker's packets: equal frames in one area that its sockets share, and a few large buffers
// for packets that need more than a frame. One thread uses a pool.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fastpath/frame.h"

namespace keyline::fastpath {

constexpr std::uint32_t kFrameOctets = 4096;  // 9000-octet packets arrive in three of them
constexpr std::uint32_t kFrameStart =
    256;  // where a fresh frame begins: XDP_PACKET_HEADROOM, as received frames have
constexpr std::uint32_t kLargeOctets = 65536 + 1024;
constexpr std::size_t kMaxLargeBuffers = 64;

class FramePool {
  public:
    // An error when memory is short.
    static std::expected<std::unique_ptr<FramePool>, std::string> create(std::uint32_t frames);
    ~FramePool();
    FramePool(const FramePool&) = delete;
    FramePool& operator=(const FramePool&) = delete;

    // An empty frame, start at kFrameStart; nullopt when the pool is exhausted.
    std::optional<Frame> take();
    std::optional<Frame> take_large();
    // The smaller one of the two that holds `octets` and the room ESP needs.
    std::optional<Frame> take_for(std::uint32_t octets);
    // Takes back the room of a frame that came from this pool.
    void give(const Frame& frame);

    // The area as AF_XDP sees it: addresses count from `area()`.
    std::uint8_t* area() const { return area_; }
    std::uint64_t area_octets() const { return std::uint64_t{frames_} * kFrameOctets; }
    bool in_area(const Frame& frame) const {
        return frame.room >= area_ && frame.room < area_ + area_octets();
    }
    std::uint64_t address_of(const Frame& frame) const {
        return static_cast<std::uint64_t>(frame.room - area_) + frame.start;
    }
    // The frame around an address, empty, starting there.
    Frame frame_at(std::uint64_t address) const;
    // Raw access for the rings: the first address of a free frame.
    std::optional<std::uint64_t> take_address();
    void give_address(std::uint64_t address) {
        free_.push_back(static_cast<std::uint32_t>(address / kFrameOctets));
    }
    std::size_t free_frames() const { return free_.size(); }

  private:
    FramePool(std::uint8_t* area, std::uint32_t frames);

    std::uint8_t* area_;
    std::uint32_t frames_;
    std::vector<std::uint32_t>
        free_;  // numbers of frames; the last given is taken first, since it is in the cache
    std::vector<std::unique_ptr<std::uint8_t[]>> large_;
    std::vector<std::uint8_t*> free_large_;
};

}  // namespace keyline::fastpath
