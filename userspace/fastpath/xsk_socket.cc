#include "fastpath/xsk_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace keyline::fastpath {
namespace {

// Of newer kernels than the build machine's headers may be.
constexpr std::uint16_t kXdpUseSg = 1 << 4;
constexpr std::uint32_t kXdpPktContd = 1 << 0;
constexpr int kXdpMaxTxSkbBudget = 9;

// Packets of one sendto in copy mode: 2.0 in place of 1.5 million a second, where the kernel has the option
// (6.17).
constexpr std::uint32_t kTxBudget = 256;

// How often `kick` calls the kernel before it leaves the rest to the next round.
constexpr int kMaxKicks = 32;

}  // namespace

std::expected<std::unique_ptr<XskSocket>, std::string> XskSocket::open(FramePool& pool,
                                                                       const std::string& interface,
                                                                       std::uint32_t queue,
                                                                       kl_xdp_mode xdp_mode) {
    std::unique_ptr<XskSocket> made(new XskSocket(pool));
    struct Attempt {
        kl_xsk_mode mode;
        std::uint16_t flags;
    };
    const kl_xsk_mode copy = xdp_mode == KL_XDP_GENERIC ? KL_XSK_GENERIC : KL_XSK_COPY;
    const Attempt attempts[] = {
        {KL_XSK_ZEROCOPY, XDP_ZEROCOPY | kXdpUseSg},
        {KL_XSK_ZEROCOPY, XDP_ZEROCOPY},
        {copy, XDP_COPY | kXdpUseSg},
        {copy, XDP_COPY},
    };
    int error = 0;
    for (const Attempt& attempt : attempts) {
        if (attempt.mode == KL_XSK_ZEROCOPY && xdp_mode != KL_XDP_NATIVE) continue;
        if (made->bind(interface, queue, static_cast<std::uint16_t>(attempt.flags | XDP_USE_NEED_WAKEUP))) {
            made->mode_ = attempt.mode;
            made->scatter_gather_ = (attempt.flags & kXdpUseSg) != 0;
            break;
        }
        error = errno;
    }
    if (made->mode_ == KL_XSK_NONE) {
        const char* remedy = error == EPERM   ? ": run keyline-fastpath as root"
                             : error == EBUSY ? ": another AF_XDP program uses this queue"
                             : error == ENOBUFS
                                 ? ": raise the limit of locked memory (ulimit -l), or keep CAP_IPC_LOCK"
                                 : "";
        return std::unexpected(
            fmt::format("AF_XDP on {} queue {}: {}{}", interface, queue, std::strerror(error), remedy));
    }
    const std::uint32_t budget = kTxBudget;
    setsockopt(made->fd(), SOL_XDP, kXdpMaxTxSkbBudget, &budget, sizeof budget);
    // Sockets that come later need frames too.
    made->fill_target_ =
        std::min<std::uint32_t>(kRingEntries, static_cast<std::uint32_t>(pool.free_frames() / 4));
    made->replenish();
    return made;
}

// errno is that of the failure.
bool XskSocket::bind(const std::string& interface, std::uint32_t queue, std::uint16_t flags) {
    const xsk_umem_config umem_config{.fill_size = kRingEntries,
                                      .comp_size = kRingEntries,
                                      .frame_size = kFrameOctets,
                                      .frame_headroom = 0,
                                      .flags = 0};
    int error =
        xsk_umem__create(&umem_, pool_.area(), pool_.area_octets(), &fill_, &completion_, &umem_config);
    if (error == 0) {
        const xsk_socket_config config{.rx_size = kRingEntries,
                                       .tx_size = kRingEntries,
                                       .libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
                                       .xdp_flags = 0,
                                       .bind_flags = flags};
        error = xsk_socket__create(&socket_, interface.c_str(), queue, umem_, &rx_, &tx_, &config);
        if (error == 0) return true;
        socket_ = nullptr;
        xsk_umem__delete(umem_);
    }
    umem_ = nullptr;
    errno = -error;
    return false;
}

XskSocket::~XskSocket() {
    if (socket_ != nullptr) xsk_socket__delete(socket_);
    if (umem_ != nullptr) xsk_umem__delete(umem_);
    // Wherever in the kernel they were, nobody has them now.
    for (std::size_t i = 0; i < lent_.size(); ++i) {
        if (lent_[i]) pool_.give_address(i * kFrameOctets);
    }
    if (partial_) pool_.give(*partial_);
}

