// One AF_XDP socket, on one queue of one interface, in the memory of its worker's pool.
//
// Every socket registers the pool's area as a UMEM of its own rather than sharing one: so each has the best
// mode its own device offers, sockets come and go independently, and a frame received by one is sent by
// another without a copy.
#pragma once

#include <xdp/xsk.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fastpath/frame_pool.h"
#include "shared/port.h"

namespace keyline::fastpath {

constexpr std::uint32_t kRingEntries = 2048;

class XskSocket {
  public:
    // Binds in zero-copy mode where native XDP and the driver allow it, else in copy mode. No XDP program is
    // loaded. An error names interface, queue and reason.
    static std::expected<std::unique_ptr<XskSocket>, std::string> open(FramePool& pool,
                                                                       const std::string& interface,
                                                                       std::uint32_t queue,
                                                                       kl_xdp_mode xdp_mode);
    ~XskSocket();
    XskSocket(const XskSocket&) = delete;
    XskSocket& operator=(const XskSocket&) = delete;

    int fd() const { return xsk_socket__fd(socket_); }
    kl_xsk_mode mode() const { return mode_; }
    // Whether packets larger than a frame can be sent and received (Linux 6.6).
    bool scatter_gather() const { return scatter_gather_; }

    // Received frames, now the caller's; returns how many. Packets lost for want of a large buffer are added
    // to `lost`.
    std::size_t receive(std::span<Frame> frames, std::uint32_t& lost);
    // Takes the frame over; false when the ring is full or the packet cannot be sent in frames. Goes out with
    // `kick`.
    bool send(const Frame& frame);
    // Makes the kernel transmit what was sent, and takes back the frames of what has left.
    void kick();
    // Gives the kernel frames to receive into.
    void replenish();
    // Packets that the kernel dropped because this socket had no room for them, since the last call.
    std::uint64_t take_dropped();
    // Whether the kernel could not take all at the last kick.
    bool has_unsent() const { return unsent() != 0; }

  private:
    explicit XskSocket(FramePool& pool) : pool_(pool), lent_(pool.area_octets() / kFrameOctets) {}
    bool bind(const std::string& interface, std::uint32_t queue, std::uint16_t flags);
    void reclaim();
    bool send_large(const Frame& frame);
    std::uint32_t unsent() const;
    void lend(std::uint64_t address) { lent_[address / kFrameOctets] = true; }
    void unlend(std::uint64_t address) { lent_[address / kFrameOctets] = false; }

    FramePool& pool_;
    xsk_umem* umem_ = nullptr;
    xsk_socket* socket_ = nullptr;
    xsk_ring_prod fill_{}, tx_{};
    xsk_ring_cons completion_{}, rx_{};
    kl_xsk_mode mode_ = KL_XSK_NONE;
    bool scatter_gather_ = false;
    std::vector<bool> lent_;         // by number of frame: the kernel has it
    std::uint32_t fill_target_ = 0;  // frames the kernel is to have to receive into
    std::uint32_t filled_ = 0;       // that it has
    std::uint32_t unsubmitted_ = 0;  // descriptors written and not yet given to the kernel
    std::uint64_t known_dropped_ = 0;
    std::optional<Frame> partial_;  // the first descriptors of a packet whose rest has not come
    bool skipping_ = false;         // the rest of a packet for which there was no large buffer
};

}  // namespace keyline::fastpath