std::size_t XskSocket::receive(std::span<Frame> frames, std::uint32_t& lost) {
    std::uint32_t at = 0;
    const std::uint32_t count = xsk_ring_cons__peek(&rx_, static_cast<std::uint32_t>(frames.size()), &at);
    std::size_t received = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        const xdp_desc& descriptor = *xsk_ring_cons__rx_desc(&rx_, at + i);
        Frame frame = pool_.frame_at(descriptor.addr);
        unlend(descriptor.addr);
        frame.length = descriptor.len;
        const bool more = (descriptor.options & kXdpPktContd) != 0;
        if (!more && !partial_ && !skipping_) {
            frames[received++] = frame;
            continue;
        }
        if (!partial_ && !skipping_) {
            partial_ = pool_.take_large();
            skipping_ = !partial_;
        }
        if (partial_ && partial_->has_room(0, frame.length)) {
            std::memcpy(partial_->link() + partial_->length, frame.link(), frame.length);
            partial_->length += frame.length;
        }
        pool_.give(frame);
        if (more) continue;
        if (partial_) {
            frames[received++] = *partial_;
            partial_.reset();
        } else {
            ++lost;
        }
        skipping_ = false;
    }
    if (count != 0) xsk_ring_cons__release(&rx_, count);
    filled_ -= count;
    return received;
}

bool XskSocket::send(const Frame& frame) {
    if (!pool_.in_area(frame)) return send_large(frame);
    std::uint32_t at = 0;
    if (xsk_ring_prod__reserve(&tx_, 1, &at) == 0) {
        kick();
        if (xsk_ring_prod__reserve(&tx_, 1, &at) == 0) return false;
    }
    const std::uint64_t address = pool_.address_of(frame);
    *xsk_ring_prod__tx_desc(&tx_, at) = {.addr = address, .len = frame.length, .options = 0};
    lend(address);
    ++unsubmitted_;
    return true;
}

// A packet in a large buffer leaves in as many frames as it takes.
bool XskSocket::send_large(const Frame& frame) {
    const std::uint32_t pieces = (frame.length + kFrameOctets - 1) / kFrameOctets;
    if ((pieces > 1 && !scatter_gather_) || pool_.free_frames() < pieces) return false;
    std::uint32_t at = 0;
    if (xsk_ring_prod__reserve(&tx_, pieces, &at) == 0) {
        kick();
        if (xsk_ring_prod__reserve(&tx_, pieces, &at) == 0) return false;
    }
    for (std::uint32_t i = 0; i < pieces; ++i) {
        const std::uint32_t from = i * kFrameOctets;
        const std::uint32_t octets = std::min(kFrameOctets, frame.length - from);
        const std::uint64_t address = *pool_.take_address();
        std::memcpy(pool_.area() + address, frame.link() + from, octets);
        lend(address);
        *xsk_ring_prod__tx_desc(&tx_, at + i) = {
            .addr = address, .len = octets, .options = i + 1 < pieces ? kXdpPktContd : 0};
    }
    unsubmitted_ += pieces;
    pool_.give(frame);
    return true;
}

std::uint32_t XskSocket::unsent() const {
    return tx_.cached_prod - unsubmitted_ - __atomic_load_n(tx_.consumer, __ATOMIC_ACQUIRE);
}

void XskSocket::kick() {
    if (unsubmitted_ != 0) {
        xsk_ring_prod__submit(&tx_, unsubmitted_);
        unsubmitted_ = 0;
    }
    for (int tries = 0; unsent() != 0 && tries < kMaxKicks; ++tries) {
        if (xsk_ring_prod__needs_wakeup(&tx_) == 0) break;
        const bool again = sendto(fd(), nullptr, 0, MSG_DONTWAIT, nullptr, 0) < 0 && errno == EAGAIN;
        reclaim();
        if (!again) break;
    }
    reclaim();
}

void XskSocket::reclaim() {
    std::uint32_t at = 0;
    const std::uint32_t count = xsk_ring_cons__peek(&completion_, kRingEntries, &at);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint64_t address = *xsk_ring_cons__comp_addr(&completion_, at + i);
        unlend(address);
        pool_.give_address(address);
    }
    if (count != 0) xsk_ring_cons__release(&completion_, count);
}

void XskSocket::replenish() {
    constexpr std::uint32_t kWorthIt = 64;
    if (fill_target_ - filled_ < kWorthIt) return;
    const auto wanted =
        std::min<std::uint32_t>(fill_target_ - filled_, static_cast<std::uint32_t>(pool_.free_frames()));
    std::uint32_t at = 0;
    if (wanted == 0 || xsk_ring_prod__reserve(&fill_, wanted, &at) != wanted) return;
    for (std::uint32_t i = 0; i < wanted; ++i) {
        const std::uint64_t address = *pool_.take_address();
        *xsk_ring_prod__fill_addr(&fill_, at + i) = address;
        lend(address);
    }
    xsk_ring_prod__submit(&fill_, wanted);
    filled_ += wanted;
}

std::uint64_t XskSocket::take_dropped() {
    xdp_statistics statistics{};
    socklen_t octets = sizeof statistics;
    if (getsockopt(fd(), SOL_XDP, XDP_STATISTICS, &statistics, &octets) != 0) return 0;
    return statistics.rx_dropped + statistics.rx_ring_full -
           std::exchange(known_dropped_, statistics.rx_dropped + statistics.rx_ring_full);
}

}  // namespace keyline::fastpath
